//! The gRPC face of the service; the only place that knows protobuf.

mod cache;
pub mod catalog;
mod data;
pub mod datasets;
mod decode;
mod forecast;
mod indices;
mod inline;
pub mod json;
mod names;
mod page;
pub mod provenance;
mod regression;
mod schema;
mod state;
pub mod status;
pub mod table;

pub use data::Data;
pub use state::{MessageLimits, State};

use catalog::Catalog;
use datasets::Datasets;
use forecast::Forecasts;
use indices::Indices;
use regression::Regression;
use tonic::codec::CompressionEncoding;
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
    let limits = state.message_limits();
    /// A server of this service with the limits.
    macro_rules! limited {
        ($module:ident, $server:ident, $service:expr) => {
            v1::$module::$server::new($service)
                .max_decoding_message_size(limits.request_bytes)
                .max_encoding_message_size(limits.answer_bytes)
                .accept_compressed(CompressionEncoding::Gzip)
        };
    }
    Routes::new(limited!(catalog_service_server, CatalogServiceServer, Catalog::new(state.clone())))
        .add_service(limited!(dataset_service_server, DatasetServiceServer, Datasets::new(state.clone())))
        .add_service(limited!(forecast_service_server, ForecastServiceServer, Forecasts::new(state.clone())))
        .add_service(limited!(index_service_server, IndexServiceServer, Indices::new(state.clone())))
        .add_service(limited!(regression_service_server, RegressionServiceServer, Regression::new(state.clone())))
}
