//! Least squares with absorbed effects beside the packages that economists use: the same data, one run, ratios.
//!
//! `cargo bench --bench regression` needs Python 3.11 or newer for the peers of `benches/peers/requirements.txt`, which it
//! installs under `target/`; without Python it prints our own figures only. `cargo bench --bench regression -- tiny wire`
//! runs these tasks alone: `tiny`, `two_way`, `plain` and `matched` are calls of the library, `wire` are calls of a server
//! in this process.

mod library;
#[path = "../support/mod.rs"]
mod support;
mod wire;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if asked.is_empty() || asked.iter().any(|task| task == "wire") {
        wire::run()?;
    }
    library::run(&asked)
}
