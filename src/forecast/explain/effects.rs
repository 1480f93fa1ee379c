//! Effects of scenarios on chosen numbers.

use super::super::plan::Scenario;
use super::super::series::Series;
use super::super::study::{Draws, Quantity, Study, Target};
use super::answer::{EffectKind, Explained};
use crate::error::Error;
use crate::panel::{finite, ratio};

/// The numbers whose effects are told, with their baseline.
#[derive(Debug)]
pub(super) struct Effects<'a> {
    study: &'a Study<'a>,
    explained: &'a [Explained],
    targets: Vec<Target>,
    baseline: Vec<Series>,
    draws: Draws,
}

impl<'a> Effects<'a> {
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn new(study: &'a Study<'a>, explained: &'a [Explained], draws: Draws) -> Result<Self, Error> {
        let target = |explained: &Explained| Target {
            quantity: match explained.kind {
                EffectKind::Level | EffectKind::LevelPercent => Quantity::Level,
                EffectKind::Growth => Quantity::Growth,
            },
            area: explained.area,
            step: explained.step,
        };
        let targets: Vec<Target> = explained.iter().map(target).collect();
        let baseline = study.values(None, &targets, draws)?;
        Ok(Self { study, explained, targets, baseline, draws })
    }

    /// What a scenario changes, draw by draw.
    ///
    /// # Errors
    /// As [`Study::values`].
    pub(super) fn of(&self, scenario: &Scenario) -> Result<Vec<Series>, Error> {
        let values = self.study.values(Some(scenario), &self.targets, self.draws)?;
        let effect = |((explained, ours), theirs): ((&Explained, &Series), &Series)| match explained.kind {
            EffectKind::Level | EffectKind::Growth => ours.minus(theirs),
            EffectKind::LevelPercent => ours.zip(theirs, |ours, theirs| finite(100.0 * (ratio(ours, theirs)? - 1.0))),
        };
        Ok(self.explained.iter().zip(&values).zip(&self.baseline).map(effect).collect())
    }
}
