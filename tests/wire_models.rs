//! Stored models over the wire: splits and parts of the data, tests, other covariances, comparisons.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::dataset_service_client::DatasetServiceClient;
use agglo::api::v1::import_dataset_request::Frame;
use agglo::api::v1::regression_service_client::RegressionServiceClient;
use agglo::api::v1::{
    CompareModelsRequest, ComparisonFormat, Covariance, DataFormat, DatasetSchema, DatasetSource, FitModelRequest,
    ImportDatasetRequest, ImportFinish, ImportHeader, ImportMode, Model, ModelSpec, RefitModelRequest,
    ReviseCovarianceRequest, Subset, TestCall, TestModelRequest,
};
use panels::{fields, import_munnell, munnell, named, names, words};
use sha2::Digest;
use support::TestServer;
use tonic::Code;
use tonic::transport::Channel;

const PRODUCTION: &str = "ln(gsp) ~ ln(private_capital) + ln(employment) + unemployment | state";

async fn client(server: &TestServer) -> RegressionServiceClient<Channel> {
    RegressionServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20)
}

fn request(dataset: DatasetSource, spec: ModelSpec) -> FitModelRequest {
    FitModelRequest { dataset: Some(dataset), spec: Some(spec), ..Default::default() }
}

fn spec(formula: &str) -> ModelSpec {
    ModelSpec { formula: formula.into(), ..Default::default() }
}

fn cluster(names: &[&str]) -> Option<Covariance> {
    let clusters = names.iter().map(|name| (*name).to_owned()).collect();
    Some(Covariance { method: "cluster".into(), clusters, ..Covariance::default() })
}

fn observations(model: &Model) -> i64 {
    model.sample.as_ref().unwrap().observation_count
}

#[tokio::test]
async fn a_split_fits_one_model_a_class_and_each_is_that_of_its_part() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let by_division = ModelSpec { split: "division".into(), split_and_all: true, ..spec(PRODUCTION) };
    let answer = client.fit_model(request(munnell(), by_division.clone())).await.unwrap().into_inner();
    assert_eq!((answer.models.len(), observations(&answer.models[0])), (10, 816));
    assert!(answer.models[0].subset.is_none());
    assert_eq!(answer.models[1..].iter().map(observations).sum::<i64>(), 816);
    let last = &answer.models[9];
    let part = ModelSpec { subset: last.subset.clone(), ..spec(PRODUCTION) };
    let alone = client.fit_model(request(munnell(), part)).await.unwrap().into_inner();
    assert_eq!(alone.models[0], *last);
    assert_eq!(last.sample.as_ref().unwrap().left_out[0].reason, "outside_sample");

    let no_class = Subset { by: "division".into(), class: "Atlantis".into() };
    for (wrong, expected) in [
        (ModelSpec { subset: Some(no_class.clone()), ..spec(PRODUCTION) }, vec!["spec.subset"]),
        (ModelSpec { split: "divison".into(), ..spec(PRODUCTION) }, vec!["spec.split"]),
        (ModelSpec { subset: Some(no_class), ..by_division }, vec!["spec.subset"]),
        (ModelSpec { split_and_all: true, ..spec(PRODUCTION) }, vec!["spec.split_and_all"]),
    ] {
        let status = client.fit_model(request(munnell(), wrong)).await.unwrap_err();
        assert_eq!(fields(&status), expected, "{}", status.message());
    }
}

#[tokio::test]
async fn coefficients_say_what_they_are_about() {
    let server = TestServer::start(&[]).await;
    let formula = "growth(gsp) ~ agglomeration(employment) + l(ln(gsp/employment)) | state";
    let answer = client(&server).await.fit_model(request(munnell(), spec(formula))).await.unwrap().into_inner();
    let model = &answer.models[0];
    let [index, level] = model.coefficients.as_slice() else { panic!("two terms") };
    assert!(index.definition.starts_with("agglomeration: ") && index.definition.contains("employment"));
    assert!(level.definition.starts_with("gsp"), "{}", level.definition);
    let effect = level.estimate * level.standard_deviation.unwrap();
    assert!((level.standard_deviation_effect.unwrap() - effect).abs() < 1e-12);
    assert!(model.condition_number.unwrap() >= 1.0);
}

#[tokio::test]
async fn another_covariance_is_that_of_a_fit_with_it() {
    let server = TestServer::start(&[]).await;
    import_munnell(server.channel().await).await;
    let mut client = client(&server).await;
    let iid = FitModelRequest { save_as: "iid".into(), ..request(named("datasets/munnell"), spec(PRODUCTION)) };
    client.fit_model(iid).await.unwrap();
    for clusters in [&["state"][..], &["state", "year"], &["division"]] {
        let fitted = ModelSpec { covariance: cluster(clusters), ..spec(PRODUCTION) };
        let fitted = client.fit_model(request(named("datasets/munnell"), fitted)).await.unwrap().into_inner();
        let revise = ReviseCovarianceRequest {
            model: "models/iid".into(),
            covariance: cluster(clusters),
            ..ReviseCovarianceRequest::default()
        };
        let revised = client.revise_covariance(revise).await.unwrap().into_inner().model.unwrap();
        let expected = &fitted.models[0];
        for (got, expected) in revised.covariance_matrix.iter().zip(&expected.covariance_matrix) {
            assert!((got - expected).abs() <= 1e-10 * expected.abs().max(1e-12), "{got} is not {expected}");
        }
        assert_eq!(revised.small_sample_correction, expected.small_sample_correction);
        assert_eq!(revised.sample, expected.sample);
    }
    let wrong =
        ReviseCovarianceRequest { covariance: cluster(&["stat"]), model: "models/iid".into(), ..Default::default() };
    let status = client.revise_covariance(wrong).await.unwrap_err();
    assert_eq!((status.code(), fields(&status)), (Code::InvalidArgument, vec!["covariance.clusters[0]".to_owned()]));
}

#[tokio::test]
async fn a_stored_model_is_tested_with_its_own_data() {
    let server = TestServer::start(&[]).await;
    import_munnell(server.channel().await).await;
    let mut client = client(&server).await;
    let kept = FitModelRequest { save_as: "kept".into(), ..request(named("datasets/munnell"), spec(PRODUCTION)) };
    client.fit_model(kept.clone()).await.unwrap();
    let restriction = TestCall {
        id: "linear_restrictions".into(),
        parameters: [("restrictions".to_owned(), "ln(private_capital) + ln(employment) = 1".to_owned().into())].into(),
    };
    let tests = vec![restriction, TestCall { id: "white".into(), ..TestCall::default() }];
    let asked = TestModelRequest { model: "models/kept".into(), tests, dataset: None };
    let answer = client.test_model(asked).await.unwrap().into_inner();
    assert_eq!(answer.tests.iter().map(|test| test.id.as_str()).collect::<Vec<_>>(), ["linear_restrictions", "white"]);
    assert!(answer.tests.iter().all(|test| !test.reading.is_empty() && test.p_value.is_some()));
    assert_eq!(answer.provenance.unwrap().dataset_version, "datasets/munnell/versions/1");

    let all = TestModelRequest { model: "models/kept".into(), ..TestModelRequest::default() };
    let diagnosis = client.test_model(all).await.unwrap().into_inner().tests;
    assert!(diagnosis.len() > 5, "{}", diagnosis.len());
    let diagnosed = client.fit_model(FitModelRequest { diagnose: true, save_as: String::new(), ..kept }).await.unwrap();
    let ids = |tests: &[agglo::api::v1::TestResult]| tests.iter().map(|test| test.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&diagnosed.into_inner().models[0].tests), ids(&diagnosis));

    let wrong = TestCall { id: "whit".into(), ..TestCall::default() };
    let asked = TestModelRequest { model: "models/kept".into(), tests: vec![wrong], dataset: None };
    let status = client.test_model(asked).await.unwrap_err();
    assert_eq!(fields(&status), ["tests[0].id"]);
}

#[tokio::test]
async fn models_stand_side_by_side() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let formula = "ln(gsp) ~ csw(ln(employment), unemployment) | state";
    let several = FitModelRequest { save_as: "step".into(), ..request(munnell(), spec(formula)) };
    client.fit_model(several).await.unwrap();
    let asked = CompareModelsRequest {
        models: vec!["models/step-1".into(), "models/step-2".into()],
        captions: vec!["short".into(), "long".into()],
        ..CompareModelsRequest::default()
    };
    let answer = client.compare_models(asked.clone()).await.unwrap().into_inner();
    let table = answer.table;
    assert_eq!(names(&table), ["row", "short", "long"]);
    let rows = words(&table, "row");
    let unemployment = rows.iter().position(|row| row == "unemployment").unwrap();
    assert_eq!(words(&table, "short")[unemployment], "");
    assert!(words(&table, "long")[unemployment].trim_end_matches('*').parse::<f64>().is_ok());
    for (format, sign) in [
        (ComparisonFormat::Text, "----"),
        (ComparisonFormat::Markdown, "| ---: |"),
        (ComparisonFormat::Latex, "\\toprule"),
        (ComparisonFormat::Html, "<table"),
    ] {
        let request = CompareModelsRequest { format: format.into(), ..asked.clone() };
        let text = client.compare_models(request).await.unwrap().into_inner().text;
        assert!(text.contains(sign) && text.contains("short"), "{text}");
    }
    let wrong = CompareModelsRequest { captions: vec!["one".into()], digits: 11, models: vec!["x".into()], format: 9 };
    let status = client.compare_models(wrong).await.unwrap_err();
    assert_eq!(fields(&status), ["digits", "format", "models[0]"]);
}

/// Imports the rows of the bundled panel that `keep` wants by year as a version of `datasets/munnell`.
async fn import(server: &TestServer, mode: ImportMode, keep: impl Fn(i32) -> bool) {
    let text = std::fs::read_to_string("data/munnell.csv").unwrap();
    let year = text.lines().next().unwrap().split(',').position(|name| name == "year").unwrap();
    let wanted = |line: &&str| line.split(',').nth(year).and_then(|y| y.parse().ok()).is_none_or(&keep);
    let lines: Vec<&str> = text.lines().filter(wanted).collect();
    let bytes = lines.join("\n").into_bytes();
    let header = ImportHeader {
        dataset_id: "munnell".into(),
        schema: Some(DatasetSchema {
            region_column: "state".into(),
            period_column: "year".into(),
            attribute_columns: vec!["division".into()],
            ..Default::default()
        }),
        format: DataFormat::Csv.into(),
        mode: mode.into(),
        ..Default::default()
    };
    let finish = ImportFinish { row_count: lines.len() as i64 - 1, sha256: hex::encode(sha2::Sha256::digest(&bytes)) };
    let frames = [Frame::Header(header), Frame::Chunk(bytes.into()), Frame::Finish(finish)];
    let frames = frames.map(|frame| ImportDatasetRequest { frame: Some(frame) });
    let mut client = DatasetServiceClient::new(server.channel().await);
    client.import_dataset(tokio_stream::iter(frames)).await.unwrap();
}

#[tokio::test]
async fn a_later_period_is_added_to_a_stored_model() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    import(&server, ImportMode::Unspecified, |year| year < 1985).await;
    let two_way = format!("{PRODUCTION} + year");
    for (id, formula) in [("one", PRODUCTION), ("two", &two_way)] {
        let spec = ModelSpec { covariance: cluster(&["state"]), ..spec(formula) };
        let kept = FitModelRequest { save_as: id.into(), ..request(named("datasets/munnell"), spec) };
        client.fit_model(kept).await.unwrap();
    }
    import(&server, ImportMode::Append, |year| year >= 1985).await;
    for (id, formula, incremental) in [("one", PRODUCTION, true), ("two", &two_way, false)] {
        let refit = RefitModelRequest { model: format!("models/{id}"), ..RefitModelRequest::default() };
        let answer = client.refit_model(refit).await.unwrap().into_inner();
        assert_eq!(answer.incremental, incremental);
        assert_eq!(answer.provenance.unwrap().dataset_version, "datasets/munnell/versions/2");
        let spec = ModelSpec { covariance: cluster(&["state"]), ..spec(formula) };
        let anew = client.fit_model(request(named("datasets/munnell"), spec)).await.unwrap().into_inner();
        let (got, expected) = (answer.model.unwrap(), &anew.models[0]);
        assert_eq!((observations(&got), &got.formula), (816, &expected.formula));
        for (got, expected) in got.coefficients.iter().zip(&expected.coefficients) {
            assert!((got.estimate / expected.estimate - 1.0).abs() < 1e-9, "{}", got.term);
            assert!((got.standard_error / expected.standard_error - 1.0).abs() < 1e-9, "{}", got.term);
        }
        assert_eq!(got.small_sample_correction, expected.small_sample_correction);
    }
}
