//! A Rust client: sends a small dataset along, asks for an index, a fit and a forecast with the coefficients of a study.
//!
//! Start a server with `agglo serve`, then `cargo run --example client`.

use agglo::api::v1::{
    Change, Column, ComputeIndicesRequest, DatasetSchema, DatasetSource, ForecastGrowthRequest, GivenCoefficient,
    GivenModel, IndexCall, InlineDataset, NumberValues, Scenario, Table, TextValues, change::Action, column::Values,
    dataset_source::Source, forecast_growth_request::Model, forecast_service_client::ForecastServiceClient,
    index_outcome::Outcome, index_service_client::IndexServiceClient,
};

fn texts(name: &str, values: &[&str]) -> Column {
    let values = values.iter().map(|text| (*text).to_owned()).collect();
    Column { name: name.into(), values: Some(Values::Texts(TextValues { values })), ..Column::default() }
}

fn numbers(name: &str, values: &[f64]) -> Column {
    Column {
        name: name.into(),
        values: Some(Values::Numbers(NumberValues { values: values.to_vec() })),
        ..Column::default()
    }
}

/// Three regions in two years: gdp, firms, capital and employees.
fn dataset() -> DatasetSource {
    let table = Table {
        columns: vec![
            texts("province", &["north", "middle", "south", "north", "middle", "south"]),
            texts("year", &["2024", "2024", "2024", "2025", "2025", "2025"]),
            numbers("gdp", &[970.0, 395.0, 198.0, 1000.0, 400.0, 200.0]),
            numbers("firms", &[100.0, 60.0, 40.0, 100.0, 60.0, 40.0]),
            numbers("capital", &[500.0, 200.0, 100.0, 500.0, 200.0, 100.0]),
            numbers("employees", &[50.0, 30.0, 20.0, 50.0, 30.0, 20.0]),
        ],
    };
    let schema =
        DatasetSchema { region_column: "province".into(), period_column: "year".into(), ..DatasetSchema::default() };
    DatasetSource { source: Some(Source::Inline(InlineDataset { schema: Some(schema), table: Some(table) })) }
}

/// What if the south had a quarter more enterprises?
fn what_if() -> ForecastGrowthRequest {
    let terms =
        [("agglomeration(firms)", 0.153), ("agglomeration(capital)", 1.42), ("agglomeration(employees)", -0.11)];
    let given = GivenModel {
        formula: "growth(gdp) ~ 0 + agglomeration(firms) + agglomeration(capital) + agglomeration(employees)".into(),
        coefficients: terms.map(|(term, estimate)| GivenCoefficient { term: term.into(), estimate }).to_vec(),
        ..GivenModel::default()
    };
    let change = Change {
        measure: "firms".into(),
        action: Some(Action::Scale(1.25)),
        regions: vec!["south".into()],
        ..Change::default()
    };
    ForecastGrowthRequest {
        dataset: Some(dataset()),
        model: Some(Model::Given(given)),
        horizon: 3,
        scenarios: vec![Scenario { name: "attract enterprises".into(), changes: vec![change], ..Scenario::default() }],
        ..ForecastGrowthRequest::default()
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let endpoint = std::env::var("AGGLO_ENDPOINT").unwrap_or_else(|_| "http://127.0.0.1:50551".to_owned());

    let call = IndexCall { index: "agglomeration".into(), measure: "firms".into(), ..IndexCall::default() };
    let request = ComputeIndicesRequest { dataset: Some(dataset()), indices: vec![call], ..Default::default() };
    let answer = IndexServiceClient::connect(endpoint.clone()).await?.compute_indices(request).await?.into_inner();
    for outcome in &answer.outcomes {
        match &outcome.outcome {
            Some(Outcome::Result(result)) => println!("{} of {}: {:?}", outcome.index, outcome.measure, result.table),
            Some(Outcome::Error(status)) => println!("{} of {}: {}", outcome.index, outcome.measure, status.message),
            None => {}
        }
    }

    let answer = ForecastServiceClient::connect(endpoint).await?.forecast_growth(what_if()).await?.into_inner();
    for scenario in &answer.scenarios {
        println!("{}: {:?}", scenario.name, scenario.effects);
        println!("only moves growth between regions: {}", scenario.pure_reallocation);
    }
    Ok(())
}
