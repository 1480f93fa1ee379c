//! A fitted model as it is stored: JSON that says everything prediction and forecast need without the data.

use super::spec::Compiled;
use crate::api::data::Data;
use crate::api::provenance::{ENGINE_VERSION, warning};
use crate::api::v1;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Basis, Options, Program, Unit, parse};
use crate::panel::{Absent, Grid, Panel, Value};
use crate::regression::Fit;
use serde::{Deserialize, Serialize};

/// The version of the stored form that this engine writes and reads.
const FORMAT: u32 = 2;

/// A fitted model with where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::api) struct Record {
    /// Version of this form.
    pub(in crate::api) format: u32,
    /// The engine that fitted it.
    pub(in crate::api) engine_version: String,
    /// The dataset version it was fitted on; empty for inline data.
    pub(in crate::api) dataset_version: String,
    /// SHA-256 of that dataset's content.
    pub(in crate::api) dataset_sha256: String,
    /// The measures of those data, with their units.
    pub(in crate::api) measures: Vec<StoredMeasure>,
    /// The weights' expression; empty without weights.
    pub(in crate::api) weights: String,
    /// The level of the coefficients' intervals.
    pub(in crate::api) interval_level: f64,
    /// What the formula took from those data.
    pub(in crate::api) basis: Basis,
    /// Measures that were summed over industries although some cells of a sum have no value.
    pub(in crate::api) partial_totals: Vec<PartialTotal>,
    /// The fit.
    pub(in crate::api) fit: Fit,
}

/// A measure whose region totals lack cells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api) struct PartialTotal {
    /// Name of the measure.
    pub(in crate::api) measure: String,
    /// Cells without a value, in sums that have others.
    pub(in crate::api) absent_cells: usize,
}

/// Name and unit of a measure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::api) struct StoredMeasure {
    name: String,
    unit: String,
}

/// The form alone, to be read before the rest.
#[derive(Deserialize)]
struct Form {
    format: u32,
}

impl Record {
    /// The record of a fit of a program to data.
    pub(in crate::api) fn new(fit: Fit, program: &Program, compiled: &Compiled, data: &Data) -> Self {
        let measure = |m: &crate::panel::Measure| StoredMeasure { name: m.name.clone(), unit: m.unit.clone() };
        Self {
            format: FORMAT,
            engine_version: ENGINE_VERSION.to_owned(),
            dataset_version: data.version.clone(),
            dataset_sha256: data.sha256.clone(),
            measures: data.panel.measures().iter().map(measure).collect(),
            weights: compiled.weights.clone(),
            interval_level: compiled.interval_level,
            basis: program.basis().clone(),
            partial_totals: partial_totals(program, &data.panel),
            fit,
        }
    }

    /// The bytes to store; the same record gives the same bytes.
    ///
    /// # Errors
    /// `Internal` when there is no JSON for it.
    pub(in crate::api) fn to_bytes(&self) -> Result<Vec<u8>, Error> {
        serde_json::to_vec(self).map_err(|e| Error::Internal(format!("a model cannot be written: {e}")))
    }

    /// The record in stored bytes.
    ///
    /// # Errors
    /// `DataLoss` when they are none, `Precondition` when another engine wrote a form that this one does not know.
    pub(in crate::api) fn from_bytes(name: &str, bytes: &[u8]) -> Result<Self, Error> {
        let damaged = |e: serde_json::Error| Error::DataLoss(format!("{name} cannot be read: {e}"));
        let Form { format } = serde_json::from_slice(bytes).map_err(damaged)?;
        if format != FORMAT {
            let what = format!("{name} is stored in form {format}, this engine reads form {FORMAT}; fit it again");
            return Err(Error::Precondition(what));
        }
        serde_json::from_slice(bytes).map_err(damaged)
    }

    /// The formula compiled for other data, with the levels, the trend and the rows of the fit; for predictions
    /// `predicts`, which the data need not have.
    ///
    /// # Errors
    /// At `formula`: names that the data lack.
    pub(in crate::api) fn program(&self, panel: &Panel, predicts: bool) -> Result<Program, Violations> {
        let unit = if self.fit.industries.is_empty() { Unit::Region } else { Unit::Cell };
        let weights = (!self.weights.is_empty() && !predicts).then_some(self.weights.as_str());
        let options = Options { unit: Some(unit), basis: Some(&self.basis), predicts, weights };
        match parse(&self.fit.formula)?.as_slice() {
            [formula] => Program::compile_with(formula, panel, options),
            several => {
                let rule = format!("stands for {} models", several.len());
                Err(Violation::new("formula", rule, &self.fit.formula).into())
            }
        }
    }

    /// The formula compiled for other data as if it had never been fitted, with the levels of factors that those have.
    ///
    /// # Errors
    /// At `formula` and `weights`: names that the data lack.
    pub(in crate::api) fn programs_anew(&self, panel: &Panel) -> Result<Vec<Program>, Violations> {
        let unit = if self.fit.industries.is_empty() { Unit::Region } else { Unit::Cell };
        let weights = (!self.weights.is_empty()).then_some(self.weights.as_str());
        let options = Options { unit: Some(unit), weights, ..Options::default() };
        parse(&self.fit.formula)?.iter().map(|formula| Program::compile_with(formula, panel, options)).collect()
    }

    /// A warning for each measure whose unit differs between the data of the fit and other data.
    pub(in crate::api) fn unit_warnings(&self, panel: &Panel) -> Vec<v1::Warning> {
        let differs = |stored: &StoredMeasure| {
            let measure = &panel.measures()[panel.find_measure(&stored.name)?];
            let differs = !stored.unit.is_empty() && !measure.unit.is_empty() && stored.unit != measure.unit;
            let message = || format!("the model was fitted in {}, the data are in {}", stored.unit, measure.unit);
            differs.then(|| warning("UNIT_DIFFERS", message(), &stored.name))
        };
        self.measures.iter().filter_map(differs).collect()
    }
}

/// The measures that a program of regions sums over industries with cells missing from a sum.
fn partial_totals(program: &Program, panel: &Panel) -> Vec<PartialTotal> {
    if program.unit() == Unit::Cell || panel.width() == 1 {
        return Vec::new();
    }
    let total = |measure: usize| PartialTotal {
        measure: panel.measures()[measure].name.clone(),
        absent_cells: panel.periods().iter().filter_map(|p| panel.grid(measure, *p)).map(|g| cells_left_out(&g)).sum(),
    };
    program.totals().into_iter().map(total).filter(|total| total.absent_cells > 0).collect()
}

/// The cells left out of the totals of a period: those without a value, in regions where others have one and none is
/// suppressed.
fn cells_left_out(grid: &Grid) -> usize {
    let left_out = |cells: &[Value]| {
        let present = cells.iter().filter(|value| value.is_ok()).count();
        let has_total = present > 0 && !cells.contains(&Err(Absent::Suppressed));
        if has_total { cells.len() - present } else { 0 }
    };
    grid.values.chunks(grid.width).map(left_out).sum()
}
