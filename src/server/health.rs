//! The standard health service, with `List` and with watches that end when the service drains.

use crate::api::SERVICES;
use crate::error::Error;
use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::sync::watch;
use tokio_stream::{Stream, StreamExt, wrappers::WatchStream};
use tonic::body::Body;
use tonic::codegen::{BoxFuture, http};
use tonic::server::{Grpc, NamedService};
use tonic::{Request, Response, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;
use tower::Service;

/// Answers for the whole (the empty name) and for every service by name; all share one state.
///
/// Its watches end when the sender of `serving` is dropped, so that none outlives the service.
#[derive(Debug, Clone)]
struct State {
    serving: watch::Receiver<bool>,
}

type Answers = Pin<Box<dyn Stream<Item = Result<HealthCheckResponse, Status>> + Send>>;

#[tonic::async_trait]
impl Health for State {
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        let service = &request.get_ref().service;
        if !is_known(service) {
            return Err(Error::NotFound(format!("service {service}")).into());
        }
        Ok(Response::new(answer(*self.serving.borrow())))
    }

    type WatchStream = Answers;

    /// Tells every change; a service that is not known is SERVICE_UNKNOWN, as the protocol has it.
    async fn watch(&self, request: Request<HealthCheckRequest>) -> Result<Response<Answers>, Status> {
        let is_known = is_known(&request.get_ref().service);
        let answers = WatchStream::new(self.serving.clone()).map(move |serving| {
            let unknown = HealthCheckResponse { status: ServingStatus::ServiceUnknown.into() };
            Ok(if is_known { answer(serving) } else { unknown })
        });
        Ok(Response::new(Box::pin(answers)))
    }
}

fn is_known(service: &str) -> bool {
    service.is_empty() || SERVICES.contains(&service)
}

fn answer(serving: bool) -> HealthCheckResponse {
    let status = if serving { ServingStatus::Serving } else { ServingStatus::NotServing };
    HealthCheckResponse { status: status.into() }
}

/// The request of `List`, which tonic's generated service lacks.
#[derive(Clone, PartialEq, prost::Message)]
struct ListRequest {}

/// The answer of `List`: one status a service.
#[derive(Clone, PartialEq, prost::Message)]
struct ListResponse {
    #[prost(map = "string, message", tag = "1")]
    statuses: HashMap<String, HealthCheckResponse>,
}

/// tonic's health server with `List` beside it.
#[derive(Debug, Clone)]
pub(super) struct HealthService {
    inner: HealthServer<State>,
    state: State,
}

impl HealthService {
    /// Answers what `serving` tells.
    pub(super) fn new(serving: watch::Receiver<bool>) -> Self {
        let state = State { serving };
        Self { inner: HealthServer::new(state.clone()), state }
    }
}

impl NamedService for HealthService {
    const NAME: &'static str = <HealthServer<State> as NamedService>::NAME;
}

impl Service<http::Request<Body>> for HealthService {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        if request.uri().path() != "/grpc.health.v1.Health/List" {
            return self.inner.call(request);
        }
        let serving = *self.state.serving.borrow();
        Box::pin(async move {
            let list = tower::service_fn(move |_: Request<ListRequest>| async move {
                let names = std::iter::once("").chain(SERVICES);
                let statuses = names.map(|name| (name.to_owned(), answer(serving))).collect();
                Ok::<_, Status>(Response::new(ListResponse { statuses }))
            });
            Ok(Grpc::new(ProstCodec::<ListResponse, ListRequest>::default()).unary(list, request).await)
        })
    }
}
