//! How complete and how even a panel is.

use super::{Absent, Panel, Period, Value};

/// A log growth rate further than this many median absolute deviations from the median is an outlier.
const OUTLIER_DEVIATIONS: f64 = 10.0;

/// What the values of one measure are like. The counts of present, missing and suppressed add up to the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct MeasureProfile {
    /// Rows that have a value.
    pub present: usize,
    /// Rows without a value, for any reason but that it was withheld.
    pub missing: usize,
    /// Rows whose value was withheld.
    pub suppressed: usize,
    /// Values equal to zero.
    pub zero: usize,
    /// Values below zero.
    pub negative: usize,
    /// The smallest value; absent when no row has one.
    pub min: Value,
    /// The middle value, or the mean of the two middle ones.
    pub median: Value,
    /// The largest value.
    pub max: Value,
    /// Values whose log growth over the period before lies more than ten median absolute deviations from the median
    /// of all such growth rates of the measure; none when that deviation is zero.
    pub outliers: usize,
}

/// A region that lacks rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hole {
    /// Number of the region.
    pub region: usize,
    /// The first period in which the region has a row.
    pub first: Period,
    /// The last.
    pub last: Period,
    /// Rows that a panel without holes would have beyond those present.
    pub absent_rows: usize,
}

/// What the values of every measure are like, in the order of the measures.
pub fn measure_profiles(panel: &Panel) -> Vec<MeasureProfile> {
    (0..panel.measures().len()).map(|measure| measure_profile(panel, measure)).collect()
}

fn measure_profile(panel: &Panel, measure: usize) -> MeasureProfile {
    let column = panel.column(measure);
    let mut values: Vec<f64> = column.iter().filter_map(|value| value.ok()).collect();
    values.sort_unstable_by(f64::total_cmp);
    let suppressed = column.iter().filter(|value| **value == Err(Absent::Suppressed)).count();
    MeasureProfile {
        present: values.len(),
        missing: column.len() - values.len() - suppressed,
        suppressed,
        zero: values.iter().filter(|x| **x == 0.0).count(),
        negative: values.iter().filter(|x| **x < 0.0).count(),
        min: values.first().copied().ok_or(Absent::Missing),
        median: median(&values),
        max: values.last().copied().ok_or(Absent::Missing),
        outliers: outliers(&log_growth(panel, measure)),
    }
}

/// Regions that lack rows, in the order of the regions.
pub fn holes(panel: &Panel) -> Vec<Hole> {
    let mut rows = vec![0; panel.regions().len()];
    let mut spans: Vec<Option<(Period, Period)>> = vec![None; rows.len()];
    for (t, period) in panel.periods().iter().enumerate() {
        for row in panel.rows_of(t) {
            let (region, _) = panel.cell_of(row);
            rows[region] += 1;
            spans[region] = Some((spans[region].map_or(*period, |(first, _)| first), *period));
        }
    }
    let full = panel.periods().len() * panel.width();
    let regions = rows.into_iter().zip(spans).enumerate();
    let holes = regions.filter_map(|(region, (rows, span))| {
        let (first, last) = span?;
        (rows < full).then_some(Hole { region, first, last, absent_rows: full - rows })
    });
    holes.collect()
}

/// ln x(t) − ln x(t−1) of every cell that has both and both positive, in the order of the rows.
fn log_growth(panel: &Panel, measure: usize) -> Vec<f64> {
    let log = |row: usize| panel.column(measure)[row].ok().filter(|x| *x > 0.0).map(f64::ln);
    let mut growth = Vec::new();
    for (t, pair) in panel.periods().windows(2).enumerate() {
        if pair[0].plus(1) != pair[1] {
            continue;
        }
        // The rows of a period are sorted by cell, so that two periods are gone through side by side.
        let mut earlier = panel.rows_of(t).peekable();
        for row in panel.rows_of(t + 1) {
            let cell = panel.cell_of(row);
            while earlier.next_if(|before| panel.cell_of(*before) < cell).is_some() {}
            let before = earlier.next_if(|before| panel.cell_of(*before) == cell);
            if let (Some(before), Some(now)) = (before.and_then(log), log(row)) {
                growth.push(now - before);
            }
        }
    }
    growth
}

fn outliers(growth: &[f64]) -> usize {
    let sorted = |mut values: Vec<f64>| {
        values.sort_unstable_by(f64::total_cmp);
        values
    };
    let Ok(middle) = median(&sorted(growth.to_vec())) else { return 0 };
    let deviations: Vec<f64> = growth.iter().map(|g| (g - middle).abs()).collect();
    match median(&sorted(deviations.clone())) {
        Ok(usual) if usual > 0.0 => deviations.iter().filter(|d| **d > OUTLIER_DEVIATIONS * usual).count(),
        _ => 0,
    }
}

/// The middle of sorted values.
fn median(sorted: &[f64]) -> Value {
    let n = sorted.len();
    match n {
        0 => Err(Absent::Missing),
        _ if n % 2 == 1 => Ok(sorted[n / 2]),
        // The halves are taken first: the sum of two large values may overflow.
        _ => Ok(sorted[n / 2 - 1] / 2.0 + sorted[n / 2] / 2.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{KeyNames, Measure, MeasureKind, PanelBuilder, RowKey};

    fn panel(rows: &[(&str, &str, Value)]) -> Panel {
        let keys = KeyNames { region: "state".into(), period: "year".into(), industry: None };
        let gdp = Measure { name: "gdp".into(), unit: String::new(), kind: MeasureKind::Flow };
        let mut builder = PanelBuilder::new(keys, vec![gdp]);
        for (row, (region, period, value)) in rows.iter().enumerate() {
            builder.push(RowKey { row, region, period, industry: None }, &[*value]);
        }
        builder.finish().unwrap()
    }

    #[test]
    fn holes_and_gap_periods_are_told() {
        let panel = panel(&[("a", "1990", Ok(1.0)), ("a", "1993", Ok(2.0)), ("b", "1993", Ok(2.0))]);
        let gaps: Vec<_> = panel.gaps().iter().map(ToString::to_string).collect();
        assert_eq!(gaps, ["1991", "1992"]);
        let year = Period::parse("1993").unwrap();
        assert_eq!(holes(&panel), [Hole { region: 1, first: year, last: year, absent_rows: 1 }]);
    }

    #[test]
    fn present_missing_suppressed_zero_and_negative_stay_apart() {
        let values = [Ok(0.0), Ok(-3.0), Err(Absent::Suppressed), Err(Absent::Missing), Ok(5.0), Ok(4.0)];
        let rows: Vec<_> = ["1990", "1991", "1992", "1993", "1994", "1995"].into_iter().zip(values).collect();
        let rows: Vec<_> = rows.into_iter().map(|(year, value)| ("a", year, value)).collect();
        let profile = &measure_profiles(&panel(&rows))[0];
        assert_eq!(
            (profile.present, profile.missing, profile.suppressed, profile.zero, profile.negative),
            (4, 1, 1, 1, 1)
        );
        assert_eq!((profile.min, profile.median, profile.max), (Ok(-3.0), Ok(2.0), Ok(5.0)));
    }

    #[test]
    fn a_jump_in_growth_is_an_outlier_and_a_gap_is_no_jump() {
        let growth = |t: i32| 100.0 * (0.02 * f64::from(t) + 0.001 * f64::from(t * t % 7)).exp();
        let years: Vec<String> = (1980..2000).filter(|year| *year != 1990).map(|year| year.to_string()).collect();
        let value =
            |year: &String| Ok(growth(year.parse::<i32>().unwrap() - 1980) * if year == "1995" { 9.0 } else { 1.0 });
        let rows: Vec<_> = years.iter().map(|year| ("a", year.as_str(), value(year))).collect();
        let smooth: Vec<_> = rows.iter().filter(|row| row.1 < "1995").copied().collect();
        assert_eq!(measure_profiles(&panel(&smooth))[0].outliers, 0);
        assert_eq!(measure_profiles(&panel(&rows))[0].outliers, 2, "up and down again");
    }
}
