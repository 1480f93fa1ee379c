//! Counts the rows of a file, so that the server can check that all of them arrived.

use super::failure::Failure;
use super::upload::unreadable;
use crate::api::v1::DataFormat;
use arrow::ipc::reader::{FileReader, StreamReader};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek};
use std::path::Path;

/// Data rows of the file, without the header line of a CSV.
///
/// # Errors
/// When the file cannot be read in its format.
pub(super) fn count(path: &Path, format: DataFormat) -> Result<i64, Failure> {
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let counted: Result<i64, Box<dyn std::error::Error>> = match format {
        DataFormat::Parquet => parquet_rows(file),
        DataFormat::ArrowIpc => arrow_rows(file),
        _ => csv_rows(file),
    };
    counted.map_err(|e| unreadable(path, &e))
}

fn csv_rows(file: File) -> Result<i64, Box<dyn std::error::Error>> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(file));
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record)? {
        rows += 1;
    }
    Ok(rows)
}

fn parquet_rows(file: File) -> Result<i64, Box<dyn std::error::Error>> {
    Ok(SerializedFileReader::new(file)?.metadata().file_metadata().num_rows())
}

fn arrow_rows(file: File) -> Result<i64, Box<dyn std::error::Error>> {
    let mut reader = BufReader::new(file);
    let is_file = reader.fill_buf()?.starts_with(b"ARROW1");
    reader.rewind()?;
    let mut rows = 0;
    if is_file {
        for batch in FileReader::try_new(reader, None)? {
            rows += batch?.num_rows() as i64;
        }
    } else {
        for batch in StreamReader::try_new(reader, None)? {
            rows += batch?.num_rows() as i64;
        }
    }
    Ok(rows)
}
