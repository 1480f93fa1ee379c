//! The catalogue of reconciliations: forecasts of regions, macro-regions and the nation made to add up.
//!
//! Each level has forecasts ŷ of its own, which do not add up. With S the summing matrix (nodes × regions) and W the
//! covariance of the forecasts' errors, the coherent forecasts nearest to them are ỹ = S b, where b minimises
//! (ŷ − S b)'W⁻¹(ŷ − S b): generalised least squares, which leaves the least error variance where W is right and the
//! ŷ are unbiased (Wickramasuriya, Athanasopoulos and Hyndman 2019, JASA 114, theorem 1). The methods differ in W.
//!
//! It is levels that add up, not growth rates: reconcile levels, then take growth from them. A nation that is *given*
//! (a control total) has no error, and the regions meet it.

mod diagonal;
mod hierarchy;
mod mint_shrink;
mod own;
mod weights;

use crate::card::Card;
use crate::numeric::vector::magnitude;
use crate::panel::{Absent, Value, finite, ratio};
use std::fmt;
use weights::Weights;

pub use hierarchy::Hierarchy;
pub use own::{Own, random_walk};

/// A way to make forecasts add up.
pub trait Reconciliation: Sync + fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Whether its weights are learnt from the errors of the base forecasts.
    fn reads_errors(&self) -> bool {
        false
    }

    /// What is known of the errors of the base forecasts, from those of the history (date × node, none absent);
    /// `None` where the forecasts of the aggregates do not count.
    fn weights(&self, hierarchy: &Hierarchy, errors: &[Vec<f64>]) -> Option<Weights>;
}

/// Every reconciliation, in the order of the catalogue.
pub static ALL: &[&dyn Reconciliation] =
    &[&diagonal::BottomUp, &diagonal::Ols, &diagonal::WlsStructural, &diagonal::WlsVariance, &mint_shrink::MintShrink];

/// The reconciliation of this id or alias.
pub fn find(name: &str) -> Option<&'static dyn Reconciliation> {
    ALL.iter().copied().find(|method| method.card().answers_to(name))
}

/// Where the level of the nation comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nation {
    /// It is forecast, with an error like the others.
    Forecast,
    /// It is given: a control total that the regions meet exactly.
    Given,
}

/// Why the weights are the structural ones instead of those of the method that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    /// Only so many dates have an error of every node.
    TooFewDates(usize),
    /// Most nodes have no errors, or errors that tell no covariance.
    NoErrors,
}

impl fmt::Display for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewDates(dates) => {
                write!(f, "{dates} dates have errors of all regions and aggregates, {FEWEST_DATES} are needed")
            }
            Self::NoErrors => f.write_str("the errors of the forecasts are zero or tell no covariance"),
        }
    }
}

/// Dates below which errors do not tell a variance.
const FEWEST_DATES: usize = 3;

/// How far reconciling moves base forecasts: Σ|ỹ − ŷ| / Σ|ŷ| over the nodes of each level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adjustment {
    /// Of the nation.
    pub nation: Value,
    /// Of the groups; absent without groups.
    pub groups: Value,
    /// Of the regions.
    pub regions: Value,
}

/// A reconciliation made ready for many forecasts.
#[derive(Debug, Clone)]
pub struct Reconciler {
    hierarchy: Hierarchy,
    nation: Nation,
    /// `None`: the forecasts of the aggregates do not count.
    weights: Option<Weights>,
    /// region × aggregate: how much of an aggregate's excess over its regions a region takes up.
    gain: Vec<f64>,
    fallback: Option<Fallback>,
}

impl Reconciler {
    /// Prepares `method` for forecasts of `hierarchy`.
    ///
    /// `errors` are the one-step errors of the base forecasts in the history, node × date, in the unit of the levels;
    /// methods that do not read them take none. Dates at which a node has no error are left out. Where the
    /// errors tell too little, the weights are those of `wls_structural`, and [`Reconciler::fallback`] says why.
    pub fn new(hierarchy: Hierarchy, method: &dyn Reconciliation, errors: &[Vec<Value>], nation: Nation) -> Self {
        let errors = complete(errors);
        let learnt = match method.reads_errors().then(|| doubt(&errors)).flatten() {
            Some(fallback) => Err(fallback),
            None => ready(method, &hierarchy, &errors, nation).ok_or(Fallback::NoErrors),
        };
        let fallback = learnt.as_ref().err().copied();
        let structural = || ready(&diagonal::WlsStructural, &hierarchy, &errors, nation).unwrap_or_default();
        let (weights, gain) = learnt.unwrap_or_else(|_| structural());
        Self { hierarchy, nation, weights, gain, fallback }
    }

    /// The nodes that it reconciles.
    pub fn hierarchy(&self) -> &Hierarchy {
        &self.hierarchy
    }

    /// Why the weights are not those of the method; `None` where they are.
    pub fn fallback(&self) -> Option<Fallback> {
        self.fallback
    }

    /// How much the correlations were shrunk: from 0 (as observed) to 1 (none); `None` for methods without.
    pub fn shrinkage(&self) -> Option<f64> {
        self.weights.as_ref()?.shrinkage
    }

    /// The coherent levels of all nodes nearest to `base`, the finite forecasts of all nodes.
    ///
    /// With `non_negative`, the nearest without a level below zero (Wickramasuriya, Turlach and Hyndman 2020,
    /// Statistics and Computing 30).
    ///
    /// # Errors
    /// [`Absent::Overflow`]; with a given nation, [`Absent::ZeroDenominator`] where regions that sum to zero were to
    /// be scaled to it, and [`Absent::OutsideDomain`] where it is negative and no level may be;
    /// [`Absent::Undetermined`] where no solution was found.
    pub fn reconcile(&self, base: &[f64], non_negative: bool) -> Result<Vec<f64>, Absent> {
        let given = (self.nation == Nation::Given).then_some(base[0]);
        if non_negative && given.is_some_and(|total| total < 0.0) {
            return Err(Absent::OutsideDomain);
        }
        let own = &base[self.hierarchy.aggregates()..];
        let regions = match (&self.weights, given) {
            (None, None) => own.iter().map(|x| if non_negative { x.max(0.0) } else { *x }).collect(),
            (None, Some(total)) if non_negative => prorate(&own.iter().map(|x| x.max(0.0)).collect::<Vec<_>>(), total)?,
            (None, Some(total)) => prorate(own, total)?,
            (Some(weights), _) => {
                let nearest = self.nearest(base, own);
                match non_negative && nearest.iter().any(|x| *x < 0.0) {
                    true => weights.non_negative(&self.hierarchy, base, nearest)?,
                    false => nearest,
                }
            }
        };
        let levels = self.hierarchy.add_up(&regions);
        if levels.iter().all(|x| x.is_finite()) { Ok(levels) } else { Err(Absent::Overflow) }
    }

    /// The nearest levels of the regions, whatever their sign.
    fn nearest(&self, base: &[f64], own: &[f64]) -> Vec<f64> {
        let excess = self.hierarchy.excess(base, |_| true);
        let taken = |gain: &[f64]| gain.iter().zip(&excess).map(|(gain, excess)| gain * excess).sum::<f64>();
        own.iter().zip(self.gain.chunks_exact(excess.len())).map(|(own, gain)| own + taken(gain)).collect()
    }

    /// How far `coherent` lies from `base`, level by level.
    pub fn adjustment(&self, base: &[f64], coherent: &[f64]) -> Adjustment {
        let (groups, nodes) = (self.hierarchy.aggregates(), self.hierarchy.nodes());
        let moved = |level: std::ops::Range<usize>| {
            let (mut moved, mut size) = (0.0, 0.0);
            for (base, coherent) in base[level.clone()].iter().zip(&coherent[level]) {
                moved += (coherent - base).abs();
                size += base.abs();
            }
            ratio(moved, size)
        };
        Adjustment { nation: moved(0..1), groups: moved(1..groups), regions: moved(groups..nodes) }
    }
}

/// Scales levels so that they sum to `total`: what a control total does without any other knowledge.
///
/// Zeros stay zero, and shares stay as they are (Smith, Tayman and Swanson 2013, State and Local Population Projections,
/// ch. 8: controlling).
///
/// # Errors
/// [`Absent::ZeroDenominator`] for levels that sum to zero under another total; [`Absent::Overflow`].
pub fn prorate(levels: &[f64], total: f64) -> Result<Vec<f64>, Absent> {
    let sum: f64 = levels.iter().sum();
    if sum == 0.0 && total == 0.0 {
        return Ok(levels.to_vec());
    }
    let factor = ratio(total, sum)?;
    levels.iter().map(|x| finite(x * factor)).collect()
}

/// The weights of a method and what regions take up under them; `None` where the weights are singular or infinite.
fn ready(
    method: &dyn Reconciliation,
    hierarchy: &Hierarchy,
    errors: &[Vec<f64>],
    nation: Nation,
) -> Option<(Option<Weights>, Vec<f64>)> {
    let Some(mut weights) = method.weights(hierarchy, errors) else { return Some((None, Vec::new())) };
    if nation == Nation::Given {
        weights.give_nation();
    }
    let gain = weights.gain(hierarchy).filter(|gain| gain.iter().all(|g| g.is_finite()))?;
    Some((Some(weights), gain))
}

/// The errors at the dates that have one of every node, date × node; the unit is left out, as it does not matter.
fn complete(errors: &[Vec<Value>]) -> Vec<Vec<f64>> {
    let dates = errors.iter().map(Vec::len).min().unwrap_or(0);
    let date = |t: usize| errors.iter().map(|node| node[t].ok()).collect::<Option<Vec<f64>>>();
    let mut complete: Vec<Vec<f64>> = (0..dates).filter_map(date).collect();
    let unit = complete.iter().map(|date| magnitude(date)).fold(f64::MIN_POSITIVE, f64::max);
    complete.iter_mut().flatten().for_each(|error| *error /= unit);
    complete
}

/// Why weights cannot be learnt from these errors.
fn doubt(errors: &[Vec<f64>]) -> Option<Fallback> {
    if errors.len() < FEWEST_DATES {
        return Some(Fallback::TooFewDates(errors.len()));
    }
    let nodes = errors[0].len();
    let without = (0..nodes).filter(|node| errors.iter().all(|date| date[*node] == 0.0)).count();
    (2 * without > nodes).then_some(Fallback::NoErrors)
}
