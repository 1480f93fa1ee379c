//! From a [`Forecast`] to the wire: one table a subject, rows by period and then by place.

use super::intervals::{Intervals, Reading};
use super::plan::Policy;
use crate::api::{table, v1};
use crate::forecast::distance::{At, Distance};
use crate::forecast::inequality::NAMES;
use crate::forecast::{
    Area, AreaKind, Band, Effect, Forecast, Inequality, Outlook, Request, Row, SourceShares, VarianceShares, Warning,
};
use crate::forecast::{Imposed, MovedDriver, ProjectedDriver};
use crate::panel::{Absent, Value};
use std::collections::BTreeMap;

/// A name or period in a message and once more as it is sent, with what holds it.
const NAME_BYTES: u64 = 64;

/// A forecast with what its columns are called and counted in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheets<'a> {
    pub(super) forecast: &'a Forecast,
    pub(super) intervals: &'a Intervals,
    /// Unit of the outcome.
    pub(super) outcome_unit: &'a str,
    /// Unit of the level.
    pub(super) level_unit: &'a str,
}

impl Sheets<'_> {
    /// The path of the outlook of this number.
    pub(super) fn path(&self, number: usize) -> v1::ScenarioPath {
        let outlook = &self.forecast.outlooks[number];
        v1::ScenarioPath {
            variance_shares: self.forecast.variance_shares.get(number).map(|shares| self.variance_shares(shares)),
            regions: self.levels(outlook, AreaKind::Region),
            nation: self.levels(outlook, AreaKind::Nation),
            inequality: Some(self.inequality(&outlook.inequality, "")),
            groups: self.levels(outlook, AreaKind::Group),
            cells: self.levels(outlook, AreaKind::Cell),
            distances: self.distances(&outlook.distances),
        }
    }

    /// The scenario that is the outlook of this number: its path, and what it changes.
    pub(super) fn scenario(&self, number: usize, policy: &Policy) -> Option<v1::ScenarioResult> {
        let outlook = &self.forecast.outlooks[number];
        let effect = outlook.effect.as_ref()?;
        let warnings = self.forecast.warnings.iter().filter(|warning| warning.place == outlook.name);
        Some(v1::ScenarioResult {
            name: outlook.name.clone(),
            closure: policy.closure.into(),
            stored_name: policy.stored_name.clone(),
            scenario_sha256: policy.sha256.clone(),
            path: Some(self.path(number)),
            effects: self.effects(effect, AreaKind::Region),
            group_effects: self.effects(effect, AreaKind::Group),
            nation_effects: self.nation_effects(effect),
            decomposition: Some(self.decomposition(effect)),
            inequality_effects: Some(self.inequality(&effect.inequality, "_effect")),
            pure_reallocation: effect.pure_reallocation,
            warnings: warnings.map(warning).collect(),
            cell_effects: self.effects(effect, AreaKind::Cell),
            term_sums: Some(self.term_sums(effect)),
            plausibility: self.plausibility(&outlook.imposed),
            scenario: Some(policy.scenario.clone()),
            drivers: self.drivers(&outlook.drivers),
        })
    }

    /// Outcome where there is one, level and growth of the areas of a kind; `None` when there are none.
    fn levels(&self, outlook: &Outlook, kind: AreaKind) -> Option<v1::Table> {
        let areas = self.areas(kind)?;
        let paths: Vec<_> = areas.iter().map(|area| &outlook.areas[*area]).collect();
        let mut columns = self.keys(&areas);
        columns.extend(self.bands("outcome", self.outcome_unit, paths.iter().map(|path| &path.outcome)));
        columns.extend(self.bands("level", self.level_unit, paths.iter().map(|path| &path.level)));
        columns.extend(self.bands("growth", "percent", paths.iter().map(|path| &path.growth)));
        columns.extend(self.bands("rank", "", paths.iter().map(|path| &path.rank)));
        Some(table::table(columns))
    }

    /// Effects on the outcome where there is one, level and growth of the areas of a kind; `None` when there are none.
    fn effects(&self, effect: &Effect, kind: AreaKind) -> Option<v1::Table> {
        let areas = self.areas(kind)?;
        let effects: Vec<_> = areas.iter().map(|area| &effect.areas[*area]).collect();
        let mut columns = self.keys(&areas);
        columns.extend(self.bands("outcome_effect", self.outcome_unit, effects.iter().map(|e| &e.outcome)));
        columns.extend(self.bands("level_effect", self.level_unit, effects.iter().map(|e| &e.level)));
        columns.extend(self.bands("level_effect_percent", "percent", effects.iter().map(|e| &e.level_percent)));
        columns.extend(self.bands("growth_effect", "percentage points", effects.iter().map(|e| &e.growth)));
        Some(table::table(columns))
    }

    /// The effects of the nation and the sums over the rows.
    fn nation_effects(&self, effect: &Effect) -> Option<v1::Table> {
        let mut table = self.effects(effect, AreaKind::Nation)?;
        let weighted: Vec<_> = effect.adding_up.iter().map(|sums| sums.weighted.clone()).collect();
        table.columns.extend(self.bands("weighted_outcome_effect", self.outcome_unit, [&weighted]));
        let unweighted: Vec<_> = effect.adding_up.iter().map(|sums| sums.unweighted.clone()).collect();
        table.columns.extend(self.bands("unweighted_outcome_effect", self.outcome_unit, [&unweighted]));
        Some(table)
    }

    /// The measures of inequality; `suffix` tells differences from levels.
    fn inequality(&self, path: &[Inequality], suffix: &str) -> v1::Table {
        let mut columns = vec![self.periods(1)];
        for (i, (name, _)) in path.first().map_or(&[][..], |step| &step.measures).iter().enumerate() {
            let suffix = if NAMES.contains(name) { suffix } else { "" };
            let bands: Vec<Band> = path.iter().map(|step| step.measures[i].1.clone()).collect();
            columns.extend(self.bands(&format!("{name}{suffix}"), "", [&bands]));
        }
        table::table(columns)
    }

    /// How far the rows lie from the history, where they are farthest.
    fn distances(&self, distances: &[Distance]) -> Option<v1::Table> {
        let forecast = self.forecast;
        let rows = || distances.iter().map(|distance| &forecast.rows[distance.row]);
        let mut columns = vec![table::texts("region", rows().map(|row| row.region.as_str()))];
        if forecast.rows.iter().any(|row| row.industry.is_some()) {
            columns.push(table::texts("industry", rows().map(|row| row.industry.clone().unwrap_or_default())));
        }
        type Read = fn(&Distance) -> Option<At>;
        let of: [(&str, Read); 3] = [
            ("leverage_ratio", |distance| distance.leverage),
            ("change_distance", |distance| distance.change),
            ("hull_distance", |distance| distance.hull),
        ];
        for (name, pick) in of {
            let value = |distance: &Distance| pick(distance).map(|at| at.value).ok_or(Absent::Missing);
            columns.push(table::numbers(name, "", distances.iter().map(value)));
            let period = |distance: &Distance| {
                pick(distance).map_or_else(String::new, |at| forecast.periods[at.step].to_string())
            };
            columns.push(table::texts(&format!("{name}_period"), distances.iter().map(period)));
        }
        let farther = distances.iter().map(|distance| distance.farther.ok_or(Absent::Missing));
        columns.push(table::numbers("changes_farther", "", farther));
        let term = |distance: &Distance| distance.term.map_or_else(String::new, |term| forecast.terms[term].clone());
        columns.push(table::texts("hull_term", distances.iter().map(term)));
        (!distances.is_empty()).then(|| table::table(columns))
    }

    /// How plausible the paths are that a scenario imposes.
    fn plausibility(&self, imposed: &[Imposed]) -> Option<v1::Table> {
        let of = |pick: fn(&Imposed) -> f64| imposed.iter().map(move |one| Ok(pick(one)));
        (!imposed.is_empty()).then(|| {
            table::table(vec![
                table::texts("driver", imposed.iter().map(|one| one.driver.as_str())),
                table::numbers("q", "", of(|one| one.plausibility.q)),
                table::numbers("conditions", "", of(|one| one.plausibility.df as f64)),
                table::numbers("tail", "", of(|one| one.plausibility.tail)),
                table::numbers("calibrated", "", of(|one| one.plausibility.calibrated)),
            ])
        })
    }

    /// Where a scenario moves drivers.
    fn drivers(&self, moved: &[MovedDriver]) -> Option<v1::Table> {
        let period = |one: &MovedDriver| self.forecast.periods[one.step].to_string();
        (!moved.is_empty()).then(|| {
            table::table(vec![
                table::texts("driver", moved.iter().map(|one| one.driver.as_str())),
                table::texts("period", moved.iter().map(period)),
                table::texts("region", moved.iter().map(|one| one.region.as_str())),
                table::numbers("baseline", "", moved.iter().map(|one| one.baseline)),
                table::numbers("scenario", "", moved.iter().map(|one| one.scenario)),
            ])
        })
    }

    fn decomposition(&self, effect: &Effect) -> v1::Table {
        let rows = &self.forecast.rows;
        let steps = self.forecast.periods.len();
        let mut columns = vec![self.periods(rows.len())];
        let by_step = || (0..steps).flat_map(|_| rows);
        columns.push(table::texts("region", by_step().map(|row| row.region.as_str())));
        if rows.iter().any(|row| row.industry.is_some()) {
            columns.push(table::texts("industry", by_step().map(|row| row.industry.clone().unwrap_or_default())));
        }
        for (i, term) in self.forecast.terms.iter().enumerate() {
            let parts = effect.decomposition.iter().flatten().map(|terms| terms[i]);
            columns.push(table::numbers(term, self.outcome_unit, parts));
        }
        table::table(columns)
    }

    fn term_sums(&self, effect: &Effect) -> v1::Table {
        let mut columns = vec![self.periods(1)];
        for (i, term) in self.forecast.terms.iter().enumerate() {
            columns.push(table::numbers(term, "", effect.adding_up.iter().map(|sums| sums.terms[i])));
        }
        table::table(columns)
    }

    fn variance_shares(&self, shares: &VarianceShares) -> v1::Table {
        let areas = &self.forecast.areas;
        let places = || self.forecast.periods.iter().flat_map(|_| areas);
        let kind = |area: &Area| match area.kind {
            AreaKind::Cell => "cell",
            AreaKind::Region => "region",
            AreaKind::Group => "group",
            AreaKind::Nation => "nation",
        };
        let mut columns = vec![self.periods(areas.len())];
        columns.push(table::texts("kind", places().map(kind)));
        columns.push(table::texts("place", places().map(|area| area.name.as_str())));
        if areas.iter().any(|area| area.industry.is_some()) {
            columns.push(table::texts("industry", places().map(|area| area.industry.clone().unwrap_or_default())));
        }
        let cells = || (0..self.forecast.periods.len()).flat_map(|h| (0..areas.len()).map(move |area| (h, area)));
        for SourceShares { source, level, growth } in &shares.sources {
            for (quantity, values) in [("level", level), ("growth", growth)] {
                let name = format!("{quantity}_{}", source.name());
                columns.push(table::numbers(&name, "", cells().map(|(h, area)| values[area][h])));
            }
        }
        table::table(columns)
    }

    /// Numbers of the areas of a kind.
    fn areas(&self, kind: AreaKind) -> Option<Vec<usize>> {
        let areas = self.forecast.areas.iter().enumerate().filter(|(_, area)| area.kind == kind);
        let areas: Vec<_> = areas.map(|(i, _)| i).collect();
        (!areas.is_empty()).then_some(areas)
    }

    /// The period, `places` times each.
    fn periods(&self, places: usize) -> v1::Column {
        let periods = self.forecast.periods.iter();
        table::texts("period", periods.flat_map(|period| std::iter::repeat_n(period.to_string(), places)))
    }

    /// The columns that name period and place; areas of one kind.
    fn keys(&self, areas: &[usize]) -> Vec<v1::Column> {
        let mut columns = vec![self.periods(areas.len())];
        let places = || self.forecast.periods.iter().flat_map(|_| areas.iter().map(|area| &self.forecast.areas[*area]));
        match areas.first().map(|area| self.forecast.areas[*area].kind) {
            Some(AreaKind::Region) => columns.push(table::texts("region", places().map(|area| area.name.as_str()))),
            Some(AreaKind::Group) => columns.push(table::texts("group", places().map(|area| area.name.as_str()))),
            Some(AreaKind::Cell) => {
                columns.push(table::texts("region", places().map(|area| area.name.as_str())));
                columns.push(table::texts("industry", places().map(|area| area.industry.clone().unwrap_or_default())));
            }
            Some(AreaKind::Nation) | None => {}
        }
        columns
    }

    /// Point, median and interval columns of a number; `series` has one entry a place, each by period. There are no
    /// columns of a number that the places do not have.
    fn bands<'b>(&self, name: &str, unit: &str, series: impl IntoIterator<Item = &'b Vec<Band>>) -> Vec<v1::Column> {
        let series: Vec<_> = series.into_iter().filter(|bands| !bands.is_empty()).collect();
        if series.is_empty() {
            return Vec::new();
        }
        let steps = self.forecast.periods.len();
        let column = |(name, reading): (String, Reading)| {
            let cells = (0..steps).flat_map(|step| series.iter().map(move |bands| &bands[step]));
            table::numbers(&name, unit, cells.map(|band| -> Value { reading.of(band) }))
        };
        self.intervals.columns(name, self.forecast.draws > 0).into_iter().map(column).collect()
    }
}

/// Bytes of the answer as a message and once more as it is sent.
///
/// A row and step has seven numbers in each future and, beside them, two names for the path and two for the effects;
/// regions of a model of cells, groups and nation count like rows.
pub(super) fn predicted_bytes(request: &Request, rows: usize) -> u64 {
    let places = 2 * rows as u64 * request.horizon as u64 * (request.scenarios.len() as u64 + 1);
    let columns = if request.draws > 0 { 1 + request.quantiles.len() as u64 } else { 1 };
    places.saturating_mul(7 * columns * 2 * size_of::<f64>() as u64 + 4 * NAME_BYTES)
}

/// How many regions or cells are left out, by reason.
pub(super) fn left_out(rows: &[Row]) -> Vec<v1::AbsentCount> {
    let mut counts = BTreeMap::new();
    rows.iter().filter_map(|row| row.left_out).for_each(|reason| *counts.entry(reason).or_default() += 1);
    table::left_out(counts)
}

/// How a driver is projected, as a message.
pub(super) fn projected(driver: &ProjectedDriver) -> v1::ProjectedDriver {
    v1::ProjectedDriver {
        measure: driver.measure.clone(),
        method: driver.method.to_owned(),
        chosen_methods: driver.chosen.iter().map(|id| (*id).to_owned()).collect(),
        figures: driver.figures.iter().map(|figure| (figure.name.clone(), figure.value)).collect(),
    }
}

/// A warning as a message.
pub(super) fn warning(warning: &Warning) -> v1::Warning {
    v1::Warning {
        code: warning.code.name().to_owned(),
        message: warning.message.clone(),
        subject: warning.place.clone(),
    }
}
