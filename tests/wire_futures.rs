//! What a forecast tells beside its paths, over the wire: draws, rival models, systems, shares of the variance, levels
//! that add up, distances from history and ranks.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::change::Action;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{
    Change, Closure, Covariance, Driver, ForecastGrowthRequest, ForecastGrowthResponse, ModelChoice, ModelSpec,
    Reconciliation, Scenario, StreamForecastDrawsRequest, StreamForecastDrawsResponse, Table, UncertaintySource,
    WeightedModel, model_choice,
};
use panels::{assert_sound, column, fields, munnell, names, values, words};
use std::collections::BTreeMap;
use support::TestServer;
use tonic::Status;

const GROWTH: &str = "growth(gsp) ~ l(agglomeration(private_capital)) | state + year";

async fn client(server: &TestServer) -> ForecastServiceClient<tonic::transport::Channel> {
    ForecastServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20)
}

async fn forecast(server: &TestServer, request: ForecastGrowthRequest) -> Result<ForecastGrowthResponse, Status> {
    client(server).await.forecast_growth(request).await.map(tonic::Response::into_inner)
}

fn spec(formula: &str) -> ModelSpec {
    let covariance =
        Some(Covariance { method: "cluster".into(), clusters: vec!["state".into()], ..Covariance::default() });
    ModelSpec { formula: formula.into(), covariance, ..ModelSpec::default() }
}

fn choice(formula: &str) -> Option<ModelChoice> {
    Some(ModelChoice { model: Some(model_choice::Model::Spec(spec(formula))) })
}

/// Three years of the bundled panel with a third more private capital in Ohio.
fn request(draws: i32) -> ForecastGrowthRequest {
    let change = Change {
        measure: "private_capital".into(),
        action: Some(Action::Scale(1.3)),
        regions: vec!["Ohio".into()],
        ..Change::default()
    };
    ForecastGrowthRequest {
        dataset: Some(munnell()),
        model: Some(Model::Spec(spec(GROWTH))),
        horizon: 3,
        draws,
        seed: 5,
        scenarios: vec![Scenario { name: "invest".into(), changes: vec![change], ..Scenario::default() }],
        group_attribute: "division".into(),
        ..ForecastGrowthRequest::default()
    }
}

async fn drawn(server: &TestServer, forecast: ForecastGrowthRequest) -> Vec<StreamForecastDrawsResponse> {
    let request = StreamForecastDrawsRequest { forecast: Some(forecast) };
    let mut stream = client(server).await.stream_forecast_draws(request).await.unwrap().into_inner();
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        messages.push(message);
    }
    messages
}

/// The quantile at position p(n + 1) of the ordered draws (Hyndman and Fan's type 6).
fn quantile(draws: &[f64], p: f64) -> f64 {
    let mut sorted = draws.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (p * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, (sorted.len() - 1) as f64);
    let low = place.floor() as usize;
    let high = (low + 1).min(sorted.len() - 1);
    sorted[low] + (place - low as f64) * (sorted[high] - sorted[low])
}

fn near(found: Option<f64>, expected: f64) {
    let found = found.unwrap();
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[tokio::test]
async fn streamed_draws_are_those_behind_the_intervals() {
    let server = TestServer::start(&[]).await;
    let told = forecast(&server, request(101)).await.unwrap();
    let messages = drawn(&server, request(101)).await;
    let mut levels: BTreeMap<(String, String, String), Vec<f64>> = BTreeMap::new();
    for message in messages {
        for place in message.places {
            assert_eq!((place.outcome.len(), place.level.len()), (101, 101));
            levels.insert((message.future.clone(), message.period.clone(), place.region), place.level);
        }
    }
    assert_eq!(levels.len(), 2 * 3 * 48);
    for (future, path) in [("baseline", &told.baseline), ("invest", &told.scenarios[0].path)] {
        let table = &path.as_ref().unwrap().regions;
        let [median, lower, upper] = ["level_median", "level_lower_80", "level_upper_95"].map(|n| values(table, n));
        for (row, (period, region)) in words(table, "period").iter().zip(words(table, "region")).enumerate() {
            let draws = &levels[&(future.to_owned(), period.clone(), region.clone())];
            near(median[row], quantile(draws, 0.5));
            near(lower[row], quantile(draws, 0.1));
            near(upper[row], quantile(draws, 0.975));
        }
    }
    let effects = &told.scenarios[0].effects;
    let median = values(effects, "level_effect_percent_median");
    for (row, (period, region)) in words(effects, "period").iter().zip(words(effects, "region")).enumerate() {
        let of = |future: &str| &levels[&(future.to_owned(), period.clone(), region.clone())];
        let percent: Vec<f64> =
            of("invest").iter().zip(of("baseline")).map(|(ours, theirs)| 100.0 * (ours / theirs - 1.0)).collect();
        near(median[row], quantile(&percent, 0.5));
    }
    let none = StreamForecastDrawsRequest { forecast: Some(request(0)) };
    let refused = client(&server).await.stream_forecast_draws(none).await.unwrap_err();
    assert_eq!(fields(&refused), ["forecast.draws"]);
}

fn sums(table: &Option<Table>, name: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for (period, value) in words(table, "period").iter().zip(values(table, name)) {
        *sums.entry(period.clone()).or_insert(0.0) += value.unwrap();
    }
    sums
}

#[tokio::test]
async fn reconciled_levels_add_up_and_meet_a_given_nation() {
    let server = TestServer::start(&[]).await;
    let plain = forecast(&server, request(50)).await.unwrap();
    let nation_levels = vec![5.0e6, 5.1e6, 5.2e6];
    for nation_levels in [Vec::new(), nation_levels] {
        let reconciliation = Some(Reconciliation { nation_levels: nation_levels.clone(), ..Reconciliation::default() });
        let told = forecast(&server, ForecastGrowthRequest { reconciliation, ..request(50) }).await.unwrap();
        let path = told.baseline.as_ref().unwrap();
        let (regions, groups) = (sums(&path.regions, "level"), sums(&path.groups, "level"));
        for (i, (period, nation)) in sums(&path.nation, "level").into_iter().enumerate() {
            near(Some(regions[&period]), nation);
            near(Some(groups[&period]), nation);
            if let Some(given) = nation_levels.get(i) {
                near(Some(nation), *given);
                near(values(&path.nation, "level_lower_95")[i], *given);
            }
        }
        assert_ne!(values(&path.regions, "level"), values(&plain.baseline.as_ref().unwrap().regions, "level"));
        let effect = |told: &ForecastGrowthResponse| values(&told.scenarios[0].effects, "level_effect_percent");
        effect(&told).into_iter().zip(effect(&plain)).for_each(|(found, expected)| near(found, expected.unwrap()));
        assert!(
            told.assumptions.iter().any(|text| text.contains("reconciled by mint_shrink")),
            "{:?}",
            told.assumptions
        );
    }
    // The residuals of the aggregates are residuals too: without them a given coefficient has less than all variance.
    let reconciliation = Some(Reconciliation::default());
    let shares = forecast(&server, ForecastGrowthRequest { reconciliation, variance_shares: true, ..request(200) });
    let table = shares.await.unwrap().baseline.unwrap().variance_shares;
    let nation = words(&table, "kind").iter().rposition(|kind| kind == "nation").unwrap();
    let share = |source: &str| values(&table, &format!("level_{source}"))[nation].unwrap();
    assert!(share("drivers") < 0.3 && share("residuals") > 0.5, "{} {}", share("drivers"), share("residuals"));
    let unknown = Some(Reconciliation { method: "best".into(), ..Reconciliation::default() });
    let refused = forecast(&server, ForecastGrowthRequest { reconciliation: unknown, ..request(0) }).await.unwrap_err();
    assert_eq!(fields(&refused), ["reconciliation.method"]);
}

#[tokio::test]
async fn sources_of_the_variance_are_told_and_can_be_fixed() {
    let server = TestServer::start(&[]).await;
    let told = forecast(&server, ForecastGrowthRequest { variance_shares: true, ..request(400) }).await.unwrap();
    let shares = &told.baseline.as_ref().unwrap().variance_shares;
    let levels = ["coefficients", "residuals", "drivers"].map(|source| values(shares, &format!("level_{source}")));
    assert!(words(shares, "kind").iter().any(|kind| kind == "nation"));
    let last = levels[0].len() - 1;
    let sum: f64 = levels.iter().map(|level| level[last].unwrap()).sum();
    assert!((sum - 1.0).abs() < 0.15 && levels.iter().flatten().flatten().all(|share| *share >= 0.0), "{sum}");
    let fixed = [UncertaintySource::Drivers, UncertaintySource::Coefficients].map(Into::into).to_vec();
    let request = ForecastGrowthRequest { variance_shares: true, fixed_sources: fixed, ..request(100) };
    let one = forecast(&server, request).await.unwrap();
    let shares = &one.baseline.as_ref().unwrap().variance_shares;
    assert!(names(shares).contains(&"level_residuals") && !names(shares).contains(&"level_drivers"));
    values(shares, "growth_residuals").into_iter().for_each(|share| near(share, 1.0));
    // Errors of the residuals are common to both futures: growth rates differ by what is known.
    let effects = &one.scenarios[0].effects;
    let ends = ["growth_effect_lower_95", "growth_effect_upper_95"].map(|name| values(effects, name));
    ends[0].iter().zip(&ends[1]).for_each(|(low, high)| near(*low, high.unwrap()));
}

#[tokio::test]
async fn rivals_share_the_draws_and_points_are_weighted_means() {
    let server = TestServer::start(&[]).await;
    let other = "growth(gsp) ~ l(agglomeration(private_capital)) + l(unemployment) | state";
    let alone = |formula: &str| ForecastGrowthRequest { model: Some(Model::Spec(spec(formula))), ..request(0) };
    let outcomes = |told: &ForecastGrowthResponse| values(&told.baseline.as_ref().unwrap().regions, "outcome");
    let first = outcomes(&forecast(&server, alone(GROWTH)).await.unwrap());
    let second = outcomes(&forecast(&server, alone(other)).await.unwrap());
    let rival = WeightedModel { model: choice(other), weight: 1.0 };
    let both = ForecastGrowthRequest { rival_models: vec![rival], model_weight: 3.0, ..request(0) };
    let told = forecast(&server, both.clone()).await.unwrap();
    let means = first.iter().zip(&second).map(|(a, b)| 0.75 * a.unwrap() + 0.25 * b.unwrap());
    outcomes(&told).into_iter().zip(means).for_each(|(found, expected)| near(found, expected));
    assert_eq!((told.rival_models.len(), told.rival_models[0].formula.as_str()), (1, other));
    let drawn = forecast(&server, ForecastGrowthRequest { draws: 200, variance_shares: true, ..both }).await.unwrap();
    let shares = &drawn.baseline.as_ref().unwrap().variance_shares;
    assert!(values(shares, "growth_models").iter().any(|share| share.unwrap() > 0.0));
    let level = WeightedModel { model: choice("ln(gsp) ~ unemployment | state"), weight: -1.0 };
    let refused =
        forecast(&server, ForecastGrowthRequest { rival_models: vec![level], ..request(0) }).await.unwrap_err();
    assert_eq!(fields(&refused), ["rival_models[0].weight"]);
}

#[tokio::test]
async fn a_driver_of_another_model_is_a_system() {
    let server = TestServer::start(&[]).await;
    let equation = "growth(private_capital) ~ l(growth(gsp)) | state";
    let driver = Driver { measure: "private_capital".into(), model: choice(equation), ..Driver::default() };
    let told = forecast(&server, ForecastGrowthRequest { drivers: vec![driver.clone()], ..request(60) }).await.unwrap();
    assert_eq!((told.driver_models.len(), told.driver_models[0].formula.as_str()), (1, equation));
    assert!(told.projected_drivers.iter().all(|driver| driver.measure != "private_capital"));
    let follows = format!("private_capital follows its model {equation}");
    assert!(told.assumptions.contains(&follows), "{:?}", told.assumptions);
    let plain = forecast(&server, request(60)).await.unwrap();
    assert_eq!(plain.projected_drivers[0].measure, "private_capital");
    let levels = |told: &ForecastGrowthResponse| values(&told.baseline.as_ref().unwrap().regions, "level");
    assert_ne!(levels(&told), levels(&plain));
    assert_sound(&told.baseline.as_ref().unwrap().regions);
    let both = Driver { measure: "employment".into(), method: "constant".into(), ..driver };
    let refused = forecast(&server, ForecastGrowthRequest { drivers: vec![both], ..request(0) }).await.unwrap_err();
    assert_eq!(fields(&refused), ["drivers[0].measure", "drivers[0].method"]);
}

#[tokio::test]
async fn futures_far_from_history_are_told_as_such() {
    let server = TestServer::start(&[]).await;
    let told = forecast(&server, request(0)).await.unwrap();
    let of = |table: &Option<Table>, name: &str, region: &str| {
        let row = words(table, "region").iter().position(|name| name == region).unwrap();
        values(table, name)[row].unwrap()
    };
    let (before, after) =
        (&told.baseline.as_ref().unwrap().distances, &told.scenarios[0].path.as_ref().unwrap().distances);
    for name in ["leverage_ratio", "change_distance", "hull_distance", "changes_farther"] {
        assert_eq!(column(before, name).name, name);
    }
    assert!(of(after, "change_distance", "Ohio") > 3.0 * of(before, "change_distance", "Ohio"));
    assert!(of(after, "changes_farther", "Ohio") < of(before, "changes_farther", "Ohio"));
    let imposed = &told.scenarios[0].plausibility;
    assert_eq!(
        (names(imposed), words(imposed, "driver")),
        (vec!["driver", "q", "conditions", "tail", "calibrated"], &["private_capital".to_owned()][..])
    );
    assert!(values(imposed, "tail")[0].unwrap() < 0.05 && values(imposed, "calibrated")[0].unwrap() > 0.83);
    [before, after, imposed].into_iter().for_each(assert_sound);
}

/// What a closure takes elsewhere follows from the policy: it is no condition of its own.
#[tokio::test]
async fn what_a_closure_moves_is_not_imposed() {
    let server = TestServer::start(&[]).await;
    let mut asked = request(0);
    let told = |answer: &ForecastGrowthResponse| {
        let imposed = &answer.scenarios[0].plausibility;
        (values(imposed, "q"), values(imposed, "conditions"))
    };
    let new = told(&forecast(&server, asked.clone()).await.unwrap());
    for closure in [Closure::RelocateProRata, Closure::FixedNationalTotal] {
        asked.scenarios[0].closure = closure.into();
        assert_eq!(told(&forecast(&server, asked.clone()).await.unwrap()), new);
    }
}

#[tokio::test]
async fn a_measure_taken_to_zero_and_a_policy_without_effect_are_told() {
    let server = TestServer::start(&[]).await;
    let mut asked = request(0);
    let codes = |answer: &ForecastGrowthResponse| -> Vec<String> {
        answer.scenarios[0].warnings.iter().map(|warning| warning.code.clone()).collect()
    };
    asked.scenarios[0].changes[0].action = Some(Action::Scale(0.0));
    let told = codes(&forecast(&server, asked.clone()).await.unwrap());
    assert!(told.contains(&"IMPLAUSIBLE_CONDITION".to_owned()), "{told:?}");
    let everywhere = Change { regions: Vec::new(), ..asked.scenarios[0].changes[0].clone() };
    let gone = Scenario { changes: vec![everywhere], ..asked.scenarios[0].clone() };
    let gone = ForecastGrowthRequest { scenarios: vec![gone], ..asked.clone() };
    let gone = codes(&forecast(&server, gone).await.unwrap());
    assert!(gone.contains(&"TOTALS_ABSENT".to_owned()) && !gone.contains(&"NO_EFFECT".to_owned()), "{gone:?}");
    asked.scenarios[0].changes[0] =
        Change { action: Some(Action::Scale(1.1)), regions: Vec::new(), ..asked.scenarios[0].changes[0].clone() };
    let told = codes(&forecast(&server, asked).await.unwrap());
    assert!(told.contains(&"NO_EFFECT".to_owned()), "{told:?}");
}

#[tokio::test]
async fn draws_that_are_too_few_for_an_interval_are_told() {
    let server = TestServer::start(&[]).await;
    for (draws, is_few) in [(20, true), (39, false)] {
        let told = forecast(&server, request(draws)).await.unwrap();
        let warnings = told.provenance.unwrap().warnings;
        assert_eq!(warnings.iter().any(|warning| warning.code == "FEW_DRAWS"), is_few, "{draws}: {warnings:?}");
    }
    let shares = ForecastGrowthRequest { variance_shares: true, ..request(0) };
    assert_eq!(fields(&forecast(&server, shares).await.unwrap_err()), ["variance_shares"]);
}

#[tokio::test]
async fn ranks_are_those_of_the_levels() {
    let server = TestServer::start(&[]).await;
    let told = forecast(&server, request(0)).await.unwrap();
    let table = &told.baseline.as_ref().unwrap().regions;
    let (levels, ranks) = (values(table, "level"), values(table, "rank"));
    for row in 0..48 {
        let larger = levels[..48].iter().filter(|level| level.unwrap() > levels[row].unwrap()).count();
        near(ranks[row], (larger + 1) as f64);
    }
    let reordered = &told.scenarios[0].inequality_effects;
    let ours = values(&told.scenarios[0].path.as_ref().unwrap().regions, "rank");
    for (t, changes) in values(reordered, "rank_changes").into_iter().enumerate() {
        let places = t * 48..(t + 1) * 48;
        let moved = ours[places.clone()].iter().zip(&ranks[places]).filter(|(ours, theirs)| ours != theirs).count();
        near(changes, moved as f64);
    }
}

/// Nobody mends one mistake to find the next.
#[tokio::test]
async fn everything_wrong_with_a_scenario_and_its_model_is_told_at_once() {
    let server = TestServer::start(&[]).await;
    let change = |region: &str, action: Action| Change {
        measure: "private_capital".into(),
        action: Some(action),
        regions: vec![region.into()],
        ..Change::default()
    };
    let changes = vec![
        change("Atlantis", Action::Scale(1.1)),
        change("Ohio", Action::Add(-1e9)),
        Change { first_period: "1950".into(), ..change("Utah", Action::Set(5.0)) },
        change("Texas", Action::Set(5.0)),
        change("Texas", Action::Set(6.0)),
    ];
    let wrong = Scenario { name: "wrong".into(), changes, ..Scenario::default() };
    let more =
        Scenario { name: "more".into(), changes: vec![change("Iowa", Action::Add(-1e9))], ..Scenario::default() };
    let unidentified = Some(Model::Spec(spec("growth(gsp) ~ l(agglomeration(private_capital)) | state^year")));
    let scenarios = vec![wrong, more.clone()];
    let all = ForecastGrowthRequest { scenarios, model: unidentified.clone(), ..request(0) };
    let expected = [
        "scenarios[0].changes",
        "scenarios[0].changes[0].regions[0]",
        "scenarios[0].changes[2].first_period",
        "scenarios[0].changes[4]",
        "scenarios[1].changes",
        "spec.formula",
    ];
    assert_eq!(fields(&forecast(&server, all).await.unwrap_err()), expected);
    let sound = ForecastGrowthRequest { scenarios: vec![more], model: unidentified, ..request(0) };
    assert_eq!(fields(&forecast(&server, sound).await.unwrap_err()), ["scenarios[0].changes", "spec.formula"]);
}
