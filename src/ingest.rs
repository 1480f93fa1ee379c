//! Other people's tables become panels, and panels become tables again.
//!
//! A [`Layout`] says which column plays which role. [`read`] takes CSV, Parquet or Arrow IPC as
//! chunks of bytes and answers with a checked [`Panel`] or with every violation, by row and column.
//! CSV and Arrow IPC are read as they arrive, so memory follows the panel and not the text;
//! Parquet keeps its index at the end of the file and is collected first. Parquet may be compressed
//! with Snappy or Zstandard, Arrow IPC not at all. [`Export`] is the way back.
//!
//! ```
//! use agglo::ingest::{Format, Layout, read};
//! let text = "state,year,gdp\nOhio,1990,12.5\nOhio,1991,(D)\n";
//! let chunks = [Ok(text.into())].into_iter();
//! let imported = read(chunks, Format::Csv, &Layout::new("state", "year"), u64::MAX)?;
//! assert_eq!(imported.panel.rows(), 2);
//! # Ok::<(), agglo::error::Error>(())
//! ```

mod chunks;
mod columnar;
mod delimited;
mod export;
mod guess;
mod layout;
mod rows;
mod table;
mod upload;

pub use export::Export;
pub use guess::{Guess, guess_layout, kind_of};
pub use layout::{AttributeColumn, AttributeKind, Facts, Layout};
pub use rows::bytes_of_rows;
pub use upload::{Finish, Frame, Receipt, Upload, check_rows};

pub(crate) use table::Table;

use crate::error::Error;
use crate::panel::Panel;
use bytes::Bytes;
use chunks::ChunkReader;
use std::cell::Cell;

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Text with a header line, separated by comma, semicolon or tab; UTF-8.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Apache Arrow IPC, as a stream or as a file (Feather version 2).
    ArrowIpc,
}

impl Format {
    /// The format that the first bytes of a table announce; CSV when they announce none.
    pub fn sniff(first: &[u8]) -> Self {
        if first.starts_with(b"PAR1") {
            Self::Parquet
        } else if first.starts_with(b"ARROW1") || first.starts_with(&[0xff; 4]) {
            Self::ArrowIpc
        } else {
            Self::Csv
        }
    }
}

/// A table that became a panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Imported {
    /// The data.
    pub panel: Panel,
    /// Columns of the table that have no role and are no numbers, in the order of the table.
    pub unused: Vec<String>,
}

/// The header and the first rows of a table, as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sample {
    /// The names of the columns.
    pub header: Vec<String>,
    /// The first rows, one text a column.
    pub rows: Vec<Vec<String>>,
}

/// Reads a table that arrives in chunks; the panel may take `memory` bytes while it is built.
///
/// # Errors
/// [`Error::Invalid`] with every violation; [`Error::Limit`] when the panel outgrows `memory`;
/// the error of a chunk, when the table is cut short.
pub fn read<I>(chunks: I, format: Format, layout: &Layout, memory: u64) -> Result<Imported, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    with_reader(chunks, |reader| match format {
        Format::Csv => delimited::read(reader, layout, memory),
        Format::Parquet => columnar::read_parquet(reader.collect_all()?, layout, memory),
        Format::ArrowIpc => columnar::read_ipc(reader, layout, memory),
    })
}

/// Reads the header and at most `rows` rows, for [`guess_layout`].
///
/// # Errors
/// [`Error::Invalid`] when the bytes are no such table; the error of a chunk.
pub fn sample<I>(chunks: I, format: Format, rows: usize) -> Result<Sample, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    with_reader(chunks, |reader| match format {
        Format::Csv => delimited::sample(reader, rows),
        Format::Parquet => columnar::sample_parquet(reader.collect_all()?, rows),
        Format::ArrowIpc => columnar::sample_ipc(reader, rows),
    })
}

/// Runs `job` on the chunks, to their end; when a chunk was an error, that error is the answer.
fn with_reader<I, T>(chunks: I, job: impl FnOnce(&mut ChunkReader<'_, I>) -> Result<T, Error>) -> Result<T, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    let cut = Cell::new(None);
    let mut reader = ChunkReader::new(chunks, &cut);
    let result = job(&mut reader).inspect(|_| reader.drain());
    drop(reader);
    cut.take().map_or(result, Err)
}
