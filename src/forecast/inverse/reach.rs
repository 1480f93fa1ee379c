//! How far amounts reach: the certificate that a target is out of reach.

use super::ascent::{Peak, climb};
use super::projection::Affordable;
use super::response::Function;
use crate::error::Error;
use crate::numeric::Stop;

/// The furthest that amounts bring a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Extreme {
    /// Where it is attained.
    pub amounts: Vec<f64>,
    /// The number there: the point forecast or, with a probability, what is met with it.
    pub value: f64,
    /// Whether no step within the bounds leads further.
    pub converged: bool,
}

/// The highest of the peaks above `starts`; `None` when `f` has no value at any of them. The highest of all where `f`
/// rises or falls in each amount throughout, or is concave.
///
/// # Errors
/// Those of `f`; [`Error::Cancelled`].
pub(super) fn highest(f: &Function<'_>, starts: &[Vec<f64>], stop: &Stop) -> Result<Option<Peak>, Error> {
    let mut best: Option<Peak> = None;
    for start in starts {
        let set = Affordable { costs: &vec![0.0; start.len()], budget: f64::INFINITY };
        let Some(peak) = climb(f, set, start, stop)? else { continue };
        if best.as_ref().is_none_or(|best| peak.value > best.value) {
            best = Some(peak);
        }
    }
    Ok(best)
}

/// Lets the bounds go: each amount in turn is taken to the end of what its action allows wherever that raises `f`, until
/// none does. Where `f` rises or falls in each amount throughout, as a share does, this is its supremum.
///
/// # Errors
/// Those of `f`; [`Error::Cancelled`].
pub(super) fn furthest(
    f: &Function<'_>,
    from: (Vec<f64>, f64),
    limits: &[(f64, f64)],
    stop: &Stop,
) -> Result<(Vec<f64>, f64), Error> {
    let (mut amounts, mut value) = from;
    let mut has_moved = true;
    while has_moved {
        has_moved = false;
        for (i, (low, high)) in limits.iter().enumerate() {
            for end in [*low, *high] {
                stop.check()?;
                let mut moved = amounts.clone();
                moved[i] = end;
                if let Some(higher) = f(&moved)?.filter(|found| *found > value) {
                    (amounts, value, has_moved) = (moved, higher, true);
                }
            }
        }
    }
    Ok((amounts, value))
}
