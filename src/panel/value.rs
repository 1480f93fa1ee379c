//! A number that is there, or the reason why it is not.

use std::fmt;

/// A finite number, or the typed reason for its absence.
///
/// Every quantity that can be undefined travels as a `Value`, so that no NaN is ever
/// mistaken for a number and each row left out of a result is counted under its reason.
pub type Value = Result<f64, Absent>;

/// Why a value is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum Absent {
    /// The data have no value for this cell.
    Missing = 1,
    /// The publisher of the data withheld the value (confidentiality).
    Suppressed,
    /// A lag, lead or growth rate reaches a period the panel does not have.
    NoPeriod,
    /// A total or denominator is zero.
    ZeroDenominator,
    /// A logarithm, root or power of a number outside its domain.
    OutsideDomain,
    /// The quantity needs at least two categories (regions, industries, groups).
    TooFewCategories,
    /// The calculation overflowed the range of a double.
    Overflow,
    /// The category was not part of the sample the model was fitted on.
    UnknownLevel,
    /// The region has no neighbour in the spatial weights.
    NoNeighbour,
    /// The data leave the quantity open: an eigenvalue is multiple, a network falls apart.
    Undetermined,
}

impl Absent {
    /// All reasons, in the order of their codes.
    pub const ALL: [Self; 10] = [
        Self::Missing,
        Self::Suppressed,
        Self::NoPeriod,
        Self::ZeroDenominator,
        Self::OutsideDomain,
        Self::TooFewCategories,
        Self::Overflow,
        Self::UnknownLevel,
        Self::NoNeighbour,
        Self::Undetermined,
    ];

    /// The reason's name in answers, in lower case with underscores.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Suppressed => "suppressed",
            Self::NoPeriod => "no_period",
            Self::ZeroDenominator => "zero_denominator",
            Self::OutsideDomain => "outside_domain",
            Self::TooFewCategories => "too_few_categories",
            Self::Overflow => "overflow",
            Self::UnknownLevel => "unknown_level",
            Self::NoNeighbour => "no_neighbour",
            Self::Undetermined => "undetermined",
        }
    }
}

impl fmt::Display for Absent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Passes finite numbers; infinities and NaN become [`Absent::Overflow`].
pub fn finite(x: f64) -> Value {
    if x.is_finite() { Ok(x) } else { Err(Absent::Overflow) }
}

/// `numerator / denominator`, absent with [`Absent::ZeroDenominator`] when the denominator is zero.
pub fn ratio(numerator: f64, denominator: f64) -> Value {
    if denominator == 0.0 { Err(Absent::ZeroDenominator) } else { finite(numerator / denominator) }
}

/// Natural logarithm, absent with [`Absent::OutsideDomain`] for x ≤ 0.
pub fn ln(x: f64) -> Value {
    if x > 0.0 { Ok(x.ln()) } else { Err(Absent::OutsideDomain) }
}

/// The sum of the values that are present; absent when none is, with the reason that comes last in [`Absent::ALL`],
/// so that it does not depend on the order of the values.
pub fn sum_present(values: &[Value]) -> Value {
    let (mut total, mut any, mut reason) = (0.0, false, Absent::Missing);
    for value in values {
        match value {
            Ok(x) => (total, any) = (total + x, true),
            Err(absent) => reason = reason.max(*absent),
        }
    }
    if any { finite(total) } else { Err(reason) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_of_nothing_has_a_reason_whatever_the_order() {
        let (missing, suppressed) = (Err(Absent::Missing), Err(Absent::Suppressed));
        assert_eq!(sum_present(&[missing, Ok(2.0), suppressed, Ok(1.0)]), Ok(3.0));
        assert_eq!(sum_present(&[missing, suppressed]), suppressed);
        assert_eq!(sum_present(&[suppressed, missing]), suppressed);
        assert_eq!(sum_present(&[]), missing);
    }
}
