//! Answers for people, as tables of text, and for scripts, as JSON.

use super::failure::{Exit, Failure};
use crate::api::json;
use crate::api::v1::{Column, Table, column::Values};
use comfy_table::{CellAlignment, LineStyle, TableStyle};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};

/// Prints an answer: as JSON and nothing else when `as_json`, otherwise as `describe` puts it.
///
/// # Errors
/// When the message cannot be written as JSON.
pub(super) fn answer<M: prost::Message + prost::Name>(
    message: &M,
    as_json: bool,
    describe: impl FnOnce(&M) -> String,
) -> Result<(), Failure> {
    let text = if as_json { json::to_json(message)? } else { describe(message) };
    line(&text)
}

/// Prints a text and the end of a line on stdout. A reader that has seen enough, as in `agglo … | head`, is no error.
///
/// # Errors
/// When stdout cannot be written for another reason.
pub(super) fn line(text: &str) -> Result<(), Failure> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::new(Exit::CannotCreate, format!("stdout cannot be written: {e}")))
        }
        _ => Ok(()),
    }
}

/// One line below the header.
const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A table for the terminal; every column but the first is aligned to the right.
pub(super) fn table(header: &[String], rows: &[Vec<String>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(RULED).set_header(header.to_vec());
    for row in rows {
        table.add_row(row.clone());
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// A number with about five significant digits, and thousands grouped.
pub(super) fn number(x: f64) -> String {
    let size = x.abs();
    if x.fract() == 0.0 && size < 1e15 {
        group_thousands(&format!("{x:.0}"))
    } else if !(1e-4..1e15).contains(&size) {
        format!("{x:.3e}")
    } else if size >= 10_000.0 {
        group_thousands(&format!("{x:.0}"))
    } else {
        let decimals = (4 - size.log10().floor() as i32).clamp(0, 6) as usize;
        format!("{x:.decimals$}")
    }
}

fn group_thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("-", rest));
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}")
}

/// A p-value as journals print it.
pub(super) fn p_value(p: f64) -> String {
    if p < 0.0001 { "<0.0001".to_owned() } else { format!("{p:.4}") }
}

/// The column called `name`.
pub(super) fn column<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name == name)
}

/// The texts of the column called `name`; empty when there is no such column.
pub(super) fn texts<'a>(table: &'a Table, name: &str) -> &'a [String] {
    match column(table, name).and_then(|column| column.values.as_ref()) {
        Some(Values::Texts(texts)) => &texts.values,
        _ => &[],
    }
}

/// The numbers of the column called `name`, `None` where absent; empty when there is no such column.
pub(super) fn numbers(table: &Table, name: &str) -> Vec<Option<f64>> {
    column(table, name).map(entries).unwrap_or_default()
}

/// The numbers of a column, `None` where absent.
pub(super) fn entries(column: &Column) -> Vec<Option<f64>> {
    let Some(Values::Numbers(numbers)) = &column.values else { return Vec::new() };
    let mut entries: Vec<_> = numbers.values.iter().copied().map(Some).collect();
    for row in column.absent.iter().flat_map(|absent| &absent.rows) {
        entries[*row as usize] = None;
    }
    entries
}

/// Every row and column of a table.
pub(super) fn whole(table: &Table) -> String {
    first(table, usize::MAX)
}

/// Every column of the first rows of a table, with the number of those left out.
pub(super) fn first(table: &Table, most: usize) -> String {
    let header: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let columns: Vec<Vec<String>> = table
        .columns
        .iter()
        .map(|column| match &column.values {
            Some(Values::Texts(texts)) => texts.values.clone(),
            _ => entries(column).into_iter().map(number_or_dash).collect(),
        })
        .collect();
    let count = columns.first().map_or(0, Vec::len);
    let row = |row: usize| columns.iter().map(|c| c[row].clone()).collect();
    let shown = self::table(&header, &(0..count.min(most)).map(row).collect::<Vec<_>>());
    if count > most { format!("{shown}\n… and {} more rows", count - most) } else { shown }
}

/// A number or a dash for an absent one.
pub(super) fn number_or_dash(x: Option<f64>) -> String {
    x.map_or_else(|| "–".to_owned(), number)
}

/// One row a `row_key`, one column a `column_key`: the entries of `values` spread out, keys in order of appearance.
pub(super) fn pivot(title: &str, row_keys: &[String], column_keys: &[String], values: &[Option<f64>]) -> String {
    let mut rows: Vec<&str> = Vec::new();
    let mut columns: Vec<&str> = Vec::new();
    let mut cells = BTreeMap::new();
    for ((row, column), value) in row_keys.iter().zip(column_keys).zip(values) {
        if !rows.contains(&row.as_str()) {
            rows.push(row);
        }
        if !columns.contains(&column.as_str()) {
            columns.push(column);
        }
        cells.insert((row.as_str(), column.as_str()), *value);
    }
    let shown = spread(&columns, 6);
    let header: Vec<_> = std::iter::once(title.to_owned()).chain(shown.iter().map(|c| (*c).to_owned())).collect();
    let body: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = shown.iter().map(|c| number_or_dash(cells.get(&(*row, *c)).copied().flatten()));
            std::iter::once((*row).to_owned()).chain(cells).collect()
        })
        .collect();
    let text = table(&header, &body);
    if shown.len() == columns.len() {
        return text;
    }
    format!("{text}\n{} of {} columns shown; --json has all", shown.len(), columns.len())
}

/// At most `most` entries, evenly spread, first and last among them.
fn spread<'a>(entries: &[&'a str], most: usize) -> Vec<&'a str> {
    if entries.len() <= most {
        return entries.to_vec();
    }
    (0..most).map(|i| entries[i * (entries.len() - 1) / (most - 1)]).collect()
}

/// Columns that a page of text takes.
pub(super) const PAGE: usize = 100;

/// The words of a text in lines of at most so many columns.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_five_digits() {
        for (x, text) in [
            (0.0, "0"),
            (816.0, "816"),
            (0.153, "0.15300"),
            (-12.3456, "-12.346"),
            (1234.56, "1234.6"),
            (1_234_567.0, "1,234,567"),
            (-98_765.4, "-98,765"),
            (0.000_012, "1.200e-5"),
        ] {
            assert_eq!(number(x), text);
        }
    }

    #[test]
    fn long_series_are_spread_with_both_ends() {
        let years: Vec<String> = (1970..1987).map(|y| y.to_string()).collect();
        let years: Vec<&str> = years.iter().map(String::as_str).collect();
        let shown = spread(&years, 6);
        assert_eq!((shown.len(), shown[0], shown[5]), (6, "1970", "1986"));
    }
}
