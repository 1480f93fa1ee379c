//! Datasets for requests, and readers of answers.

#![allow(dead_code, unreachable_pub, reason = "every test program uses some of it")]

use agglo::api::v1::{self, Column, DatasetSource, InlineDataset, Table, column::Values};
use agglo::api::v1::{NumberValues, TextValues};
use tonic::{Code, Status};
use tonic_types::{FieldViolation, StatusExt};

pub fn texts(name: &str, values: &[&str]) -> Column {
    let values = values.iter().map(|text| (*text).to_owned()).collect();
    Column { name: name.into(), values: Some(Values::Texts(TextValues { values })), ..Default::default() }
}

pub fn numbers(name: &str, values: &[f64]) -> Column {
    let values = NumberValues { values: values.to_vec() };
    Column { name: name.into(), values: Some(Values::Numbers(values)), ..Default::default() }
}

/// A dataset sent along whose key columns are `region`, `period` and, where there is one, `industry`.
pub fn inline(columns: Vec<Column>) -> DatasetSource {
    let has_industry = columns.iter().any(|column| column.name == "industry");
    let schema = v1::DatasetSchema {
        region_column: "region".into(),
        period_column: "period".into(),
        industry_column: if has_industry { "industry".into() } else { String::new() },
        ..Default::default()
    };
    let inline = InlineDataset { schema: Some(schema), table: Some(Table { columns }) };
    DatasetSource { source: Some(v1::dataset_source::Source::Inline(inline)) }
}

pub fn named(name: &str) -> DatasetSource {
    DatasetSource { source: Some(v1::dataset_source::Source::Name(name.into())) }
}

/// The rows of the bundled panel that `keep` wants by state and year; `division` is an attribute.
pub fn munnell_where(keep: impl Fn(&str, i32) -> bool) -> DatasetSource {
    let text = std::fs::read_to_string("data/munnell.csv").unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let rows: Vec<_> = lines.filter(|row| keep(row[0], row[2].parse().unwrap())).collect();
    let columns = header.iter().enumerate().map(|(i, name)| {
        let cells: Vec<&str> = rows.iter().map(|row| row[i]).collect();
        match *name {
            "state" | "division" | "year" => texts(name, &cells),
            _ => numbers(name, &cells.iter().map(|cell| cell.parse().unwrap()).collect::<Vec<_>>()),
        }
    });
    let schema = v1::DatasetSchema {
        region_column: "state".into(),
        period_column: "year".into(),
        attribute_columns: vec!["division".into()],
        ..Default::default()
    };
    let inline = InlineDataset { schema: Some(schema), table: Some(Table { columns: columns.collect() }) };
    DatasetSource { source: Some(v1::dataset_source::Source::Inline(inline)) }
}

pub fn munnell() -> DatasetSource {
    munnell_where(|_, _| true)
}

pub fn column<'a>(table: &'a Option<Table>, name: &str) -> &'a Column {
    let table = table.as_ref().expect("the answer has the table");
    let names: Vec<_> = table.columns.iter().map(|column| &column.name).collect();
    table.columns.iter().find(|column| column.name == name).unwrap_or_else(|| panic!("no {name} among {names:?}"))
}

pub fn names(table: &Option<Table>) -> Vec<&str> {
    table.iter().flat_map(|table| &table.columns).map(|column| column.name.as_str()).collect()
}

/// The numbers of a column, `None` where absent.
pub fn values(table: &Option<Table>, name: &str) -> Vec<Option<f64>> {
    let column = column(table, name);
    let Some(Values::Numbers(numbers)) = &column.values else { panic!("{name} holds no numbers") };
    let mut values: Vec<_> = numbers.values.iter().map(|x| Some(*x)).collect();
    for row in column.absent.iter().flat_map(|absent| &absent.rows) {
        values[*row as usize] = None;
    }
    values
}

pub fn words<'a>(table: &'a Option<Table>, name: &str) -> &'a [String] {
    let Some(Values::Texts(texts)) = &column(table, name).values else { panic!("{name} holds no texts") };
    &texts.values
}

/// Every number of the table is finite and every column has as many rows as the first.
pub fn assert_sound(table: &Option<Table>) {
    let mut rows = None;
    for column in table.iter().flat_map(|table| &table.columns) {
        let count = match column.values.as_ref().unwrap() {
            Values::Numbers(numbers) => {
                assert!(numbers.values.iter().all(|x| x.is_finite()), "{} is not finite", column.name);
                numbers.values.len()
            }
            Values::Texts(texts) => texts.values.len(),
        };
        assert_eq!(*rows.get_or_insert(count), count, "{}", column.name);
    }
}

/// The violations of an INVALID_ARGUMENT, by field.
pub fn violations(status: &Status) -> Vec<FieldViolation> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    status.get_details_bad_request().unwrap().field_violations
}

/// The fields of the violations, sorted.
pub fn fields(status: &Status) -> Vec<String> {
    let mut fields: Vec<_> = violations(status).into_iter().map(|violation| violation.field).collect();
    fields.sort();
    fields
}

/// Stores the bundled panel as `datasets/munnell`.
pub async fn import_munnell(channel: tonic::transport::Channel) -> v1::Dataset {
    use sha2::Digest;
    use v1::import_dataset_request::Frame;
    let bytes = std::fs::read("data/munnell.csv").unwrap();
    let header = v1::ImportHeader {
        dataset_id: "munnell".into(),
        schema: Some(v1::DatasetSchema {
            region_column: "state".into(),
            period_column: "year".into(),
            attribute_columns: vec!["division".into()],
            ..Default::default()
        }),
        format: v1::DataFormat::Csv.into(),
        ..Default::default()
    };
    let sha256 = hex::encode(sha2::Sha256::digest(&bytes));
    let frames =
        [Frame::Header(header), Frame::Chunk(bytes.into()), Frame::Finish(v1::ImportFinish { row_count: 816, sha256 })];
    let frames = frames.map(|frame| v1::ImportDatasetRequest { frame: Some(frame) });
    let mut client = v1::dataset_service_client::DatasetServiceClient::new(channel);
    client.import_dataset(tokio_stream::iter(frames)).await.unwrap().into_inner().dataset.unwrap()
}
