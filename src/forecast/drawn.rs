//! The draws themselves, for callers that make their own statistics of them.

use super::series::Series;
use super::study::{Draws, Study};
use crate::error::Error;

/// One step of a future: each row's outcome and level, draw by draw.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// By row: the left-hand side of the formula.
    pub outcome: Vec<Series>,
    /// By row: the level.
    pub level: Vec<Series>,
}

impl Study<'_> {
    /// Every draw of a future, step by step: the scenario of this number, or the baseline.
    ///
    /// # Errors
    /// As a scenario's run, at `scenarios[i]`; [`Error::Cancelled`].
    pub fn drawn(&self, scenario: Option<usize>) -> Result<Vec<Drawn>, Error> {
        let run = scenario.map(|i| {
            let at = |field: &str| format!("scenarios[{i}].{field}");
            self.run(&self.scenarios()[i], Draws::All).map_err(|error| match error {
                Error::Invalid(found) => Error::Invalid(found.renamed(at)),
                other => other,
            })
        });
        let run = run.transpose()?;
        let mut walk = self.walk(run.as_ref().unwrap_or(&self.baseline), Draws::All);
        let mut steps = Vec::with_capacity(self.horizon());
        for _ in 0..self.horizon() {
            self.stop.check()?;
            let view = walk.next();
            let rows = 0..self.rows.len();
            steps.push(Drawn {
                outcome: rows.clone().map(|row| view.outcome.at(row).series()).collect(),
                level: rows.map(|row| view.level.at(row).series()).collect(),
            });
        }
        Ok(steps)
    }
}
