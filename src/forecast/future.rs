//! A source continued: periods of the future laid over what is known.

use crate::formula::Source;
use crate::panel::{Grid, Period};
use std::collections::BTreeMap;

/// One future period: the grids of the measures that are projected.
pub(super) type Step = BTreeMap<usize, Grid>;

/// `below`, with the measures of future periods laid over it.
pub(super) struct Layer<'a> {
    pub(super) below: &'a dyn Source,
    /// The period of the first step.
    pub(super) start: Period,
    pub(super) steps: &'a [Step],
}

impl Source for Layer<'_> {
    fn grid(&self, measure: usize, period: Period) -> Option<&Grid> {
        let step = usize::try_from(period.ordinal - self.start.ordinal).ok();
        let here = step.and_then(|step| self.steps.get(step)?.get(&measure));
        here.or_else(|| self.below.grid(measure, period))
    }

    fn first_period(&self) -> Period {
        self.below.first_period()
    }
}
