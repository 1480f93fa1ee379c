//! What the demo asks.

use crate::api::v1::{
    Change, Column, ComputeIndicesRequest, Covariance, DataFormat, DatasetSchema, DatasetSource, FitModelRequest,
    ForecastGrowthRequest, ImportHeader, IndexCall, Measure, MeasureKind, ModelSpec, NeighbourPair, NumberValues,
    Scenario, Table, TextValues, change::Action, column::Values, forecast_growth_request::Model,
};
use prost_types::value::Kind;

/// 48 US states × 1970–1986.
pub(super) const PANEL: &[u8] = include_bytes!("../../../data/munnell.csv");
const STATES: &str = include_str!("../../../data/us_states.csv");
const NEIGHBOURS: &str = include_str!("../../../data/us_contiguity.csv");

/// Where the data come from and what the model can and cannot say.
pub(super) const SOURCE: &str = "Data: 48 US states, 1970–1986 (A. H. Munnell 1990, as distributed in the Python package \
    linearmodels 7.1); census divisions and land area from R's datasets, originally US Bureau of the Census.\n\
    The model relates a year's growth to what the state had the year before. It is an association, not proof of a cause: \
    capital also goes where growth is expected. The forecast tells what that association, taken at its word, implies.";

/// The region of the policy.
pub(super) const REGION: &str = "Mississippi";
const POLICY: &str = "Mississippi gets 10 % more private capital, phased in over 1987–1989";
/// Growth on what the state had the year before, all relative to the nation: the year's effect takes up the rest.
const FORMULA: &str = "growth(gsp) ~ l(agglomeration(private_capital)) + l(agglomeration(public_capital)) \
    + l(agglomeration(employment)) + l(ln(agglomeration(gsp))) + l(unemployment) | state + year";
/// The term of the policy.
pub(super) const TERM: &str = "l(agglomeration(private_capital))";

/// Column `i` of a bundled CSV, whose cells hold no quotes and no commas.
fn column(csv: &str, i: usize) -> impl Iterator<Item = &str> {
    csv.lines().skip(1).filter_map(move |line| line.split(',').nth(i))
}

/// Data rows of the panel.
pub(super) fn row_count() -> i64 {
    PANEL.iter().filter(|byte| **byte == b'\n').count() as i64 - 1
}

pub(super) fn header() -> ImportHeader {
    ImportHeader {
        dataset_id: "munnell".to_owned(),
        schema: Some(schema()),
        format: DataFormat::Csv.into(),
        title: "48 US states, 1970–1986".to_owned(),
        source_note: SOURCE.to_owned(),
        ..ImportHeader::default()
    }
}

fn schema() -> DatasetSchema {
    use MeasureKind::{Flow, Rate, Stock};
    let measures = [
        ("gsp", "million 1982 dollars", Flow),
        ("private_capital", "million 1982 dollars", Stock),
        ("public_capital", "million 1982 dollars", Stock),
        ("employment", "thousand", Stock),
        ("unemployment", "percent", Rate),
    ];
    let measure = |(name, unit, kind): (&str, &str, MeasureKind)| Measure {
        name: name.to_owned(),
        unit: unit.to_owned(),
        kind: kind.into(),
    };
    let neighbours = column(NEIGHBOURS, 0).zip(column(NEIGHBOURS, 1));
    let neighbours = neighbours.map(|(a, b)| NeighbourPair { region: a.to_owned(), neighbour: b.to_owned() }).collect();
    DatasetSchema {
        region_column: "state".to_owned(),
        period_column: "year".to_owned(),
        attribute_columns: vec!["division".to_owned()],
        measures: measures.map(measure).to_vec(),
        region_facts: Some(land_area()),
        neighbours,
        ..DatasetSchema::default()
    }
}

fn land_area() -> Table {
    let states = column(STATES, 0).map(str::to_owned).collect();
    let areas = column(STATES, 2).filter_map(|cell| cell.parse().ok()).collect();
    let column = |name: &str, unit: &str, values| Column {
        name: name.to_owned(),
        unit: unit.to_owned(),
        values: Some(values),
        absent: Vec::new(),
    };
    Table {
        columns: vec![
            column("state", "", Values::Texts(TextValues { values: states })),
            column("land_area_km2", "km2", Values::Numbers(NumberValues { values: areas })),
        ],
    }
}

pub(super) fn indices(dataset: DatasetSource) -> ComputeIndicesRequest {
    let call = |index: &str, measure: &str, parameters: &[(&str, &str)]| IndexCall {
        gap: None,
        index: index.to_owned(),
        measure: measure.to_owned(),
        parameters: parameters
            .iter()
            .map(|(name, word)| {
                let value = prost_types::Value { kind: Some(Kind::StringValue((*word).to_owned())) };
                ((*name).to_owned(), value)
            })
            .collect(),
    };
    ComputeIndicesRequest {
        dataset: Some(dataset),
        indices: vec![
            call("agglomeration", "private_capital", &[]),
            call("agglomeration", "employment", &[]),
            call("density", "employment", &[("per", "land_area_km2")]),
            call("theil_t", "gsp", &[("groups", "division")]),
            call("sigma", "gsp", &[]),
        ],
        ..ComputeIndicesRequest::default()
    }
}

fn spec() -> ModelSpec {
    ModelSpec {
        formula: FORMULA.to_owned(),
        covariance: Some(Covariance {
            method: "cluster".to_owned(),
            clusters: vec!["state".to_owned()],
            ..Covariance::default()
        }),
        ..ModelSpec::default()
    }
}

pub(super) fn fit(dataset: DatasetSource) -> FitModelRequest {
    FitModelRequest { dataset: Some(dataset), spec: Some(spec()), ..FitModelRequest::default() }
}

pub(super) fn forecast(dataset: DatasetSource) -> ForecastGrowthRequest {
    let change = Change {
        measure: "private_capital".to_owned(),
        action: Some(Action::Scale(1.1)),
        regions: vec![REGION.to_owned()],
        phase_period_count: 3,
        ..Change::default()
    };
    let policy = Scenario { name: POLICY.to_owned(), changes: vec![change], ..Scenario::default() };
    ForecastGrowthRequest {
        dataset: Some(dataset),
        model: Some(Model::Spec(spec())),
        horizon: 10,
        draws: 1_000,
        seed: 1990,
        scenarios: vec![policy],
        group_attribute: "division".to_owned(),
        ..ForecastGrowthRequest::default()
    }
}
