//! What an answer was computed from.

use super::data::Data;
use crate::api::v1::{Provenance, Warning};
use prost::Message;
use sha2::{Digest, Sha256};

/// The version of the engine, as answers tell it.
pub const ENGINE_VERSION: &str = env!("CARGO_PKG_VERSION");

/// The provenance of an answer to `request` that was computed from `data`; rows, seed and warnings are the caller's.
pub fn provenance(data: &Data, request_sha256: String) -> Provenance {
    Provenance {
        dataset_version: data.version.clone(),
        dataset_sha256: data.sha256.clone(),
        request_sha256,
        engine_version: ENGINE_VERSION.to_owned(),
        ..Provenance::default()
    }
}

/// SHA-256 of a message's canonical encoding, a request's above all: fields by number, maps by key.
pub fn request_sha256(request: &impl Message) -> String {
    hex::encode(Sha256::digest(request.encode_to_vec()))
}

/// A typed remark.
pub fn warning(code: &str, message: impl Into<String>, subject: &str) -> Warning {
    Warning { code: code.to_owned(), message: message.into(), subject: subject.to_owned() }
}
