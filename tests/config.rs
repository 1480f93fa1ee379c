//! The settings: every key documented, defaults as documented, flags over environment over file.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::config::{self, Config};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn example() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("example.env")
}

/// The settings that `text` gives on top of the defaults.
fn settings(text: &str) -> Config {
    let flags = text.lines().map(|line| {
        let (key, value) = line.split_once('=').unwrap();
        let flag = config::flag_of(key).unwrap_or_else(|| panic!("{key} is no setting"));
        format!("--{flag}={value}")
    });
    Config::from_flags(flags.map(OsString::from)).unwrap()
}

#[test]
fn the_example_documents_every_key_with_its_default() {
    let text = fs::read_to_string(example()).unwrap();
    let uncommented = text.lines().map(|line| line.trim_start_matches("# "));
    let lines: Vec<_> = uncommented.filter(|line| line.starts_with("AGGLO_") && line.contains('=')).collect();
    let documented: BTreeSet<String> = lines.iter().map(|line| line.split_once('=').unwrap().0.to_owned()).collect();
    assert_eq!(documented.len(), lines.len(), "a key is documented twice");
    assert_eq!(documented, config::keys().into_iter().collect());

    settings(&lines.join("\n")).check().unwrap();
    let live: Vec<_> = text.lines().filter(|line| line.starts_with("AGGLO_")).collect();
    assert_eq!(settings(&live.join("\n")), settings(""), "the keys that are not commented out show the defaults");
    assert_eq!(config::read_file(&example()).unwrap().len(), live.len());
}

#[test]
fn settings_that_contradict_each_other_are_told_together() {
    let config = settings("AGGLO_MAX_CALCULATIONS=0\nAGGLO_MAX_MEMORY_BYTES=5\nAGGLO_MAX_DEADLINE_SECONDS=1");
    let text = config.check().unwrap_err().to_string();
    for key in ["AGGLO_MAX_CALCULATIONS", "AGGLO_MAX_MEMORY_BYTES", "AGGLO_MAX_DEADLINE_SECONDS"] {
        assert!(text.contains(key), "{key} is missing in {text}");
    }
}

/// What `agglo serve` says on stderr with these flags, environment and file; all of them end in an error.
fn refused(flags: &[&str], environment: &[(&str, &str)], file: &str) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my.env");
    fs::write(&path, file).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_agglo"))
        .args(["serve", "--config"])
        .arg(&path)
        .args(flags)
        .envs(environment.iter().copied())
        .current_dir(folder.path())
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn flags_beat_the_environment_and_the_environment_beats_the_file() {
    // The strongest source holds a value that cannot be; the error shows which one was read.
    let file = "AGGLO_LISTEN=file\n";
    let (code, text) = refused(&[], &[], file);
    assert!(code == Some(64) && text.contains("'file'"), "{code:?} {text}");
    let (code, text) = refused(&[], &[("AGGLO_LISTEN", "environment")], file);
    assert!(code == Some(64) && text.contains("'environment'"), "{code:?} {text}");
    let (code, text) = refused(&["--listen", "flag"], &[("AGGLO_LISTEN", "environment")], file);
    assert!(code == Some(64) && text.contains("'flag'"), "{code:?} {text}");
}

#[test]
fn a_wrong_file_is_refused_with_what_is_wrong() {
    let (code, text) = refused(&[], &[], "AGGLO_LISTEN=127.0.0.1:0\nAGGLO_STROE=x\nAGGLO_PORT=1\n");
    assert!(code == Some(64) && text.contains("AGGLO_STROE, AGGLO_PORT"), "{code:?} {text}");
    let (code, text) = refused(&["--config", "none.env"], &[], "");
    assert!(code == Some(64), "{code:?} {text}");
    let (code, text) = refused(&["--workers", "many"], &[], "");
    assert!(code == Some(64) && text.contains("--workers"), "{code:?} {text}");
    let (code, text) = refused(&["--log", "loud=very"], &[], "AGGLO_LISTEN=127.0.0.1:0");
    assert!(code == Some(64) && text.contains("AGGLO_LOG"), "{code:?} {text}");
}

#[test]
fn a_taken_address_is_told_and_ends_the_program() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = refused(&["--listen", &address], &[], "");
    assert!(code == Some(69) && text.contains(&format!("cannot listen on {address}")), "{code:?} {text}");
}
