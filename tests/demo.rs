//! `agglo demo`: the whole way from data to a report, as a person starts it.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use std::process::Command;

/// `text` without what differs from run to run: the times of the steps and the place of the report.
fn without_times(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("The charts are in"));
    lines
        .map(|line| line.rsplit_once(" (").filter(|(_, end)| end.ends_with(" ms)")).map_or(line, |(head, _)| head))
        .collect::<Vec<_>>()
        .join("\n")
}

fn demo(report: &std::path::Path) -> (String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_agglo")).arg("demo").arg("--report").arg(report).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{stderr}");
    (stdout, std::fs::read_to_string(report).unwrap())
}

#[test]
fn the_demo_tells_every_step_and_writes_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let (told, html) = demo(&folder.path().join("first.html"));
    for words in [
        "2. import the bundled panel",
        "816 rows, 107 neighbours",
        "48 states × 17 years (1970–1986), 816 of 816 rows",
        "5. Pennsylvania",
        "Theil T 0.4968 → 0.4693",
        "768 observations, 48 regions, 16 periods",
        "Mississippi gets 10 % more private capital",
        "In words: in 1996 gsp of Mississippi",
    ] {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
    assert!(html.contains("Policy: Mississippi gets 10 % more private capital"));
    assert!(html.contains("How long the steps took"));

    let (again, _) = demo(&folder.path().join("second.html"));
    assert_eq!(without_times(&told), without_times(&again), "the same seed tells the same numbers");
}
