//! `BacktestForecast` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{
    BacktestForecastRequest, BacktestForecastResponse, Change, ForecastGrowthRequest, ModelSpec, Scenario, ScoreCall,
    change::Action,
};
use panels::{assert_sound, fields, munnell, names, values, words};
use support::TestServer;
use tonic::Status;

const GROWTH: &str = "growth(gsp) ~ l(agglomeration(private_capital)) + l(ln(gsp/employment)) | state + year";

async fn backtest(server: &TestServer, request: BacktestForecastRequest) -> Result<BacktestForecastResponse, Status> {
    let mut client = ForecastServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20);
    client.backtest_forecast(request).await.map(tonic::Response::into_inner)
}

fn request() -> BacktestForecastRequest {
    let forecast = ForecastGrowthRequest {
        dataset: Some(munnell()),
        model: Some(Model::Spec(ModelSpec { formula: GROWTH.into(), ..Default::default() })),
        horizon: 2,
        draws: 60,
        seed: 5,
        group_attribute: "division".into(),
        ..Default::default()
    };
    BacktestForecastRequest {
        forecast: Some(forecast),
        first_origin: "1980".into(),
        last_origin: "1983".into(),
        ..Default::default()
    }
}

/// The rows of a table at which these columns of texts hold these words.
fn rows(table: &Option<agglo::api::v1::Table>, wanted: &[(&str, &str)]) -> Vec<usize> {
    let count = words(table, wanted[0].0).len();
    (0..count).filter(|row| wanted.iter().all(|(column, word)| words(table, column)[*row] == *word)).collect()
}

#[tokio::test]
async fn the_tables_hold_what_the_contract_says() {
    let server = TestServer::start(&[]).await;
    let answer =
        backtest(&server, BacktestForecastRequest { by_area: true, with_cases: true, ..request() }).await.unwrap();
    for table in [&answer.origins, &answer.scores, &answer.comparisons, &answer.calibration, &answer.cases] {
        assert_sound(table);
    }
    assert_eq!(words(&answer.origins, "origin"), ["1980", "1981", "1982", "1983"].map(str::to_owned));
    assert!(words(&answer.origins, "failure").iter().all(String::is_empty));
    let heads = ["contender", "quantity", "area_kind", "area", "horizon"];
    assert_eq!(names(&answer.scores)[..5], heads);
    assert!(names(&answer.scores).contains(&"coverage level=0.95"));
    // 5 contenders, 2 quantities, 48 states + 9 divisions + nation + pool, 2 horizons and their pool.
    let scores = values(&answer.scores, "crps");
    assert_eq!(scores.len(), 5 * 2 * 59 * 3);
    assert!(scores.iter().all(|score| score.is_some_and(|x| x >= 0.0)));
    let pool = rows(&answer.scores, &[("contender", "naive"), ("quantity", "level"), ("area_kind", "regions")]);
    let at = |name: &str| pool.iter().map(|row| values(&answer.scores, name)[*row].unwrap()).collect::<Vec<f64>>();
    assert_eq!((at("horizon"), at("cases")), (vec![0.0, 1.0, 2.0], vec![384.0, 192.0, 192.0]));
    // A pooled mean is the mean over the states' cases.
    let states = rows(&answer.scores, &[("contender", "model"), ("quantity", "growth"), ("area_kind", "region")]);
    let mae = values(&answer.scores, "mae");
    let ahead = values(&answer.scores, "horizon");
    let own: Vec<f64> = states.iter().filter(|row| ahead[**row] == Some(2.0)).map(|row| mae[*row].unwrap()).collect();
    let pooled = rows(&answer.scores, &[("contender", "model"), ("quantity", "growth"), ("area_kind", "regions")]);
    assert!((own.iter().sum::<f64>() / 48.0 - mae[pooled[2]].unwrap()).abs() < 1e-12);
    // Cases: 5 contenders, 2 quantities, 58 areas, 2 horizons, 4 origins.
    assert_eq!(words(&answer.cases, "origin").len(), 5 * 2 * 58 * 2 * 4);
    let skill = values(&answer.comparisons, "skill");
    assert!(skill.iter().all(|skill| skill.is_some_and(|x| x <= 1.0)));
    assert!(!words(&answer.comparisons, "contender").contains(&"model".to_owned()));
    let provenance = answer.provenance.unwrap();
    assert_eq!((provenance.seed, provenance.used_row_count), (5, 816));
}

#[tokio::test]
async fn without_detail_the_pool_and_the_nation_are_told() {
    let server = TestServer::start(&[]).await;
    let forecast = ForecastGrowthRequest { draws: 0, ..request().forecast.unwrap() };
    let scores = vec![ScoreCall { id: "mae".into(), ..Default::default() }];
    let rivals = vec!["constant_share".into()];
    let asked = BacktestForecastRequest { forecast: Some(forecast), scores, rivals, ..request() };
    let answer = backtest(&server, asked).await.unwrap();
    assert_eq!(values(&answer.scores, "mae").len(), 3 * 2 * 2 * 3);
    assert!(answer.calibration.is_none() && answer.cases.is_none());
    let contenders = words(&answer.comparisons, "contender");
    assert!(contenders.iter().all(|name| name == "model_drivers_known" || name == "constant_share"));
}

#[tokio::test]
async fn everything_wrong_is_told_at_its_field() {
    let server = TestServer::start(&[]).await;
    let change = Change { measure: "private_capital".into(), action: Some(Action::Scale(1.1)), ..Default::default() };
    let scenarios = vec![Scenario { name: "s".into(), changes: vec![change], ..Default::default() }];
    let asked = BacktestForecastRequest {
        forecast: Some(ForecastGrowthRequest { scenarios, ..request().forecast.unwrap() }),
        first_origin: "1950".into(),
        origin_step: -1,
        rivals: vec!["naiv".into()],
        scores: vec![ScoreCall { id: "crsp".into(), ..Default::default() }],
        ..request()
    };
    let status = backtest(&server, asked).await.unwrap_err();
    let expected = ["origin_step", "forecast.scenarios", "first_origin", "rivals[0]", "scores[0].id"];
    let found = fields(&status);
    let mut expected = expected.map(str::to_owned);
    expected.sort();
    assert_eq!(found, expected, "{status}");
    let nothing = backtest(&server, BacktestForecastRequest::default()).await.unwrap_err();
    assert_eq!(fields(&nothing), ["forecast"]);
}
