//! The protocol of an upload: a header, chunks, an explicit finish.
//!
//! The end of a stream never commits. Only a finish whose digest fits the bytes, followed by the end
//! of the stream, gives a [`Receipt`], and only a receipt whose row count fits the panel is stored.

use crate::error::{Error, Violation};
use sha2::{Digest, Sha256};

/// One message of an upload, as far as the protocol is concerned.
#[derive(Debug, Clone, Copy)]
pub enum Frame<'a> {
    /// The header; its content is the caller's business.
    Header,
    /// Some bytes of the table.
    Chunk(&'a [u8]),
    /// The end, with what the sender believes to have sent.
    Finish(Finish<'a>),
}

/// What the sender believes to have sent.
#[derive(Debug, Clone, Copy)]
pub struct Finish<'a> {
    /// Rows of the table, without the header line.
    pub rows: i64,
    /// SHA-256 of all chunks together, in hexadecimal.
    pub sha256: &'a str,
}

/// An upload on its way.
#[derive(Debug)]
pub struct Upload {
    stage: Stage,
    hasher: Sha256,
    bytes: u64,
    limit: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Opened,
    Receiving,
    Finished(Receipt),
}

/// A complete upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Bytes received.
    pub bytes: u64,
    /// SHA-256 of the bytes, in lower-case hexadecimal.
    pub sha256: String,
    /// Rows the sender says there are.
    pub rows: i64,
}

impl Upload {
    /// An upload of at most `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Self { stage: Stage::Opened, hasher: Sha256::new(), bytes: 0, limit }
    }

    /// Takes the next message.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a message out of turn and for a finish whose digest does not fit;
    /// [`Error::Limit`] when there are too many bytes. The upload is over then.
    pub fn accept(&mut self, frame: Frame<'_>) -> Result<(), Error> {
        match (&self.stage, frame) {
            (Stage::Opened, Frame::Header) => self.stage = Stage::Receiving,
            (Stage::Receiving, Frame::Chunk(bytes)) => self.receive(bytes)?,
            (Stage::Receiving, Frame::Finish(finish)) => self.stage = Stage::Finished(self.check(finish)?),
            (Stage::Opened, Frame::Chunk(_) | Frame::Finish(_)) => {
                return Err(Violation::new("header", "an upload begins with its header", "").into());
            }
            (Stage::Receiving, Frame::Header) => {
                return Err(Violation::new("header", "an upload has one header", "").into());
            }
            (Stage::Finished(_), _) => {
                return Err(Violation::new("finish", "nothing follows the finish of an upload", "").into());
            }
        }
        Ok(())
    }

    fn receive(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.bytes += bytes.len() as u64;
        if self.bytes > self.limit {
            return Err(Error::Limit { what: "upload", needed: self.bytes, limit: self.limit, unit: "bytes" });
        }
        self.hasher.update(bytes);
        Ok(())
    }

    fn check(&self, finish: Finish<'_>) -> Result<Receipt, Violation> {
        let sha256 = hex::encode(self.hasher.clone().finalize());
        if !finish.sha256.eq_ignore_ascii_case(&sha256) {
            let rule = format!("the {} bytes received have the SHA-256 {sha256}", self.bytes);
            return Err(Violation::new("finish.sha256", rule, finish.sha256));
        }
        Ok(Receipt { bytes: self.bytes, sha256, rows: finish.rows })
    }

    /// The end of the stream.
    ///
    /// # Errors
    /// [`Error::Invalid`] when there was no finish.
    pub fn close(self) -> Result<Receipt, Error> {
        match self.stage {
            Stage::Finished(receipt) => Ok(receipt),
            Stage::Opened | Stage::Receiving => {
                Err(Violation::new("finish", "an upload ends with a finish; without it nothing is stored", "").into())
            }
        }
    }
}

/// Checks the number of rows that the sender told against those that were read.
///
/// # Errors
/// The violation, when the sender counted otherwise.
pub fn check_rows(told: i64, read: usize) -> Result<(), Violation> {
    if i64::try_from(read) == Ok(told) {
        return Ok(());
    }
    Err(Violation::new("finish.rows", format!("the table has {read} rows"), told))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn run(frames: &[Frame<'_>]) -> Result<Receipt, Error> {
        let mut upload = Upload::new(4);
        for frame in frames {
            upload.accept(*frame)?;
        }
        upload.close()
    }

    #[test]
    fn only_a_finish_that_fits_gives_a_receipt() {
        let finish = Frame::Finish(Finish { rows: 7, sha256: ABC });
        let upper = ABC.to_uppercase();
        let (header, abc) = (Frame::Header, Frame::Chunk(b"abc"));
        let receipt = run(&[header, Frame::Chunk(b"a"), Frame::Chunk(b"bc"), finish]).unwrap();
        assert_eq!((receipt.bytes, receipt.sha256.as_str(), receipt.rows), (3, ABC, 7));
        assert!(run(&[header, abc, Frame::Finish(Finish { rows: 7, sha256: &upper })]).is_ok());
        check_rows(receipt.rows, 7).unwrap();
        assert_eq!(
            check_rows(receipt.rows, 6).unwrap_err().to_string(),
            "finish.rows: the table has 6 rows; got \"7\""
        );
    }

    #[test]
    fn every_other_sequence_is_refused() {
        let finish = Frame::Finish(Finish { rows: 7, sha256: ABC });
        let (header, abc) = (Frame::Header, Frame::Chunk(b"abc"));
        for (frames, field) in [
            (vec![], "finish"),
            (vec![header], "finish"),
            (vec![header, abc], "finish"),
            (vec![abc], "header"),
            (vec![finish], "header"),
            (vec![header, header], "header"),
            (vec![header, abc, abc], "upload"),
            (vec![header, finish], "finish.sha256"),
            (vec![header, abc, finish, finish], "finish"),
            (vec![header, abc, finish, abc], "finish"),
            (vec![header, abc, finish, header], "finish"),
        ] {
            let error = run(&frames).unwrap_err();
            assert!(error.to_string().starts_with(field), "{frames:?}: {error}");
        }
    }
}
