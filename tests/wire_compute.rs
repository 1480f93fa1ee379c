//! Calculations over the wire: deadlines that stop them, limits, and neighbours that are not disturbed.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/server.rs"]
mod server;
#[path = "support/upload.rs"]
mod upload;

use agglo::api::v1::dataset_source::Source;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{DatasetSource, ForecastGrowthRequest, GivenCoefficient, GivenModel, ProfileDatasetRequest};
use server::TestServer;
use std::time::{Duration, Instant};
use tonic::codec::CompressionEncoding;
use tonic::transport::Channel;
use tonic::{Code, Request};
use tonic_types::StatusExt;
use upload::{Client, header};

async fn server_with_panel(flags: &[&str]) -> (TestServer, Channel) {
    let server = TestServer::start(flags).await;
    let channel = server.channel().await;
    let mut text = "state,year,firms,division\n".to_owned();
    for (state, year) in (0..48).flat_map(|state| (1970..1990).map(move |year| (state, year))) {
        let firms = 100 + state * 3 + (state * year) % 17 + year - 1970;
        text.push_str(&format!("State {state},{year},{firms},D{}\n", state % 9));
    }
    upload::import(&mut Client::new(channel.clone()), header("x"), &text).await.unwrap();
    (server, channel)
}

fn stored() -> Option<DatasetSource> {
    Some(DatasetSource { source: Some(Source::Name("datasets/x".into())) })
}

/// A forecast that takes this many draws; many take many seconds.
fn forecast(draws: i32) -> ForecastGrowthRequest {
    let coefficient = |term: &str, estimate| GivenCoefficient { term: term.into(), estimate };
    let given = GivenModel {
        formula: "growth(firms) ~ l(agglomeration(firms))".into(),
        coefficients: vec![coefficient("(Intercept)", 1.0), coefficient("l(agglomeration(firms))", 0.1)],
        residual_standard_deviation: 1.0,
        ..GivenModel::default()
    };
    let model = Some(Model::Given(given));
    ForecastGrowthRequest { dataset: stored(), model, horizon: 20, draws, ..ForecastGrowthRequest::default() }
}

fn within(request: ForecastGrowthRequest, deadline: Duration) -> Request<ForecastGrowthRequest> {
    let mut request = Request::new(request);
    request.set_timeout(deadline);
    request
}

#[tokio::test]
async fn a_deadline_stops_the_calculation_and_frees_its_place() {
    let (_server, channel) = server_with_panel(&["--workers=1", "--max-calculations=1"]).await;
    let mut forecasts = ForecastServiceClient::new(channel.clone());
    let alone = Instant::now();
    forecasts.forecast_growth(forecast(10)).await.unwrap();
    let alone = alone.elapsed();
    let started = Instant::now();
    let status = forecasts.forecast_growth(within(forecast(20_000), Duration::from_millis(300))).await.unwrap_err();
    assert!(matches!(status.code(), Code::DeadlineExceeded | Code::Cancelled), "{status:?}");
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    let started = Instant::now();
    while let Err(status) = forecasts.forecast_growth(forecast(10)).await {
        assert_eq!(status.get_details_error_info().unwrap().reason, "ERROR_REASON_BUSY", "{status:?}");
        assert!(started.elapsed() < Duration::from_secs(1), "the stopped calculation still holds its place");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("alone {alone:?}; {:?} after the stop", started.elapsed());
}

#[tokio::test]
async fn a_caller_that_leaves_frees_its_place() {
    let (_server, channel) = server_with_panel(&["--workers=1", "--max-calculations=1"]).await;
    let mut forecasts = ForecastServiceClient::new(channel.clone());
    let leaving = tokio::spawn({
        let mut forecasts = forecasts.clone();
        async move { forecasts.forecast_growth(forecast(20_000)).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let refused = forecasts.forecast_growth(forecast(10)).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted, "{refused:?}");
    assert_eq!(refused.get_details_error_info().unwrap().metadata["limit"], "1");
    assert!(refused.get_details_retry_info().is_some());
    leaving.abort();
    let started = Instant::now();
    while forecasts.forecast_growth(forecast(10)).await.is_err() {
        assert!(started.elapsed() < Duration::from_secs(1), "the calculation of a caller that left goes on");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn health_answers_while_every_worker_is_busy() {
    use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};
    let (_server, channel) = server_with_panel(&["--workers=1"]).await;
    for _ in 0..3 {
        let mut forecasts = ForecastServiceClient::new(channel.clone());
        tokio::spawn(async move { forecasts.forecast_growth(within(forecast(20_000), Duration::from_secs(2))).await });
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let started = Instant::now();
    HealthClient::new(channel).check(HealthCheckRequest::default()).await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn what_needs_too_much_memory_is_refused_before_it_begins() {
    let (_server, channel) = server_with_panel(&["--max-call-memory-bytes=1000000"]).await;
    let started = Instant::now();
    let status = ForecastServiceClient::new(channel).forecast_growth(forecast(100_000)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let info = status.get_details_error_info().unwrap();
    assert_eq!((info.reason.as_str(), info.metadata["limit"].as_str()), ("ERROR_REASON_LIMIT_EXCEEDED", "1000000"));
    assert!(info.metadata["needed"].parse::<u64>().unwrap() > 1_000_000);
    assert!(status.get_details_retry_info().is_none(), "a retry would not help");
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_told_with_the_numbers() {
    let (_server, channel) = server_with_panel(&["--max-answer-bytes=1024"]).await;
    let status = ForecastServiceClient::new(channel).forecast_growth(forecast(0)).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    assert_eq!(status.get_details_error_info().unwrap().metadata["limit"], "1024");
}

#[tokio::test]
async fn compressed_requests_are_understood() {
    let (_server, channel) = server_with_panel(&[]).await;
    let mut client = Client::new(channel).send_compressed(CompressionEncoding::Gzip);
    let profile = client.profile_dataset(ProfileDatasetRequest { dataset: stored() }).await.unwrap().into_inner();
    assert_eq!(profile.shape.unwrap().row_count, 960);
}
