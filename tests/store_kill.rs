//! A process that writes is killed again and again: what it acknowledged is there, the rest is invisible or whole.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey};
use agglo::store::{Mode, Notes, Store, merge};
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

const DIRECTORY: &str = "AGGLO_TEST_KILL_DIRECTORY";
const KILLS: u64 = 30;

/// A panel that tells by its values which version it should be.
fn panel(number: u64) -> Panel {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = Measure { name: "gdp".into(), unit: String::new(), kind: MeasureKind::Flow };
    let mut builder = PanelBuilder::new(keys, vec![measure]);
    for row in 0..200 {
        let key = RowKey { row, region: &format!("R{row}"), period: "1990", industry: None };
        builder.push(key, &[Ok(number as f64 + row as f64 / 1000.0)]);
    }
    builder.finish().unwrap()
}

/// The part of the killed process: writes versions for ever and says each number once it is stored.
#[tokio::test]
async fn writes_until_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = Store::open(directory.as_ref()).unwrap();
    let mut next = store.version("s", None).await.map_or(1, |version| version.number + 1);
    loop {
        let upload = panel(next);
        let upload = &upload;
        let encode = |base: Option<_>| async move { merge(base.as_ref(), upload) };
        let version = store.import("s", Mode::Replace, &Notes::default(), encode).await.unwrap();
        println!("stored {}", version.number);
        std::io::stdout().flush().unwrap();
        next = version.number + 1;
    }
}

/// Lets a writer run for a while, kills it, and answers with the last number it acknowledged.
fn run_and_kill(directory: &str, life: Duration) -> Option<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["writes_until_killed", "--exact", "--nocapture", "--test-threads=1"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: String| line.rsplit_once("stored ")?.1.parse::<u64>().ok();
    let first = lines.by_ref().map_while(Result::ok).find_map(number);
    std::thread::sleep(life);
    assert!(child.try_wait().unwrap().is_none(), "the writer died by itself");
    child.kill().unwrap();
    child.wait().unwrap();
    lines.map_while(Result::ok).filter_map(number).last().or(first)
}

#[tokio::test]
async fn nothing_acknowledged_is_lost() {
    if std::env::var(DIRECTORY).is_ok() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let mut stored = 0;
    for kill in 0..KILLS {
        let life = Duration::from_micros(kill * 7919 % 20_011);
        let acknowledged = run_and_kill(directory.path().to_str().unwrap(), life).unwrap();
        let store = Store::open(directory.path()).unwrap();
        let last = store.version("s", None).await.unwrap().number;
        assert!(acknowledged > stored, "kill {kill} came before the first version");
        assert!(last == acknowledged || last == acknowledged + 1, "{acknowledged} acknowledged, {last} there");
        for number in stored + 1..=last {
            assert_eq!(store.read("s", Some(number)).await.unwrap().decode().unwrap(), panel(number));
        }
        stored = last;
    }
    println!("{KILLS} kills, {stored} versions, none lost");
}
