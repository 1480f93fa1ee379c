//! Panel threshold regression.

use super::terms::listed;
use super::threshold_search::{Draws, Profile, Search};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::panel::{Value, finite};
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Figure, Outcome, Part, Response, Takes, ols};

/// Least squares whose slopes change where a variable crosses thresholds that are estimated too.
#[derive(Debug)]
pub(in crate::regression) struct PanelThreshold;

static CARD: Card = Card {
    id: "panel_threshold",
    aliases: &["threshold_regression", "xthreg"],
    title: "Fixed-effects regression with slopes that change at one to three thresholds",
    kind: Kind::Estimator,
    formula: "y = b1'x 1(q <= c) + b2'x 1(q > c) + d'z + effects; c minimises the sum of squared residuals S over \
              the values of q that leave the share trim of the rows on either side (at most grid of them, evenly \
              spaced in the order of q). A further threshold is searched with the others held, which are then \
              searched again. F = (S0 - S1)/(S1/df), df = n less the fixed effects; its p-value is the share of \
              samples drawn without the further threshold whose F is larger, thresholds before it held: residuals \
              without it with a random sign for each unit, where Hansen draws whole units with replacement, which \
              panels with gaps do not allow. Confidence set: all c with (S(c) - S)/(S/df) <= -2 ln(1 - \
              sqrt(level)). Slopes have the covariance of known thresholds, which converge faster",
    reference: "Hansen (1999), J. Econometrics 93(2), eqs. 5 to 18; signs by unit: Cameron, Gelbach and Miller (2008), \
                Review of Economics and Statistics 90(3)",
    params: &[
        Param {
            name: "threshold",
            doc: "The term q that is compared with the thresholds.",
            domain: Domain::Terms { required: true },
        },
        Param {
            name: "regime_terms",
            doc: "The terms x whose slopes change; left out, all but q and the intercept.",
            domain: Domain::Terms { required: false },
        },
        Param {
            name: "keep_threshold",
            doc: "Whether q has a slope of its own, when it is not among the regime's terms.",
            domain: Domain::Choice(&["yes", "no"]),
        },
        Param {
            name: "thresholds",
            doc: "How many thresholds.",
            domain: Domain::Integer { min: 1, max: 3, default: 1 },
        },
        Param {
            name: "trim",
            doc: "The least share of the rows in every regime.",
            domain: Domain::Number { min: 0.001, max: 0.3, default: 0.05 },
        },
        Param {
            name: "grid",
            doc: "The largest number of values tried for a threshold.",
            domain: Domain::Integer { min: 10, max: 100_000, default: 400 },
        },
        Param {
            name: "draws",
            doc: "Samples drawn for each test; 0 for no p-values.",
            domain: Domain::Integer { min: 0, max: 100_000, default: 300 },
        },
        Param {
            name: "seed",
            doc: "Seed of the random numbers.",
            domain: Domain::Integer { min: 0, max: 1 << 53, default: 1 },
        },
        Param {
            name: "level",
            doc: "Level of the confidence sets of thresholds.",
            domain: Domain::Number { min: 0.5, max: 0.999, default: 0.95 },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for PanelThreshold {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let (design, model) = Model::new(design, params)?;
        let found = model.find(&design, params, stop)?;
        let design = model.regimes(design, &found.thresholds);
        let mut estimate = ols::least_squares(&design, stop)?;
        estimate.response = Response::Joint;
        for (j, interval) in found.intervals.iter().enumerate() {
            let names = ["", "_low", "_high"].map(|end| format!("threshold_{}{end}", j + 1));
            let values = [found.thresholds[j], interval.0, interval.1];
            estimate.figures.extend(names.into_iter().zip(values).map(|(name, value)| Figure::new(name, value)));
        }
        estimate.parts.push(found.profile);
        estimate.tests = found.tests;
        Ok(Estimated { design, estimate })
    }
}

/// Which variable and terms play which part.
struct Model {
    variable: Vec<f64>,
    name: String,
    regime: Vec<usize>,
    candidates: Vec<f64>,
    least: usize,
}

/// What was found, thresholds ascending.
struct Found {
    thresholds: Vec<f64>,
    intervals: Vec<(f64, f64)>,
    profile: Part,
    tests: Vec<Outcome>,
}

impl Model {
    fn new(mut design: Design, params: &Params) -> Result<(Design, Self), Violations> {
        let mut violations = Violations::default();
        let threshold = listed(&design, params, "threshold", &mut violations);
        let mut regime = listed(&design, params, "regime_terms", &mut violations);
        let [q] = threshold[..] else {
            let rule = "must be one term of the formula";
            let told = params.text("threshold").unwrap_or_default();
            violations.push(Violation::new("estimator_parameters.threshold", rule, told));
            return Err(violations);
        };
        violations.into_result(())?;
        if params.list("regime_terms").is_empty() {
            regime = (0..design.x.len()).filter(|j| *j != q && design.names[*j] != "(Intercept)").collect();
        }
        let (variable, name) = (design.x[q].clone(), design.names[q].clone());
        if params.chooses("keep_threshold", "no") && !regime.contains(&q) {
            design.x.remove(q);
            design.names.remove(q);
            regime.iter_mut().filter(|j| **j > q).for_each(|j| *j -= 1);
        }
        if regime.is_empty() {
            let rule = "no term is left whose slope could change";
            return Err(Violation::new("estimator_parameters.regime_terms", rule, "").into());
        }
        let least = ((params.number("trim") * variable.len() as f64).ceil() as usize).max(1);
        let candidates = candidates(&variable, least, params.number("grid") as usize);
        Ok((design, Self { variable, name, regime, candidates, least }))
    }

    /// Finds one threshold after the other.
    fn find(&self, design: &Design, params: &Params, stop: &Stop) -> Result<Found, Error> {
        let factors: Vec<_> = design.effects.iter().map(|effect| effect.factor()).collect();
        let search = Search::new(design, &factors, &self.variable, &self.regime, self.candidates.clone(), stop)?;
        let mut thresholds: Vec<f64> = Vec::new();
        let mut tests = Vec::new();
        for count in 1..=params.number("thresholds") as usize {
            let Some((value, _)) = search.profile(&thresholds, self.least)?.best() else {
                let rule = format!("no value of {} leaves enough rows in {} regimes", self.name, count + 1);
                return Err(Violation::new("estimator_parameters.thresholds", rule, count).into());
            };
            let draws = Draws {
                count: params.number("draws") as usize,
                seed: params.number("seed") as u64,
                test: count as u64,
            };
            let further = search.further(&thresholds, value, self.least, draws)?;
            tests.push(outcome(count, further.f, &further.drawn));
            thresholds.push(value);
            for earlier in 0..count - 1 {
                let others = without(&thresholds, earlier);
                if let Some((value, _)) = search.profile(&others, self.least)?.best() {
                    thresholds[earlier] = value;
                }
            }
        }
        thresholds.sort_unstable_by(f64::total_cmp);
        self.sets(&search, thresholds, tests, params.number("level"))
    }

    /// Confidence sets by the likelihood ratio, each with the other thresholds held.
    fn sets(&self, search: &Search<'_>, thresholds: Vec<f64>, tests: Vec<Outcome>, level: f64) -> Result<Found, Error> {
        let critical = -2.0 * (1.0 - level.sqrt()).ln();
        let (mut numbers, mut values, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        let mut intervals = Vec::new();
        for j in 0..thresholds.len() {
            let profile: Profile = search.profile(&without(&thresholds, j), self.least)?;
            let best = profile.best().map_or(f64::NAN, |(_, ssr)| ssr);
            let ratio: Vec<f64> = profile.ssr.iter().map(|ssr| search.df() * (ssr - best) / best).collect();
            let inside = profile.values.iter().zip(&ratio).filter(|(_, ratio)| **ratio <= critical);
            let ends = |(low, high): (f64, f64), (value, _): (&f64, &f64)| (low.min(*value), high.max(*value));
            intervals.push(inside.fold((thresholds[j], thresholds[j]), ends));
            numbers.extend(vec![format!("threshold_{}", j + 1); ratio.len()]);
            values.extend(profile.values.into_iter().map(finite));
            ratios.extend(ratio.into_iter().map(finite));
        }
        let columns: Vec<(String, Vec<Value>)> =
            vec![("value".to_owned(), values), ("likelihood_ratio".to_owned(), ratios)];
        let profile = Part {
            name: "likelihood_ratio".to_owned(),
            title: format!("Likelihood ratio of each value tried; those up to {critical:.4} form the confidence set"),
            keys: vec![("threshold".to_owned(), numbers)],
            columns,
        };
        Ok(Found { thresholds, intervals, profile, tests })
    }

    /// The design with a column for each regime in place of each term whose slope changes.
    fn regimes(&self, mut design: Design, thresholds: &[f64]) -> Design {
        let of = |q: &f64| thresholds.iter().filter(|threshold| q > threshold).count();
        let regimes: Vec<usize> = self.variable.iter().map(of).collect();
        let (names, x) = (std::mem::take(&mut design.names), std::mem::take(&mut design.x));
        for (j, (name, column)) in names.into_iter().zip(x).enumerate() {
            if !self.regime.contains(&j) {
                design.names.push(name);
                design.x.push(column);
                continue;
            }
            for regime in 0..=thresholds.len() {
                let here = column.iter().zip(&regimes).map(|(x, r)| if *r == regime { *x } else { 0.0 });
                design.names.push(format!("{name}:regime_{}", regime + 1));
                design.x.push(here.collect());
            }
        }
        design
    }
}

fn without(thresholds: &[f64], j: usize) -> Vec<f64> {
    thresholds.iter().enumerate().filter(|(i, _)| *i != j).map(|(_, threshold)| *threshold).collect()
}

/// The distinct values that leave `least` rows on either side, at most `most` of them.
fn candidates(variable: &[f64], least: usize, most: usize) -> Vec<f64> {
    let mut sorted = variable.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(least);
    let mut inner: Vec<f64> = sorted.get(least - 1..last).unwrap_or_default().to_vec();
    inner.dedup();
    if inner.len() <= most {
        return inner;
    }
    (0..most).map(|i| inner[i * (inner.len() - 1) / (most - 1)]).collect()
}

fn outcome(count: usize, f: f64, drawn: &[f64]) -> Outcome {
    let larger = drawn.iter().filter(|drawn| **drawn >= f).count();
    let p_value: Value =
        if drawn.is_empty() { Err(crate::panel::Absent::Undetermined) } else { Ok(larger as f64 / drawn.len() as f64) };
    let reading = match p_value {
        Ok(p) if p < 0.05 => format!("slopes change at a threshold number {count}"),
        Ok(_) => format!("no sign of a threshold number {count}"),
        Err(_) => "no samples were drawn".to_owned(),
    };
    let mut sorted = drawn.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let critical = |share: f64| sorted.get(((share * sorted.len() as f64).ceil() as usize).saturating_sub(1)).copied();
    let levels = [("critical_10", 0.90), ("critical_5", 0.95), ("critical_1", 0.99)];
    Outcome {
        id: format!("threshold_{count}"),
        null: format!("slopes change at no more than {} thresholds", count - 1),
        statistic: finite(f),
        distribution: format!("{} samples drawn under the null hypothesis", drawn.len()),
        p_value,
        reading,
        figures: levels.iter().filter_map(|(name, share)| Some(Figure::new(*name, critical(*share)?))).collect(),
        parts: Vec::new(),
    }
}
