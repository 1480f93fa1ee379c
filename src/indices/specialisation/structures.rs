//! The structure of every region: its shares of industries beside those of the nation.

use crate::indices::distribution::{Over, distributions, totals};
use crate::indices::{Input, Output, Shape};
use crate::panel::{Absent, Value};

/// What the indices made of both structures state.
pub(super) fn conventions() -> Vec<String> {
    let nation = "the nation includes the region itself; its shares are those of the industries that the region has";
    vec![format!("{nation}; a zero counts as an industry, an absent cell does not")]
}

/// The two shares of each industry that a region has a value of: the region's own and the nation's.
pub(super) type Structure = Vec<(f64, f64)>;

/// Computes named results of the structure of every region.
pub(super) fn each_structure<const N: usize>(
    input: &Input<'_>,
    names: [&'static str; N],
    compute: impl Fn(&Structure) -> [Value; N],
) -> Output {
    let nation = input.measure.industry_totals();
    let rows: Vec<_> = distributions(&input.measure, Over::Industries)
        .into_iter()
        .map(|region| {
            let pairs = region?.beside(&nation)?;
            let (x, reference) = totals(&pairs)?;
            Ok(compute(&pairs.iter().map(|(a, b)| (a / x, b / reference)).collect()))
        })
        .collect::<Vec<Result<_, Absent>>>();
    Output::of_rows(Shape::Region, names, &rows)
}
