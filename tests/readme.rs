//! What the README says of the catalogue is what the catalogue says of itself.
//!
//! `AGGLO_WRITE=1 cargo test --test readme` writes the table anew.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::api;
use agglo::card::{Card, Kind};
use std::fmt::Write;
use std::fs;

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
