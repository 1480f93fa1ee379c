//! `SeekTarget` and `AllocateBudget` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::change::Action;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{
    Aim, AllocateBudgetRequest, AllocateBudgetResponse, Change, Driver, ForecastGrowthRequest, ForecastNumber,
    ForecastPlace, ForecastQuantity, GivenCoefficient, GivenModel, Instrument, Lever, Scenario, SeekOutcome,
    SeekTargetRequest, SeekTargetResponse, Target, TargetSense,
};
use panels::{assert_sound, fields, inline, names, numbers, texts, values, words};
use support::TestServer;
use tonic::{Code, Status};

async fn seek(server: &TestServer, request: SeekTargetRequest) -> Result<SeekTargetResponse, Status> {
    let mut client = ForecastServiceClient::new(server.channel().await);
    client.seek_target(request).await.map(tonic::Response::into_inner)
}

async fn allocate(server: &TestServer, request: AllocateBudgetRequest) -> Result<AllocateBudgetResponse, Status> {
    let mut client = ForecastServiceClient::new(server.channel().await);
    client.allocate_budget(request).await.map(tonic::Response::into_inner)
}

/// The golden toy: three regions, the study's coefficients, everything else as it is.
fn toy(draws: i32) -> ForecastGrowthRequest {
    let data = inline(vec![
        texts("region", &["r1", "r2", "r3"]),
        texts("period", &["2020", "2020", "2020"]),
        numbers("enterprises", &[100.0, 60.0, 40.0]),
        numbers("capital", &[500.0, 200.0, 100.0]),
        numbers("labour", &[50.0, 30.0, 20.0]),
        numbers("gdp", &[1000.0, 400.0, 200.0]),
    ]);
    let terms = [("enterprises", 0.153), ("capital", 1.42), ("labour", -0.11)];
    let term = |measure: &str| format!("agglomeration({measure})");
    let covariance = [[0.001, 0.0, 0.0], [0.0, 0.02, 0.0], [0.0, 0.0, 0.001]].concat();
    let model = GivenModel {
        formula: format!("growth(gdp) ~ 0 + {}", terms.map(|(measure, _)| term(measure)).join(" + ")),
        coefficients: terms.map(|(measure, estimate)| GivenCoefficient { term: term(measure), estimate }).to_vec(),
        covariance_matrix: covariance,
        residual_standard_deviation: 0.1,
    };
    let constant = |measure: &str| Driver { measure: measure.into(), method: "constant".into(), ..Driver::default() };
    ForecastGrowthRequest {
        dataset: Some(data),
        model: Some(Model::Given(model)),
        horizon: 1,
        draws,
        seed: 3,
        drivers: ["enterprises", "capital", "labour"].map(constant).to_vec(),
        ..ForecastGrowthRequest::default()
    }
}

fn change(measure: &str, action: Action, regions: &[&str]) -> Change {
    let regions = regions.iter().map(|region| (*region).to_owned()).collect();
    Change { measure: measure.into(), action: Some(action), regions, ..Change::default() }
}

fn number(quantity: ForecastQuantity, region: &str) -> Option<ForecastNumber> {
    let place = ForecastPlace { region: region.into(), ..ForecastPlace::default() };
    Some(ForecastNumber { quantity: quantity.into(), place: Some(place), ..ForecastNumber::default() })
}

fn growth_of_r3(value: f64, probability: f64, measure: &str, draws: i32) -> SeekTargetRequest {
    let change = Some(change(measure, Action::Scale(1.0), &["r3"]));
    SeekTargetRequest {
        forecast: Some(toy(draws)),
        number: number(ForecastQuantity::Growth, "r3"),
        target: Some(Target { value, sense: TargetSense::AtLeast.into(), probability }),
        instruments: vec![Instrument { change, low: 0.0, high: 10.0, weight: 0.0 }],
    }
}

#[tokio::test]
async fn a_target_is_reached_and_its_policy_can_be_forecast() {
    let server = TestServer::start(&[]).await;
    let answer = seek(&server, growth_of_r3(1.0, 0.0, "capital", 0)).await.unwrap();
    assert_eq!((answer.outcome(), answer.converged, answer.probability), (SeekOutcome::Reached, true, None));
    // 0.153·0.6 + 1.42·3·100f/(100f + 700) − 0.11·0.6 = 1.
    let rest = 0.153 * 0.6 - 0.11 * 0.6;
    let factor = (1.0 - rest) * 700.0 / (100.0 * (1.42 * 3.0 - (1.0 - rest)));
    let found = values(&answer.instruments, "amount")[0].unwrap();
    assert!((found - factor).abs() < 1e-9, "{found} is not {factor}");
    assert_eq!(names(&answer.instruments), ["measure", "action", "regions", "start", "low", "high", "amount", "slope"]);
    assert_eq!((names(&answer.number), words(&answer.number, "case").len()), (vec!["case", "number"], 2));
    [&answer.instruments, &answer.number].into_iter().for_each(assert_sound);
    let scenario = answer.scenario.unwrap();
    let forecast = ForecastGrowthRequest { scenarios: vec![scenario], ..toy(0) };
    let mut client = ForecastServiceClient::new(server.channel().await);
    let told = client.forecast_growth(forecast).await.unwrap().into_inner();
    let growth = values(&told.scenarios[0].path.as_ref().unwrap().regions, "growth")[2].unwrap();
    assert!((growth - 1.0).abs() < 1e-9, "{growth}");
}

#[tokio::test]
async fn probabilities_perverse_signs_and_targets_out_of_reach_are_told() {
    let server = TestServer::start(&[]).await;
    let sure = seek(&server, growth_of_r3(1.0, 0.9, "capital", 500)).await.unwrap();
    assert_eq!(sure.probability, Some(0.9));
    let even = seek(&server, growth_of_r3(1.0, 0.0, "capital", 500)).await.unwrap();
    assert!(values(&sure.instruments, "amount")[0] > values(&even.instruments, "amount")[0]);
    assert!(names(&sure.number).contains(&"number_lower_95"));
    let codes = |answer: &SeekTargetResponse| -> Vec<String> {
        answer.provenance.as_ref().unwrap().warnings.iter().map(|warning| warning.code.clone()).collect()
    };
    let jobs = seek(&server, growth_of_r3(0.6, 0.0, "labour", 0)).await.unwrap();
    assert!(codes(&jobs).contains(&"SIGN_PERVERSE".to_owned()) && values(&jobs.instruments, "slope")[0] < Some(0.0));
    let far = seek(&server, growth_of_r3(5.0, 0.0, "capital", 0)).await.unwrap();
    assert!(far.outcome() == SeekOutcome::OutOfReach && codes(&far).contains(&"OUT_OF_REACH".to_owned()));
    let (within, beyond) = (far.within_bounds.unwrap(), far.beyond_bounds.unwrap());
    assert!((beyond.value - (1.42 * 3.0 + 0.153 * 0.6 - 0.066)).abs() < 1e-8 && within.value < beyond.value);
    assert_eq!(within.amounts, [10.0]);
}

fn budget(gammas: &[f64], draws: i32) -> AllocateBudgetRequest {
    let lever = |measure: &str, unit_cost| {
        let change = Some(change(measure, Action::Add(0.0), &[]));
        Lever { change, unit_cost, low: None, high: None }
    };
    AllocateBudgetRequest {
        forecast: Some(toy(draws)),
        number: number(ForecastQuantity::Growth, ""),
        gammas: gammas.to_vec(),
        levers: vec![lever("capital", 1.0), lever("enterprises", 2.0)],
        budget: 60.0,
        aim: 0,
    }
}

#[tokio::test]
async fn inequality_is_made_small_unless_it_is_to_be_large() {
    let server = TestServer::start(&[]).await;
    let asked = |aim: Aim| AllocateBudgetRequest {
        number: number(ForecastQuantity::Theil, ""),
        aim: aim.into(),
        ..budget(&[], 0)
    };
    let theil = |answer: &AllocateBudgetResponse| {
        let told = values(&answer.frontier, "number");
        (told[0].unwrap(), told[2].unwrap())
    };
    for (aim, is_small) in [(Aim::Unspecified, true), (Aim::Small, true), (Aim::Large, false)] {
        let answer = allocate(&server, asked(aim)).await.unwrap();
        let (before, after) = theil(&answer);
        assert_eq!(after < before, is_small, "{aim:?}: {before} to {after}");
        let objective = if is_small { -after } else { after };
        assert!((answer.plans[0].objective - objective).abs() < 1e-12);
    }
    let traded = AllocateBudgetRequest { aim: Aim::Small.into(), ..budget(&[1.0], 0) };
    assert!(allocate(&server, traded).await.is_err(), "weights of inequality need a number that is to be large");
}

#[tokio::test]
async fn money_that_lowers_the_regions_it_goes_to_is_told() {
    let server = TestServer::start(&[]).await;
    let change = Some(change("labour", Action::Add(0.0), &["r3"]));
    let lever = Lever { change, unit_cost: 1.0, low: Some(10.0), high: None };
    let asked = AllocateBudgetRequest { levers: vec![lever], ..budget(&[], 0) };
    let answer = allocate(&server, asked).await.unwrap();
    let warnings = answer.provenance.unwrap().warnings;
    assert!(warnings.iter().any(|w| w.code == "SIGN_PERVERSE" && w.message.contains("r3")), "{warnings:?}");
}

#[tokio::test]
async fn a_budget_goes_where_it_brings_most() {
    let server = TestServer::start(&[]).await;
    let answer = allocate(&server, budget(&[], 200)).await.unwrap();
    let [plan] = &answer.plans[..] else { panic!("one plan") };
    assert!(plan.converged && plan.agreeing_count == plan.start_count && plan.shadow_price > 0.0);
    let expected = ["lever", "measure", "region", "amount", "spending", "gain", "bound"];
    assert_eq!((names(&plan.items), values(&plan.items, "amount").len()), (expected.to_vec(), 6));
    let spending: f64 = values(&plan.items, "spending").iter().map(|money| money.unwrap()).sum();
    assert!((spending - 60.0).abs() < 1e-9);
    // Shares only move growth between regions, and the nation's follows its largest region.
    let amounts = values(&plan.items, "amount");
    assert!(amounts[0].unwrap() > 59.9, "{amounts:?}");
    let cases = &["no spending".to_owned(), "equal split".to_owned(), "plan".to_owned()][..];
    assert_eq!(words(&answer.frontier, "case"), cases);
    let growth = values(&answer.frontier, "number");
    assert!(growth[2] > growth[1] && growth[2] > growth[0]);
    assert!(plan.lead_probability.unwrap() > 0.9 && plan.lead.is_some());
    [&plan.items, &plan.lead, &answer.frontier].into_iter().for_each(assert_sound);
    let traded = allocate(&server, budget(&[0.0, 100.0, 1000.0], 0)).await.unwrap();
    let (growth, theil) = (values(&traded.frontier, "number"), values(&traded.frontier, "theil"));
    assert!(traded.plans.len() >= 2 && traded.plans.len() == traded.scenarios.len());
    assert!(growth[2..].is_sorted_by(|a, b| a > b) && theil[2..].is_sorted_by(|a, b| a > b));
    assert!(traded.plans[0].lead.is_none() && traded.plans[0].lead_probability.is_none());
}

#[tokio::test]
async fn everything_wrong_is_told_at_its_field() {
    let server = TestServer::start(&[]).await;
    let free = |change, low, high| Instrument { change: Some(change), low, high, weight: -1.0 };
    let request = SeekTargetRequest {
        number: Some(ForecastNumber {
            place: Some(ForecastPlace { region: "r9".into(), ..ForecastPlace::default() }),
            ..number(ForecastQuantity::Growth, "").unwrap()
        }),
        target: Some(Target { value: 1.0, sense: TargetSense::AtLeast.into(), probability: 0.5 }),
        instruments: vec![
            free(change("capitol", Action::Scale(1.0), &["r3"]), 0.0, 2.0),
            free(change("capital", Action::Scale(-1.0), &["r3"]), 2.0, 1.0),
        ],
        ..growth_of_r3(1.0, 0.0, "capital", 0)
    };
    let status = seek(&server, request).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    let expected = [
        "instruments[0].change.measure",
        "instruments[0].weight",
        "instruments[1].change.scale",
        "instruments[1].high",
        "instruments[1].weight",
        "number.place.region",
        "target.probability",
    ];
    assert_eq!(fields(&status), expected);
    let status = seek(&server, SeekTargetRequest::default()).await.unwrap_err();
    assert_eq!(fields(&status), ["forecast", "number", "target"]);
    let scenario = |name: &str| Scenario {
        name: name.into(),
        changes: vec![change("capital", Action::Scale(2.0), &["r1"])],
        ..Scenario::default()
    };
    let request = AllocateBudgetRequest {
        forecast: Some(ForecastGrowthRequest { scenarios: vec![scenario("a"), scenario("b")], ..toy(0) }),
        gammas: vec![-1.0],
        budget: -1.0,
        ..budget(&[], 0)
    };
    let found = fields(&allocate(&server, request).await.unwrap_err());
    for field in ["forecast.scenarios", "gammas[0]", "budget"] {
        assert!(found.iter().any(|told| told == field), "{field} is not among {found:?}");
    }
}
