//! The shell over the wire: health, reflection, gRPC-Web, message limits, drain.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/server.rs"]
mod support;

use agglo::api::SERVICES;
use prost::Message;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use support::TestServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};
use tonic_prost::ProstCodec;
use tonic_types::StatusExt;

async fn unary<Q, A>(channel: Channel, path: &'static str, request: Q) -> Result<A, Status>
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
{
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let path = http::uri::PathAndQuery::from_static(path);
    let answer = client.unary(Request::new(request), path, ProstCodec::<Q, A>::default()).await?;
    Ok(answer.into_inner())
}

fn about(service: &str) -> HealthCheckRequest {
    HealthCheckRequest { service: service.to_owned() }
}

#[derive(Clone, PartialEq, prost::Message)]
struct HealthList {
    #[prost(map = "string, message", tag = "1")]
    statuses: HashMap<String, HealthCheckResponse>,
}

#[tokio::test]
async fn health_answers_for_the_whole_and_for_every_service() {
    let server = TestServer::start(&[]).await;
    let channel = server.channel().await;
    let mut health = HealthClient::new(channel.clone());
    for service in std::iter::once("").chain(SERVICES) {
        let answer = health.check(about(service)).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service}");
    }
    assert_eq!(health.check(about("nobody")).await.unwrap_err().code(), Code::NotFound);
    let list: HealthList = unary(channel, "/grpc.health.v1.Health/List", about("")).await.unwrap();
    assert_eq!(list.statuses.len(), SERVICES.len() + 1);

    let mut unknown = health.watch(about("nobody")).await.unwrap().into_inner();
    assert_eq!(unknown.next().await.unwrap().unwrap().status(), ServingStatus::ServiceUnknown);
    let mut watch = health.watch(about("")).await.unwrap().into_inner();
    assert_eq!(watch.next().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let stopped = tokio::spawn(server.running.stop());
    assert_eq!(watch.next().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watch.next().await.is_none(), "the watch ends with the service");
    stopped.await.unwrap();
}

#[tokio::test]
async fn the_second_listener_answers_health_alone() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = TestServer::start(&[&format!("--health-listen={free}")]).await;
    let channel = Channel::from_shared(format!("http://{free}")).unwrap().connect().await.unwrap();
    let answer = HealthClient::new(channel.clone()).check(about("")).await.unwrap().into_inner();
    assert_eq!(answer.status(), ServingStatus::Serving);
    let refused = unary::<(), ()>(channel, "/agglo.v1.CatalogService/GetServerInfo", ()).await;
    assert_eq!(refused.unwrap_err().code(), Code::Unimplemented);
    server.running.stop().await;
}

/// The names that reflection of this version lists; both versions have the same messages.
async fn listed(channel: Channel, path: &'static str) -> Vec<String> {
    use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
    use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
    use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let mut client = tonic::client::Grpc::new(channel);
    client.ready().await.unwrap();
    let codec = ProstCodec::<ServerReflectionRequest, ServerReflectionResponse>::default();
    let path = http::uri::PathAndQuery::from_static(path);
    let answers = client.streaming(Request::new(tokio_stream::once(request)), path, codec).await.unwrap();
    match answers.into_inner().next().await.unwrap().unwrap().message_response.unwrap() {
        MessageResponse::ListServicesResponse(list) => list.service.into_iter().map(|service| service.name).collect(),
        other => panic!("no list: {other:?}"),
    }
}

#[tokio::test]
async fn reflection_lists_all_services_in_both_versions() {
    let server = TestServer::start(&[]).await;
    for path in [
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ] {
        let names = listed(server.channel().await, path).await;
        for service in SERVICES.iter().chain(&["grpc.health.v1.Health"]) {
            assert!(names.iter().any(|name| name == service), "{service} is missing in {names:?}");
        }
    }
}

#[tokio::test]
async fn a_browser_speaks_grpc_web_over_http_1() {
    let server = TestServer::start(&[]).await;
    let mut stream = TcpStream::connect(server.running.address()).await.unwrap();
    let head = "POST /grpc.health.v1.Health/Check HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web+proto\r\n\
                content-length: 5\r\nconnection: close\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&[0; 5]).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("grpc-status:0"), "{text}");
}

/// Bytes that are no message.
#[derive(Clone, PartialEq, prost::Message)]
struct Nonsense {
    #[prost(fixed32, tag = "1")]
    number: u32,
}

#[tokio::test]
async fn bad_and_large_messages_are_the_callers_fault_and_told_so() {
    let server = TestServer::start(&["--max-message-bytes=1024"]).await;
    let path = "/agglo.v1.DatasetService/GetDataset";
    let status = unary::<_, ()>(server.channel().await, path, Nonsense { number: 7 }).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert_eq!(status.get_details_bad_request().unwrap().field_violations.len(), 1);

    let status = unary::<_, ()>(server.channel().await, path, "x".repeat(5_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!(info.reason, "ERROR_REASON_LIMIT_EXCEEDED");
    assert_eq!((info.metadata["what"].as_str(), info.metadata["limit"].as_str()), ("message", "1024"));
    assert!(info.metadata["needed"].parse::<u64>().unwrap() > 5_000);
}

#[tokio::test]
async fn every_answer_carries_the_request_id() {
    let server = TestServer::start(&[]).await;
    let mut health = HealthClient::new(server.channel().await);
    let mut request = Request::new(about(""));
    request.metadata_mut().insert("x-request-id", "mine".parse().unwrap());
    let answer = health.check(request).await.unwrap();
    assert_eq!(answer.metadata().get("x-request-id").unwrap(), "mine");
    let status = health.check(about("nobody")).await.unwrap_err();
    assert!(status.metadata().get("x-request-id").is_some_and(|id| !id.is_empty()));
}

#[tokio::test]
async fn silent_connections_cannot_hold_up_the_end() {
    let server = TestServer::start(&["--drain-grace-seconds=1"]).await;
    let silent = TcpStream::connect(server.running.address()).await.unwrap();
    let half = TcpStream::connect(server.running.address()).await.unwrap();
    half.try_write(b"PRI * HTTP/2.0\r\n").unwrap();
    // The server has taken both connections once it answers on a later one.
    let _ = HealthClient::new(server.channel().await).check(about("")).await.unwrap();
    let started = Instant::now();
    server.running.stop().await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    drop((silent, half));
}
