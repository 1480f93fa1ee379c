//! Tables of indices as messages.

use crate::api::{table, v1};
use crate::card::Raw;
use crate::indices::{GapTable, IndexTable, Key};
use crate::panel::{Panel, Period};

/// The values of an index as the contract promises them; without their rows when those are stored.
pub(super) fn result(index: &IndexTable, panel: &Panel, keeps_rows: bool) -> v1::IndexResult {
    let mut columns = Vec::new();
    if keeps_rows {
        columns.push(periods(&index.periods));
        columns.extend(index.keys.iter().map(|(name, key)| column(name, key, panel)));
        columns.extend(index.parts.iter().map(|(name, values)| table::numbers(name, "", values.iter().copied())));
    }
    let parameter = |(name, value): (&str, &Raw)| v1::NameValue { name: name.to_owned(), value: value.to_string() };
    v1::IndexResult {
        table: Some(table::table(columns)),
        parameters: index.params.iter().map(parameter).collect(),
        conventions: index.conventions.clone(),
        used_cell_count: index.used as i64,
        left_out: table::left_out(index.left_out.iter().map(|(reason, count)| (*reason, *count))),
        gap: index.gap.as_ref().map(|gap| gap_table(gap, panel)),
        keys: index.keys.iter().map(|(name, _)| (*name).to_owned()).collect(),
        inference: index.inferred.map_or("", |way| way.name()).to_owned(),
    }
}

fn gap_table(gap: &GapTable, panel: &Panel) -> v1::Table {
    let mut columns = vec![periods(&gap.periods)];
    columns.extend(gap.key().map(|key| column("industry", &key, panel)));
    columns.extend(gap.parts.iter().map(|(name, values)| table::numbers(name, "", values.iter().copied())));
    table::table(columns)
}

fn periods(periods: &[Period]) -> v1::Column {
    table::texts("period", periods.iter().map(ToString::to_string))
}

fn column(name: &str, key: &Key, panel: &Panel) -> v1::Column {
    match key {
        Key::Numbers(unit, numbers) => table::numbers(name, unit, numbers.iter().map(|x| Ok(*x))),
        key => table::texts(name, (0..length(key)).map(|row| text(key, row, panel))),
    }
}

/// Rows of a key.
pub(super) fn length(key: &Key) -> usize {
    match key {
        Key::Regions(rows) | Key::Industries(rows) => rows.len(),
        Key::Texts(rows) => rows.len(),
        Key::Numbers(_, rows) => rows.len(),
    }
}

/// One entry of a key as a text.
pub(super) fn text(key: &Key, row: usize, panel: &Panel) -> String {
    match key {
        Key::Regions(rows) => panel.regions().name(rows[row] as usize).to_owned(),
        Key::Industries(rows) => {
            panel.industries().map_or("", |industries| industries.name(rows[row] as usize)).to_owned()
        }
        Key::Texts(rows) => rows[row].clone(),
        Key::Numbers(_, rows) => rows[row].to_string(),
    }
}
