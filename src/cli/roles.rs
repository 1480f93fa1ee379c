//! The roles of a file's columns: what the flags say, and what the file suggests for the rest, said aloud.

use super::data::RoleArgs;
use super::failure::{Exit, Failure};
use super::upload::unreadable;
use crate::api::v1::{DataFormat, DatasetSchema, Measure};
use crate::ingest::{self, Format, Guess, Sample};
use bytes::Bytes;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Rows looked at to guess roles.
const SAMPLE: usize = 2000;

/// The schema of the file at `path`, as far as its columns tell; says on stderr what was guessed and why.
///
/// # Errors
/// When the file cannot be read, or when no column looks like a region or a period and no flag names one.
pub(super) fn guess(args: &RoleArgs, path: &Path, format: DataFormat) -> Result<DatasetSchema, Failure> {
    let sample = ingest::sample(chunks(path)?, domain_format(format), SAMPLE).map_err(|e| unreadable(path, &e))?;
    let Guess { layout, reasons } = ingest::guess_layout(&sample.header, &sample.rows);
    let given = [("region", &args.region), ("period", &args.period), ("industry", &args.industry)];
    let is_given =
        |reason: &str| given.iter().any(|(role, f)| f.is_some() && reason.contains(&format!("is the {role}:")));
    reasons.iter().filter(|reason| !is_given(reason)).for_each(|reason| eprintln!("guessed: {reason}"));
    let region_column = args.region.clone().unwrap_or(layout.region);
    let period_column = args.period.clone().unwrap_or(layout.period);
    for (role, column) in [("region", &region_column), ("period", &period_column)] {
        if column.is_empty() {
            let text = format!(
                "no column of {} looks like a {role}; name it with --{role}: {}",
                path.display(),
                sample.header.join(", ")
            );
            return Err(Failure::new(Exit::Data, text));
        }
    }
    let industry_column = args.industry.clone().or(layout.industry).unwrap_or_default();
    let keys = [&region_column, &period_column, &industry_column];
    let mut attribute_columns: Vec<String> = layout.attributes.into_iter().map(|attribute| attribute.name).collect();
    attribute_columns
        .extend(args.attributes.iter().filter(|a| !attribute_columns.contains(a)).cloned().collect::<Vec<_>>());
    attribute_columns.retain(|column| !keys.contains(&column));
    let is_free = |column: &&String| !keys.contains(column) && !attribute_columns.contains(column);
    let numeric = sample.header.iter().enumerate().filter(|(i, column)| is_free(column) && is_numeric(&sample, *i));
    let measures =
        if args.kinds.is_empty() { Vec::new() } else { numeric.map(|(_, column)| measure(column)).collect() };
    Ok(DatasetSchema {
        measures,
        region_column,
        period_column,
        industry_column,
        attribute_columns,
        ..DatasetSchema::default()
    })
}

/// Whether a column of the sample has a number in it; the import finds what is wrong with the others.
fn is_numeric(sample: &Sample, column: usize) -> bool {
    sample.rows.iter().filter_map(|row| row.get(column)).any(|cell| cell.trim().parse::<f64>().is_ok())
}

/// A measure whose kind is left to the service.
fn measure(name: &str) -> Measure {
    Measure { name: name.to_owned(), ..Measure::default() }
}

fn chunks(path: &Path) -> Result<impl Iterator<Item = Result<Bytes, crate::error::Error>>, Failure> {
    let mut file = File::open(path).map_err(|e| unreadable(path, &e))?;
    Ok(std::iter::from_fn(move || {
        let mut buffer = vec![0; 1 << 16];
        match file.read(&mut buffer) {
            Ok(0) => None,
            Ok(read) => {
                buffer.truncate(read);
                Some(Ok(Bytes::from(buffer)))
            }
            Err(e) => Some(Err(crate::error::Error::Internal(e.to_string()))),
        }
    }))
}

fn domain_format(format: DataFormat) -> Format {
    match format {
        DataFormat::Parquet => Format::Parquet,
        DataFormat::ArrowIpc => Format::ArrowIpc,
        DataFormat::Csv | DataFormat::Unspecified => Format::Csv,
    }
}
