//! The movement of regions between classes of the distribution, as a Markov chain.

use super::span;
use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::panel::{Absent, Slice, Value, ratio};
use nalgebra::DMatrix;

/// The parameters of the chain.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "span",
        doc: "Periods to look back; 0 looks back to the first period of the data.",
        domain: Domain::Integer { min: 0, max: 100, default: 0 },
    },
    Param {
        name: "cuts",
        doc: "`quantiles`: classes of equal size in each period. `pooled`: the quantiles of what the regions are \
              relative to the mean of their period, of all periods together. `quah`: one quarter, one half, once and \
              twice the mean of the period, always five classes.",
        domain: Domain::Choice(&["quantiles", "pooled", "quah"]),
    },
    Param {
        name: "classes",
        doc: "Number of classes between quantiles.",
        domain: Domain::Integer { min: 2, max: 20, default: 5 },
    },
];

/// The cut points of Quah (1993), relative to the mean.
const QUAH: [f64; 4] = [0.25, 0.5, 1.0, 2.0];

/// Number of classes.
pub(super) fn classes(params: &Params) -> usize {
    if params.chooses("cuts", "quah") { QUAH.len() + 1 } else { params.number("classes") as usize }
}

/// What an answer about the chain states.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let cuts = match params.text("cuts") {
        Some("pooled") => "classes by quantiles of values relative to the period's mean, of all periods together",
        Some("quah") => "classes by 1/4, 1/2, 1 and 2 times the period's mean",
        _ => "classes by quantiles of each period",
    };
    vec![
        format!("{cuts}; class 1 is the lowest, and a value on a cut point belongs below it"),
        "transitions from each period to the next, no step over a gap; with industries, of the region's sum".to_owned(),
    ]
}

/// Transitions between classes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chain {
    /// Number of classes.
    pub(super) classes: usize,
    /// How often a region went from a class to a class: row by row.
    pub(super) counts: Vec<f64>,
}

impl Chain {
    /// The transitions within the span.
    ///
    /// # Errors
    /// No two successive periods, or no region that is present in both.
    pub(super) fn observed(input: &Input<'_>, params: &Params) -> Result<Self, Absent> {
        let past = input.past.iter().take(span::periods(input, params)).map(Option::as_ref);
        let periods: Vec<_> = std::iter::once(Some(&input.measure)).chain(past).collect();
        let states = states(&periods, params);
        let classes = classes(params);
        let mut counts = vec![0.0; classes * classes];
        for step in states.windows(2) {
            let [Some(to), Some(from)] = step else { continue };
            for (from, to) in from.iter().zip(to).filter_map(|(from, to)| Some((from.as_ref()?, to.as_ref()?))) {
                counts[from * classes + to] += 1.0;
            }
        }
        if counts.iter().all(|count| *count == 0.0) {
            let stepped = periods.windows(2).any(|step| step.iter().all(Option::is_some));
            return Err(if stepped { Absent::Missing } else { Absent::NoPeriod });
        }
        Ok(Self { classes, counts })
    }

    /// How often a region left a class, or stayed in it.
    pub(super) fn departures(&self, from: usize) -> f64 {
        self.counts[from * self.classes..(from + 1) * self.classes].iter().sum()
    }

    /// The share of a class that goes to a class; absent (zero_denominator) where no region was in the first.
    pub(super) fn probability(&self, from: usize, to: usize) -> Value {
        ratio(self.counts[from * self.classes + to], self.departures(from))
    }

    /// The matrix of probabilities, from rows to columns.
    ///
    /// # Errors
    /// A class that no region was in.
    pub(super) fn matrix(&self) -> Result<DMatrix<f64>, Absent> {
        let cells = (0..self.classes).flat_map(|from| (0..self.classes).map(move |to| (from, to)));
        let probabilities: Vec<f64> = cells.map(|(from, to)| self.probability(from, to)).collect::<Result<_, _>>()?;
        Ok(DMatrix::from_row_slice(self.classes, self.classes, &probabilities))
    }
}

/// The class of each region in each period.
fn states(periods: &[Option<&Slice<'_>>], params: &Params) -> Vec<Option<Vec<Option<usize>>>> {
    let relative = !params.chooses("cuts", "quantiles");
    let level = |slice: &&Slice<'_>| {
        let totals = slice.region_totals();
        if relative { to_mean(&totals) } else { totals }
    };
    let levels: Vec<Option<Vec<Value>>> = periods.iter().map(|slice| slice.as_ref().map(level)).collect();
    let pooled = match params.text("cuts") {
        Some("quah") => Some(QUAH.to_vec()),
        Some("pooled") => Some(quantiles(levels.iter().flatten().flatten(), classes(params))),
        _ => None,
    };
    let classify = |levels: Vec<Value>| {
        let own = || quantiles(levels.iter(), classes(params));
        let cuts = pooled.clone().unwrap_or_else(own);
        levels.iter().map(|level| level.ok().map(|level| cuts.partition_point(|cut| *cut < level))).collect()
    };
    levels.into_iter().map(|levels| levels.map(classify)).collect()
}

/// Values over the mean of those that are present.
fn to_mean(values: &[Value]) -> Vec<Value> {
    let (sum, count) = values.iter().flatten().fold((0.0, 0.0), |(sum, count), x| (sum + x, count + 1.0));
    values.iter().map(|x| ratio((*x)?, sum / count)).collect()
}

/// The quantiles that part the values that are present into classes, interpolated between order statistics: type 7 of
/// Hyndman and Fan (1996).
fn quantiles<'a>(values: impl Iterator<Item = &'a Value>, classes: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return Vec::new() };
    let quantile = |cut: usize| {
        // In whole numbers, so that a quantile that is an order statistic is exactly that.
        let (below, rest) = (cut * last / classes, cut * last % classes);
        let step = sorted[(below + 1).min(last)] - sorted[below];
        sorted[below] + step * rest as f64 / classes as f64
    };
    (1..classes).map(quantile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_order_statistics() {
        let values = [4.0, 1.0, 3.0, 2.0, 5.0, 6.0].map(Ok);
        assert_eq!(quantiles(values.iter(), 5), [2.0, 3.0, 4.0, 5.0]);
        assert_eq!(quantiles(values.iter(), 2), [3.5]);
        assert_eq!(quantiles([].iter(), 2), [0.0; 0]);
    }
}
