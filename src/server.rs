//! The service's shell: listeners, layers, and an end that always comes.

mod deadline;
mod health;
mod log;
mod mend;
mod run;

pub use run::serve_until_signal;

use crate::api::{self, MessageLimits, State};
use crate::compute::{Compute, Limits};
use crate::config::Config;
use crate::error::Error;
use crate::store::Store;
use deadline::DeadlineLayer;
use health::HealthService;
use http::Response;
use log::LogLayer;
use std::any::Any;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_web::GrpcWebLayer;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;

/// Calls that one connection may have open.
const STREAMS_PER_CONNECTION: u32 = 128;
/// Bytes that may be under way in one upload and in one connection; large enough for distant callers.
const STREAM_WINDOW: u32 = 4 << 20;
const CONNECTION_WINDOW: u32 = 8 << 20;
/// A peer that is silent this long is asked whether it lives, and given up if it does not answer.
const KEEPALIVE: Duration = Duration::from_secs(30);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(10);
/// Time that cut calls get to send their status.
const CUT_GRACE: Duration = Duration::from_millis(500);

/// A server that answers calls until it is stopped or dropped.
#[derive(Debug)]
pub struct RunningServer {
    address: SocketAddr,
    draining: CancellationToken,
    ended: JoinHandle<()>,
    _drain_on_drop: DropGuard,
}

impl RunningServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes no more calls, lets those that run finish within the grace of the settings, cuts the rest and ends.
    pub async fn stop(self) {
        self.draining.cancel();
        // A panic of the server's task has been logged; there is nothing left to stop.
        let _ = self.ended.await;
    }
}

/// Starts a server with these settings.
///
/// # Errors
/// [`Error::Internal`] when the address is taken, the store cannot be opened or a thread cannot be started.
pub async fn start(config: &Config) -> Result<RunningServer, Error> {
    let limits = Limits {
        workers: config.worker_count(),
        calculations: config.max_calculations,
        call_memory: config.max_call_memory_bytes,
        memory: config.max_memory_bytes,
    };
    let store = Store::open(&config.store)?;
    let messages = MessageLimits { request_bytes: config.max_message_bytes, answer_bytes: config.max_answer_bytes };
    let state = State::new(store, Compute::new(limits)?, config.cache_bytes, messages);
    let (serving, health) = watch::channel(true);
    let health = HealthService::new(health);
    let (draining, cut) = (CancellationToken::new(), CancellationToken::new());
    let (default, max) = config.deadlines();
    let deadline = DeadlineLayer { default, max, cut: cut.clone() };
    let routes = api::routes(&state).add_service(health.clone());
    let routes = reflection(routes)?;
    let listener = listen(config.listen).await?;
    let address = listener.local_addr().map_err(|error| cannot_listen(config.listen, &error))?;
    let mut servers = vec![tokio::spawn(serve(listener, routes, deadline.clone(), draining.clone()))];
    if let Some(address) = config.health_listen {
        let routes = Routes::new(health);
        servers.push(tokio::spawn(serve(listen(address).await?, routes, deadline, draining.clone())));
    }
    let grace = Duration::from_secs(config.drain_grace_seconds);
    let drain = Drain { draining: draining.clone(), cut, serving, grace };
    let ended = tokio::spawn(drain.run(servers));
    tracing::info!(%address, store = %config.store.display(), "serving");
    Ok(RunningServer { address, ended, _drain_on_drop: draining.clone().drop_guard(), draining })
}

/// What brings a server to its end.
struct Drain {
    draining: CancellationToken,
    cut: CancellationToken,
    serving: watch::Sender<bool>,
    grace: Duration,
}

impl Drain {
    /// Waits for the wish to end, then ends within the grace whatever the callers do.
    async fn run(self, servers: Vec<JoinHandle<()>>) {
        self.draining.cancelled().await;
        tracing::info!("draining");
        self.serving.send_replace(false);
        drop(self.serving);
        let aborts: Vec<_> = servers.iter().map(JoinHandle::abort_handle).collect();
        let mut all = tokio::spawn(async move {
            for server in servers {
                let _ = server.await;
            }
        });
        if tokio::time::timeout(self.grace, &mut all).await.is_err() {
            tracing::warn!("the grace has passed; calls still running are cut");
            self.cut.cancel();
            let _ = tokio::time::timeout(CUT_GRACE, all).await;
            aborts.iter().for_each(tokio::task::AbortHandle::abort);
        }
        tracing::info!("drained");
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
}

fn cannot_listen(address: SocketAddr, error: &std::io::Error) -> Error {
    Error::Internal(format!("cannot listen on {address}: {error}"))
}

/// Adds reflection, in the version of today and in the one that older tools speak.
fn reflection(routes: Routes) -> Result<Routes, Error> {
    let builder = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(api::v1::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET)
    };
    let failed = |error| Error::Internal(format!("the descriptors cannot be served: {error}"));
    let today = builder().build_v1().map_err(failed)?;
    let older = builder().build_v1alpha().map_err(failed)?;
    Ok(routes.add_service(today).add_service(older))
}

/// The stack that every call passes, from the outside in.
async fn serve(listener: TcpListener, routes: Routes, deadline: DeadlineLayer, draining: CancellationToken) {
    let layers = ServiceBuilder::new()
        .layer(GrpcWebLayer::new())
        .layer(LogLayer)
        .layer(CatchPanicLayer::custom(panicked))
        .layer(deadline)
        .map_response(mend::response);
    let server = Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(STREAMS_PER_CONNECTION)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE_TIMEOUT))
        .layer(layers)
        .add_routes(routes);
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
    if let Err(error) = server.serve_with_incoming_shutdown(incoming, draining.cancelled_owned()).await {
        tracing::error!(%error, "a listener failed");
    }
}

/// The answer to a call whose handler panicked; the panic itself has gone to the log.
fn panicked(_: Box<dyn Any + Send>) -> Response<Body> {
    api::status::internal().into_http()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;
    use tower::{Service, ServiceExt};

    #[tokio::test]
    async fn a_handler_that_panics_is_an_internal_error() {
        let handler = tower::service_fn(|_: http::Request<Body>| async {
            if true {
                panic!("no such row");
            }
            Ok::<_, Infallible>(Response::new(Body::default()))
        });
        let mut stack = ServiceBuilder::new().layer(CatchPanicLayer::custom(panicked)).service(handler);
        let response = stack.ready().await.unwrap().call(http::Request::new(Body::default())).await.unwrap();
        let status = tonic::Status::from_header_map(response.headers()).unwrap();
        assert_eq!(status.code(), tonic::Code::Internal);
        assert!(!status.message().contains("no such row"));
    }
}
