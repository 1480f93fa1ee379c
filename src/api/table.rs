//! Columns of the domain as messages, and back.

use crate::api::v1::{AbsentCount, AbsentReason, AbsentRows, Column, NumberValues, Table, TextValues, column::Values};
use crate::error::{Violation, Violations};
use crate::panel::{Absent, Value, finite};
use std::collections::{BTreeMap, HashSet};

/// A table of columns of the same length.
pub fn table(columns: Vec<Column>) -> Table {
    Table { columns }
}

/// A column of texts.
pub fn texts(name: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Column {
    let values = TextValues { values: values.into_iter().map(Into::into).collect() };
    Column { name: name.to_owned(), values: Some(Values::Texts(values)), ..Column::default() }
}

/// A column of numbers in a unit; what is absent is listed with its reason and holds 0.
pub fn numbers(name: &str, unit: &str, values: impl IntoIterator<Item = Value>) -> Column {
    let mut absent: BTreeMap<Absent, Vec<i32>> = BTreeMap::new();
    let entries = values.into_iter().enumerate().map(|(row, value)| {
        value.and_then(finite).unwrap_or_else(|reason| {
            absent.entry(reason).or_default().push(row as i32);
            0.0
        })
    });
    let values = NumberValues { values: entries.collect() };
    let absent = absent.into_iter().map(|(reason, rows)| AbsentRows { reason: code(reason).into(), rows });
    Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        values: Some(Values::Numbers(values)),
        absent: absent.collect(),
    }
}

/// A column of whole numbers.
pub fn counts(name: &str, values: impl IntoIterator<Item = usize>) -> Column {
    numbers(name, "", values.into_iter().map(|count| Ok(count as f64)))
}

/// The reason as the enumeration of the protocol has it.
pub fn code(absent: Absent) -> AbsentReason {
    match absent {
        Absent::Missing => AbsentReason::Missing,
        Absent::Suppressed => AbsentReason::Suppressed,
        Absent::NoPeriod => AbsentReason::NoPeriod,
        Absent::ZeroDenominator => AbsentReason::ZeroDenominator,
        Absent::OutsideDomain => AbsentReason::OutsideDomain,
        Absent::TooFewCategories => AbsentReason::TooFewCategories,
        Absent::Overflow => AbsentReason::Overflow,
        Absent::UnknownLevel => AbsentReason::UnknownLevel,
        Absent::NoNeighbour => AbsentReason::NoNeighbour,
        Absent::Undetermined => AbsentReason::Undetermined,
    }
}

/// The domain's reason for one of the protocol; what is not said or not known counts as missing.
pub fn reason(code: i32) -> Absent {
    Absent::ALL.into_iter().find(|absent| self::code(*absent) as i32 == code).unwrap_or(Absent::Missing)
}

/// Counts by reason, in the order given.
pub fn left_out(counts: impl IntoIterator<Item = (impl ToString, usize)>) -> Vec<AbsentCount> {
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    counts.map(|(reason, count)| AbsentCount { reason: reason.to_string(), count: count as i64 }).collect()
}

/// A column that passed its checks.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked<'a> {
    /// The name.
    pub name: &'a str,
    /// The unit; empty when there is none.
    pub unit: &'a str,
    /// The entries, one a row.
    pub cells: Cells<'a>,
}

/// The entries of a [`Checked`] column.
#[derive(Debug, Clone, PartialEq)]
pub enum Cells<'a> {
    /// Finite numbers or the reason why there is none.
    Numbers(Vec<Value>),
    /// Texts; `None` where absent.
    Texts(Vec<Option<&'a str>>),
}

impl Cells<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(values) => values.len(),
            Self::Texts(values) => values.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Checks the columns of a table.
///
/// # Errors
/// Every column without entries or a name of its own, every difference in length, every number that is not finite and
/// every absent row that does not exist, at `{path}.columns[i]…`.
pub fn read<'a>(table: &'a Table, path: &str) -> Result<Vec<Checked<'a>>, Violations> {
    let mut violations = Violations::default();
    let checked = read_with(table, path, &mut violations);
    violations.into_result(checked)
}

/// The columns of a table as far as they can be read; what is wrong with them is added to `violations`.
pub(super) fn read_with<'a>(table: &'a Table, path: &str, violations: &mut Violations) -> Vec<Checked<'a>> {
    let mut names = HashSet::new();
    let mut checked: Vec<Checked<'a>> = Vec::new();
    for (i, column) in table.columns.iter().enumerate() {
        let path = format!("{path}.columns[{i}]");
        if column.name.is_empty() || !names.insert(&column.name) {
            violations.push(Violation::new(format!("{path}.name"), "every column has a name of its own", &column.name));
        }
        if column.name.contains(char::is_control) {
            violations.push(Violation::new(format!("{path}.name"), "a name has no control characters", &column.name));
        }
        let Some(cells) = read_cells(column, &path, violations) else { continue };
        let expected = checked.first().map_or(cells.len(), |first| first.cells.len());
        if cells.len() != expected {
            let rule = format!("all columns have the same number of rows, here {expected}");
            violations.push(Violation::new(path, rule, cells.len()));
        }
        checked.push(Checked { name: &column.name, unit: &column.unit, cells });
    }
    checked
}

fn read_cells<'a>(column: &'a Column, path: &str, violations: &mut Violations) -> Option<Cells<'a>> {
    let rows = match &column.values {
        Some(Values::Numbers(numbers)) => numbers.values.len(),
        Some(Values::Texts(texts)) => texts.values.len(),
        None => {
            violations.push(Violation::new(path, "a column has either numbers or texts", ""));
            return None;
        }
    };
    let absent = read_absent(column, rows, path, violations);
    match column.values.as_ref()? {
        Values::Numbers(numbers) => {
            for (row, x) in numbers.values.iter().enumerate().filter(|(_, x)| !x.is_finite()) {
                let rule = "a number is finite; what is not known is listed in absent";
                violations.push(Violation::new(format!("{path}.numbers.values[{row}]"), rule, x));
            }
            let cells = numbers.values.iter().enumerate().map(|(row, x)| absent.get(&row).map_or(Ok(*x), |r| Err(*r)));
            Some(Cells::Numbers(cells.collect()))
        }
        Values::Texts(texts) => {
            let cells = texts.values.iter().enumerate();
            Some(Cells::Texts(cells.map(|(row, text)| (!absent.contains_key(&row)).then_some(text.as_str())).collect()))
        }
    }
}

fn read_absent(column: &Column, rows: usize, path: &str, violations: &mut Violations) -> BTreeMap<usize, Absent> {
    let mut absent = BTreeMap::new();
    for (i, list) in column.absent.iter().enumerate() {
        for (j, row) in list.rows.iter().enumerate() {
            match usize::try_from(*row).ok().filter(|row| *row < rows) {
                Some(row) => {
                    absent.insert(row, reason(list.reason));
                }
                None => {
                    let rule = format!("a row lies in [0, {rows}), the rows of the column");
                    violations.push(Violation::new(format!("{path}.absent[{i}].rows[{j}]"), rule, row));
                }
            }
        }
    }
    absent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again() {
        let written = vec![numbers("gdp", "km2", [Ok(2.0), Err(Absent::Missing)]), texts("state", ["a", "b"])];
        let table = table(written);
        let columns = read(&table, "t").unwrap();
        assert_eq!(columns[0].cells, Cells::Numbers(vec![Ok(2.0), Err(Absent::Missing)]));
        assert_eq!((columns[0].unit, &columns[1].cells), ("km2", &Cells::Texts(vec![Some("a"), Some("b")])));
    }

    #[test]
    fn every_fault_of_a_table_is_told_with_its_place() {
        let mut bad = numbers("x", "", [Ok(1.0), Ok(2.0)]);
        bad.values = Some(Values::Numbers(NumberValues { values: vec![f64::NAN, f64::INFINITY] }));
        bad.absent = vec![AbsentRows { reason: 1, rows: vec![1, 2, -1] }];
        let table = table(vec![bad, texts("x", ["a"]), Column::default()]);
        let violations = read(&table, "t").unwrap_err();
        let fields: Vec<_> = violations.told().iter().map(|v| v.field.as_str()).collect();
        let expected = [
            "t.columns[0].absent[0].rows[1]",
            "t.columns[0].absent[0].rows[2]",
            "t.columns[0].numbers.values[0]",
            "t.columns[0].numbers.values[1]",
            "t.columns[1].name",
            "t.columns[1]",
            "t.columns[2].name",
            "t.columns[2]",
        ];
        assert_eq!(fields, expected);
    }

    #[test]
    fn absent_values_are_listed_by_reason_and_hold_zero() {
        let values = [Ok(1.5), Err(Absent::Suppressed), Ok(f64::NAN), Err(Absent::Suppressed)];
        let column = numbers("gdp", "million", values);
        assert_eq!(column.values, Some(Values::Numbers(NumberValues { values: vec![1.5, 0.0, 0.0, 0.0] })));
        let absent: Vec<_> = column.absent.iter().map(|a| (reason(a.reason), a.rows.clone())).collect();
        assert_eq!(absent, [(Absent::Suppressed, vec![1, 3]), (Absent::Overflow, vec![2])]);
    }

    #[test]
    fn every_reason_comes_back() {
        for absent in Absent::ALL {
            assert_eq!(reason(code(absent).into()), absent);
        }
    }
}
