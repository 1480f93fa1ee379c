//! Chunks of bytes as a reader.

use crate::error::Error;
use bytes::{Bytes, BytesMut};
use std::cell::Cell;
use std::io::{self, Read};

/// A row longer than this is refused, so that an open quotation mark cannot swallow a whole file.
const LONGEST_ROW: usize = 1 << 20;

/// Reads chunks one after the other; an error among them is kept in `cut` and ends the reading.
pub(super) struct ChunkReader<'a, I> {
    chunks: I,
    current: Bytes,
    cut: &'a Cell<Option<Error>>,
    /// Bytes given out since the last mark; not counted before the first one.
    since_row: Option<usize>,
}

impl<'a, I: Iterator<Item = Result<Bytes, Error>>> ChunkReader<'a, I> {
    pub(super) fn new(chunks: I, cut: &'a Cell<Option<Error>>) -> Self {
        Self { chunks, current: Bytes::new(), cut, since_row: None }
    }

    /// Starts to count the length of a new row.
    pub(super) fn mark_row(&mut self) {
        self.since_row = Some(0);
    }

    /// The bytes up to and with the first line end, without taking them.
    pub(super) fn first_line(&mut self) -> io::Result<&[u8]> {
        let mut seen = 0;
        loop {
            if let Some(end) = self.current[seen..].iter().position(|b| *b == b'\n') {
                return Ok(&self.current[..=seen + end]);
            }
            seen = self.current.len();
            if seen > LONGEST_ROW || !self.grow()? {
                return Ok(&self.current);
            }
        }
    }

    /// Takes what is left, so that an error among the last chunks is seen.
    pub(super) fn drain(&mut self) {
        while let Ok(Some(_)) = self.next_chunk() {}
    }

    /// Everything that is left.
    pub(super) fn collect_all(&mut self) -> Result<Bytes, Error> {
        while self.grow().map_err(|e| Error::Internal(e.to_string()))? {}
        Ok(std::mem::take(&mut self.current))
    }

    /// Appends the next chunk to the current bytes; `false` at the end.
    fn grow(&mut self) -> io::Result<bool> {
        let Some(chunk) = self.next_chunk()? else { return Ok(false) };
        if self.current.is_empty() {
            self.current = chunk;
        } else {
            let mut joined = BytesMut::from(std::mem::take(&mut self.current));
            joined.extend_from_slice(&chunk);
            self.current = joined.freeze();
        }
        Ok(true)
    }

    fn next_chunk(&mut self) -> io::Result<Option<Bytes>> {
        self.chunks.next().transpose().map_err(|error| {
            self.cut.set(Some(error));
            io::Error::other("the table was cut short")
        })
    }
}

impl<I: Iterator<Item = Result<Bytes, Error>>> Read for ChunkReader<'_, I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since_row.is_some_and(|bytes| bytes > LONGEST_ROW) {
            return Err(io::Error::other("a row has at most 1 MiB; is a quotation mark left open?"));
        }
        while self.current.is_empty() {
            match self.next_chunk()? {
                Some(chunk) => self.current = chunk,
                None => return Ok(0),
            }
        }
        let n = buffer.len().min(self.current.len());
        buffer[..n].copy_from_slice(&self.current.split_to(n));
        self.since_row = self.since_row.map(|bytes| bytes + n);
        Ok(n)
    }
}
