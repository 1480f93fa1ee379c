//! `ExplainScenario` over the wire.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::change::Action;
use agglo::api::v1::extensive::Entry;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{
    Change, Companion, DatasetSource, EffectSplit, ExplainScenarioRequest, ExplainScenarioResponse, Extensive,
    ForecastGrowthRequest, GivenCoefficient, GivenModel, Intensive, ModelSpec, Scenario, SplitBy,
};
use panels::{assert_sound, fields, inline, munnell, names, numbers, texts, values, words};
use support::TestServer;
use tonic::{Code, Status};

async fn explain(server: &TestServer, request: ExplainScenarioRequest) -> Result<ExplainScenarioResponse, Status> {
    let mut client = ForecastServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20);
    client.explain_scenario(request).await.map(tonic::Response::into_inner)
}

/// The three regions of the toy in `tests/golden/forecast/toy.json`.
fn toy() -> DatasetSource {
    inline(vec![
        texts("region", &["r1", "r2", "r3"]),
        texts("period", &["2020", "2020", "2020"]),
        numbers("n", &[100.0, 60.0, 40.0]),
        numbers("K", &[500.0, 200.0, 100.0]),
        numbers("L", &[50.0, 30.0, 20.0]),
        numbers("gdp", &[1000.0, 400.0, 200.0]),
    ])
}

fn study() -> GivenModel {
    let terms = [("n", 0.153), ("K", 1.42), ("L", -0.11)];
    let term = |measure: &str| format!("agglomeration({measure})");
    GivenModel {
        formula: format!("growth(gdp) ~ 0 + {}", terms.map(|(measure, _)| term(measure)).join(" + ")),
        coefficients: terms.map(|(measure, estimate)| GivenCoefficient { term: term(measure), estimate }).to_vec(),
        ..Default::default()
    }
}

fn change(policy: &str, measure: &str, region: &str, action: Action) -> Change {
    Change {
        policy: policy.into(),
        measure: measure.into(),
        action: Some(action),
        regions: vec![region.into()],
        ..Default::default()
    }
}

/// A quarter more enterprises in r3, 10 % more capital an enterprise there and 5 % fewer employees in r1.
fn three_policies() -> Scenario {
    let companions = ["K", "L"].map(|measure| Companion { measure: measure.into(), relative_size: None }).to_vec();
    let entrants = Extensive { entry: Some(Entry::Rate(0.25)), companions };
    let more = |rate| Action::Intensive(Intensive { rate, companions: Vec::new() });
    let changes = vec![
        change("P1", "n", "r3", Action::Extensive(entrants)),
        change("P2", "K", "r3", more(0.10)),
        change("P3", "L", "r1", more(-0.05)),
    ];
    Scenario { name: "three policies".into(), changes, ..Default::default() }
}

fn toy_request() -> ExplainScenarioRequest {
    let forecast = ForecastGrowthRequest {
        dataset: Some(toy()),
        model: Some(Model::Given(study())),
        horizon: 3,
        scenarios: vec![three_policies()],
        ..Default::default()
    };
    ExplainScenarioRequest { forecast: Some(forecast), ..Default::default() }
}

/// A column of a split's contributions, in the rows of a part and the regions in the last period.
fn of_part(split: &EffectSplit, part: &str, column: &str) -> Vec<f64> {
    let table = &split.contributions;
    let (parts, kinds) = (words(table, "part"), words(table, "area_kind"));
    let values = values(table, column);
    let rows = (0..parts.len()).filter(|row| parts[*row] == part && kinds[*row] == "region");
    rows.map(|row| values[row].unwrap()).collect()
}

fn assert_close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    let near = found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 6e-10);
    assert!(near, "{found:?} is not {expected:?}");
}

#[tokio::test]
async fn the_policies_of_the_toy_share_their_effect() {
    let server = TestServer::start(&[]).await;
    let answer = explain(&server, toy_request()).await.unwrap();
    assert_eq!((answer.scenario.as_str(), answer.period.as_str()), ("three policies", "2023"));
    let [policies, drivers, margins] = &answer.splits[..] else { panic!("three splits") };
    assert_eq!([policies, drivers, margins].map(EffectSplit::by), [SplitBy::Policy, SplitBy::Driver, SplitBy::Margin]);
    assert_close(&of_part(policies, "P1", "growth_effect"), &[-0.086592732, -0.035129025, 0.121721757]);
    assert_close(&of_part(policies, "P2", "growth_effect"), &[-0.035702485, -0.014280994, 0.049983479]);
    assert_close(&of_part(policies, "P3", "growth_effect"), &[0.004223399, -0.002419057, -0.001804342]);
    let interaction = values(&policies.totals, "growth_effect_interaction");
    let interaction: Vec<f64> = interaction[..3].iter().map(|x| x.unwrap()).collect();
    assert_close(&interaction, &[-0.005678971, -0.002026882, 0.007705852]);
    assert_close(&of_part(drivers, "n", "growth_effect"), &[-0.010928571, -0.006557143, 0.017485714]);
    assert_eq!(words(&margins.contributions, "part").iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
    let keys = ["part", "period", "area_kind", "area"];
    let ends = ["", "_alone", "_last"];
    let promised = ["level_effect_percent", "growth_effect"].map(|x| ends.map(|end| format!("{x}{end}"))).concat();
    let promised: Vec<&str> = keys.into_iter().chain(promised.iter().map(String::as_str)).collect();
    assert_eq!(names(&policies.contributions), promised);
    // Three regions and the nation in the last period, the nation in the first two.
    assert_eq!(words(&policies.totals, "period"), ["2023", "2023", "2023", "2023", "2021", "2022"]);
    for split in &answer.splits {
        assert_sound(&split.contributions);
        assert_sound(&split.totals);
        assert_eq!(split.sampled_order_count, 0);
    }
    let gains = answer.gains.unwrap();
    assert_eq!((gains.gainer_count, gains.loser_count, gains.unchanged_count, gains.absent_count), (1, 2, 0, 0));
    let effects = ["level_effect", "level_effect_percent", "growth_effect"];
    assert_eq!(names(&gains.regions), [&["region", "rank"], &effects[..]].concat());
    assert_eq!(values(&gains.regions, "rank"), [Some(3.0), Some(2.0), Some(1.0)]);
    let total = |name: &str| values(&gains.totals, name)[0].unwrap();
    let nation = values(&gains.nation, "level_effect")[0].unwrap();
    assert!((total("gained_level_effect") + total("lost_level_effect") - nation).abs() < 1e-9);
    assert!(gains.groups.is_none() && answer.spillovers.is_none());
}

#[tokio::test]
async fn drivers_within_policies_share_what_the_policies_get() {
    let server = TestServer::start(&[]).await;
    let splits = vec![SplitBy::Policy.into(), SplitBy::Driver.into()];
    let request = ExplainScenarioRequest { splits, within_policies: true, period: "2021".into(), ..toy_request() };
    let answer = explain(&server, request).await.unwrap();
    assert_eq!(answer.period, "2021");
    let [policies, drivers] = &answer.splits[..] else { panic!("two splits") };
    let table = &drivers.contributions;
    assert_eq!(names(table)[..2], ["policy", "part"]);
    let effects = values(table, "growth_effect");
    for policy in ["P1", "P2", "P3"] {
        let whole = of_part(policies, policy, "growth_effect");
        for (region, whole) in ["r1", "r2", "r3"].iter().zip(whole) {
            let rows = (0..effects.len())
                .filter(|row| words(table, "policy")[*row] == policy && words(table, "area")[*row] == *region);
            let sum: f64 = rows.map(|row| effects[row].unwrap()).sum();
            assert!((sum - whole).abs() < 1e-12, "{policy} in {region}: {sum} is not {whole}");
        }
    }
}

#[tokio::test]
async fn origins_and_destinations_add_up() {
    let server = TestServer::start(&[]).await;
    let request = ExplainScenarioRequest { with_spillovers: true, ..toy_request() };
    let answer = explain(&server, request).await.unwrap();
    let spillovers = answer.spillovers.unwrap();
    let table = &spillovers.effects;
    assert_eq!(words(table, "origin"), ["r1", "r1", "r1", "r3", "r3", "r3"]);
    assert_eq!(words(table, "kind"), ["direct", "spillover", "spillover", "spillover", "spillover", "direct"]);
    let effects: Vec<f64> = values(table, "level_effect").into_iter().map(Option::unwrap).collect();
    let origin = |name: &str| values(&spillovers.origins, name).into_iter().map(Option::unwrap).collect::<Vec<f64>>();
    assert_close(&origin("direct_level_effect"), &[effects[0], effects[5]]);
    assert_close(&origin("spillover_level_effect"), &[effects[1] + effects[2], effects[3] + effects[4]]);
    let nation = origin("nation_level_effect");
    let gains = answer.gains.unwrap();
    assert!((nation.iter().sum::<f64>() - values(&gains.nation, "level_effect")[0].unwrap()).abs() < 1e-9);
    let destination = |name: &str| values(&spillovers.destinations, name);
    assert_eq!(words(&spillovers.destinations, "destination"), ["r1", "r2", "r3"]);
    assert_eq!(destination("own_level_effect_percent")[1], Some(0.0));
    assert_eq!(destination("level_effect_percent"), values(&gains.regions, "level_effect_percent"));
    [table, &spillovers.origins, &spillovers.destinations].into_iter().for_each(assert_sound);
}

#[tokio::test]
async fn a_fitted_model_explains_with_intervals() {
    let server = TestServer::start(&[]).await;
    let formula = "growth(gsp) ~ l(agglomeration(private_capital)) + l(ln(gsp/employment)) | state + year";
    let scale = |measure: &str, factor| Change {
        measure: measure.into(),
        action: Some(Action::Scale(factor)),
        regions: vec!["Ohio".into()],
        ..Default::default()
    };
    let changes = vec![scale("private_capital", 1.1), scale("employment", 0.95)];
    let forecast = ForecastGrowthRequest {
        dataset: Some(munnell()),
        model: Some(Model::Spec(ModelSpec { formula: formula.into(), ..Default::default() })),
        horizon: 4,
        draws: 100,
        seed: 7,
        interval_levels: vec![0.9],
        scenarios: vec![Scenario { name: "invest".into(), changes, ..Default::default() }],
        group_attribute: "division".into(),
        ..Default::default()
    };
    let splits = vec![SplitBy::Driver.into()];
    let request =
        ExplainScenarioRequest { forecast: Some(forecast), splits, with_intervals: true, ..Default::default() };
    let answer = explain(&server, request).await.unwrap();
    let table = &answer.splits[0].contributions;
    let band = ["level_effect_percent", "level_effect_percent_median", "level_effect_percent_lower_90"];
    assert_eq!(names(table)[4..7], band);
    let gains = answer.gains.unwrap();
    let chances: Vec<f64> = values(&gains.regions, "probability_of_gain").into_iter().map(Option::unwrap).collect();
    assert!(chances.len() == 48 && chances.iter().all(|chance| (0.0..=1.0).contains(chance)));
    assert_eq!(words(&gains.groups, "group").len(), 9);
    assert_eq!(answer.provenance.unwrap().seed, 7);
    [table, &gains.regions, &gains.groups, &gains.nation, &gains.totals].into_iter().for_each(assert_sound);
}

#[tokio::test]
async fn every_fault_is_told_at_its_field() {
    let server = TestServer::start(&[]).await;
    let empty = explain(&server, ExplainScenarioRequest::default()).await.unwrap_err();
    assert_eq!((empty.code(), fields(&empty)), (Code::InvalidArgument, vec!["forecast".to_owned()]));

    let wrong = ExplainScenarioRequest {
        scenario: "two policies".into(),
        splits: vec![0, SplitBy::Driver.into(), SplitBy::Driver.into()],
        period: "2024".into(),
        sampled_pair_count: 1,
        ..toy_request()
    };
    let told = fields(&explain(&server, wrong).await.unwrap_err());
    assert_eq!(told, ["period", "sampled_pair_count", "scenario", "splits[0]", "splits[2]"]);

    let mut request = toy_request();
    request.forecast.as_mut().unwrap().horizon = 0;
    assert_eq!(fields(&explain(&server, request).await.unwrap_err()), ["forecast.horizon"]);

    let mut request = toy_request();
    request.forecast.as_mut().unwrap().scenarios.clear();
    assert_eq!(fields(&explain(&server, request).await.unwrap_err()), ["forecast.scenarios"]);
}

#[tokio::test]
async fn a_part_that_cannot_stand_alone_is_named() {
    let server = TestServer::start(&[]).await;
    let mut request = toy_request();
    // Taking 60 from r3 needs the 30 that the other policy brings.
    let changes = vec![change("give", "n", "r3", Action::Add(30.0)), change("take", "n", "r3", Action::Add(-60.0))];
    request.forecast.as_mut().unwrap().scenarios = vec![Scenario { name: "s".into(), changes, ..Default::default() }];
    request.splits = vec![SplitBy::Policy.into()];
    let status = explain(&server, request).await.unwrap_err();
    assert_eq!(fields(&status), ["splits"]);
    assert!(status.message().contains("splits off take alone"), "{}", status.message());
}
