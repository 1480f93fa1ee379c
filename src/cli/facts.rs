//! Facts about the regions that stand in files of their own: attributes and neighbours.

use super::failure::{Exit, Failure};
use super::upload::unreadable;
use crate::api::v1::{Column, NeighbourPair, NumberValues, Table, TextValues, column::Values};
use std::path::Path;

/// The CSV at `path` as columns of text, with their names.
fn read(path: &Path) -> Result<Vec<(String, Vec<String>)>, Failure> {
    let mut reader = csv::Reader::from_path(path).map_err(|e| unreadable(path, &e))?;
    let header = reader.headers().map_err(|e| unreadable(path, &e))?;
    let mut columns: Vec<_> = header.iter().map(|name| (name.trim().to_owned(), Vec::new())).collect();
    for record in reader.records() {
        let record = record.map_err(|e| unreadable(path, &e))?;
        for ((_, column), cell) in columns.iter_mut().zip(&record) {
            column.push(cell.trim().to_owned());
        }
    }
    Ok(columns)
}

/// A table of facts: its first column names the region; columns that are numbers throughout become numeric.
///
/// # Errors
/// When the file cannot be read as CSV.
pub(super) fn table(path: &Path, region_column: &str) -> Result<Table, Failure> {
    let columns = read(path)?.into_iter().enumerate().map(|(i, (name, cells))| {
        let numbers: Option<Vec<f64>> = cells.iter().map(|cell| cell.parse().ok()).collect();
        let (name, values) = match numbers {
            _ if i == 0 => (region_column.to_owned(), Values::Texts(TextValues { values: cells })),
            Some(values) => (name, Values::Numbers(NumberValues { values })),
            None => (name, Values::Texts(TextValues { values: cells })),
        };
        Column { name, values: Some(values), ..Column::default() }
    });
    Ok(Table { columns: columns.collect() })
}

/// Pairs of neighbours: the first two columns of the CSV.
///
/// # Errors
/// When the file cannot be read as CSV or has fewer than two columns.
pub(super) fn pairs(path: &Path) -> Result<Vec<NeighbourPair>, Failure> {
    let columns = read(path)?;
    let [(_, regions), (_, neighbours), ..] = columns.as_slice() else {
        let text = format!("{} needs two columns: a region and its neighbour", path.display());
        return Err(Failure::new(Exit::Data, text));
    };
    let pairs = regions.iter().zip(neighbours);
    Ok(pairs
        .map(|(region, neighbour)| NeighbourPair { region: region.clone(), neighbour: neighbour.clone() })
        .collect())
}
