//! A table of an answer, checked once and then read by column.

use super::ReportError;
use crate::api::v1::{Column, Table, column::Values};

/// A table whose columns all have the same rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sheet<'a> {
    name: &'static str,
    table: &'a Table,
}

impl<'a> Sheet<'a> {
    /// The table called `name` in errors; `None` when it is not set or has no rows.
    ///
    /// # Errors
    /// When its columns differ in length or mark rows absent that they do not have.
    pub(super) fn new(name: &'static str, table: Option<&'a Table>) -> Result<Option<Self>, ReportError> {
        let Some(table) = table else { return Ok(None) };
        let sheet = Self { name, table };
        let rows = sheet.row_count();
        let fits = |column: &Column| {
            let mut absent = column.absent.iter().flat_map(|absent| &absent.rows);
            length(column) == rows && absent.all(|row| usize::try_from(*row).is_ok_and(|row| row < rows))
        };
        if !table.columns.iter().all(fits) {
            return Err(ReportError::Ragged(name));
        }
        Ok((rows > 0).then_some(sheet))
    }

    /// Number of rows.
    pub(super) fn row_count(&self) -> usize {
        self.table.columns.first().map_or(0, length)
    }

    /// All columns.
    pub(super) fn columns(&self) -> &'a [Column] {
        &self.table.columns
    }

    /// The column called `name`.
    pub(super) fn column(&self, name: &str) -> Option<&'a Column> {
        self.table.columns.iter().find(|column| column.name == name)
    }

    /// The unit of the column called `name`; empty when there is none.
    pub(super) fn unit(&self, name: &str) -> &'a str {
        self.column(name).map_or("", |column| &column.unit)
    }

    /// The texts of the column called `name`.
    ///
    /// # Errors
    /// When there is no such column or it holds numbers.
    pub(super) fn texts(&self, name: &str) -> Result<&'a [String], ReportError> {
        match &self.required(name)?.values {
            Some(Values::Texts(texts)) => Ok(&texts.values),
            _ => Err(self.wrong_kind(name, "texts")),
        }
    }

    /// The numbers of the column called `name`, `None` where absent.
    ///
    /// # Errors
    /// When there is no such column or it holds texts.
    pub(super) fn numbers(&self, name: &str) -> Result<Vec<Option<f64>>, ReportError> {
        numbers(self.required(name)?).ok_or_else(|| self.wrong_kind(name, "numbers"))
    }

    /// The rows whose text in `column` is `text`.
    ///
    /// # Errors
    /// When there is no such column of texts.
    pub(super) fn rows_where(&self, column: &str, text: &str) -> Result<Vec<usize>, ReportError> {
        let texts = self.texts(column)?.iter().enumerate();
        Ok(texts.filter(|(_, t)| *t == text).map(|(row, _)| row).collect())
    }

    /// The rows of the last period, and its name. Periods ascend.
    ///
    /// # Errors
    /// When there is no column of periods.
    pub(super) fn last_rows(&self) -> Result<(&'a str, Vec<usize>), ReportError> {
        let last = self.texts("period")?.last().map_or("", String::as_str);
        Ok((last, self.rows_where("period", last)?))
    }

    /// The endings of the intervals of `column`, such as `95`, with the widest first.
    pub(super) fn interval_levels(&self, column: &str) -> Vec<&'a str> {
        let prefix = format!("{column}_lower_");
        let endings = self.table.columns.iter().filter_map(|c| c.name.strip_prefix(&prefix));
        let mut levels: Vec<(f64, &str)> = endings.filter_map(|ending| Some((ending.parse().ok()?, ending))).collect();
        levels.sort_by(|a, b| b.0.total_cmp(&a.0));
        levels.into_iter().map(|(_, ending)| ending).collect()
    }

    fn required(&self, name: &str) -> Result<&'a Column, ReportError> {
        self.column(name).ok_or_else(|| ReportError::MissingColumn { table: self.name, column: name.to_owned() })
    }

    fn wrong_kind(&self, name: &str, expected: &'static str) -> ReportError {
        ReportError::WrongKind { table: self.name, column: name.to_owned(), expected }
    }
}

/// The numbers of a column, `None` where absent; `None` for a column of texts.
pub(super) fn numbers(column: &Column) -> Option<Vec<Option<f64>>> {
    let Some(Values::Numbers(numbers)) = &column.values else { return None };
    let mut entries: Vec<_> = numbers.values.iter().copied().map(Some).collect();
    for row in column.absent.iter().flat_map(|absent| &absent.rows) {
        if let Some(entry) = usize::try_from(*row).ok().and_then(|row| entries.get_mut(row)) {
            *entry = None;
        }
    }
    Some(entries)
}

fn length(column: &Column) -> usize {
    match &column.values {
        Some(Values::Numbers(numbers)) => numbers.values.len(),
        Some(Values::Texts(texts)) => texts.values.len(),
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::v1::{AbsentRows, NumberValues, TextValues};

    fn numbers_column(name: &str, values: &[f64]) -> Column {
        let values = Some(Values::Numbers(NumberValues { values: values.to_vec() }));
        Column { name: name.to_owned(), values, ..Column::default() }
    }

    fn table() -> Table {
        let periods = ["1990", "1990", "1991", "1991"].map(str::to_owned).to_vec();
        let period = Column {
            name: "period".into(),
            values: Some(Values::Texts(TextValues { values: periods })),
            ..Default::default()
        };
        let mut level = numbers_column("level", &[1.0, 2.0, 3.0, 0.0]);
        level.absent.push(AbsentRows { reason: 1, rows: vec![3] });
        let bounds = ["level_lower_80", "level_lower_95", "level_lower_97.5"];
        let bounds = bounds.map(|name| numbers_column(name, &[0.0; 4]));
        Table { columns: [period, level].into_iter().chain(bounds).collect() }
    }

    #[test]
    fn columns_are_read_by_name() {
        let table = table();
        let sheet = Sheet::new("test", Some(&table)).unwrap().unwrap();
        assert_eq!(sheet.numbers("level").unwrap(), [Some(1.0), Some(2.0), Some(3.0), None]);
        assert_eq!(sheet.last_rows().unwrap(), ("1991", vec![2, 3]));
        assert_eq!(sheet.interval_levels("level"), ["97.5", "95", "80"]);
        assert_eq!(sheet.texts("level").unwrap_err(), sheet.wrong_kind("level", "texts"));
        assert!(matches!(sheet.numbers("growth"), Err(ReportError::MissingColumn { .. })));
    }

    #[test]
    fn ragged_tables_are_refused() {
        let mut short = table();
        short.columns.push(numbers_column("short", &[1.0]));
        assert_eq!(Sheet::new("test", Some(&short)).unwrap_err(), ReportError::Ragged("test"));
        let mut beyond = table();
        beyond.columns[1].absent[0].rows.push(4);
        assert_eq!(Sheet::new("test", Some(&beyond)).unwrap_err(), ReportError::Ragged("test"));
    }
}
