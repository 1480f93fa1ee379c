//! CSV, read as it arrives.

use super::chunks::ChunkReader;
use super::layout::Layout;
use super::rows::{Assembler, Cell};
use super::{Imported, Sample};
use crate::error::{Error, Violation};
use bytes::Bytes;
use csv::{ErrorKind, Reader, ReaderBuilder, StringRecord};

type Chunks<'r, 'a, I> = &'r mut ChunkReader<'a, I>;

pub(super) fn read<I>(chunks: Chunks<'_, '_, I>, layout: &Layout, memory: u64) -> Result<Imported, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    let mut reader = open(chunks, layout.delimiter)?;
    let header = header(&mut reader)?;
    let width = header.len();
    let mut rows = Assembler::new(layout, header, |_| true, memory)?;
    let mut record = StringRecord::new();
    loop {
        reader.get_mut().mark_row();
        let before = reader.position().line();
        match reader.read_record(&mut record) {
            Ok(false) => return rows.finish(),
            Ok(true) => {
                let row = line_of(&record, before, reader.position().line());
                if record.len() == width {
                    rows.row(row, |column| Cell::Text(&record[column]))?;
                } else {
                    let rule = format!("a row has as many columns as the header, {width}");
                    rows.refuse(row, rule, &record.len().to_string());
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::Utf8 { err, .. } if err.field() < width => {
                    rows.refuse_cell(before as usize, err.field(), "text is UTF-8", "");
                }
                ErrorKind::Utf8 { .. } => rows.refuse(before as usize, "text is UTF-8", ""),
                _ => {
                    rows.refuse(before as usize, error.to_string(), "");
                    return rows.finish();
                }
            },
        }
    }
}

/// The line on which a record begins: the reader skips empty lines before it, and cells may hold line ends.
fn line_of(record: &StringRecord, before: u64, after: u64) -> usize {
    let mut begins = before;
    if after > before + 1 {
        let within = record.as_slice().bytes().filter(|b| *b == b'\n').count() as u64;
        begins = after.saturating_sub(within + 1).max(before);
    }
    begins as usize
}

pub(super) fn sample<I>(chunks: Chunks<'_, '_, I>, rows: usize) -> Result<Sample, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    let mut reader = open(chunks, None)?;
    let header = header(&mut reader)?;
    let mut sample = Sample { header, rows: Vec::new() };
    let mut record = StringRecord::new();
    while sample.rows.len() < rows {
        reader.get_mut().mark_row();
        if !reader.read_record(&mut record).map_err(|e| Violation::new("table", e.to_string(), ""))? {
            break;
        }
        sample.rows.push(record.iter().map(|cell| cell.trim().to_owned()).collect());
    }
    Ok(sample)
}

fn open<'r, 'a, I>(chunks: Chunks<'r, 'a, I>, delimiter: Option<u8>) -> Result<Reader<Chunks<'r, 'a, I>>, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    let line = chunks.first_line().map_err(|e| Violation::new("header", e.to_string(), ""))?;
    let delimiter = delimiter.unwrap_or_else(|| sniff_delimiter(line));
    let mut builder = ReaderBuilder::new();
    Ok(builder.delimiter(delimiter).flexible(true).buffer_capacity(1 << 16).from_reader(chunks))
}

fn header<I>(reader: &mut Reader<Chunks<'_, '_, I>>) -> Result<Vec<String>, Error>
where
    I: Iterator<Item = Result<Bytes, Error>>,
{
    let header = reader.headers().map_err(|e| Violation::new("header", e.to_string(), ""))?;
    if header.is_empty() {
        return Err(Violation::new("header", "a table begins with a line that names its columns", "").into());
    }
    Ok(header.iter().map(|name| name.trim().to_owned()).collect())
}

/// The separator that occurs most often outside quotation marks; the comma when none does.
fn sniff_delimiter(line: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    for byte in line {
        quoted ^= *byte == b'"';
        counts.iter_mut().filter(|(d, _)| d == byte && !quoted).for_each(|(_, n)| *n += 1);
    }
    counts.into_iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(delimiter, _)| delimiter)
}
