//! Keeps the house in order: arrows point down, methods stay pure, files stay small.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the ground up. A room may use its own and those of earlier lines only.
const FLOORS: &[&[&str]] = &[
    &["error", "suggest"],
    &["card", "numeric", "panel"],
    &["compute", "indices", "ingest", "simulate"],
    &["store"],
    &["formula", "impact"],
    &["regression"],
    &["forecast"],
    &["api"],
    &["config"],
    &["telemetry"],
    &["server"],
    &["report"],
    &["cli"],
];

/// Rooms whose code is a pure function of its arguments.
const METHODS: &[&str] = &["card", "numeric", "panel", "indices", "formula", "regression", "forecast", "simulate"];

/// What a pure function does not know.
const WORLD: &[&str] =
    &["tonic", "prost", "tokio", "std::fs", "std::env", "std::net", "SystemTime", "Instant::now", "crate::api"];

fn files(directory: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no .{ending} files below {directory}");
    found
}

/// The room a source file belongs to: `src/panel/value.rs` and `src/panel.rs` are `panel`.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let from = room(&path);
        if from == "main" || from == "lib" {
            continue;
        }
        let from_floor = floor(&from).unwrap_or_else(|| panic!("{from} has no floor; give it one in this test"));
        for used in fs::read_to_string(&path).unwrap().split("crate::").skip(1) {
            let used: String = used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let Some(used_floor) = floor(&used) else { continue };
            if used != from && used_floor >= from_floor {
                wrong.push(format!("{}: {from} uses {used}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that do not point down:\n{}", wrong.join("\n"));
}

#[test]
fn methods_know_nothing_of_the_world() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        if !METHODS.contains(&room(&path).as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for word in WORLD.iter().filter(|word| text.contains(**word)) {
            wrong.push(format!("{} mentions {word}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "methods must stay pure:\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_small() {
    let large: Vec<_> = ["src", "proto", "tests"]
        .iter()
        .flat_map(|folder| files(folder, if *folder == "proto" { "proto" } else { "rs" }))
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .filter(|(lines, _)| *lines > 600)
        .collect();
    assert!(large.is_empty(), "files above 600 lines: {large:?}");
}
