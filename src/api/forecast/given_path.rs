//! The table of a driver that follows a given path.

use crate::api::table::{self, Cells, Checked};
use crate::api::v1;
use crate::error::{Violation, Violations};
use crate::forecast::GivenPath;
use crate::panel::{Panel, Period, Value};
use std::collections::BTreeMap;

/// One path a cell from a table with the columns `region`, `period`, `industry` (where the data have it) and `value`.
///
/// # Errors
/// Missing and unknown columns, values that are absent or, unless the measure is a rate, negative, periods outside
/// the forecast, cells without every period.
pub(super) fn given_path(
    v1::Driver { measure, path: wire, .. }: &v1::Driver,
    panel: &Panel,
    horizon: usize,
    path: &str,
) -> Result<Vec<GivenPath>, Violations> {
    let Some(wire) = wire else { return Ok(Vec::new()) };
    let adds_up = panel.measures().iter().any(|known| known.name == *measure && known.adds_up());
    let Some(last) = panel.periods().last() else { return Ok(Vec::new()) };
    let future = Future { first: last.plus(1), horizon };
    let columns = Columns::of(table::read(wire, path)?, panel.industries().is_some(), path)?;
    let mut violations = Violations::default();
    let mut cells: BTreeMap<(&str, Option<&str>), BTreeMap<usize, f64>> = BTreeMap::new();
    for (row, value) in columns.values.iter().enumerate() {
        let fault = |rule: String, value: &str| Violation::new(format!("{path} row {row}"), rule, value);
        let (Some(region), Some(period), Ok(value)) = (columns.regions[row], columns.periods[row], value) else {
            violations.push(fault("a given path has every entry".to_owned(), ""));
            continue;
        };
        if adds_up && *value < 0.0 {
            violations.push(fault(format!("{measure} must not be negative"), &value.to_string()));
        }
        let Some(step) = future.step(period) else {
            let (first, last) = (future.first, future.first.plus(horizon as i32 - 1));
            violations.push(fault(format!("period must be one of the forecast, {first} to {last}"), period));
            continue;
        };
        let cell = (region, columns.industries.as_ref().and_then(|texts| texts[row]));
        if cells.entry(cell).or_default().insert(step, *value).is_some() {
            violations.push(fault("repeats the key of an earlier row".to_owned(), &format!("{region}, {period}")));
        }
    }
    let mut paths = Vec::with_capacity(cells.len());
    for ((region, industry), steps) in cells {
        if steps.len() < horizon {
            let rule = format!("a region it names must have all {horizon} periods of the forecast");
            violations.push(Violation::new(path, rule, region));
        }
        let (region, industry) = (region.to_owned(), industry.map(str::to_owned));
        paths.push(GivenPath { region, industry, values: steps.into_values().collect() });
    }
    violations.into_result(paths)
}

/// The periods of the forecast.
#[derive(Clone, Copy)]
struct Future {
    first: Period,
    horizon: usize,
}

impl Future {
    /// Which period of the forecast a text names, counted from 0.
    fn step(self, text: &str) -> Option<usize> {
        let period = Period::parse(text).filter(|period| period.frequency == self.first.frequency)?;
        let step = usize::try_from(period.ordinal - self.first.ordinal).ok()?;
        (step < self.horizon).then_some(step)
    }
}

/// The columns by their meaning.
struct Columns<'a> {
    regions: Vec<Option<&'a str>>,
    periods: Vec<Option<&'a str>>,
    industries: Option<Vec<Option<&'a str>>>,
    values: Vec<Value>,
}

impl<'a> Columns<'a> {
    fn of(columns: Vec<Checked<'a>>, has_industries: bool, path: &str) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let mut texts = BTreeMap::new();
        let mut values = None;
        for column in columns {
            match (column.name, column.cells) {
                ("value", Cells::Numbers(numbers)) => values = Some(numbers),
                ("region" | "period", Cells::Texts(entries)) => drop(texts.insert(column.name, entries)),
                ("industry", Cells::Texts(entries)) if has_industries => drop(texts.insert(column.name, entries)),
                (name, _) => {
                    let rule = "must be the texts region, period and, where the data have it, industry, or the \
                                numbers value";
                    violations.push(Violation::new(format!("{path}.columns"), rule, name));
                }
            }
        }
        let mut missing = |name: &str| {
            let rule = format!("must include a column {name}");
            violations.push(Violation::new(format!("{path}.columns"), rule, ""));
        };
        let mut take = |name: &str| {
            let entries = texts.remove(name);
            if entries.is_none() {
                missing(name);
            }
            entries.unwrap_or_default()
        };
        let columns = Self {
            regions: take("region"),
            periods: take("period"),
            industries: has_industries.then(|| take("industry")),
            values: values.unwrap_or_else(|| {
                missing("value");
                Vec::new()
            }),
        };
        violations.into_result(columns)
    }
}
