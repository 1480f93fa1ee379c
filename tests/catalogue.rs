//! The catalogue is whole: every file is listed, every card complete, every index checked against others' numbers.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::card::{Card, Domain, Kind};
use agglo::indices::all;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn path(relative: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(relative)
}

fn cards() -> impl Iterator<Item = &'static Card> {
    all().map(|index| index.card())
}

fn has_a_year(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_digit()).any(|word| word.len() == 4 && ("1800"..="2100").contains(&word))
}

#[test]
fn every_file_of_an_index_is_listed() {
    let mut files = BTreeSet::new();
    let folders = fs::read_dir(path("src/indices")).unwrap().map(|entry| entry.unwrap().path());
    for file in folders.filter(|path| path.is_dir()).flat_map(|folder| fs::read_dir(folder).unwrap()) {
        let file = file.unwrap().path();
        if fs::read_to_string(&file).unwrap().contains("impl Index for") {
            files.insert(file.file_stem().unwrap().to_str().unwrap().to_owned());
        }
    }
    let listed: BTreeSet<_> = cards().map(|card| card.id.to_owned()).collect();
    assert_eq!(
        files, listed,
        "each index has a file of its name in its family's folder and an entry in the family's ALL"
    );
}

#[test]
fn every_name_is_unique_and_well_formed() {
    let mut names = BTreeSet::new();
    for card in cards() {
        for name in [card.id].iter().chain(card.aliases) {
            assert!(names.insert(*name), "{name} names two indices");
            let well_formed = name.starts_with(|c: char| c.is_ascii_lowercase())
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            assert!(well_formed, "{name} is not lower_snake_case");
        }
    }
}

#[test]
fn every_card_is_complete() {
    for card in cards() {
        let id = card.id;
        assert_eq!(card.kind, Kind::Index, "{id}");
        assert!(!card.title.is_empty() && !card.formula.is_empty(), "{id} has a title and a formula");
        assert!(has_a_year(card.reference), "the reference of {id} has a year: {}", card.reference);
        assert!(!card.laws.is_empty(), "{id} obeys some law");
        let distinct: BTreeSet<_> = card.laws.iter().map(|law| format!("{law:?}")).collect();
        assert_eq!(distinct.len(), card.laws.len(), "{id} states a law twice");
    }
}

#[test]
fn every_parameter_is_documented_and_its_default_allowed() {
    for card in cards() {
        let mut names = BTreeSet::new();
        for param in card.params {
            let label = format!("{} of {}", param.name, card.id);
            assert!(names.insert(param.name), "{label} occurs twice");
            assert!(param.doc.ends_with('.'), "{label} is documented in a sentence");
            match param.domain {
                Domain::Number { min, max, default } => assert!((min..=max).contains(&default), "{label}"),
                Domain::Integer { min, max, default } => assert!((min..=max).contains(&default), "{label}"),
                Domain::Choice(words) => assert!(words.len() > 1, "{label} is a choice"),
                _ => {}
            }
        }
    }
}

#[test]
fn every_index_has_golden_numbers() {
    let files: BTreeSet<_> = fs::read_dir(path("tests/golden/indices"))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    let ids: BTreeSet<_> = cards().map(|card| card.id.to_owned()).collect();
    assert_eq!(files, ids, "each index has a file of its name in tests/golden/indices");
}
