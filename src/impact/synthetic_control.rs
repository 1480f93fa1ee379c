//! The synthetic control of a treated unit, from outcomes alone.
//!
//! A convex combination of donors, the same in every period, that comes next to the treated unit before the treatment;
//! what separates the two afterwards is the effect. Abadie and Gardeazabal (2003, American Economic Review 93(1));
//! Abadie, Diamond and Hainmueller (2010, Journal of the American Statistical Association 105, 493–505), with all
//! outcomes before the treatment as predictors, of equal importance.
//!
//! Is the effect larger than chance makes it? Each donor is treated as if it had been the one (a **placebo** in space),
//! with the other donors to combine. The treated unit is no donor of placebos: the treatment would be in their
//! synthetic controls.

use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::simplex::{Nearest, Problem};
use crate::panel::{Absent, Value, ratio};
use rayon::prelude::*;

/// A treated unit and its synthetic control.
#[derive(Debug, Clone, PartialEq)]
pub struct Synthetic {
    /// One a donor; not negative, they sum to one.
    pub weights: Vec<f64>,
    /// The synthetic control in every period, in the unit of the outcome.
    pub path: Vec<f64>,
    /// The treated unit less its synthetic control, in every period.
    pub gap: Vec<f64>,
    /// The mean gap from the treatment on: the average effect on the treated.
    pub att: f64,
    /// Root mean squared gap before the treatment: how well the control fits.
    pub pre_rmspe: f64,
    /// The same from the treatment on.
    pub post_rmspe: f64,
    /// Whether other weights fit as well, so that another effect could be told; these are the ones of least Σw².
    pub non_unique: bool,
    /// Whether the control follows the treated unit exactly before the treatment, as many donors can over few periods.
    pub exact: bool,
    /// Whether the weights are optimal to rounding.
    pub converged: bool,
    /// The placebos.
    pub placebos: Placebos,
    /// For each donor with weight, in their order: what is found without it.
    pub without: Vec<LeftOut>,
}

/// How the treated unit ranks among the donors, each treated as if it had been the one.
#[derive(Debug, Clone, PartialEq)]
pub struct Placebos {
    /// RMSPE after over before the treatment, of the treated unit. Absent where its control is exact.
    pub ratio: Value,
    /// The same of each donor.
    pub ratios: Vec<Value>,
    /// The gap of each donor to a synthetic control from the others, in every period; empty with fewer than two donors.
    pub gaps: Vec<Vec<f64>>,
    /// Rank of the treated unit's ratio, the largest being 1, ties counting against it.
    pub rank: usize,
    /// Units with a ratio, the treated one among them.
    pub units: usize,
    /// rank / units: the share of units whose ratio is as large. It cannot fall below 1 / units.
    pub p_value: Value,
}

/// What is found without one donor.
#[derive(Debug, Clone, PartialEq)]
pub struct LeftOut {
    /// Number of the donor.
    pub donor: usize,
    /// The average effect without it.
    pub att: f64,
    /// The fit without it.
    pub pre_rmspe: f64,
}

/// Builds the synthetic control of `treated` from `donors`, all over the same periods, of which the first `pre` are
/// before the treatment.
///
/// # Errors
/// [`Error::Invalid`] at `treated`, `donors` and `pre`: no period before or after the treatment, no donor, series of
/// other lengths, numbers that are not finite. [`Error::Cancelled`] once `stop` is raised.
pub fn synthetic_control(treated: &[f64], donors: &[Vec<f64>], pre: usize, stop: &Stop) -> Result<Synthetic, Error> {
    check(treated, donors, pre)?;
    let pool: Vec<usize> = (0..donors.len()).collect();
    let control = Control::of(treated, (donors, &pool), pre, stop)?;
    let without = leave_one_out(treated, donors, (pre, &control.nearest.weights), stop)?;
    let placebos = placebos(&control, donors, pre, stop)?;
    let Control { nearest, path, gap, pre_rmspe, post_rmspe, att, .. } = control;
    let Nearest { weights, non_unique, reached: exact, converged, .. } = nearest;
    Ok(Synthetic { weights, path, gap, att, pre_rmspe, post_rmspe, non_unique, exact, converged, placebos, without })
}

/// One unit and the combination of a pool of donors.
struct Control {
    nearest: Nearest,
    path: Vec<f64>,
    gap: Vec<f64>,
    pre_rmspe: f64,
    post_rmspe: f64,
    att: f64,
}

impl Control {
    fn of(unit: &[f64], (donors, pool): (&[Vec<f64>], &[usize]), pre: usize, stop: &Stop) -> Result<Self, Error> {
        let points: Vec<&[f64]> = pool.iter().map(|donor| &donors[*donor][..pre]).collect();
        let nearest = Problem { points: &points, target: &unit[..pre], importance: None, ridge: 0.0 }.nearest(stop)?;
        let combined = |t: usize| pool.iter().zip(&nearest.weights).map(|(donor, w)| w * donors[*donor][t]).sum();
        let path: Vec<f64> = (0..unit.len()).map(combined).collect();
        let gap: Vec<f64> = unit.iter().zip(&path).map(|(y, control)| y - control).collect();
        let (before, after) = gap.split_at(pre);
        let (pre_rmspe, post_rmspe) = (root_mean_square(before), root_mean_square(after));
        let att = after.iter().sum::<f64>() / after.len() as f64;
        Ok(Self { nearest, path, gap, pre_rmspe, post_rmspe, att })
    }

    /// RMSPE after over before; that of an exact control is rounding.
    fn ratio(&self) -> Value {
        if self.nearest.reached { Err(Absent::ZeroDenominator) } else { ratio(self.post_rmspe, self.pre_rmspe) }
    }
}

fn root_mean_square(x: &[f64]) -> f64 {
    let unit = crate::numeric::vector::magnitude(x);
    unit * (x.iter().map(|x| (x / unit).powi(2)).sum::<f64>() / x.len() as f64).sqrt()
}

fn placebos(control: &Control, donors: &[Vec<f64>], pre: usize, stop: &Stop) -> Result<Placebos, Error> {
    let placebo = |donor: usize| {
        let pool: Vec<usize> = (0..donors.len()).filter(|other| *other != donor).collect();
        Control::of(&donors[donor], (donors, &pool), pre, stop)
    };
    let numbers = if donors.len() < 2 { 0..0 } else { 0..donors.len() };
    let controls: Vec<Control> = numbers.into_par_iter().map(placebo).collect::<Result<_, Error>>()?;
    let (ratio, ratios) = (control.ratio(), controls.iter().map(Control::ratio).collect::<Vec<_>>());
    let as_large = |own: f64| ratios.iter().flatten().filter(|other| **other >= own).count();
    let (rank, units) = (1 + ratio.map_or(0, as_large), 1 + ratios.iter().flatten().count());
    let p_value =
        ratio.and_then(|_| if units < 2 { Err(Absent::TooFewCategories) } else { Ok(rank as f64 / units as f64) });
    Ok(Placebos { ratio, ratios, gaps: controls.into_iter().map(|c| c.gap).collect(), rank, units, p_value })
}

fn leave_one_out(
    treated: &[f64],
    donors: &[Vec<f64>],
    (pre, weights): (usize, &[f64]),
    stop: &Stop,
) -> Result<Vec<LeftOut>, Error> {
    let used: Vec<usize> = (0..donors.len()).filter(|donor| donors.len() > 1 && weights[*donor] > 0.0).collect();
    let without = |donor: &usize| {
        let pool: Vec<usize> = (0..donors.len()).filter(|other| other != donor).collect();
        let control = Control::of(treated, (donors, &pool), pre, stop)?;
        Ok(LeftOut { donor: *donor, att: control.att, pre_rmspe: control.pre_rmspe })
    };
    used.par_iter().map(without).collect()
}

fn check(treated: &[f64], donors: &[Vec<f64>], pre: usize) -> Result<(), Violations> {
    let mut violations = Violations::default();
    if pre == 0 || pre >= treated.len() {
        let rule =
            format!("must leave periods before and after the treatment: 1 to {}", treated.len().saturating_sub(1));
        violations.push(Violation::new("pre", rule, pre));
    }
    if donors.is_empty() {
        violations.push(Violation::new("donors", "a synthetic control needs at least one donor", ""));
    }
    let series = std::iter::once(("treated".to_owned(), treated));
    let series = series.chain(donors.iter().enumerate().map(|(i, donor)| (format!("donors[{i}]"), donor.as_slice())));
    for (field, values) in series {
        if values.len() != treated.len() {
            let rule = format!("must have as many periods as the treated unit, {}", treated.len());
            violations.push(Violation::new(&field, rule, values.len()));
        }
        // Differences and their sums must not overflow.
        for (t, x) in values.iter().enumerate().filter(|(_, x)| x.is_nan() || x.abs() > f64::MAX / 8.0) {
            violations.push(Violation::new(
                format!("{field}[{t}]"),
                "must be a finite number, not near the range's end",
                x,
            ));
        }
    }
    violations.into_result(())
}
