//! The dataset service over the wire.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/server.rs"]
mod server;
#[path = "support/upload.rs"]
mod upload;

use agglo::api::table::{numbers, table, texts};
use agglo::api::v1::column::Values;
use agglo::api::v1::dataset_source::Source;
use agglo::api::v1::import_dataset_request::Frame;
use agglo::api::v1::{
    Column, DataFormat, DatasetSource, DeleteDatasetRequest, ExportDatasetRequest, GetDatasetRequest, ImportMode,
    InlineDataset, ListDatasetVersionsRequest, ListDatasetsRequest, NeighbourPair, ProfileDatasetRequest, Table,
};
use server::TestServer;
use tokio_stream::StreamExt;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use upload::{Client, SMALL, finish, header, import, send, stored};

async fn started() -> (TestServer, Client) {
    let server = TestServer::start(&[]).await;
    let client = Client::new(server.channel().await);
    (server, client)
}

async fn export(client: &mut Client, name: &str, format: DataFormat) -> Vec<u8> {
    let request = ExportDatasetRequest { name: name.into(), format: format.into() };
    let mut chunks = client.export_dataset(request).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(chunk) = chunks.next().await {
        bytes.extend_from_slice(&chunk.unwrap().chunk);
    }
    bytes
}

/// Field and description of every violation.
fn violations(status: &Status) -> Vec<(String, String)> {
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    let told = status.get_details_bad_request().unwrap().field_violations;
    told.into_iter().map(|violation| (violation.field, violation.description)).collect()
}

fn fields(status: &Status) -> Vec<String> {
    violations(status).into_iter().map(|(field, _)| field).collect()
}

fn entries(table: Option<&Table>, name: &str) -> Column {
    table.unwrap().columns.iter().find(|column| column.name == name).unwrap().clone()
}

#[tokio::test]
async fn a_dataset_lives_from_import_to_deletion() {
    let (_server, mut client) = started().await;
    let mut first = header("us-states");
    first.title = "Some states".into();
    first.schema.as_mut().unwrap().neighbours = vec![NeighbourPair { region: "Ohio".into(), neighbour: "Iowa".into() }];
    let dataset = import(&mut client, first, SMALL).await.unwrap();
    assert_eq!((dataset.name.as_str(), dataset.title.as_str()), ("datasets/us-states/versions/1", "Some states"));
    assert!(dataset.create_time.is_some());
    let shape = dataset.shape.clone().unwrap();
    assert_eq!((shape.region_count, shape.row_count, shape.full_row_count, shape.neighbour_pair_count), (3, 5, 6, 1));
    let measures: Vec<_> = dataset.measures.iter().map(|measure| measure.name.as_str()).collect();
    assert_eq!(
        (measures, dataset.attributes.as_slice()),
        (vec!["gsp", "unemployment"], ["division".to_owned()].as_slice())
    );

    let mut more = header("us-states");
    more.mode = ImportMode::Append.into();
    let second = import(&mut client, more, "state,year,gsp,unemployment,division\nUtah,1990,4,2,West\n").await.unwrap();
    assert_eq!((second.name.as_str(), second.shape.unwrap().row_count), ("datasets/us-states/versions/2", 6));

    let get = |name: &str| GetDatasetRequest { name: name.into() };
    let newest = client.get_dataset(get("datasets/us-states")).await.unwrap().into_inner().dataset.unwrap();
    let oldest = client.get_dataset(get("datasets/us-states/versions/1")).await.unwrap().into_inner().dataset.unwrap();
    assert_eq!((newest.name, oldest), (second.name, dataset));
    let versions =
        ListDatasetVersionsRequest { parent: "datasets/us-states".into(), page_size: 1, page_token: String::new() };
    let page = client.list_dataset_versions(versions.clone()).await.unwrap().into_inner();
    let next = ListDatasetVersionsRequest { page_token: page.next_page_token, ..versions };
    let page = client.list_dataset_versions(next).await.unwrap().into_inner();
    assert_eq!((page.versions[0].name.as_str(), page.next_page_token.as_str()), ("datasets/us-states/versions/2", ""));

    let delete = DeleteDatasetRequest { name: "datasets/us-states".into() };
    client.delete_dataset(delete.clone()).await.unwrap();
    client.delete_dataset(delete).await.unwrap();
    let gone = client.get_dataset(get("datasets/us-states")).await.unwrap_err();
    assert_eq!((gone.code(), stored(&mut client).await.len()), (Code::NotFound, 0));
    assert_eq!(gone.get_details_error_info().unwrap().metadata["resource"], "datasets/us-states");
}

#[tokio::test]
async fn lists_come_in_pages_by_name() {
    let (_server, mut client) = started().await;
    for id in ["b", "a", "d", "c", "e"] {
        import(&mut client, header(id), SMALL).await.unwrap();
    }
    let mut names = Vec::new();
    let mut request = ListDatasetsRequest { page_size: 2, page_token: String::new() };
    loop {
        let page = client.list_datasets(request.clone()).await.unwrap().into_inner();
        names.extend(page.datasets.into_iter().map(|dataset| dataset.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(names, ["a", "b", "c", "d", "e"].map(|id| format!("datasets/{id}/versions/1")));
    let bad = ListDatasetsRequest { page_size: 5_000, page_token: "?".into() };
    assert_eq!(fields(&client.list_datasets(bad).await.unwrap_err()), ["page_size", "page_token"]);
}

#[tokio::test]
async fn the_service_says_what_it_guessed_and_what_it_left_out() {
    let (_server, mut client) = started().await;
    let mut guessing = header("x");
    let schema = guessing.schema.as_mut().unwrap();
    schema.attribute_columns.clear();
    schema.neighbours = vec![NeighbourPair { region: "Ohio".into(), neighbour: "Ontario".into() }];
    let bytes = SMALL.as_bytes();
    let frames = vec![Frame::Header(guessing), upload::chunk(bytes), finish(bytes, 5)];
    let warnings = send(&mut client, frames).await.unwrap().warnings;
    let told: Vec<_> = warnings.iter().map(|warning| (warning.code.as_str(), warning.subject.as_str())).collect();
    let expected = [
        ("MEASURE_KIND_GUESSED", "gsp"),
        ("MEASURE_KIND_GUESSED", "unemployment"),
        ("COLUMN_LEFT_OUT", "division"),
        ("NEIGHBOURS_WITHOUT_ROWS", "Ontario"),
    ];
    assert_eq!(told, expected);
    assert!(warnings[1].message.contains("a rate"), "{}", warnings[1].message);
}

#[tokio::test]
async fn everything_wrong_with_a_header_is_told_at_once() {
    let (_server, mut client) = started().await;
    let mut bad = header("Not An Id");
    bad.format = 0;
    bad.mode = 77;
    bad.request_id = "x".repeat(200);
    let schema = bad.schema.as_mut().unwrap();
    schema.region_column.clear();
    let pair = |a: &str, b: &str| NeighbourPair { region: a.into(), neighbour: b.into() };
    schema.neighbours = vec![pair("a", "a"), pair("a", "b"), pair("b", "a")];
    let ragged = texts("macro", ["x", "y"]);
    schema.region_facts = Some(table(vec![texts("county", ["a"]), ragged]));
    schema.measures = vec![agglo::api::v1::Measure { kind: 77, ..Default::default() }];
    bad.title = "x".repeat(1_001);
    bad.source_note = "x".repeat(10_001);
    let status = send(&mut client, vec![Frame::Header(bad)]).await.unwrap_err();
    let expected = [
        "header.dataset_id",
        "header.schema.region_column",
        "header.schema.measures[0].kind",
        "header.schema.region_facts.columns[1]",
        "header.schema.region_facts",
        "header.schema.neighbours[0]",
        "header.schema.neighbours[2]",
        "header.format",
        "header.mode",
        "header.title",
        "header.source_note",
        "header.request_id",
    ];
    assert_eq!(fields(&status), expected);
}

#[tokio::test]
async fn a_finish_is_told_all_that_is_wrong_with_it() {
    let (_server, mut client) = started().await;
    let wrong = Frame::Finish(agglo::api::v1::ImportFinish { row_count: -3, sha256: "0".repeat(64) });
    let frames = vec![Frame::Header(header("x")), upload::chunk(SMALL.as_bytes()), wrong];
    let status = send(&mut client, frames).await.unwrap_err();
    assert_eq!(fields(&status), ["finish.sha256", "finish.row_count"]);
}

#[tokio::test]
async fn facts_may_repeat_an_attribute_of_the_rows() {
    let (_server, mut client) = started().await;
    let with = |division: &str| {
        let mut header = header("x");
        let facts = table(vec![texts("state", ["Ohio", "Utopia"]), texts("division", [division, "Nowhere"])]);
        header.schema.as_mut().unwrap().region_facts = Some(facts);
        vec![Frame::Header(header), upload::chunk(SMALL.as_bytes()), finish(SMALL.as_bytes(), 5)]
    };
    let told = violations(&send(&mut client, with("Mars")).await.unwrap_err());
    assert_eq!(told[0].0, "column division");
    let division = told[0].1.split('"').nth(1).unwrap().to_owned();
    assert!(told[0].1.contains("Ohio") && told[0].1.contains("Mars"), "{told:?}");
    let answer = send(&mut client, with(&division)).await.unwrap();
    assert_eq!(answer.dataset.unwrap().attributes, ["division"]);
    let warning = answer.warnings.iter().find(|warning| warning.code == "FACTS_WITHOUT_ROWS").unwrap();
    assert!(warning.message.ends_with("1 in all: Utopia"), "{}", warning.message);
}

#[tokio::test]
async fn columns_that_are_not_there_are_told_at_the_schema() {
    let (_server, mut client) = started().await;
    let mut bad = header("x");
    let schema = bad.schema.as_mut().unwrap();
    schema.region_column = "sate".into();
    schema.industry_column = "nace".into();
    schema.attribute_columns = vec!["macro".into()];
    schema.measures = vec![agglo::api::v1::Measure { name: "gdp".into(), ..Default::default() }];
    let status = import(&mut client, bad, SMALL).await.unwrap_err();
    let told = violations(&status);
    let fields: Vec<_> = told.iter().map(|(field, _)| field.as_str()).collect();
    let expected = [
        "header.schema.region_column",
        "header.schema.industry_column",
        "header.schema.attribute_columns[0]",
        "header.schema.measures[0].name",
    ];
    assert_eq!(fields, expected);
    assert!(told[0].1.contains("state"), "{told:?}");
}

#[tokio::test]
async fn bad_rows_are_told_by_row_and_column_and_counted() {
    let (_server, mut client) = started().await;
    let text = "state,year,gsp,unemployment,division\n\
        Ohio,1990,1.234.5,5,East\nOhio,1990Q1,11,x,East\nOhio,soon,5,3,East\nOhio,1991,5,4,West\n,1992,1,1,East\n\
        Iowa,1990,1,1,West\nIowa,1990,2,2,West\nUtah,1990,inf,1,West\n";
    let mut strict = header("x");
    let measure = |name: &str| agglo::api::v1::Measure { name: name.into(), ..Default::default() };
    strict.schema.as_mut().unwrap().measures = vec![measure("gsp"), measure("unemployment")];
    let status = import(&mut client, strict.clone(), text).await.unwrap_err();
    let told = fields(&status);
    for field in [
        "row 2, column gsp",
        "row 3, column year",
        "row 3, column unemployment",
        "row 4, column year",
        "row 5, column division",
        "row 6, column state",
        "row 8",
        "row 9, column gsp",
    ] {
        assert!(told.iter().any(|told| told == field), "{field} is missing in {told:?}");
    }
    assert_eq!(told.len(), 8);

    let mut many = "state,year,gsp,unemployment,division\n".to_owned();
    (0..3_000).for_each(|row| many.push_str(&format!("Ohio,{},n.v.,1,East\n", 1000 + row)));
    let status = import(&mut client, strict, &many).await.unwrap_err();
    assert_eq!(violations(&status).len(), 100);
    assert_eq!(status.get_details_error_info().unwrap().metadata["violationCount"], "3000");
    assert!(stored(&mut client).await.is_empty(), "nothing half-imported is visible");
}

#[tokio::test]
async fn bytes_that_are_no_such_file_are_refused() {
    let (_server, mut client) = started().await;
    for (format, bytes) in [
        (DataFormat::Parquet, SMALL.as_bytes()),
        (DataFormat::ArrowIpc, SMALL.as_bytes()),
        (DataFormat::Csv, b"PAR1\0\0\xff\xfe,\0\n\xff".as_slice()),
        (DataFormat::Csv, b"".as_slice()),
        (DataFormat::Csv, b"state,year,gsp,division\n".as_slice()),
        (DataFormat::Csv, b"state,year,gsp,division\nOhio,1990\n".as_slice()),
    ] {
        let mut header = header("x");
        header.format = format.into();
        let frames = vec![Frame::Header(header), upload::chunk(bytes), finish(bytes, 5)];
        let status = send(&mut client, frames).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{format:?}: {status:?}");
    }
}

#[tokio::test]
async fn appended_rows_fit_the_version_before() {
    let (_server, mut client) = started().await;
    let mut append = header("x");
    append.mode = ImportMode::Append.into();
    let status = import(&mut client, append.clone(), SMALL).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    import(&mut client, header("x"), SMALL).await.unwrap();
    let status = import(&mut client, append.clone(), SMALL).await.unwrap_err();
    assert_eq!(violations(&status).len(), 5, "every key is there already");
    let other = "state,year,gsp,division\nOhio,1995,1,East\n";
    assert_eq!(import(&mut client, append, other).await.unwrap_err().code(), Code::InvalidArgument);
    assert_eq!(stored(&mut client).await, ["datasets/x/versions/1"]);
}

#[tokio::test]
async fn the_same_request_id_has_one_effect() {
    let (_server, mut client) = started().await;
    let mut named = header("x");
    named.request_id = "upload-7".into();
    let first = import(&mut client, named.clone(), SMALL).await.unwrap();
    let again = import(&mut client, named.clone(), SMALL).await.unwrap();
    assert_eq!(first, again);
    let other = import(&mut client, named, &SMALL.replace("10", "12")).await.unwrap_err();
    assert_eq!(other.code(), Code::FailedPrecondition);
    assert_eq!(stored(&mut client).await, ["datasets/x/versions/1"]);
}

#[tokio::test]
async fn what_is_exported_can_be_imported_again() {
    let (_server, mut client) = started().await;
    let first = import(&mut client, header("x"), SMALL).await.unwrap();
    for format in [DataFormat::Csv, DataFormat::Parquet, DataFormat::ArrowIpc] {
        let bytes = export(&mut client, "datasets/x", format).await;
        let mut header = header("again");
        header.format = format.into();
        let schema = header.schema.as_mut().unwrap();
        schema.measures = first.measures.clone();
        let frames = vec![Frame::Header(header), upload::chunk(&bytes), finish(&bytes, 5)];
        let again = send(&mut client, frames).await.unwrap().dataset.unwrap();
        assert_eq!(again.sha256, first.sha256, "{format:?}: the same content has the same digest");
    }
    let missing = ExportDatasetRequest { name: "datasets/none".into(), format: 0 };
    assert_eq!(client.export_dataset(missing).await.unwrap_err().code(), Code::NotFound);
    let nonsense = ExportDatasetRequest { name: "x".into(), format: 9 };
    assert_eq!(fields(&client.export_dataset(nonsense).await.unwrap_err()), ["name", "format"]);
}

fn inline() -> InlineDataset {
    let columns = vec![
        texts("state", ["Ohio", "Ohio", "Iowa", "Iowa", "Utah"]),
        texts("year", ["1990", "1991", "1990", "1991", "1991"]),
        numbers("gsp", "", [Ok(10.0), Ok(11.0), Ok(5.0), Err(agglo::panel::Absent::Missing), Ok(0.0)]),
        numbers("unemployment", "", [Ok(5.0), Err(agglo::panel::Absent::Suppressed), Ok(3.0), Ok(4.0), Ok(2.0)]),
        texts("division", ["East", "East", "West", "West", "West"]),
    ];
    InlineDataset { schema: header("x").schema, table: Some(table(columns)) }
}

fn profile_of(source: Source) -> ProfileDatasetRequest {
    ProfileDatasetRequest { dataset: Some(DatasetSource { source: Some(source) }) }
}

#[tokio::test]
async fn profiles_of_stored_and_inline_data_agree() {
    let (_server, mut client) = started().await;
    import(&mut client, header("x"), SMALL).await.unwrap();
    let stored = client.profile_dataset(profile_of(Source::Name("datasets/x".into()))).await.unwrap().into_inner();
    let sent = client.profile_dataset(profile_of(Source::Inline(inline()))).await.unwrap().into_inner();
    assert_eq!((&stored.shape, &stored.measures, &stored.gaps), (&sent.shape, &sent.measures, &sent.gaps));
    let (from_store, from_message) = (stored.provenance.unwrap(), sent.provenance.unwrap());
    assert_eq!(from_store.dataset_sha256, from_message.dataset_sha256, "the same content has the same digest");
    assert_eq!(
        (from_store.dataset_version.as_str(), from_message.dataset_version.as_str()),
        ("datasets/x/versions/1", "")
    );
    assert_eq!((from_store.used_row_count, from_store.request_sha256.len()), (5, 64));

    let count = |name| match entries(stored.measures.as_ref(), name).values {
        Some(Values::Numbers(numbers)) => numbers.values,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(
        (count("present"), count("missing"), count("suppressed")),
        (vec![4.0, 4.0], vec![1.0, 0.0], vec![0.0, 1.0])
    );
    assert_eq!((count("zero"), count("min"), count("median")), (vec![1.0, 0.0], vec![0.0, 2.0], vec![7.5, 3.5]));
    assert_eq!(entries(stored.gaps.as_ref(), "region").values, texts("", ["Utah"]).values);
}

#[tokio::test]
async fn bad_inline_data_are_told_by_field() {
    let (_server, mut client) = started().await;
    let mut bad = inline();
    let columns = &mut bad.table.as_mut().unwrap().columns;
    let Some(Values::Numbers(numbers)) = &mut columns[2].values else { panic!() };
    numbers.values[1] = f64::NAN;
    let Some(Values::Texts(texts)) = &mut columns[1].values else { panic!() };
    texts.values.pop();
    let status = client.profile_dataset(profile_of(Source::Inline(bad))).await.unwrap_err();
    let expected = ["dataset.inline.table.columns[1]", "dataset.inline.table.columns[2].numbers.values[1]"];
    assert_eq!(fields(&status), expected);
    let nothing = client.profile_dataset(ProfileDatasetRequest { dataset: None }).await.unwrap_err();
    assert_eq!(fields(&nothing), ["dataset"]);
    let name = client.profile_dataset(profile_of(Source::Name("x".into()))).await.unwrap_err();
    assert_eq!(fields(&name), ["dataset.name"]);
}
