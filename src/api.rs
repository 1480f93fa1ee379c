//! The gRPC face of the service; the only place that knows protobuf.

pub mod json;
pub mod status;
pub mod table;

/// The messages, clients and servers generated from `proto/agglo/v1`.
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("agglo.v1");

    /// The compiled descriptors of all services, for reflection and for JSON.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agglo.bin"));
}
