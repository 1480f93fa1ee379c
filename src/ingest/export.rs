//! A panel becomes CSV, Parquet or Arrow IPC, in chunks.
//!
//! One row an observation, in the order of the panel: region, period, industry, measures, attributes.
//! A missing cell is empty. A withheld one is the marker in CSV. Whatever other reason a format cannot
//! write into the cell goes into a text column `<measure>_status` beside the number, which is there
//! only when it is needed. Who neighbours whom is not part of the table.

use super::Format;
use super::table::Table;
use crate::error::Error;
use crate::panel::{Absent, Panel};
use arrow::ipc::writer::StreamWriter;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use std::fmt;
use std::ops::Range;

/// Rows in one chunk of CSV, one batch of Arrow and one row group of Parquet.
const BLOCK: usize = 1 << 16;

/// The chunks of an exported panel, one after the other.
pub struct Export<'a> {
    table: Table<'a>,
    suppressed: &'a str,
    sink: Sink,
    next_row: usize,
    done: bool,
}

enum Sink {
    Csv,
    Ipc(Box<StreamWriter<Vec<u8>>>),
    Parquet(Box<ArrowWriter<Vec<u8>>>),
}

impl<'a> Export<'a> {
    /// Exports `panel`; `suppressed` is the marker of withheld cells in CSV.
    ///
    /// # Errors
    /// [`Error::Internal`] when Arrow refuses the columns.
    pub fn new(panel: &'a Panel, format: Format, suppressed: &'a str) -> Result<Self, Error> {
        let is_shown = |absent| match format {
            Format::Csv => matches!(absent, Absent::Missing | Absent::Suppressed),
            Format::Parquet | Format::ArrowIpc => absent == Absent::Missing,
        };
        let table = Table::of(panel, is_shown).with_attributes(is_shown);
        let sink = match format {
            Format::Csv => Sink::Csv,
            Format::ArrowIpc => {
                Sink::Ipc(Box::new(StreamWriter::try_new(Vec::new(), &table.schema()).map_err(internal)?))
            }
            Format::Parquet => {
                let properties = WriterProperties::builder().set_compression(Compression::ZSTD(ZstdLevel::default()));
                let writer = ArrowWriter::try_new(Vec::new(), table.schema(), Some(properties.build()));
                Sink::Parquet(Box::new(writer.map_err(internal)?))
            }
        };
        Ok(Self { table, suppressed, sink, next_row: 0, done: false })
    }

    fn block(&mut self) -> Result<Vec<u8>, Error> {
        let rows = self.next_row..self.table.rows().min(self.next_row + BLOCK);
        let is_first = rows.start == 0;
        self.next_row = rows.end;
        self.done = rows.end == self.table.rows();
        match &mut self.sink {
            Sink::Csv => csv_block(&self.table, rows, self.suppressed, is_first),
            Sink::Ipc(writer) => {
                writer.write(&self.table.batch(rows)?).map_err(internal)?;
                if self.done {
                    writer.finish().map_err(internal)?;
                }
                Ok(std::mem::take(writer.get_mut()))
            }
            Sink::Parquet(writer) => {
                writer.write(&self.table.batch(rows)?).map_err(internal)?;
                writer.flush().map_err(internal)?;
                if self.done {
                    writer.finish().map_err(internal)?;
                }
                writer.sync().map_err(internal)?;
                Ok(std::mem::take(writer.inner_mut()))
            }
        }
    }
}

impl fmt::Debug for Export<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Export").field("next_row", &self.next_row).field("done", &self.done).finish_non_exhaustive()
    }
}

impl Iterator for Export<'_> {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        (!self.done).then(|| {
            let block = self.block();
            self.done |= block.is_err();
            block
        })
    }
}

fn csv_block(table: &Table<'_>, rows: Range<usize>, suppressed: &str, with_header: bool) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    if with_header {
        writer.write_record(table.names()).map_err(internal)?;
    }
    for row in rows {
        for column in 0..table.width() {
            writer.write_field(table.text(column, row, suppressed).as_bytes()).map_err(internal)?;
        }
        writer.write_record(None::<&[u8]>).map_err(internal)?;
    }
    writer.into_inner().map_err(internal)
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("a table cannot be written: {error}"))
}
