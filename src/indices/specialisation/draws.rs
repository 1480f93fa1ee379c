//! The spread of an index of shares, when a region's things are independent draws from its chances of industries.

use crate::card::Infer;
use crate::indices::distribution::Distribution;
use crate::indices::{Ask, Extra};
use crate::numeric::distributions::normal_quantile;
use crate::panel::Absent;

/// A value, and each share with the slope of the value by it.
pub(super) type Estimate = (f64, Vec<(f64, f64)>);

/// The analytic columns of a part: the delta method for the multinomial, variance (Σ s g² − (Σ s g)²) / N with the
/// slopes g and the count N, and the normal interval.
pub(super) fn extras(
    ask: &Ask,
    part: &str,
    regions: &[Result<Distribution, Absent>],
    estimate: impl Fn(&Distribution) -> Result<Estimate, Absent>,
) -> Option<Vec<Extra>> {
    if ask.infer != Infer::Analytic {
        return None;
    }
    let width = normal_quantile((1.0 + ask.level) / 2.0);
    let found: Vec<Result<(f64, f64), Absent>> = regions
        .iter()
        .map(|region| {
            let region = region.as_ref().map_err(|absent| *absent)?;
            let (value, slopes) = estimate(region)?;
            let mean: f64 = slopes.iter().map(|(share, slope)| share * slope).sum();
            let variance: f64 = slopes.iter().map(|(share, slope)| share * (slope - mean).powi(2)).sum();
            Ok((value, (variance / region.total).sqrt()))
        })
        .collect();
    let column = |name: &str, of: &dyn Fn(f64, f64) -> f64| {
        (format!("{part}_{name}"), found.iter().map(|one| one.map(|(value, se)| of(value, se))).collect())
    };
    Some(vec![
        column("se", &|_, se| se),
        column("lower", &|value, se| value - width * se),
        column("upper", &|value, se| value + width * se),
    ])
}
