//! `IndexService` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::dataset_service_client::DatasetServiceClient;
use agglo::api::v1::index_outcome::Outcome;
use agglo::api::v1::index_service_client::IndexServiceClient;
use agglo::api::v1::{
    AbsentReason, BesideDataset, ComputeIndicesRequest, ComputeIndicesResponse, GetDatasetRequest, IndexCall,
    IndexResult, Inference, SuppressedBounds,
};
use panels::{column, fields, inline, munnell, named, names, numbers, texts, values, words};
use prost_types::{Value, value::Kind};
use support::TestServer;
use tonic::{Code, Status};
use tonic_types::{RpcStatusExt, StatusExt};

fn call(index: &str, measure: &str, parameters: &[(&str, Kind)]) -> IndexCall {
    let value = |kind: &Kind| Value { kind: Some(kind.clone()) };
    let parameters = parameters.iter().map(|(name, kind)| ((*name).to_owned(), value(kind))).collect();
    IndexCall { index: index.into(), measure: measure.into(), parameters, gap: None }
}

async fn compute(server: &TestServer, request: ComputeIndicesRequest) -> Result<ComputeIndicesResponse, Status> {
    let mut client = IndexServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20);
    client.compute_indices(request).await.map(tonic::Response::into_inner)
}

fn result(answer: &ComputeIndicesResponse, i: usize) -> &IndexResult {
    match answer.outcomes[i].outcome.as_ref().unwrap() {
        Outcome::Result(result) => result,
        Outcome::Error(status) => panic!("outcome {i} is {status:?}"),
    }
}

/// Two regions and two industries over two years; employment of b in services is withheld in 1991.
fn small() -> agglo::api::v1::DatasetSource {
    let mut employees = numbers("employees", &[10.0, 30.0, 20.0, 20.0, 0.0, 40.0, 20.0, 0.0]);
    let rows = vec![7];
    employees.absent = vec![agglo::api::v1::AbsentRows { reason: AbsentReason::Suppressed.into(), rows }];
    inline(vec![
        texts("region", &["a", "a", "b", "b", "a", "a", "b", "b"]),
        texts("period", &["1990", "1990", "1990", "1990", "1991", "1991", "1991", "1991"]),
        texts("industry", &["goods", "services", "goods", "services", "goods", "services", "goods", "services"]),
        employees,
    ])
}

#[tokio::test]
async fn every_index_has_an_outcome_of_its_own() {
    let server = TestServer::start(&[]).await;
    let number = |x| Kind::NumberValue(x);
    let indices = vec![
        call("agglomeration", "employees", &[]),
        call("location_quotient", "employees", &[]),
        call("no_such_index", "nothing", &[]),
        call("agglomeration", "employees", &[("unheard", number(1.0)), ("of", Kind::BoolValue(true))]),
        call("hhi", "employees", &[]),
    ];
    let request = ComputeIndicesRequest { dataset: Some(small()), indices, ..Default::default() };
    let answer = compute(&server, request).await.unwrap();
    let agglomeration = result(&answer, 0);
    assert_eq!(names(&agglomeration.table), ["period", "region", "value", "covered"]);
    assert_eq!(words(&agglomeration.table, "period"), ["1990", "1990", "1991", "1991"]);
    assert_eq!(words(&agglomeration.table, "region"), ["a", "b", "a", "b"]);
    // R·x_r / Σx with R = 2.
    assert_eq!(values(&agglomeration.table, "value")[..2], [Some(1.0), Some(1.0)]);
    let quotients = result(&answer, 1);
    assert_eq!(names(&quotients.table), ["period", "region", "industry", "value"]);
    let goods_of_a = (10.0 / 40.0) / (30.0 / 80.0);
    assert!((values(&quotients.table, "value")[0].unwrap() - goods_of_a).abs() < 1e-15);
    assert_eq!(quotients.left_out[0].reason, "suppressed");
    assert_eq!((quotients.left_out[0].count, quotients.used_cell_count), (1, 7));
    let absent = &column(&quotients.table, "value").absent;
    assert!(absent.iter().any(|a| a.reason() == AbsentReason::Suppressed && a.rows.contains(&7)), "{absent:?}");
    for i in [0, 1, 4] {
        panels::assert_sound(&result(&answer, i).table);
        assert!(!result(&answer, i).conventions.is_empty());
    }
    for (i, fields) in [
        (2, ["indices[2].index", "indices[2].measure"]),
        (3, ["indices[3].parameters.of", "indices[3].parameters.unheard"]),
    ] {
        let Some(Outcome::Error(status)) = &answer.outcomes[i].outcome else { panic!("outcome {i} is no error") };
        assert_eq!(status.code, i32::from(Code::InvalidArgument));
        let mut found: Vec<_> = status.get_details_bad_request().unwrap().field_violations;
        found.sort_by(|a, b| a.field.cmp(&b.field));
        assert_eq!(found.iter().map(|v| v.field.as_str()).collect::<Vec<_>>(), fields);
    }
    assert!(!agglo::api::json::to_json(&answer).unwrap().contains("NaN"));
}

#[tokio::test]
async fn what_cannot_be_answered_is_told_at_once() {
    let server = TestServer::start(&[]).await;
    let request = ComputeIndicesRequest {
        dataset: Some(small()),
        first_period: "soon".into(),
        last_period: "1990Q1".into(),
        ..Default::default()
    };
    let status = compute(&server, request).await.unwrap_err();
    assert_eq!(fields(&status), ["first_period", "indices", "last_period"]);
    let status = compute(&server, ComputeIndicesRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["dataset", "indices"]);
    let indices = vec![call("hhi", "employees", &[])];
    let request = ComputeIndicesRequest { dataset: Some(named("datasets/nowhere")), indices, ..Default::default() };
    let status = compute(&server, request.clone()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().metadata["resource"], "datasets/nowhere");
    let beyond = ComputeIndicesRequest { dataset: Some(small()), first_period: "2001".into(), ..request };
    assert_eq!(fields(&compute(&server, beyond).await.unwrap_err()), ["first_period"]);
}

#[tokio::test]
async fn periods_can_be_chosen_and_provenance_says_what_was_read() {
    let server = TestServer::start(&[]).await;
    let request = ComputeIndicesRequest {
        dataset: Some(munnell()),
        indices: vec![
            call("theil_t", "gsp", &[("groups", Kind::StringValue("division".into()))]),
            call("density", "employment", &[("per", Kind::StringValue("private_capital".into()))]),
        ],
        first_period: "1980".into(),
        last_period: "1985".into(),
        ..Default::default()
    };
    let answer = compute(&server, request.clone()).await.unwrap();
    let theil = &result(&answer, 0).table;
    assert_eq!(words(theil, "period"), ["1980", "1981", "1982", "1983", "1984", "1985"]);
    for row in 0..6 {
        let part = |name| values(theil, name)[row].unwrap();
        assert!((part("total") - part("between") - part("within")).abs() < 1e-12);
    }
    assert!(result(&answer, 0).parameters.iter().any(|p| p.name == "groups" && p.value == "division"));
    let provenance = answer.provenance.as_ref().unwrap();
    assert_eq!(provenance.used_row_count, 48 * 6);
    assert_eq!(provenance.engine_version, env!("CARGO_PKG_VERSION"));
    assert_eq!((provenance.dataset_sha256.len(), provenance.request_sha256.len()), (64, 64));
    assert!(provenance.dataset_version.is_empty());
    let again = compute(&server, request.clone()).await.unwrap();
    assert_eq!(answer, again);
    let shorter = ComputeIndicesRequest { last_period: "1984".into(), ..request };
    let other = compute(&server, shorter).await.unwrap().provenance.unwrap();
    assert_ne!(other.request_sha256, provenance.request_sha256);
    assert_eq!(other.dataset_sha256, provenance.dataset_sha256);
}

#[tokio::test]
async fn the_number_of_workers_changes_no_bit() {
    let all: Vec<_> = agglo::indices::all()
        .map(|index| index.card())
        .filter(|card| card.params.iter().all(|p| !p.domain.is_required()))
        .flat_map(|card| ["gsp", "private_capital"].map(|measure| call(card.id, measure, &[])))
        .collect();
    let request = ComputeIndicesRequest { dataset: Some(munnell()), indices: all, ..Default::default() };
    let one = compute(&TestServer::start(&["--workers=1"]).await, request.clone()).await.unwrap();
    let two = compute(&TestServer::start(&["--workers=2"]).await, request).await.unwrap();
    assert_eq!(prost::Message::encode_to_vec(&one), prost::Message::encode_to_vec(&two));
    assert!(one.outcomes.iter().filter(|o| matches!(o.outcome, Some(Outcome::Result(_)))).count() > 10);
}

#[tokio::test]
async fn an_answer_beyond_the_memory_of_a_call_is_refused_with_the_numbers() {
    let server = TestServer::start(&["--max-call-memory-bytes=33554432", "--max-memory-bytes=33554432"]).await;
    let indices = vec![call("location_quotient", "gsp", &[]); 2_000];
    let request = ComputeIndicesRequest { dataset: Some(munnell_small()), indices, ..Default::default() };
    let status = compute(&server, request).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.get_details_error_info().unwrap().metadata["limit"], "33554432");
}

/// Small enough to be decoded within the limit of the test above.
fn munnell_small() -> agglo::api::v1::DatasetSource {
    panels::munnell_where(|state, _| state < "D")
}

/// Two suppliers and two users of each other's goods, with a final demand.
fn flows() -> agglo::api::v1::DatasetSource {
    inline(vec![
        texts("region", &["goods", "goods", "goods", "services", "services", "services"]),
        texts("period", &["1990"; 6]),
        texts("industry", &["goods", "services", "demand", "goods", "services", "demand"]),
        numbers("flow", &[150.0, 500.0, 350.0, 200.0, 100.0, 1700.0]),
    ])
}

#[tokio::test]
async fn values_too_large_to_send_are_stored_once() {
    let server = TestServer::start(&[]).await;
    let indices = vec![call("location_quotient", "employees", &[]), call("log_lq", "employees", &[])];
    let request = ComputeIndicesRequest {
        dataset: Some(small()),
        indices,
        save_as: "quotients".into(),
        request_id: "once".into(),
        ..Default::default()
    };
    let answer = compute(&server, request.clone()).await.unwrap();
    assert_eq!(answer.saved_dataset, "datasets/quotients/versions/1");
    assert!(result(&answer, 0).table.as_ref().unwrap().columns.is_empty(), "stored, not sent");
    assert!(!result(&answer, 0).conventions.is_empty());
    let again = compute(&server, request.clone()).await.unwrap();
    assert_eq!(again.saved_dataset, answer.saved_dataset);
    let profile = DatasetServiceClient::new(server.channel().await)
        .get_dataset(GetDatasetRequest { name: "datasets/quotients".into() })
        .await
        .unwrap()
        .into_inner()
        .dataset
        .unwrap();
    let names: Vec<_> = profile.measures.iter().map(|measure| measure.name.as_str()).collect();
    assert_eq!(names, ["location_quotient_employees", "log_location_quotient_employees"]);
    assert_eq!(profile.shape.unwrap().row_count, 8);
    let mixed = ComputeIndicesRequest {
        indices: vec![call("lq", "employees", &[]), call("agglomeration", "employees", &[])],
        request_id: String::new(),
        ..request
    };
    assert_eq!(fields(&compute(&server, mixed).await.unwrap_err()), ["save_as"]);
}

#[tokio::test]
async fn a_dataset_beside_is_named_by_parameters() {
    let server = TestServer::start(&[]).await;
    let word = |text: &str| Kind::StringValue(text.into());
    let beside = vec![BesideDataset { name: "io".into(), dataset: Some(flows()) }];
    let indices = vec![
        call("regional_output_multiplier", "employees", &[("table", word("io"))]),
        call("regional_output_multiplier", "employees", &[("table", word("oi"))]),
    ];
    let request = ComputeIndicesRequest { dataset: Some(small()), indices, beside, ..Default::default() };
    let answer = compute(&server, request.clone()).await.unwrap();
    assert!(values(&result(&answer, 0).table, "value").iter().flatten().all(|multiplier| *multiplier >= 1.0));
    match answer.outcomes[1].outcome.as_ref().unwrap() {
        Outcome::Error(status) => assert!(status.message.contains("did you mean io?"), "{status:?}"),
        Outcome::Result(_) => panic!("there is no dataset oi"),
    }
    let twice = vec![request.beside[0].clone(), request.beside[0].clone()];
    let status = compute(&server, ComputeIndicesRequest { beside: twice, ..request }).await.unwrap_err();
    assert_eq!(fields(&status), ["beside[1].name"]);
}

#[tokio::test]
async fn every_fault_of_what_is_asked_beside_is_told() {
    let server = TestServer::start(&[]).await;
    let request = ComputeIndicesRequest {
        dataset: Some(small()),
        indices: vec![call("hhi", "employees", &[])],
        inference: Some(Inference { method: "magic".into(), draws: -1, level: 2.0, alternative: 9, seed: 0 }),
        suppressed_bounds: Some(SuppressedBounds { most: -3.0 }),
        save_as: "No!".into(),
        ..Default::default()
    };
    let expected = [
        "inference.method",
        "inference.draws",
        "inference.level",
        "inference.alternative",
        "suppressed_bounds.most",
        "save_as",
    ];
    let mut found = fields(&compute(&server, request).await.unwrap_err());
    found.sort_by_key(|field| expected.iter().position(|known| known == field));
    assert_eq!(found, expected);
}
