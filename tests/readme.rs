//! What the README says of the catalogue is what the catalogue says of itself, and its commands run.
//!
//! `AGGLO_WRITE=1 cargo test --test readme` writes the table anew.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::api;
use agglo::card::{Card, Kind};
use std::fmt::Write;
use std::fs;
use std::process::Command;

const BEGIN: &str = "<!-- methods:begin -->\n";
const END: &str = "<!-- methods:end -->";

fn row(card: &Card) -> String {
    let kind = match card.kind {
        Kind::Index => &format!("index: {}", agglo::indices::family(card.id).unwrap()),
        Kind::Estimator => "estimator",
        Kind::Covariance => "covariance",
        Kind::Driver => "driver",
        Kind::Score => "score",
        Kind::Test => "test",
        Kind::Reconciliation => "reconciliation",
    };
    let aliases: String = card.aliases.iter().map(|alias| format!(", `{alias}`")).collect();
    let params: Vec<_> = card.params.iter().map(|param| format!("`{}`", param.name)).collect();
    format!("| `{}`{aliases} | {kind} | {} | {} |", card.id, card.title.replace('|', "\\|"), params.join(", "))
}

#[test]
fn the_table_of_methods_is_the_catalogue() {
    let mut table = "| id | kind | what it is | parameters |\n|---|---|---|---|\n".to_owned();
    for card in api::catalog::all() {
        writeln!(table, "{}", row(card)).unwrap();
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let readme = fs::read_to_string(path).unwrap();
    let start = readme.find(BEGIN).unwrap() + BEGIN.len();
    let end = readme.find(END).unwrap();
    if std::env::var_os("AGGLO_WRITE").is_some() {
        fs::write(path, format!("{}{table}{}", &readme[..start], &readme[end..])).unwrap();
        return;
    }
    assert_eq!(&readme[start..end], table, "write it anew with AGGLO_WRITE=1 cargo test --test readme");
}

/// The words of a command as a shell sees them; what stands between single quotes is one word.
fn words(command: &str) -> Vec<String> {
    let parts = command.split('\'').enumerate();
    parts
        .flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        })
        .collect()
}

#[test]
fn the_commands_on_bundled_data_run() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = fs::read_to_string(format!("{root}/README.md")).unwrap().replace("\\\n", " ");
    let folder = tempfile::tempdir().unwrap();
    for shared in ["data", "examples"] {
        std::os::unix::fs::symlink(format!("{root}/{shared}"), folder.path().join(shared)).unwrap();
    }
    let commands: Vec<&str> =
        readme.lines().filter(|line| line.starts_with("agglo ") && line.contains("data/")).collect();
    assert!(commands.len() >= 10, "{commands:?}");
    for command in commands {
        let mut program = Command::new(env!("CARGO_BIN_EXE_agglo"));
        let output = program.args(&words(command)[1..]).current_dir(folder.path()).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && !output.stdout.is_empty(), "{command}\n{stderr}");
    }
    let report = fs::read_to_string(folder.path().join("forecast.html")).unwrap();
    assert!(report.contains("Who gains and who loses in 1996"));
    let draws = fs::read_to_string(folder.path().join("draws.csv")).unwrap();
    assert!(draws.starts_with("future,period,region,industry,draw,outcome,level\nbaseline,1987,Alabama,,1,"));
    // Two futures of ten years of 48 states, 1,000 draws each, below the header.
    assert_eq!(draws.lines().count(), 1 + 2 * 10 * 48 * 1000);
}

#[test]
fn the_scenario_is_one_and_every_warning_is_explained() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = fs::read_to_string(format!("{root}/README.md")).unwrap();
    let json = readme.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let scenario: api::v1::Scenario = api::json::from_json(json).unwrap();
    assert_eq!(scenario.changes.len(), 2);
    let warnings = fs::read_to_string(format!("{root}/src/forecast/warning.rs")).unwrap();
    let codes: Vec<&str> = warnings.split("=> \"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(codes.len() > 15);
    let unexplained: Vec<_> = codes.iter().filter(|code| !readme.contains(&format!("`{code}`"))).collect();
    assert!(unexplained.is_empty(), "{unexplained:?}");
}
