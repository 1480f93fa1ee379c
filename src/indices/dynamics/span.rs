//! The stretch of periods that a change is taken over, and what changes in it.

use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::panel::{Absent, Slice, Value, ratio};

/// The parameter that says how far back the start lies.
pub(super) const SPAN: Param = Param {
    name: "span",
    doc: "Periods from the start to the present one; 0 starts at the first period of the data.",
    domain: Domain::Integer { min: 0, max: 100, default: 1 },
};

/// Number of periods from the start to the present one.
pub(super) fn periods(input: &Input<'_>, params: &Params) -> usize {
    match params.number("span") as usize {
        0 => input.past.len(),
        span => span,
    }
}

/// The cross-section of the start; `None` when the data lack that period.
pub(super) fn start<'i, 'a>(input: &'i Input<'a>, params: &Params) -> Option<&'i Slice<'a>> {
    input.past.get(periods(input, params).checked_sub(1)?)?.as_ref()
}

/// The statement of an answer about its start.
pub(super) fn convention(params: &Params) -> String {
    let start = match params.number("span") as usize {
        0 => "the first period of the data".to_owned(),
        span => format!("{span} periods back"),
    };
    format!("the start is {start}, by the calendar: where the data lack that period the index is absent (no_period)")
}

/// A number at the start and at the end.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Change {
    /// At the start.
    pub(super) start: f64,
    /// At the end.
    pub(super) end: f64,
}

impl Change {
    /// End less start.
    pub(super) fn difference(self) -> f64 {
        self.end - self.start
    }

    /// Growth as a fraction of the start; it means nothing from a negative start.
    pub(super) fn growth(self) -> Value {
        if self.start < 0.0 { Err(Absent::OutsideDomain) } else { ratio(self.difference(), self.start) }
    }
}

impl std::ops::AddAssign for Change {
    fn add_assign(&mut self, other: Self) {
        self.start += other.start;
        self.end += other.end;
    }
}

/// The change of each cell that `now` lists, where it is present in both periods.
pub(super) fn changes(now: &Slice<'_>, start: Option<&Slice<'_>>) -> Vec<Result<Change, Absent>> {
    let change = |(region, industry, end): (usize, usize, Value)| {
        let end = end?;
        Ok(Change { start: start.ok_or(Absent::NoPeriod)?.get(region, industry)?, end })
    };
    now.cells().map(change).collect()
}
