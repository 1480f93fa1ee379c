//! Levels of intervals, the quantiles they need and the columns they make.

use crate::error::{Violation, Violations};
use crate::forecast::Band;
use crate::panel::{Absent, Value};
use std::collections::BTreeSet;

/// The levels of the intervals to report, ascending.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Intervals(Vec<f64>);

/// Most levels of one request.
const MAX_LEVELS: usize = 20;
/// Least distance of a level from 0 and from 1: nearer, the ends of its interval would be the median or the extremes.
const MARGIN: f64 = 1e-9;

impl Intervals {
    /// The levels asked for that are in order; 0.8 and 0.95 when none is asked for.
    pub(super) fn new(levels: &[f64], violations: &mut Violations) -> Self {
        if levels.len() > MAX_LEVELS {
            let rule = format!("must hold at most {MAX_LEVELS} levels");
            violations.push(Violation::new("interval_levels", rule, levels.len()));
        }
        let levels = if levels.is_empty() { &[0.8, 0.95] } else { levels };
        let (mut kept, mut names) = (Vec::new(), BTreeSet::new());
        for (i, level) in levels.iter().enumerate().take(MAX_LEVELS) {
            let field = format!("interval_levels[{i}]");
            if !(MARGIN..=1.0 - MARGIN).contains(level) {
                let rule = "must lie in (0, 1), not nearer than 1e-9 to its ends";
                violations.push(Violation::new(field, rule, level));
            } else if !names.insert(percent(*level)) {
                violations.push(Violation::new(field, "must not repeat a level", level));
            } else {
                kept.push(*level);
            }
        }
        kept.sort_unstable_by(f64::total_cmp);
        Self(kept)
    }

    /// The probabilities of the quantiles, ascending: lower ends, the median, upper ends.
    pub(super) fn probabilities(&self) -> Vec<f64> {
        let lower = self.0.iter().rev().map(|level| (1.0 - level) / 2.0);
        let upper = self.0.iter().map(|level| (1.0 + level) / 2.0);
        lower.chain([0.5]).chain(upper).collect()
    }

    /// The columns of a number called `name`: the point and, with draws, median and interval ends.
    ///
    /// Each comes with what it reads off a [`Band`] whose quantiles are those of [`Self::probabilities`].
    pub(super) fn columns(&self, name: &str, with_draws: bool) -> Vec<(String, Reading)> {
        let mut columns = vec![(name.to_owned(), Reading::Point)];
        if with_draws {
            let median = self.0.len();
            columns.push((format!("{name}_median"), Reading::Quantile(median)));
            for (i, level) in self.0.iter().enumerate() {
                let level = percent(*level);
                columns.push((format!("{name}_lower_{level}"), Reading::Quantile(median - 1 - i)));
                columns.push((format!("{name}_upper_{level}"), Reading::Quantile(median + 1 + i)));
            }
        }
        columns
    }
}

/// 0.95 as `95`, 0.975 as `97.5`: without the noise of the multiplication.
fn percent(level: f64) -> String {
    ((level * 1e12).round() / 1e10).to_string()
}

/// What a column shows of a band.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The point forecast.
    Point,
    /// The quantile of this number.
    Quantile(usize),
}

impl Reading {
    /// The number it shows.
    pub(super) fn of(self, band: &Band) -> Value {
        match self {
            Self::Point => band.point,
            Self::Quantile(i) => band.quantiles.get(i).copied().unwrap_or(Err(Absent::Missing)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_read_the_quantiles_they_are_named_after() {
        let intervals = Intervals::new(&[0.95, 0.5], &mut Violations::default());
        let probabilities = intervals.probabilities();
        for (name, reading) in intervals.columns("level", true).into_iter().skip(1) {
            let Reading::Quantile(i) = reading else { panic!("{name} is no quantile") };
            let expected = match name.as_str() {
                "level_median" => 0.5,
                "level_lower_50" => 0.25,
                "level_upper_50" => 0.75,
                "level_lower_95" => 0.025,
                "level_upper_95" => 0.975,
                other => panic!("{other} was not asked for"),
            };
            assert!((probabilities[i] - expected).abs() < 1e-12, "{name}");
        }
        assert_eq!(intervals.columns("level", false), [("level".to_owned(), Reading::Point)]);
    }

    #[test]
    fn levels_have_short_names() {
        for (level, name) in [(0.55, "55"), (0.975, "97.5"), (0.999, "99.9"), (0.07, "7")] {
            assert_eq!(percent(level), name);
        }
    }

    #[test]
    fn levels_outside_the_unit_interval_and_repeated_ones_are_refused() {
        let mut violations = Violations::default();
        Intervals::new(&[0.5, 1.0, 0.5, f64::NAN, 1.0 - 1e-16], &mut violations);
        let told: Vec<_> = violations.told().iter().map(|v| (v.field.as_str(), v.value.as_str())).collect();
        let expected = ["1", "0.5", "NaN", "0.9999999999999999"];
        let fields = ["interval_levels[1]", "interval_levels[2]", "interval_levels[3]", "interval_levels[4]"];
        assert_eq!(told, fields.into_iter().zip(expected).collect::<Vec<_>>());
    }

    #[test]
    fn levels_are_few_and_may_lie_close_together() {
        let mut violations = Violations::default();
        let close = Intervals::new(&[0.95, 0.950_000_1], &mut violations);
        assert_eq!((close.probabilities().len(), violations.count()), (5, 0));
        let many: Vec<f64> = (1..100_000).map(|i| f64::from(i) / 100_000.0).collect();
        let few = Intervals::new(&many, &mut violations);
        assert_eq!((few.probabilities().len(), violations.count()), (41, 1));
        assert!(violations.to_string().contains("at most 20"), "{violations}");
    }
}
