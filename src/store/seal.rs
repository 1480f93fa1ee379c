//! Small objects that notice when they are damaged: JSON and its SHA-256 on the next line.

use crate::error::Error;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

/// SHA-256 in lower-case hexadecimal.
pub(super) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The value as sealed bytes.
pub(super) fn seal(value: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut bytes = serde_json::to_vec(value).map_err(|e| Error::Internal(format!("an object has no JSON: {e}")))?;
    let line = format!("\n{}\n", digest(&bytes));
    bytes.extend_from_slice(line.as_bytes());
    Ok(bytes)
}

/// The value in sealed bytes; `path` is for the error text.
///
/// # Errors
/// [`Error::DataLoss`] when a single bit is not as it was written.
pub(super) fn open<T: DeserializeOwned>(path: &str, bytes: &[u8]) -> Result<T, Error> {
    let damaged = |what: &str| Error::DataLoss(format!("{path} {what}"));
    let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| damaged("is cut short"))?;
    let (json, line) = bytes.split_at(end);
    if line != format!("\n{}\n", digest(json)).as_bytes() {
        return Err(damaged("does not match its digest"));
    }
    serde_json::from_slice(json).map_err(|e| damaged(&format!("is written in another way: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let sealed = seal(&vec![1, 22, 333]).unwrap();
        assert_eq!(open::<Vec<i32>>("x", &sealed).unwrap(), [1, 22, 333]);
        for i in 0..sealed.len() {
            assert!(open::<Vec<i32>>("x", &sealed[..i]).is_err());
            for bit in 0..8 {
                let mut bad = sealed.clone();
                bad[i] ^= 1 << bit;
                assert!(matches!(open::<Vec<i32>>("x", &bad), Err(Error::DataLoss(_))), "byte {i}, bit {bit}");
            }
        }
    }
}
