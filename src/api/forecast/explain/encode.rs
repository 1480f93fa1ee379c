//! An explanation as tables.

use crate::api::forecast::intervals::{Intervals, Reading};
use crate::api::{table, v1};
use crate::forecast::explain::{
    By, EffectKind, Explained, Gain, Gains, MAX_ORIGINS, Options, Spillovers, Split, most_parts,
};
use crate::forecast::{Area, AreaKind, Band, Request};
use crate::panel::{Period, Value};

/// A name in a message and once more as it is sent, with what holds it.
const NAME_BYTES: u64 = 64;

/// The parts of the response that are told by several tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheets<'a> {
    pub(super) areas: &'a [Area],
    pub(super) periods: &'a [Period],
    pub(super) intervals: &'a Intervals,
    pub(super) level_unit: &'a str,
    /// Whether the forecast has draws.
    pub(super) with_draws: bool,
    /// Whether contributions have medians and intervals.
    pub(super) with_intervals: bool,
}

impl Sheets<'_> {
    /// A split by policies, drivers or margins.
    pub(super) fn split(&self, by: By, split: &Split, within_policies: bool) -> v1::EffectSplit {
        let places = numbers_of(split, EffectKind::LevelPercent);
        let parts = split.players.len();
        let repeated: Vec<usize> = (0..parts).flat_map(|_| places.iter().copied()).collect();
        let of_part = |text: &dyn Fn(usize) -> String| -> Vec<String> {
            (0..parts).flat_map(|part| places.iter().map(move |_| part)).map(text).collect()
        };
        let mut columns = Vec::new();
        if within_policies && by != By::Policy {
            let policy = |part: usize| split.players[part].policy.clone().unwrap_or_default();
            columns.push(table::texts("policy", of_part(&policy)));
        }
        columns.push(table::texts("part", of_part(&|part| split.players[part].name.clone())));
        columns.extend(self.places(split, &repeated));
        let mut totals = self.places(split, &places);
        for kind in [EffectKind::LevelPercent, EffectKind::Growth] {
            let numbers = numbers_of(split, kind);
            columns.extend(self.contributions(split, kind, &numbers, self.with_intervals));
            let pick = |bands: &'_ [Band]| -> Vec<Band> { numbers.iter().map(|n| bands[*n].clone()).collect() };
            totals.extend(self.bands(name(kind), self.unit(kind), &pick(&split.total), self.with_intervals));
            let interaction = pick(&split.interaction).into_iter().map(|band| band.point);
            totals.push(table::numbers(&format!("{}_interaction", name(kind)), self.unit(kind), interaction));
        }
        v1::EffectSplit {
            by: split_by(by).into(),
            contributions: Some(table::table(columns)),
            totals: Some(table::table(totals)),
            sampled_order_count: split.sampled_orders.unwrap_or(0) as i32,
        }
    }

    /// The matrix of origins and destinations, and its sums.
    pub(super) fn spillovers(&self, spillovers: &Spillovers) -> v1::Spillovers {
        let split = &spillovers.split;
        let destination = |number: usize| split.explained[number].area;
        let all = numbers_of(split, EffectKind::Level);
        // The nation comes last; it is told by origin.
        let inner = &all[..all.len() - 1];
        let pairs =
            spillovers.origins.iter().flat_map(|origin| inner.iter().map(move |n| (origin.area, destination(*n))));
        let pairs: Vec<(usize, usize)> = pairs.collect();
        let area = |number: usize| self.areas[number].name.clone();
        let kind = |(origin, destination): &(usize, usize)| if origin == destination { "direct" } else { "spillover" };
        let mut effects = vec![
            table::texts("origin", pairs.iter().map(|pair| area(pair.0))),
            table::texts("destination", pairs.iter().map(|pair| area(pair.1))),
            table::texts("kind", pairs.iter().map(kind)),
        ];
        for kind in [EffectKind::Level, EffectKind::LevelPercent, EffectKind::Growth] {
            let numbers = numbers_of(split, kind);
            effects.extend(self.contributions(split, kind, &numbers[..numbers.len() - 1], false));
        }
        v1::Spillovers {
            effects: Some(table::table(effects)),
            origins: Some(self.origins(spillovers)),
            destinations: Some(self.destinations(spillovers)),
            sampled_order_count: split.sampled_orders.unwrap_or(0) as i32,
        }
    }

    fn origins(&self, spillovers: &Spillovers) -> v1::Table {
        let (origins, unit) = (&spillovers.origins, self.level_unit);
        let mut columns = vec![
            table::texts("origin", origins.iter().map(|sum| self.areas[sum.area].name.as_str())),
            table::numbers("direct_level_effect", unit, origins.iter().map(|sum| sum.direct)),
        ];
        let spillovers: Option<Vec<Value>> = origins.iter().map(|sum| sum.spillover).collect();
        columns.extend(spillovers.map(|sums| table::numbers("spillover_level_effect", unit, sums)));
        columns.push(table::numbers("nation_level_effect", unit, origins.iter().map(|sum| sum.nation)));
        table::table(columns)
    }

    fn destinations(&self, spillovers: &Spillovers) -> v1::Table {
        let inner = |area: usize| self.areas[area].kind != AreaKind::Nation;
        let sums: Vec<_> = spillovers.destinations.iter().filter(|sum| inner(sum.area)).collect();
        table::table(vec![
            table::texts("destination", sums.iter().map(|sum| self.areas[sum.area].name.as_str())),
            table::numbers("own_level_effect_percent", "percent", sums.iter().map(|sum| sum.own)),
            table::numbers("received_level_effect_percent", "percent", sums.iter().map(|sum| sum.received)),
            table::numbers("level_effect_percent", "percent", sums.iter().map(|sum| sum.total)),
        ])
    }

    /// Who gains and who loses.
    pub(super) fn gains(&self, gains: &Gains) -> v1::Gains {
        let totals = gains.gained.as_ref().zip(gains.lost.as_ref()).map(|(gained, lost)| {
            let column = |name: &str, band: &Band| {
                self.bands(name, self.level_unit, std::slice::from_ref(band), self.with_draws)
            };
            table::table([column("gained_level_effect", gained), column("lost_level_effect", lost)].concat())
        });
        v1::Gains {
            regions: self.gains_of(gains, AreaKind::Region),
            groups: self.gains_of(gains, AreaKind::Group),
            nation: self.gains_of(gains, AreaKind::Nation),
            totals,
            gainer_count: gains.gainers as i32,
            loser_count: gains.losers as i32,
            unchanged_count: gains.unchanged as i32,
            absent_count: gains.absent as i32,
        }
    }

    fn gains_of(&self, gains: &Gains, kind: AreaKind) -> Option<v1::Table> {
        let gains: Vec<&Gain> = gains.areas.iter().filter(|gain| self.areas[gain.area].kind == kind).collect();
        let names = gains.iter().map(|gain| self.areas[gain.area].name.as_str());
        let mut columns = match kind {
            AreaKind::Nation => Vec::new(),
            AreaKind::Group => vec![table::texts("group", names)],
            AreaKind::Region | AreaKind::Cell => {
                let rank = |gain: &&Gain| gain.rank.map(|rank| rank as f64).ok_or_else(|| absent(&gain.level_percent));
                vec![table::texts("region", names), table::numbers("rank", "", gains.iter().map(rank))]
            }
        };
        for kind in [EffectKind::Level, EffectKind::LevelPercent, EffectKind::Growth] {
            let band = |gain: &&Gain| match kind {
                EffectKind::Level => gain.level.clone(),
                EffectKind::LevelPercent => gain.level_percent.clone(),
                EffectKind::Growth => gain.growth.clone(),
            };
            let bands: Vec<Band> = gains.iter().map(band).collect();
            columns.extend(self.bands(name(kind), self.unit(kind), &bands, self.with_draws));
        }
        let chances: Option<Vec<Value>> = gains.iter().map(|gain| gain.probability_of_gain).collect();
        columns.extend(chances.map(|chances| table::numbers("probability_of_gain", "", chances)));
        (!gains.is_empty()).then(|| table::table(columns))
    }

    /// The columns of one kind of effect on these numbers, part by part.
    fn contributions(
        &self,
        split: &Split,
        kind: EffectKind,
        numbers: &[usize],
        with_intervals: bool,
    ) -> Vec<v1::Column> {
        let unit = self.unit(kind);
        let parts = || split.contributions.iter();
        let shapley: Vec<Band> = parts().flat_map(|part| numbers.iter().map(|n| part.shapley[*n].clone())).collect();
        let mut columns = self.bands(name(kind), unit, &shapley, with_intervals);
        if split.sampled_orders.is_some() {
            let errors = parts().flat_map(|part| numbers.iter().map(|n| part.standard_error[*n]));
            columns.push(table::numbers(&format!("{}_standard_error", name(kind)), unit, errors));
        }
        let alone = parts().flat_map(|part| numbers.iter().map(|n| part.alone[*n].point));
        columns.push(table::numbers(&format!("{}_alone", name(kind)), unit, alone));
        let last = parts().flat_map(|part| numbers.iter().map(|n| part.last[*n].point));
        columns.push(table::numbers(&format!("{}_last", name(kind)), unit, last));
        columns
    }

    /// Period and area of numbers.
    fn places(&self, split: &Split, numbers: &[usize]) -> Vec<v1::Column> {
        let explained: Vec<&Explained> = numbers.iter().map(|number| &split.explained[*number]).collect();
        let areas = || explained.iter().map(|explained| &self.areas[explained.area]);
        let period = |explained: &&Explained| self.periods[explained.step - 1].to_string();
        let mut columns = vec![
            table::texts("period", explained.iter().map(period)),
            table::texts("area_kind", areas().map(|area| kind_name(area.kind))),
            table::texts("area", areas().map(|area| area.name.as_str())),
        ];
        if self.areas.iter().any(|area| area.industry.is_some()) {
            columns.push(table::texts("industry", areas().map(|area| area.industry.clone().unwrap_or_default())));
        }
        columns
    }

    /// The point and, `with_draws`, median and interval columns of a number.
    fn bands(&self, name: &str, unit: &str, bands: &[Band], with_draws: bool) -> Vec<v1::Column> {
        let column =
            |(name, reading): (String, Reading)| table::numbers(&name, unit, bands.iter().map(|band| reading.of(band)));
        self.intervals.columns(name, with_draws).into_iter().map(column).collect()
    }

    fn unit(&self, kind: EffectKind) -> &str {
        match kind {
            EffectKind::Level => self.level_unit,
            EffectKind::LevelPercent => "percent",
            EffectKind::Growth => "percentage points",
        }
    }
}

/// Bytes of the answer as a message and once more as it is sent.
///
/// A part and place has two kinds of effect with their bands, errors and ends, and five names; gains have as many
/// numbers a place; a matrix has three kinds of effect a pair of places.
pub(super) fn predicted_bytes(request: &Request, rows: usize, scenario: usize, options: &Options) -> u64 {
    let number = 2 * size_of::<f64>() as u64;
    let places = (3 * rows + request.horizon) as u64;
    let row = 2 * (4 + request.quantiles.len() as u64) * number + 5 * NAME_BYTES;
    let splits = options.splits.len() as u64 * (most_parts(request, scenario) as u64 + 1) * places * row;
    let origins = if options.spillovers { rows.min(MAX_ORIGINS) as u64 } else { 0 };
    let matrix = origins * places * (3 * 4 * number + 3 * NAME_BYTES);
    splits.saturating_add(places * row).saturating_add(matrix)
}

/// The numbers of one kind of effect.
fn numbers_of(split: &Split, kind: EffectKind) -> Vec<usize> {
    (0..split.explained.len()).filter(|number| split.explained[*number].kind == kind).collect()
}

fn absent(band: &Band) -> crate::panel::Absent {
    band.point.err().unwrap_or(crate::panel::Absent::Missing)
}

fn name(kind: EffectKind) -> &'static str {
    match kind {
        EffectKind::Level => "level_effect",
        EffectKind::LevelPercent => "level_effect_percent",
        EffectKind::Growth => "growth_effect",
    }
}

fn kind_name(kind: AreaKind) -> &'static str {
    match kind {
        AreaKind::Cell => "cell",
        AreaKind::Region => "region",
        AreaKind::Group => "group",
        AreaKind::Nation => "nation",
    }
}

fn split_by(by: By) -> v1::SplitBy {
    match by {
        By::Policy => v1::SplitBy::Policy,
        By::Driver => v1::SplitBy::Driver,
        By::Margin => v1::SplitBy::Margin,
    }
}
