//! The program as a process: killed for real while it imports, ended by signals, read by its log.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "support/upload.rs"]
mod upload;

use agglo::api::v1::{
    ExportDatasetRequest, GetDatasetRequest, ImportMode, ListDatasetVersionsRequest, ListDatasetsRequest,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;
use tonic::Request;
use upload::{Client, header};

const ROUNDS: u64 = 20;
const WRITERS: usize = 3;

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn serve(store: &Path, address: SocketAddr, flags: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_agglo"))
        .arg("serve")
        .arg(format!("--listen={address}"))
        .arg(format!("--store={}", store.display()))
        .args(flags)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn terminate(process: &Child) {
    assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
}

async fn connect(address: SocketAddr) -> Client {
    let started = Instant::now();
    loop {
        match Client::connect(format!("http://{address}")).await {
            Ok(client) => return client,
            Err(error) => assert!(started.elapsed() < Duration::from_secs(10), "{error}"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A table that no other one equals.
fn rows(writer: usize, number: u64) -> String {
    let mut text = "state,year,gsp,division\n".to_owned();
    (0..40).for_each(|year| text.push_str(&format!("State {number},{},{writer}.{year},East\n", 1900 + year)));
    text
}

/// Imports until the server dies; the digests of what it acknowledged, by version.
async fn write(mut client: Client, writer: usize, first: u64) -> BTreeMap<String, String> {
    let mut acknowledged = BTreeMap::new();
    for number in first.. {
        let mut header = header(&format!("writer-{writer}"));
        if number % 2 == 1 && !acknowledged.is_empty() {
            header.mode = ImportMode::Append.into();
        }
        match upload::import(&mut client, header, &rows(writer, number)).await {
            Ok(dataset) => acknowledged.insert(dataset.name, dataset.sha256),
            Err(_) => break,
        };
    }
    acknowledged
}

/// Every version that the server shows, by name, after reading the data of those not seen before.
async fn visible(client: &mut Client, seen: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in upload::stored(client).await {
        let parent = name.split("/versions").next().unwrap().to_owned();
        let request = ListDatasetVersionsRequest { parent, page_size: 1000, page_token: String::new() };
        for version in client.list_dataset_versions(request).await.unwrap().into_inner().versions {
            if !seen.contains_key(&version.name) {
                let request = ExportDatasetRequest { name: version.name.clone(), format: 0 };
                let mut chunks = client.export_dataset(request).await.unwrap().into_inner();
                while let Some(chunk) = chunks.next().await {
                    assert!(!chunk.unwrap().chunk.is_empty());
                }
            }
            found.insert(version.name, version.sha256);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_keeps_all_it_acknowledged() {
    let store = tempfile::tempdir().unwrap();
    let mut acknowledged = BTreeMap::new();
    let mut seen = BTreeMap::new();
    for round in 0..ROUNDS {
        let address = free_address();
        let mut process = serve(store.path(), address, &["--log=error"]);
        let mut client = connect(address).await;
        let now = visible(&mut client, &seen).await;
        for (name, digest) in &acknowledged {
            assert_eq!(now.get(name), Some(digest), "round {round}: {name} was acknowledged");
        }
        for (name, digest) in &seen {
            assert_eq!(now.get(name), Some(digest), "round {round}: {name} was visible before");
        }
        // At most one import a writer was under way when the server died; it may have been stored or not.
        assert!(now.len() - acknowledged.len() <= WRITERS * round as usize, "round {round}: versions out of nowhere");
        seen = now;
        let writers: Vec<_> = (0..WRITERS).map(|w| tokio::spawn(write(client.clone(), w, round * 1_000))).collect();
        // The kill falls on a different moment of an import in every round.
        tokio::time::sleep(Duration::from_micros(50_000 + round * 7_919 % 40_000)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
    }
    assert!(acknowledged.len() as u64 > ROUNDS, "only {} imports were acknowledged", acknowledged.len());
    println!("{} acknowledged imports survived {ROUNDS} kills", acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_ends_the_program_in_order() {
    let store = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut process = serve(store.path(), address, &["--drain-grace-seconds=1"]);
    let mut client = connect(address).await;
    upload::import(&mut client, header("x"), upload::SMALL).await.unwrap();
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    terminate(&process);
    let started = Instant::now();
    let status = tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_the_program_at_once() {
    let store = tempfile::tempdir().unwrap();
    let address = free_address();
    let mut process = serve(store.path(), address, &["--drain-grace-seconds=60"]);
    let _client = connect(address).await;
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let started = Instant::now();
    for _ in 0..2 {
        terminate(&process);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    drop(silent);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_has_one_line_and_a_callers_mistake_is_no_error() {
    let store = tempfile::tempdir().unwrap();
    let address = free_address();
    let process = serve(store.path(), address, &["--log-format=json"]);
    let mut client = connect(address).await;
    upload::import(&mut client, header("x"), upload::SMALL).await.unwrap();
    let mut mistake = Request::new(GetDatasetRequest { name: "nonsense".into() });
    mistake.metadata_mut().insert("x-request-id", "mine".parse().unwrap());
    client.get_dataset(mistake).await.unwrap_err();
    client.list_datasets(ListDatasetsRequest::default()).await.unwrap();
    drop(client);
    terminate(&process);
    let output = tokio::task::spawn_blocking(move || process.wait_with_output().unwrap()).await.unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["level"] == "INFO"), "{text}");
    let calls: Vec<_> = lines.iter().filter(|line| line["message"] == "call").collect();
    let told: Vec<_> =
        calls.iter().map(|line| (line["method"].as_str().unwrap(), line["code"].as_str().unwrap())).collect();
    let expected = [
        ("agglo.v1.DatasetService/ImportDataset", "Ok"),
        ("agglo.v1.DatasetService/GetDataset", "InvalidArgument"),
        ("agglo.v1.DatasetService/ListDatasets", "Ok"),
    ];
    assert_eq!(told, expected);
    assert_eq!(calls[1]["request_id"], "mine");
    assert!(calls.iter().all(|line| line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0)), "{text}");
}
