//! `agglo simulate`: a panel of any size whose truth is known.

use super::failure::{Exit, Failure};
use super::print;
use crate::ingest::{Export, Format};
use crate::simulate::{Spec, Truth, simulate};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes the panel of a simulated regional economy whose coefficients are known. Nothing in it is data.
#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// The file to write; its ending says the format: .csv, .parquet or .arrow.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Number of regions.
    #[arg(long, value_name = "N", default_value_t = 31)]
    regions: usize,
    /// Number of industries; 0 makes a panel without that dimension.
    #[arg(long, value_name = "N", default_value_t = 0)]
    industries: usize,
    /// Number of years.
    #[arg(long, value_name = "N", default_value_t = 20)]
    years: usize,
    /// The first year.
    #[arg(long, value_name = "YEAR", default_value_t = 2005)]
    first_year: i32,
    /// Seed of the random numbers; the same seed gives the same panel.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl SimulateArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When a number is out of range or the file cannot be written.
    pub(super) fn run(self) -> Result<(), Failure> {
        let format = match self.out.extension().and_then(|e| e.to_str()) {
            Some("csv") => Format::Csv,
            Some("parquet") => Format::Parquet,
            Some("arrow") => Format::ArrowIpc,
            _ => return Err(Failure::new(Exit::Usage, "--out ends in .csv, .parquet or .arrow")),
        };
        let spec = Spec {
            regions: self.regions,
            industries: self.industries,
            years: self.years,
            first_year: self.first_year,
            seed: self.seed,
            ..Spec::default()
        };
        let simulated = simulate(&spec).map_err(|v| Failure::new(Exit::Usage, v.to_string()))?;
        let export = Export::new(&simulated.panel, format, "(D)")?;
        write(&self.out, export)?;
        let rows = simulated.panel.rows();
        print::line(&format!("{}: {rows} rows, SIMULATED\n{}", self.out.display(), describe(&simulated.truth)))
    }
}

fn write(path: &Path, export: Export<'_>) -> Result<(), Failure> {
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::new(Exit::CannotCreate, format!("{} cannot be written: {e}", path.display()))
    };
    let mut file = std::fs::File::create(path).map_err(|e| cannot(&e))?;
    for chunk in export {
        file.write_all(&chunk?).map_err(|e| cannot(&e))?;
    }
    Ok(())
}

fn describe(truth: &Truth) -> String {
    let coefficients: Vec<_> = truth.coefficients.iter().map(|(term, b)| format!("  {b:>7} {term}")).collect();
    format!(
        "truth: {}\n{}\n  {:>7} standard deviation of the noise",
        truth.formula,
        coefficients.join("\n"),
        truth.noise
    )
}
