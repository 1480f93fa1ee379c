//! What the questions to a study have in common.

use super::super::answer::Band;
use super::super::request::Request;
use super::super::series::Series;
use super::super::study::{Draws, Quantity, Target};
use super::free::{Free, FreeScenario, Ground, Number, OfStudy};
use super::subject::{Scene, Subject};
use crate::error::{Error, Violation, Violations};

/// A question whose names are numbers.
pub(super) struct Asked {
    /// The scenario with its free changes.
    pub(super) free: FreeScenario,
    /// The number asked about and, with a trade-off, Theil's T of the same period.
    pub(super) numbers: Vec<Number>,
}

impl Asked {
    /// Checks names, bounds and periods; violations of free change i are at `{field}[i]`.
    ///
    /// # Errors
    /// Every violation.
    pub(super) fn read(
        ground: &Ground<'_>,
        request: &Request,
        free: &[Free],
        subject: &Subject,
        (field, with_theil): (&str, bool),
    ) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let scenario = FreeScenario::read(ground, request, free, field);
        let scenario = violations.keep("", scenario);
        let groups = scenario.as_ref().map(|scenario| &scenario.groups[..]);
        let scene = Scene { program: ground.models[0].0, panel: ground.panel, groups, horizon: request.horizon };
        let number = violations.keep("", scene.number(subject, "subject"));
        let theil = number
            .filter(|_| with_theil)
            .map(|Number(one, _)| Number(Target { quantity: Quantity::Theil, ..one }, None));
        match (scenario, number) {
            (Some(free), Some(number)) if violations.is_empty() => {
                Ok(Self { free, numbers: [Some(number), theil].into_iter().flatten().collect() })
            }
            _ => Err(violations),
        }
    }
}

/// Point and quantiles of every number at these amounts.
///
/// # Errors
/// At `scenarios`: amounts that cannot be carried out; [`Error::Cancelled`].
pub(super) fn bands(response: &OfStudy<'_>, amounts: &[f64], request: &Request) -> Result<Vec<Band>, Error> {
    let series = response.series(amounts, Draws::All)?;
    let series = series.ok_or_else(|| Violation::new("scenarios", "takes more than there is", ""))?;
    Ok(quantiles(series, request))
}

/// Point and quantiles of each series.
pub(super) fn quantiles(series: Vec<Series>, request: &Request) -> Vec<Band> {
    series.into_iter().map(|series| series.band(&request.quantiles)).collect()
}
