//! `RegressionService` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::regression_service_client::RegressionServiceClient;
use agglo::api::v1::{
    AbsentReason, Covariance, DatasetSource, DeleteModelRequest, FitModelRequest, FitModelResponse, GetModelRequest,
    ListModelsRequest, Model, ModelSpec, PredictModelRequest,
};
use agglo::config::Config;
use panels::{
    column, fields, import_munnell, inline, munnell, munnell_where, named, names, numbers, texts, values, words,
};
use prost::Message;
use std::ffi::OsString;
use support::TestServer;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const PRODUCTION: &str = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment | state";

async fn client(server: &TestServer) -> RegressionServiceClient<Channel> {
    RegressionServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20)
}

fn request(dataset: DatasetSource, formula: &str) -> FitModelRequest {
    let spec = ModelSpec { formula: formula.into(), ..Default::default() };
    FitModelRequest { dataset: Some(dataset), spec: Some(spec), ..Default::default() }
}

async fn fit(server: &TestServer, request: FitModelRequest) -> Result<FitModelResponse, Status> {
    client(server).await.fit_model(request).await.map(tonic::Response::into_inner)
}

fn estimate(model: &Model, term: &str) -> f64 {
    model.coefficients.iter().find(|c| c.term == term).unwrap_or_else(|| panic!("no {term}")).estimate
}

/// The within estimates of Baltagi and Pinnoi (1995), table 1, as plm's and linearmodels' documentation give them.
#[tokio::test]
async fn the_published_production_function_comes_out_of_a_stored_dataset() {
    let server = TestServer::start(&[]).await;
    let dataset = import_munnell(server.channel().await).await;
    let mut fit_request = request(named("datasets/munnell"), PRODUCTION);
    fit_request.spec.as_mut().unwrap().covariance =
        Some(Covariance { method: "cluster".into(), clusters: vec!["state".into()], ..Covariance::default() });
    let answer = fit(&server, fit_request).await.unwrap();
    let model = &answer.models[0];
    for (term, published) in [
        ("ln(public_capital)", -0.026_149),
        ("ln(private_capital)", 0.292_007),
        ("ln(employment)", 0.768_159),
        ("unemployment", -0.005_298),
    ] {
        assert!((estimate(model, term) - published).abs() < 1e-6, "{term}");
    }
    assert_eq!((model.outcome.as_str(), model.estimator.as_str()), ("ln(gsp)", "ols"));
    assert_eq!(model.covariance.as_ref().unwrap().clusters, ["state"]);
    assert_eq!(model.covariance_matrix.len(), 16);
    for (i, coefficient) in model.coefficients.iter().enumerate() {
        assert!((coefficient.standard_error.powi(2) - model.covariance_matrix[5 * i]).abs() < 1e-15);
        assert!(coefficient.lower.unwrap() < coefficient.estimate && coefficient.estimate < coefficient.upper.unwrap());
    }
    let sample = model.sample.as_ref().unwrap();
    assert_eq!((sample.observation_count, sample.region_count, sample.period_count), (816, 48, 17));
    assert_eq!(sample.cluster_counts, [48]);
    assert_eq!(model.fixed_effects[0].levels.len(), 48);
    assert_eq!(model.fixed_effects[0].row_counts, [17; 48]);
    assert_eq!(model.statistics.as_ref().unwrap().t_degrees_of_freedom, 47);
    let provenance = answer.provenance.unwrap();
    assert_eq!((provenance.dataset_version, provenance.used_row_count), (dataset.name, 816));
    assert_eq!(provenance.dataset_sha256, dataset.sha256);
    let sent_along = fit(&server, request(munnell(), PRODUCTION)).await.unwrap();
    assert_eq!(sent_along.provenance.unwrap().dataset_sha256, dataset.sha256, "the same content has the same digest");
}

#[tokio::test]
async fn models_are_stored_read_listed_and_deleted() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let mut several = request(munnell(), "ln(gsp) ~ sw(ln(employment), ln(private_capital)) | state + year");
    several.save_as = "growth".into();
    let answer = client.fit_model(several.clone()).await.unwrap().into_inner();
    let stored: Vec<_> = answer.models.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(stored, ["models/growth-1", "models/growth-2"]);
    let get = GetModelRequest { name: "models/growth-2".into() };
    let model = client.get_model(get.clone()).await.unwrap().into_inner().model.unwrap();
    assert_eq!(model, answer.models[1]);
    assert!(model.create_time.is_some() && !model.fixed_effects.is_empty());
    assert!(!model.normalisation.is_empty());

    let first = ListModelsRequest { page_size: 1, ..Default::default() };
    let page = client.list_models(first).await.unwrap().into_inner();
    assert_eq!((page.models.len(), page.models[0].name.as_str()), (1, "models/growth-1"));
    assert!(page.models[0].fixed_effects.is_empty() && !page.models[0].coefficients.is_empty());
    let second = ListModelsRequest { page_size: 1, page_token: page.next_page_token };
    let page = client.list_models(second).await.unwrap().into_inner();
    assert_eq!((page.models[0].name.as_str(), page.next_page_token.as_str()), ("models/growth-2", ""));
    let status = client.list_models(ListModelsRequest { page_size: -1, ..Default::default() }).await.unwrap_err();
    assert_eq!(fields(&status), ["page_size"]);

    for _ in 0..2 {
        client.delete_model(DeleteModelRequest { name: "models/growth-2".into() }).await.unwrap();
    }
    let status = client.get_model(get).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().metadata["resource"], "models/growth-2");
    let status = client.get_model(GetModelRequest { name: "growth".into() }).await.unwrap_err();
    assert_eq!(fields(&status), ["name"]);
}

#[tokio::test]
async fn the_same_request_stores_once() {
    let server = TestServer::start(&[]).await;
    let mut first = request(munnell(), "ln(gsp) ~ ln(employment) | state");
    first.save_as = "growth".into();
    first.request_id = "a-1".into();
    let answer = fit(&server, first.clone()).await.unwrap();
    assert_eq!(fit(&server, first.clone()).await.unwrap(), answer);
    let mut other = first.clone();
    other.spec.as_mut().unwrap().formula = "ln(gsp) ~ ln(private_capital) | state".into();
    assert_eq!(fit(&server, other.clone()).await.unwrap_err().code(), Code::FailedPrecondition);
    other.request_id = "a-2".into();
    let status = fit(&server, other).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    assert_eq!(status.get_details_error_info().unwrap().metadata["resource"], "models/growth");
    let nameless = FitModelRequest { request_id: String::new(), ..first };
    assert_eq!(fit(&server, nameless).await.unwrap().models, answer.models, "equal content is no conflict");
}

/// Standard errors as R fixest 0.14.2 prints them for vcov = "NW".
#[tokio::test]
async fn the_parameters_of_a_covariance_are_read_and_told() {
    let server = TestServer::start(&[]).await;
    let with = |lag: Option<f64>| {
        let mut request = request(munnell(), &PRODUCTION.replace("| state", "| state + year"));
        let parameters = lag.map(|lag| ("lag".to_owned(), lag.into())).into_iter().collect();
        let covariance = Covariance { method: "nw".into(), parameters, ..Covariance::default() };
        request.spec.as_mut().unwrap().covariance = Some(covariance);
        request
    };
    let by_default = fit(&server, with(None)).await.unwrap().models.remove(0);
    let covariance = by_default.covariance.unwrap();
    assert_eq!((covariance.method.as_str(), &covariance.parameters["lag"]), ("newey_west", &2.0.into()));
    assert!((by_default.coefficients[0].standard_error - 0.044_077_701_7).abs() < 1e-10);
    assert_eq!(by_default.statistics.unwrap().t_degrees_of_freedom, 16);
    let shorter = fit(&server, with(Some(1.0))).await.unwrap().models.remove(0);
    assert!((shorter.coefficients[0].standard_error - by_default.coefficients[0].standard_error).abs() > 1e-4);
    for lag in [-1.0, 0.5, 17.0] {
        let status = fit(&server, with(Some(lag))).await.unwrap_err();
        assert_eq!(fields(&status), ["spec.covariance.parameters.lag"], "{lag}");
    }
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let server = TestServer::start(&[]).await;
    let bad = FitModelRequest {
        dataset: Some(munnell()),
        spec: Some(ModelSpec {
            formula: "growth(gdp) ~ aglomeration(gsp) + ln(employment) | province".into(),
            estimator: "magic".into(),
            covariance: Some(Covariance {
                method: "cluster".into(),
                clusters: vec!["gsp".into(), "year".into()],
                ..Covariance::default()
            }),
            weights: "heft".into(),
            interval_level: 1.5,
            ..ModelSpec::default()
        }),
        save_as: "Growth!".into(),
        request_id: "x".into(),
        diagnose: true,
    };
    let status = fit(&server, bad).await.unwrap_err();
    let expected = [
        "save_as",
        "spec.covariance.clusters[0]",
        "spec.estimator",
        "spec.formula",
        "spec.formula",
        "spec.formula",
        "spec.interval_level",
        "spec.weights",
    ];
    assert_eq!(fields(&status), expected);
    assert_eq!(status.get_details_error_info().unwrap().metadata["violationCount"], "8");
    assert_eq!(fields(&fit(&server, FitModelRequest::default()).await.unwrap_err()), ["dataset", "spec"]);
    for (formula, covariance, field) in [
        ("", "iid", "spec.formula"),
        ("ln(gsp ~ 1", "iid", "spec.formula"),
        ("ln(gsp) ~ l(gsp, 40)", "iid", "spec.formula"),
        ("ln(gsp) ~ employment", "hc9", "spec.covariance.method"),
        ("ln(gsp) ~ employment", "cluster", "spec.covariance.clusters"),
    ] {
        let mut bad = request(munnell(), formula);
        bad.spec.as_mut().unwrap().covariance = Some(Covariance { method: covariance.into(), ..Covariance::default() });
        assert_eq!(fields(&fit(&server, bad).await.unwrap_err()), [field], "{formula} {covariance}");
    }
    let status = fit(&server, request(named("munnell"), "gsp ~ 1")).await.unwrap_err();
    assert_eq!(fields(&status), ["dataset.name"]);
    let status = fit(&server, request(named("datasets/munnell"), "gsp ~ 1")).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let empty = inline(vec![texts("region", &[]), texts("period", &[]), numbers("x", &[])]);
    assert_eq!(fit(&server, request(empty, "x ~ 1")).await.unwrap_err().code(), Code::InvalidArgument);
}

#[tokio::test]
async fn what_is_undefined_is_not_set_and_what_is_left_out_is_counted() {
    let server = TestServer::start(&[]).await;
    let exact = inline(vec![
        texts("region", &["a", "a", "b", "b", "c", "c", "d"]),
        texts("period", &["1990", "1991", "1990", "1991", "1990", "1991", "1990"]),
        numbers("x", &[1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 1.0]),
        numbers("y", &[2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0]),
        numbers("z", &[2.0, 4.0, 6.0, 10.0, 16.0, 26.0, 2.0]),
    ]);
    let answer = fit(&server, request(exact, "y ~ x + z | region")).await.unwrap();
    let model = &answer.models[0];
    assert_eq!(model.coefficients.len(), 1);
    assert_eq!(model.collinear_terms[0].term, "z");
    assert!(model.collinear_terms[0].explanation.starts_with("z = 2·x"), "{:?}", model.collinear_terms);
    assert_eq!(model.statistics.as_ref().unwrap().r2, None, "y does not vary");
    assert_eq!(model.sample.as_ref().unwrap().left_out[0].reason, "singleton");
    let provenance = answer.provenance.as_ref().unwrap();
    assert_eq!(provenance.warnings[0].code, "COLLINEAR_TERM");
    assert_eq!((provenance.used_row_count, provenance.left_out[0].count), (6, 1));
    assert!(!agglo::api::json::to_json(&answer).unwrap().contains("NaN"));
}

#[tokio::test]
async fn predictions_need_no_outcome_and_know_what_they_do_not_know() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let mut train = request(munnell_where(|state, _| state != "Ohio"), PRODUCTION);
    train.save_as = "production".into();
    let model = client.fit_model(train).await.unwrap().into_inner().models.remove(0);
    let predict = |dataset| PredictModelRequest {
        model: "models/production".into(),
        dataset: Some(dataset),
        interval_level: 0.9,
    };
    let all = client.predict_model(predict(munnell())).await.unwrap().into_inner();
    panels::assert_sound(&all.table);
    let promised = ["period", "region", "fit", "standard_error", "forecast_standard_error", "lower", "upper"];
    assert_eq!(names(&all.table)[..7], promised);
    assert_eq!(names(&all.table)[7..], ["level", "level_lower", "level_upper"], "the outcome is a logarithm");
    let levels = values(&all.table, "level").into_iter().zip(values(&all.table, "fit"));
    let smearing: Vec<f64> = levels.filter_map(|(level, fit)| Some(level? / fit?.exp())).collect();
    assert!(smearing.iter().all(|factor| (factor / smearing[0] - 1.0).abs() < 1e-12 && *factor > 1.0));
    let ohio = words(&all.table, "region").iter().position(|region| region == "Ohio").unwrap();
    let absent = &column(&all.table, "fit").absent;
    assert_eq!((absent.len(), absent[0].reason(), absent[0].rows.len()), (1, AbsentReason::UnknownLevel, 17));
    assert!(absent[0].rows.contains(&(ohio as i32)));
    let provenance = all.provenance.unwrap();
    assert_eq!((provenance.used_row_count, provenance.left_out[0].count), (799, 17));
    assert_eq!(provenance.left_out[0].reason, "unknown_level");

    // Within the sample, what predictions miss is the residuals.
    let gsp = observed("gsp");
    let keys = words(&all.table, "region").iter().zip(words(&all.table, "period"));
    let misses = keys
        .zip(values(&all.table, "fit"))
        .filter_map(|((region, period), fit)| Some((gsp[&(region.clone(), period.clone())].ln() - fit?).powi(2)));
    let ssr = model.statistics.unwrap().residual_sum_of_squares;
    assert!((misses.sum::<f64>() / ssr - 1.0).abs() < 1e-9);

    let bare = inline(vec![
        texts("region", &["Texas", "Utah"]),
        texts("period", &["1990", "1990"]),
        numbers("public_capital", &[60_000.0, 6_000.0]),
        numbers("private_capital", &[190_000.0, 15_000.0]),
        numbers("employment", &[7_000.0, 0.0]),
        numbers("unemployment", &[6.0, 5.0]),
    ]);
    let mut bare = predict(bare);
    let status = client.predict_model(bare.clone()).await.unwrap_err();
    assert_eq!(fields(&status), ["model"], "the formula's word for the region is state");
    if let Some(agglo::api::v1::dataset_source::Source::Inline(inline)) =
        bare.dataset.as_mut().and_then(|dataset| dataset.source.as_mut())
    {
        inline.schema.as_mut().unwrap().region_column = "state".into();
        inline.table.as_mut().unwrap().columns[0].name = "state".into();
    }
    let table = client.predict_model(bare).await.unwrap().into_inner().table;
    assert!(values(&table, "fit")[0].is_some() && values(&table, "fit")[1].is_none());
    assert_eq!(column(&table, "fit").absent[0].reason(), AbsentReason::OutsideDomain);
    assert!(values(&table, "standard_error")[0] < values(&table, "forecast_standard_error")[0]);

    let nothing = PredictModelRequest { model: "production".into(), interval_level: -1.0, ..Default::default() };
    let status = client.predict_model(nothing).await.unwrap_err();
    assert_eq!(fields(&status), ["dataset", "interval_level", "model"]);
    let unknown = PredictModelRequest { model: "models/nothing".into(), ..predict(munnell()) };
    assert_eq!(client.predict_model(unknown).await.unwrap_err().code(), Code::NotFound);
}

/// A measure of the bundled panel by state and year.
fn observed(measure: &str) -> std::collections::HashMap<(String, String), f64> {
    let dataset = munnell();
    let Some(agglo::api::v1::dataset_source::Source::Inline(inline)) = dataset.source else { panic!() };
    let keys = words(&inline.table, "state").iter().zip(words(&inline.table, "year"));
    let keys = keys.map(|(state, year)| (state.clone(), year.clone()));
    keys.zip(values(&inline.table, measure).into_iter().flatten()).collect()
}

#[tokio::test]
async fn factors_keep_the_levels_of_the_fit() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let mut train = request(munnell_where(|_, year| year <= 1975), "ln(gsp) ~ trend + i(division) + i(year)");
    train.save_as = "levels".into();
    client.fit_model(train).await.unwrap();
    let predict = |dataset| PredictModelRequest { model: "models/levels".into(), dataset, ..Default::default() };
    let all = client.predict_model(predict(Some(munnell()))).await.unwrap().into_inner().table;
    let pacific = munnell_where(|state, year| state == "Oregon" && year >= 1974);
    let few = client.predict_model(predict(Some(pacific))).await.unwrap().into_inner().table;
    let of_oregon = |i: &usize| words(&all, "region")[*i] == "Oregon" && words(&all, "period")[*i].as_str() >= "1974";
    let oregon: Vec<_> = (0..816).filter(of_oregon).map(|i| values(&all, "fit")[i]).collect();
    assert_eq!(values(&few, "fit"), oregon, "a prediction does not depend on the rows beside it");
    assert!(oregon[1].is_some() && oregon[2].is_none());
}

#[tokio::test]
async fn workers_and_restarts_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let mut answers = Vec::new();
    for workers in ["--workers=1", "--workers=2"] {
        let store = format!("--store={}", folder.path().display());
        let flags = ["--listen=127.0.0.1:0", &store, workers].map(OsString::from);
        let running = agglo::server::start(&Config::from_flags(flags).unwrap()).await.unwrap();
        let channel = Channel::from_shared(format!("http://{}", running.address())).unwrap().connect().await.unwrap();
        let mut client = RegressionServiceClient::new(channel);
        let mut fit = request(munnell(), "ln(gsp) ~ ln(employment) + unemployment | state[trend] + division^year");
        fit.spec.as_mut().unwrap().weights = "employment".into();
        fit.save_as = "heavy".into();
        let models = client.fit_model(fit).await.unwrap().into_inner();
        let predict = PredictModelRequest {
            model: "models/heavy".into(),
            dataset: Some(munnell_where(|_, year| year > 1980)),
            ..Default::default()
        };
        let predicted = client.predict_model(predict).await.unwrap().into_inner();
        answers.push((models.encode_to_vec(), predicted.encode_to_vec()));
        running.stop().await;
    }
    assert_eq!(answers[0], answers[1]);
}
