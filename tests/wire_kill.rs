//! The program killed for real while it imports: what it acknowledged is there, and nothing else is.

#[path = "support/upload.rs"]
mod upload;

use agglo::api::v1::{ExportDatasetRequest, ImportMode, ListDatasetVersionsRequest};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio_stream::StreamExt;
use upload::{Client, header};

const ROUNDS: u64 = 20;
const WRITERS: usize = 3;

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn spawn(store: &Path, address: SocketAddr) -> Child {
    Command::new(env!("CARGO_BIN_EXE_agglo"))
        .args(["serve", "--drain-grace-seconds=1", "--log=warn"])
        .arg(format!("--listen={address}"))
        .arg(format!("--store={}", store.display()))
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
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

/// Every version that the server shows, by name, after reading the data of each.
async fn visible(client: &mut Client) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for name in upload::stored(client).await {
        let parent = name.split("/versions").next().unwrap().to_owned();
        let request = ListDatasetVersionsRequest { parent, page_size: 1000, page_token: String::new() };
        for version in client.list_dataset_versions(request).await.unwrap().into_inner().versions {
            let request = ExportDatasetRequest { name: version.name.clone(), format: 0 };
            let mut chunks = client.export_dataset(request).await.unwrap().into_inner();
            let mut digest = Sha256::new();
            while let Some(chunk) = chunks.next().await {
                digest.update(&chunk.unwrap().chunk);
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
        let mut process = spawn(store.path(), address);
        let mut client = connect(address).await;
        let now = visible(&mut client).await;
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
    let mut process = spawn(store.path(), address);
    let mut client = connect(address).await;
    upload::import(&mut client, header("x"), upload::SMALL).await.unwrap();
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let signalled = Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap();
    assert!(signalled.success());
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
    let mut process = Command::new(env!("CARGO_BIN_EXE_agglo"))
        .args(["serve", "--drain-grace-seconds=60", "--log=warn"])
        .arg(format!("--listen={address}"))
        .arg(format!("--store={}", store.path().display()))
        .spawn()
        .unwrap();
    let _client = connect(address).await;
    let silent = tokio::net::TcpStream::connect(address).await.unwrap();
    let started = Instant::now();
    for _ in 0..2 {
        assert!(Command::new("kill").args(["-TERM", &process.id().to_string()]).status().unwrap().success());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    drop(silent);
}
