//! A quantity over the periods with its intervals, as a fan chart shows it.

use super::ReportError;
use super::sheet::Sheet;

/// The course of one quantity: its centre and the intervals around it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The point forecast.
    pub(super) centre: Vec<Option<f64>>,
    /// The intervals, the widest first.
    pub(super) bands: Vec<Band>,
}

/// The interval of one level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Band {
    /// The level in percent, as its columns are named.
    pub(super) level: String,
    /// Lower ends.
    pub(super) lower: Vec<Option<f64>>,
    /// Upper ends.
    pub(super) upper: Vec<Option<f64>>,
}

impl Path {
    /// The entries of `column` and its intervals in `rows`.
    ///
    /// # Errors
    /// When the sheet lacks the column or an end of an interval.
    pub(super) fn read(sheet: &Sheet<'_>, column: &str, rows: &[usize]) -> Result<Self, ReportError> {
        let pick = |name: &str| -> Result<Vec<_>, ReportError> {
            let numbers = sheet.numbers(name)?;
            Ok(rows.iter().map(|row| numbers.get(*row).copied().flatten()).collect())
        };
        let centre = pick(column)?;
        let band = |level: &str| -> Result<Band, ReportError> {
            let lower = pick(&format!("{column}_lower_{level}"))?;
            let upper = pick(&format!("{column}_upper_{level}"))?;
            Ok(Band { level: level.to_owned(), lower, upper })
        };
        let bands = sheet.interval_levels(column).into_iter().map(band).collect::<Result<_, _>>()?;
        Ok(Self { centre, bands })
    }

    /// Every number of the path.
    pub(super) fn numbers(&self) -> impl Iterator<Item = f64> {
        let ends = self.bands.iter().flat_map(|band| band.lower.iter().chain(&band.upper));
        self.centre.iter().chain(ends).filter_map(|x| *x)
    }

    /// The centre and the widest interval of entry `i`.
    pub(super) fn at(&self, i: usize) -> Option<Estimate<'_>> {
        let centre = self.centre.get(i).copied().flatten()?;
        let interval = self.bands.first().and_then(|band| {
            let (lower, upper) = (band.lower.get(i).copied().flatten()?, band.upper.get(i).copied().flatten()?);
            Some(Interval { level: &band.level, lower, upper })
        });
        Some(Estimate { centre, interval })
    }

    /// The last entry.
    pub(super) fn last(&self) -> Option<Estimate<'_>> {
        self.at(self.centre.len().checked_sub(1)?)
    }
}

/// A number and its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate<'a> {
    /// The number.
    pub(super) centre: f64,
    /// Its widest interval, where there is one.
    pub(super) interval: Option<Interval<'a>>,
}

/// An interval and its level in percent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Interval<'a> {
    /// The level in percent.
    pub(super) level: &'a str,
    /// The lower end.
    pub(super) lower: f64,
    /// The upper end.
    pub(super) upper: f64,
}

impl Estimate<'_> {
    /// Whether the interval lies on one side of zero.
    pub(super) fn is_clear(&self) -> bool {
        self.interval.is_some_and(|interval| interval.lower > 0.0 || interval.upper < 0.0)
    }
}
