//! `ForecastService` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::change::Action;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::regression_service_client::RegressionServiceClient;
use agglo::api::v1::{
    Change, Closure, Companion, Covariance, DatasetSource, Driver, Extensive, Feedback, FitModelRequest,
    ForecastGrowthRequest, ForecastGrowthResponse, GivenCoefficient, GivenModel, IndustryClass, Intensive, ModelSpec,
    Move, Scenario, ScenarioResult, Table, UncertaintySource,
};
use panels::{assert_sound, fields, inline, munnell, named, names, numbers, texts, values, words};
use prost::Message;
use support::TestServer;
use tonic::{Code, Status};
use tonic_types::StatusExt;

const GROWTH: &str = "growth(gsp) ~ l(agglomeration(private_capital)) + l(ln(gsp/employment)) | state + year";

async fn forecast(server: &TestServer, request: ForecastGrowthRequest) -> Result<ForecastGrowthResponse, Status> {
    let mut client = ForecastServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20);
    client.forecast_growth(request).await.map(tonic::Response::into_inner)
}

/// The three regions of the toy in `tests/golden/forecast/toy.json`.
fn toy() -> DatasetSource {
    inline(vec![
        texts("region", &["r1", "r2", "r3"]),
        texts("period", &["2020", "2020", "2020"]),
        numbers("enterprises", &[100.0, 60.0, 40.0]),
        numbers("capital", &[500.0, 200.0, 100.0]),
        numbers("labour", &[50.0, 30.0, 20.0]),
        numbers("gdp", &[1000.0, 400.0, 200.0]),
    ])
}

/// The study's coefficients of the three agglomeration indices.
fn study() -> GivenModel {
    let terms = [("enterprises", 0.153), ("capital", 1.42), ("labour", -0.11)];
    let term = |measure: &str| format!("agglomeration({measure})");
    GivenModel {
        formula: format!("growth(gdp) ~ 0 + {}", terms.map(|(measure, _)| term(measure)).join(" + ")),
        coefficients: terms.map(|(measure, estimate)| GivenCoefficient { term: term(measure), estimate }).to_vec(),
        ..Default::default()
    }
}

fn constant(measure: &str) -> Driver {
    Driver { measure: measure.into(), method: "constant".into(), ..Default::default() }
}

fn scale(measure: &str, region: &str, factor: f64) -> Change {
    let regions = vec![region.to_owned()];
    Change { measure: measure.into(), action: Some(Action::Scale(factor)), regions, ..Default::default() }
}

/// A quarter more enterprises of the average size in r3.
fn entrants(name: &str, closure: Closure) -> Scenario {
    let changes = ["enterprises", "capital", "labour"].map(|measure| scale(measure, "r3", 1.25)).to_vec();
    Scenario { name: name.into(), changes, closure: closure.into(), relocate_from: Vec::new() }
}

fn toy_request() -> ForecastGrowthRequest {
    ForecastGrowthRequest {
        dataset: Some(toy()),
        model: Some(Model::Given(study())),
        horizon: 1,
        drivers: ["enterprises", "capital", "labour"].map(constant).to_vec(),
        scenarios: vec![entrants("greenfield", Closure::Unspecified), entrants("relocation", Closure::RelocateProRata)],
        ..Default::default()
    }
}

fn assert_close(found: Vec<Option<f64>>, expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found.unwrap() - expected).abs() < 1e-9, "{found:?} is not {expected}");
    }
}

fn tables(result: &ScenarioResult) -> Vec<&Option<Table>> {
    let path = result.path.as_ref().unwrap();
    let path = [&path.regions, &path.nation, &path.inequality, &path.groups, &path.cells];
    let effects = [&result.effects, &result.group_effects, &result.nation_effects, &result.inequality_effects];
    let others = [&result.decomposition, &result.term_sums, &result.cell_effects];
    path.into_iter().chain(effects).chain(others).collect()
}

#[tokio::test]
async fn the_coefficients_of_the_study_give_the_toy() {
    let server = TestServer::start(&[]).await;
    let answer = forecast(&server, toy_request()).await.unwrap();
    let baseline = &answer.baseline.as_ref().unwrap().regions;
    assert_eq!(names(baseline), ["period", "region", "outcome", "level", "growth", "rank"]);
    assert_eq!(
        (words(baseline, "period"), words(baseline, "region")),
        (
            &["2021".to_owned(), "2021".to_owned(), "2021".to_owned()][..],
            &["r1".to_owned(), "r2".to_owned(), "r3".to_owned()][..],
        )
    );
    assert_close(values(baseline, "outcome"), &[2.727, 1.1037, 0.5583]);
    assert_close(values(baseline, "level"), &[1027.27, 404.4148, 201.1166]);
    assert_eq!(panels::column(baseline, "outcome").unit, "percent");
    let [greenfield, relocation] = &answer.scenarios[..] else { panic!("two scenarios") };
    assert_close(values(&greenfield.effects, "outcome_effect"), &[-0.083753246753, -0.034115584416, 0.117868831169]);
    assert_close(values(&relocation.effects, "outcome_effect"), &[-0.099120535714, -0.040454464286, 0.139575]);
    assert_close(values(&greenfield.nation_effects, "weighted_outcome_effect"), &[-0.046141071429]);
    assert_close(values(&relocation.nation_effects, "weighted_outcome_effect"), &[-0.054617075893]);
    assert_close(values(&greenfield.nation_effects, "unweighted_outcome_effect"), &[0.0]);
    let by_driver = [("enterprises", 0.017485714286), ("capital", 0.112954545455), ("labour", -0.012571428571)];
    for (measure, expected) in by_driver {
        let parts = values(&greenfield.decomposition, &format!("agglomeration({measure})"));
        assert!((parts[2].unwrap() - expected).abs() < 1e-9);
        assert_close(values(&greenfield.term_sums, &format!("agglomeration({measure})")), &[0.0]);
    }
    assert_eq!((greenfield.closure(), relocation.closure()), (Closure::NewActivity, Closure::RelocateProRata));
    for scenario in &answer.scenarios {
        assert!(scenario.pure_reallocation);
        assert_eq!(scenario.warnings.iter().filter(|w| w.code == "PURE_REALLOCATION").count(), 1);
        assert!(scenario.group_effects.is_none() && scenario.cell_effects.is_none());
        tables(scenario).into_iter().for_each(assert_sound);
    }
    let asked = toy_request().scenarios;
    assert_eq!(answer.scenarios.iter().map(|s| s.scenario.clone().unwrap()).collect::<Vec<_>>(), asked);
    let (drivers, columns) = (&relocation.drivers, ["driver", "period", "region", "baseline", "scenario"]);
    assert_eq!(names(drivers), columns);
    let total = |column: &str| values(drivers, column).into_iter().map(Option::unwrap).sum::<f64>();
    let apart = (total("scenario") - total("baseline")).abs();
    assert!(apart < 1e-9, "relocation leaves every national total alone");
    let model = answer.model.as_ref().unwrap();
    assert_eq!((model.coefficients.len(), model.coefficients[1].estimate), (3, 1.42));
    assert!(
        answer.assumptions.iter().any(|text| text.contains("capital follows constant")),
        "{:?}",
        answer.assumptions
    );
    assert_eq!(answer.provenance.as_ref().unwrap().seed, 0);
    assert!(!agglo::api::json::to_json(&answer).unwrap().contains("NaN"));
}

fn policy() -> Scenario {
    let change = Change { phase_period_count: 3, ..scale("private_capital", "Ohio", 1.1) };
    Scenario { name: "invest".into(), changes: vec![change], ..Default::default() }
}

fn munnell_request(draws: i32) -> ForecastGrowthRequest {
    let covariance =
        Some(Covariance { method: "cluster".into(), clusters: vec!["state".into()], ..Covariance::default() });
    ForecastGrowthRequest {
        dataset: Some(munnell()),
        model: Some(Model::Spec(ModelSpec { formula: GROWTH.into(), covariance, ..Default::default() })),
        horizon: 5,
        draws,
        seed: 7,
        interval_levels: vec![0.95, 0.5],
        scenarios: vec![policy()],
        group_attribute: "division".into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_fitted_model_forecasts_with_intervals() {
    let server = TestServer::start(&[]).await;
    let answer = forecast(&server, munnell_request(200)).await.unwrap();
    let baseline = answer.baseline.as_ref().unwrap();
    let bands = |name: &str| {
        let ends = ["", "_median", "_lower_50", "_upper_50", "_lower_95", "_upper_95"];
        ends.map(|end| format!("{name}{end}")).to_vec()
    };
    let promised = |keys: &[&str], numbers: &[&str]| {
        let keys = keys.iter().map(|key| (*key).to_owned());
        keys.chain(numbers.iter().flat_map(|name| bands(name))).collect::<Vec<_>>()
    };
    assert_eq!(names(&baseline.regions), promised(&["period", "region"], &["outcome", "level", "growth", "rank"]));
    assert_eq!(names(&baseline.groups), promised(&["period", "group"], &["level", "growth"]));
    assert_eq!(names(&baseline.nation), promised(&["period"], &["level", "growth"]));
    assert_eq!(
        names(&baseline.inequality),
        promised(&["period"], &["theil", "between", "within", "sigma", "gini", "gap", "beta"])
    );
    let scenario = &answer.scenarios[0];
    let effects = ["outcome_effect", "level_effect", "level_effect_percent", "growth_effect"];
    assert_eq!(names(&scenario.effects), promised(&["period", "region"], &effects));
    assert_eq!(names(&scenario.group_effects), promised(&["period", "group"], &effects[1..]));
    let sums = ["weighted_outcome_effect", "unweighted_outcome_effect"];
    assert_eq!(names(&scenario.nation_effects), promised(&["period"], &[&effects[1..], &sums].concat()));
    let inequality =
        ["theil", "between", "within", "sigma", "gini", "gap", "beta"].map(|name| format!("{name}_effect"));
    let inequality: Vec<&str> = inequality.iter().map(String::as_str).chain(["rank_changes", "kendall_tau"]).collect();
    assert_eq!(names(&scenario.inequality_effects), promised(&["period"], &inequality));
    tables(scenario).into_iter().for_each(assert_sound);
    assert_eq!(words(&baseline.regions, "period").len(), 48 * 5);
    assert_eq!(
        (words(&baseline.regions, "period")[0].as_str(), words(&baseline.nation, "period")[4].as_str()),
        ("1987", "1991")
    );

    let read = |name: &str| values(&baseline.regions, name).into_iter().map(Option::unwrap).collect::<Vec<_>>();
    let ends = ["level_lower_95", "level_lower_50", "level_median", "level_upper_50", "level_upper_95"].map(read);
    for row in 0..ends[0].len() {
        assert!(ends.windows(2).all(|pair| pair[0][row] < pair[1][row]), "row {row}");
    }
    let total: f64 = read("level")[..48].iter().sum();
    let nation = values(&baseline.nation, "level")[0].unwrap();
    assert!((total / nation - 1.0).abs() < 1e-12);
    let terms: Vec<_> =
        names(&scenario.decomposition)[2..].iter().map(|term| values(&scenario.decomposition, term)).collect();
    for (row, effect) in values(&scenario.effects, "outcome_effect").into_iter().enumerate() {
        let parts: f64 = terms.iter().map(|parts| parts[row].unwrap()).sum();
        assert!((parts - effect.unwrap()).abs() < 1e-10);
    }
    let model = answer.model.as_ref().unwrap();
    assert_eq!((model.fixed_effects.len(), model.statistics.as_ref().unwrap().t_degrees_of_freedom), (2, 47));
    let provenance = answer.provenance.as_ref().unwrap();
    assert_eq!((provenance.seed, provenance.used_row_count), (7, 816));
    assert!(provenance.warnings.iter().any(|warning| warning.code == "PERIOD_EFFECTS_ABSORB"));
    assert!(answer.assumptions.len() >= 4, "{:?}", answer.assumptions);

    let point = forecast(&server, munnell_request(0)).await.unwrap();
    let regions = &point.baseline.as_ref().unwrap().regions;
    assert_eq!(names(regions), ["period", "region", "outcome", "level", "growth", "rank"]);
    assert_eq!(values(regions, "level"), values(&baseline.regions, "level"));
}

#[tokio::test]
async fn workers_restarts_and_stored_models_change_no_bit() {
    let mut answers = Vec::new();
    for workers in ["--workers=1", "--workers=2"] {
        let server = TestServer::start(&[workers]).await;
        let spec = match munnell_request(0).model {
            Some(Model::Spec(spec)) => spec,
            other => panic!("{other:?}"),
        };
        let fit = FitModelRequest {
            dataset: Some(munnell()),
            spec: Some(spec),
            save_as: "growth".into(),
            ..Default::default()
        };
        RegressionServiceClient::new(server.channel().await).fit_model(fit).await.unwrap();
        let fitted = forecast(&server, munnell_request(50)).await.unwrap();
        let by_name =
            ForecastGrowthRequest { model: Some(Model::ModelName("models/growth".into())), ..munnell_request(50) };
        let stored = forecast(&server, by_name).await.unwrap();
        assert_eq!((&stored.baseline, &stored.scenarios), (&fitted.baseline, &fitted.scenarios));
        assert_eq!(stored.model.unwrap().name, "models/growth");
        answers.push(fitted.encode_to_vec());
    }
    assert_eq!(answers[0], answers[1]);
}

#[tokio::test]
async fn models_of_industries_are_told_by_cell_and_by_region() {
    let (regions, industries) = (["a", "b", "c"], ["goods", "services"]);
    let mut keys = [Vec::new(), Vec::new(), Vec::new()];
    let (mut jobs, mut capital) = (Vec::new(), Vec::new());
    for year in 0..12 {
        for (r, region) in regions.iter().enumerate() {
            for (i, industry) in industries.iter().enumerate() {
                keys[0].push(*region);
                keys[1].push(
                    ["1990", "1991", "1992", "1993", "1994", "1995", "1996", "1997", "1998", "1999", "2000", "2001"]
                        [year],
                );
                keys[2].push(*industry);
                let wave = ((7 * year + 5 * r + 3 * i) as f64).sin();
                jobs.push(100.0 * 1.02_f64.powi(year as i32) * (1.0 + r as f64 + 0.1 * wave));
                capital.push(50.0 * 1.03_f64.powi(year as i32) * (2.0 + i as f64 + 0.3 * wave.cos()));
            }
        }
    }
    let columns = vec![
        texts("region", &keys[0]),
        texts("period", &keys[1]),
        texts("industry", &keys[2]),
        numbers("jobs", &jobs),
        numbers("capital", &capital),
    ];
    let formula = "growth(jobs) ~ l(location_quotient(capital)) | region^industry".to_owned();
    let change = Change { industries: vec!["goods".into()], ..scale("capital", "a", 1.2) };
    let request = ForecastGrowthRequest {
        dataset: Some(inline(columns)),
        model: Some(Model::Spec(ModelSpec { formula, ..Default::default() })),
        horizon: 3,
        draws: 20,
        scenarios: vec![Scenario { name: "goods".into(), changes: vec![change], ..Default::default() }],
        ..Default::default()
    };
    let server = TestServer::start(&[]).await;
    let answer = forecast(&server, request).await.unwrap();
    let (baseline, scenario) = (answer.baseline.as_ref().unwrap(), &answer.scenarios[0]);
    assert_eq!(names(&baseline.cells)[..4], ["period", "region", "industry", "outcome"]);
    assert_eq!(names(&baseline.regions)[..3], ["period", "region", "level"]);
    assert_eq!(names(&scenario.decomposition)[..3], ["period", "region", "industry"]);
    assert_eq!(names(&scenario.cell_effects)[3], "outcome_effect");
    tables(scenario).into_iter().for_each(assert_sound);
    assert_eq!((words(&baseline.cells, "period").len(), words(&baseline.regions, "period").len()), (18, 9));
    let (cells, sums) = (values(&baseline.cells, "level"), values(&baseline.regions, "level"));
    for (row, sum) in sums.into_iter().enumerate() {
        let of_region = cells[2 * row].unwrap() + cells[2 * row + 1].unwrap();
        assert!((of_region / sum.unwrap() - 1.0).abs() < 1e-12);
    }
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let server = TestServer::start(&[]).await;
    let mut bad = toy_request();
    bad.horizon = 0;
    bad.draws = -5;
    bad.interval_levels = vec![0.9, 1.0];
    bad.fixed_sources = vec![UncertaintySource::Unspecified.into()];
    bad.group_attribute = "province".into();
    bad.population_measure = "heads".into();
    bad.feedbacks = vec![Feedback { measure: "capitol".into(), elasticity: 0.3, migrates: true }];
    bad.drivers[1].method = "magic".into();
    bad.drivers[2].parameters.insert("window".into(), prost_types::Value { kind: None });
    let action = |action| Change { measure: "capital".into(), action: Some(action), ..Default::default() };
    let moon = Companion { measure: "moon".into(), relative_size: Some(-1.0) };
    let changes = vec![
        scale("capital", "r3", -1.0),
        Change { regions: vec!["r1".into(), "r9".into()], ..action(Action::Set(f64::NAN)) },
        Change { group: "east".into(), industries: vec!["steel".into()], ..action(Action::Add(1.0)) },
        action(Action::Move(Move { share: 2.0, to_regions: vec!["r9".into()] })),
        Change { measure: "capital".into(), first_period: "soon".into(), ..Default::default() },
        Change { last_period: "2035".into(), ..scale("moon", "r3", 1.1) },
        Change {
            fade_period_count: -1,
            ..action(Action::Extensive(Extensive { entry: None, companions: vec![moon] }))
        },
        action(Action::Intensive(Intensive { rate: -2.0, companions: vec!["moon".into()] })),
        Change { industry_classes: vec![IndustryClass::default()], ..action(Action::SetShare(1.0)) },
    ];
    bad.scenarios[0] = Scenario { name: "greenfield".into(), changes, closure: 9, ..Default::default() };
    bad.scenarios[1] = Scenario { name: "greenfield".into(), relocate_from: vec!["r1".into()], ..Default::default() };
    let status = forecast(&server, bad).await.unwrap_err();
    let expected = [
        "draws",
        "drivers[1].method",
        "drivers[2].parameters.window",
        "feedbacks[0].measure",
        "fixed_sources[0]",
        "group_attribute",
        "horizon",
        "interval_levels[1]",
        "population_measure",
        "scenarios[0].changes[0].scale",
        "scenarios[0].changes[1].regions[1]",
        "scenarios[0].changes[1].set",
        "scenarios[0].changes[2].group_attribute",
        "scenarios[0].changes[2].industries",
        "scenarios[0].changes[3].move.share",
        "scenarios[0].changes[3].move.to_regions[0]",
        "scenarios[0].changes[4].action",
        "scenarios[0].changes[4].first_period",
        "scenarios[0].changes[5].last_period",
        "scenarios[0].changes[5].measure",
        "scenarios[0].changes[6].extensive.companions[0].measure",
        "scenarios[0].changes[6].extensive.companions[0].relative_size",
        "scenarios[0].changes[6].extensive.entry",
        "scenarios[0].changes[6].fade_period_count",
        "scenarios[0].changes[7].intensive.companions[0]",
        "scenarios[0].changes[7].intensive.rate",
        "scenarios[0].changes[7].measure",
        "scenarios[0].changes[8].industries",
        "scenarios[0].changes[8].set_share",
        "scenarios[0].closure",
        "scenarios[1].changes",
        "scenarios[1].name",
        "scenarios[1].relocate_from",
    ];
    assert_eq!(fields(&status), expected);
}

#[tokio::test]
async fn a_model_that_cannot_be_used_is_refused_at_its_fields() {
    let server = TestServer::start(&[]).await;
    let fields_of = async |change: &dyn Fn(&mut ForecastGrowthRequest)| {
        let mut request = toy_request();
        change(&mut request);
        fields(&forecast(&server, request).await.unwrap_err())
    };
    let given = |change: fn(&mut GivenModel)| {
        move |request: &mut ForecastGrowthRequest| {
            let mut model = study();
            change(&mut model);
            request.model = Some(Model::Given(model));
        }
    };
    let spec = |formula: &'static str| {
        move |request: &mut ForecastGrowthRequest| {
            request.model = Some(Model::Spec(ModelSpec { formula: formula.into(), ..Default::default() }));
        }
    };
    assert_eq!(fields_of(&|request| request.model = None).await, ["model"]);
    assert_eq!(
        fields_of(&|request| *request = ForecastGrowthRequest::default()).await,
        ["dataset", "horizon", "model"]
    );
    assert_eq!(fields_of(&|request| request.model = Some(Model::ModelName("growth".into()))).await, ["model_name"]);
    assert_eq!(fields_of(&given(|model| model.formula += " | region")).await, ["given.formula"]);
    assert_eq!(fields_of(&given(|model| model.formula = "sw(gdp) ~".into())).await, ["given.formula"]);
    let wrong = given(|model| {
        model.coefficients[0].term = "enterprises".into();
        model.coefficients[1].estimate = f64::INFINITY;
        model.covariance_matrix = vec![1.0; 4];
        model.residual_standard_deviation = -1.0;
    });
    let expected = [
        "given.coefficients",
        "given.coefficients[0].term",
        "given.coefficients[1].estimate",
        "given.covariance_matrix",
        "given.residual_standard_deviation",
    ];
    assert_eq!(fields_of(&wrong).await, expected);
    let negative = given(|model| model.covariance_matrix = vec![-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0]);
    assert_eq!(fields_of(&negative).await, ["given.covariance_matrix"]);
    assert_eq!(fields_of(&spec("growth(gdp) ~ f(capital) | region")).await, ["spec.formula"]);
    assert_eq!(fields_of(&spec("exp(gdp) ~ capital")).await, ["spec.formula"]);
    assert_eq!(fields_of(&spec("growth(gdp) ~ sw(capital, labour)")).await, ["spec.formula"]);
    let one_period = spec("growth(gdp) ~ enterprises + capital + labour");
    assert_eq!(fields_of(&one_period).await, ["spec.formula"], "one period has no growth");
    let unknown = ForecastGrowthRequest { model: Some(Model::ModelName("models/none".into())), ..toy_request() };
    assert_eq!(forecast(&server, unknown).await.unwrap_err().code(), Code::NotFound);
    let nowhere = ForecastGrowthRequest { dataset: Some(named("datasets/none")), ..toy_request() };
    assert_eq!(forecast(&server, nowhere).await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn drivers_follow_given_paths() {
    let server = TestServer::start(&[]).await;
    let path = |regions: &[&str], periods: &[&str], levels: &[f64]| {
        let columns = vec![texts("region", regions), texts("period", periods), numbers("value", levels)];
        let path = Some(Table { columns });
        Driver { measure: "capital".into(), method: "given_path".into(), path, ..Default::default() }
    };
    let mut request = ForecastGrowthRequest { horizon: 2, scenarios: Vec::new(), ..toy_request() };
    request.drivers[1] = path(
        &["r3", "r3", "r1", "r1", "r2", "r2"],
        &["2022", "2021", "2021", "2022", "2021", "2022"],
        &[300.0, 100.0, 500.0, 300.0, 200.0, 300.0],
    );
    let answer = forecast(&server, request.clone()).await.unwrap();
    let outcome = values(&answer.baseline.unwrap().regions, "outcome");
    assert_close(outcome[..3].to_vec(), &[2.727, 1.1037, 0.5583]);
    // With equal capital the index is 1 everywhere.
    let others = |share: f64| 3.0 * share * (0.153 - 0.11) + 1.42;
    assert_close(outcome[3..].to_vec(), &[others(0.5), others(0.3), others(0.2)]);
    request.drivers[1] = path(&["r3", "r3"], &["2021", "2022"], &[1.0, -7.5]);
    let status = forecast(&server, request.clone()).await.unwrap_err();
    assert_eq!(fields(&status), ["drivers[1].path row 1"]);
    assert!(status.message().contains("-7.5"), "{}", status.message());
    request.drivers[1] = path(&["r3", "r3", "r9", "r1"], &["2021", "2023", "2021", "2021"], &[1.0, 1.0, 1.0, f64::NAN]);
    let status = forecast(&server, request.clone()).await.unwrap_err();
    assert_eq!(fields(&status), ["drivers[1].path.columns[2].numbers.values[3]"]);
    request.drivers[1] = path(&["r3", "r3", "r3"], &["2021", "2023", "2021"], &[1.0, 1.0, 1.0]);
    request.drivers[1].path.as_mut().unwrap().columns.push(numbers("weight", &[1.0, 1.0, 1.0]));
    let status = forecast(&server, request.clone()).await.unwrap_err();
    assert_eq!(fields(&status), ["drivers[1].path.columns"]);
    request.drivers[1].path.as_mut().unwrap().columns.pop();
    let status = forecast(&server, request).await.unwrap_err();
    assert_eq!(fields(&status), ["drivers[1].path", "drivers[1].path row 1", "drivers[1].path row 2"]);
}

#[tokio::test]
async fn levels_of_intervals_are_few_and_refused_at_their_own_place() {
    let server = TestServer::start(&[]).await;
    let refused = async |interval_levels: Vec<f64>| {
        let request = ForecastGrowthRequest { interval_levels, ..munnell_request(10) };
        fields(&forecast(&server, request).await.unwrap_err())
    };
    assert_eq!(refused((1..=100_000).map(|i| f64::from(i) / 100_001.0).collect()).await, ["interval_levels"]);
    assert_eq!(refused(vec![0.9, 1.0 - 1e-16]).await, ["interval_levels[1]"]);
}

#[tokio::test]
async fn regions_left_out_are_counted_by_reason() {
    let server = TestServer::start(&[]).await;
    let columns = vec![
        texts("region", &["r1", "r2", "r3", "r1", "r3"]),
        texts("period", &["2020", "2020", "2020", "2021", "2021"]),
        numbers("gdp", &[1000.0, 400.0, 200.0, 1010.0, 210.0]),
    ];
    let intercept = GivenCoefficient { term: "(Intercept)".into(), estimate: 2.0 };
    let model = GivenModel { formula: "growth(gdp) ~ 1".into(), coefficients: vec![intercept], ..Default::default() };
    let request = ForecastGrowthRequest {
        dataset: Some(inline(columns)),
        model: Some(Model::Given(model)),
        horizon: 2,
        ..Default::default()
    };
    let answer = forecast(&server, request).await.unwrap();
    let provenance = answer.provenance.unwrap();
    let left_out: Vec<_> = provenance.left_out.iter().map(|count| (count.reason.as_str(), count.count)).collect();
    assert_eq!(left_out, [("missing", 1)]);
    let told = provenance.warnings.iter().find(|warning| warning.code == "ROWS_LEFT_OUT").unwrap();
    assert!(told.message.contains("1 region (r2)"), "{}", told.message);
    assert_close(values(&answer.baseline.unwrap().nation, "level"), &[1.02 * 1220.0, 1.02 * 1.02 * 1220.0]);
}

#[tokio::test]
async fn what_needs_too_much_memory_is_refused_with_the_numbers() {
    let server = TestServer::start(&[]).await;
    let request = ForecastGrowthRequest { horizon: 200, draws: 100_000, ..munnell_request(0) };
    let status = forecast(&server, request).await.unwrap_err();
    assert_eq!(status.code(), Code::ResourceExhausted);
    let metadata = status.get_details_error_info().unwrap().metadata;
    assert_eq!((metadata["what"].as_str(), metadata["limit"].as_str()), ("memory", "2147483648"));
    assert!(metadata["needed"].parse::<u64>().unwrap() > 2 << 30);
}

#[tokio::test]
async fn scenario_files_are_the_json_of_the_contract() {
    let text = r#"{"name": "invest", "closure": "CLOSURE_RELOCATE_FROM", "relocateFrom": ["r1"], "changes": [
        {"measure": "capital", "add": 10, "regions": ["r3"]},
        {"measure": "labour", "move": {"share": 0.5, "toRegions": ["r2"]}, "regions": ["r3"], "lastPeriod": "2021"}]}"#;
    let scenario: Scenario = agglo::api::json::from_json(text).unwrap();
    let server = TestServer::start(&[]).await;
    let request = ForecastGrowthRequest { scenarios: vec![scenario], ..toy_request() };
    let answer = forecast(&server, request).await.unwrap();
    assert_eq!(answer.scenarios[0].closure(), Closure::RelocateFrom);
    let effects = values(&answer.scenarios[0].effects, "outcome_effect");
    // Capital: 10 of 800 from r1 to r3; labour: 10 of 100 from r3 to r2.
    assert_close(
        effects,
        &[-3.0 * 1.42 * 10.0 / 800.0, -3.0 * 0.11 * 0.1, 3.0 * 1.42 * 10.0 / 800.0 + 3.0 * 0.11 * 0.1],
    );
}

#[tokio::test]
async fn levers_of_several_policies_give_the_toy() {
    let text = r#"{"name": "all", "changes": [
        {"policy": "attract", "measure": "enterprises", "regions": ["r3"], "extensive":
            {"rate": 0.25, "companions": [{"measure": "capital"}, {"measure": "labour", "relativeSize": 1}]}},
        {"policy": "modernise", "measure": "capital", "regions": ["r3"], "intensive": {"rate": 0.1}},
        {"policy": "retire", "measure": "labour", "regions": ["r1"], "scale": 0.95, "lastPeriod": "2021",
            "fadePeriodCount": 2}]}"#;
    let scenario: Scenario = agglo::api::json::from_json(text).unwrap();
    let server = TestServer::start(&[]).await;
    let request = ForecastGrowthRequest { scenarios: vec![scenario], horizon: 3, ..toy_request() };
    let answer = forecast(&server, request).await.unwrap();
    let effects = values(&answer.scenarios[0].effects, "outcome_effect");
    // The case three_policies of tests/golden/forecast/toy.json: all of them, and without the third.
    assert_close(effects[..3].to_vec(), &[-0.11807181860731175, -0.051829075874980646, 0.1699008944822923]);
    assert_close(effects[6..].to_vec(), &[-0.12228784648187618, -0.04952942430703633, 0.1718172707889124]);
}
