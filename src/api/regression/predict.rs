//! Predictions of a stored model for the rows of a dataset.

use super::encode::Predicted;
use super::record::Record;
use crate::error::Error;
use crate::numeric::Stop;
use crate::panel::Panel;
use crate::regression::points;

/// Predicts every observation of `panel`.
///
/// # Errors
/// At `model`: a formula that the data cannot serve. `Cancelled`.
pub(super) fn predict(record: &Record, panel: &Panel, level: f64, stop: &Stop) -> Result<Predicted, Error> {
    let program = record.program(panel, true)?;
    let (rows, points): (Vec<_>, Vec<_>) = points(&record.fit, &program, panel, stop)?.into_iter().unzip();
    let industries = if record.fit.industries.is_empty() { None } else { panel.industries() };
    Ok(Predicted {
        regions: panel.regions().names().to_vec(),
        industries: industries.map_or_else(Vec::new, |labels| labels.names().to_vec()),
        frequency: panel.frequency(),
        rows,
        predictions: record.fit.predict(&points, stop)?,
        critical: record.fit.critical(level),
        smearing: record.fit.smearing(),
    })
}

/// Bytes that predicting the rows of a panel may take.
pub(super) fn predicted_bytes(record: &Record, panel: &Panel) -> u64 {
    let fit = &record.fit;
    let cells = panel.periods().len() * panel.regions().len() * panel.width();
    let history = 16 * cells * panel.measures().len();
    let a_row = 48 * (fit.terms.len() + 2 * fit.effects.len()) + 256;
    (history + a_row * panel.rows()) as u64
}
