//! The places a forecast answers for, and how their levels follow from the rows.

use super::answer::{Area, AreaKind, Row};
use super::future::Step;
use super::series::{Section, Series};
use super::simulate::Engine;
use crate::formula::Unit;
use crate::panel::{Absent, Value, ratio};

/// The rows of the program, `left_out` filled in from the first period of the baseline's point forecast.
///
/// Later periods do not count, so that the horizon does not say who is in a sum.
pub(super) fn rows(engine: &Engine<'_>, level: &[Value], baseline: &[Step]) -> Vec<Row> {
    let width = engine.panel.width();
    let divisors = baseline.first().and_then(|step| divisors(engine, step));
    let rows = engine.main.program.rows();
    let left_out = |row: usize| level[row].err().or_else(|| divisors.as_ref()?[row].err());
    let name = |row: usize| match engine.main.program.unit() {
        Unit::Region => (engine.panel.regions().name(row), None),
        Unit::Cell => {
            let industry = engine.panel.industries().map(|labels| labels.name(row % width).to_owned());
            (engine.panel.regions().name(row / width), industry)
        }
    };
    let row = |row: usize| {
        let (region, industry) = name(row);
        Row { region: region.to_owned(), industry, left_out: left_out(row) }
    };
    (0..rows).map(row).collect()
}

/// Rows first, then the regions of a model of cells, groups and nation.
pub(super) fn areas(engine: &Engine<'_>, rows: &[Row]) -> Vec<Area> {
    let cells = engine.main.program.unit() == Unit::Cell && engine.panel.industries().is_some();
    let kind = if cells { AreaKind::Cell } else { AreaKind::Region };
    let single = |(i, row): (usize, &Row)| Area {
        kind,
        name: row.region.clone(),
        industry: row.industry.clone(),
        rows: vec![i],
        left_out: row.left_out,
    };
    let mut areas: Vec<Area> = rows.iter().enumerate().map(single).collect();
    let mut several = |kind, name: &str, holds: &dyn Fn(usize) -> bool| {
        let members = (0..rows.len()).filter(|row| holds(region_of(engine, *row)));
        let (rows, left_out) = counted(rows, members);
        areas.push(Area { kind, name: name.to_owned(), industry: None, rows, left_out });
    };
    if cells {
        for (number, name) in engine.panel.regions().names().iter().enumerate() {
            several(AreaKind::Region, name, &|region| region == number);
        }
    }
    let groups = &engine.plan.groups;
    for (number, name) in groups.names.iter().enumerate() {
        several(AreaKind::Group, name, &|region| groups.of[region] == Some(number));
    }
    several(AreaKind::Nation, "", &|_| true);
    areas
}

/// The numbers of the members that count in sums; when none does, why the first one does not.
pub(super) fn counted(rows: &[Row], members: impl Iterator<Item = usize>) -> (Vec<usize>, Option<Absent>) {
    let (counted, left_out): (Vec<_>, Vec<_>) = members.partition(|row| rows[*row].left_out.is_none());
    let reason = left_out.first().and_then(|row| rows[*row].left_out).filter(|_| counted.is_empty());
    (counted, reason)
}

/// The region of a row.
pub(super) fn region_of(engine: &Engine<'_>, row: usize) -> usize {
    row * engine.panel.regions().len() / engine.main.program.rows()
}

/// What the quantity is divided by, one a row; `None` when the outcome has no divisor.
fn divisors(engine: &Engine<'_>, step: &Step) -> Option<Vec<Value>> {
    Some(engine.rows_of(step.get(&engine.main.link.divisor?)?))
}

/// How the levels of rows make up those of areas, in each step of one future.
#[derive(Debug)]
pub(super) struct Levels {
    /// Step by step; the last observed period comes first.
    divisors: Vec<Option<Vec<Value>>>,
    /// Whether the outcome's measure adds up.
    adds_up: bool,
    /// Levels of the last observed period.
    observed: Vec<Value>,
}

impl Levels {
    /// The rule for a future with these drivers.
    pub(super) fn new(engine: &Engine<'_>, drivers: &[Step]) -> Self {
        let last = engine.plan.periods[0].plus(-1);
        let measured = engine.main.link.divisor.and_then(|d| engine.panel.grid(d, last)).map(|g| engine.rows_of(&g));
        let ahead = drivers.iter().map(|step| divisors(engine, step));
        Self {
            divisors: std::iter::once(measured).chain(ahead).collect(),
            adds_up: engine.panel.measures()[engine.main.link.measure].adds_up(),
            observed: engine.observed(&engine.main, last),
        }
    }

    /// The factors that make an area's level from those of its rows, after `h` steps.
    fn factors(&self, area: &Area, h: usize) -> Vec<Value> {
        match &self.divisors[h] {
            _ if area.rows.len() == 1 => vec![Ok(1.0)],
            Some(divisors) => {
                let total = area.rows.iter().map(|row| divisors[*row]).sum::<Value>();
                area.rows.iter().map(|row| ratio(divisors[*row]?, total?)).collect()
            }
            None if self.adds_up => vec![Ok(1.0); area.rows.len()],
            None => vec![Ok(1.0 / area.rows.len() as f64); area.rows.len()],
        }
    }

    /// The level of an area after `h` steps, from those of its rows; 0 is the last observed period. A row without a
    /// level in that step leaves the area without one too.
    pub(super) fn level(&self, area: &Area, h: usize, level: &Section) -> Series {
        match (area.left_out, &area.rows[..]) {
            (Some(reason), []) => Series::constant(Err(reason), level.count),
            (_, [row]) => level.at(*row).series(),
            _ => {
                let mut sum = Series::constant(Ok(0.0), level.count);
                for (row, factor) in area.rows.iter().zip(self.factors(area, h)) {
                    sum.add(factor, level.at(*row));
                }
                sum
            }
        }
    }

    /// The level of an area in the last observed period.
    pub(super) fn observed(&self, area: &Area) -> Value {
        if let (Some(reason), []) = (area.left_out, &area.rows[..]) {
            return Err(reason);
        }
        area.rows.iter().zip(self.factors(area, 0)).map(|(row, factor)| Ok(self.observed[*row]? * factor?)).sum()
    }

    /// Each row's share in the level of the last observed period (in the numerator, for a ratio), over `rows`.
    pub(super) fn observed_shares(&self, rows: &[usize]) -> Vec<Value> {
        let divisor = |row: usize| self.divisors[0].as_ref().map_or(Ok(1.0), |divisors| divisors[row]);
        let amounts: Vec<Value> = rows.iter().map(|row| Ok(self.observed[*row]? * divisor(*row)?)).collect();
        let total: Value = amounts.iter().copied().sum();
        let equal = || Ok(1.0 / rows.len() as f64);
        amounts.iter().map(|amount| if self.adds_up { ratio((*amount)?, total?) } else { equal() }).collect()
    }

    /// What an area's level is multiplied by to give an amount: the divisor's sum for a ratio.
    pub(super) fn amount_factor(&self, area: &Area, h: usize) -> Value {
        self.divisors[h].as_ref().map_or(Ok(1.0), |divisors| area.rows.iter().map(|row| divisors[*row]).sum())
    }
}
