//! Specialisations, cells whose location quotient reaches a cutoff, at the start and at the end of a span.

use super::span::{self, SPAN};
use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::indices::location::location_quotient::quotients;
use crate::panel::{Absent, Value};

/// The parameters of what looks at specialisations.
pub(super) const PARAMS: &[Param] = &[
    SPAN,
    Param {
        name: "cutoff",
        doc: "A region is specialised in the industries whose location quotient is at least this.",
        domain: Domain::Number { min: 0.0, max: 1000.0, default: 1.0 },
    },
];

/// What answers about specialisations state.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    let cutoff = format!(
        "specialised: location quotient of at least {}, of each period's own nation; a missing cell is neither \
         specialised nor not",
        params.number("cutoff")
    );
    vec![cutoff, span::convention(params)]
}

/// Whether a cell is a specialisation at the start and at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Specialised {
    /// At the start.
    pub(super) before: bool,
    /// At the end.
    pub(super) now: bool,
}

impl Specialised {
    /// Whether what was no specialisation became one; absent (outside_domain) for what was one.
    pub(super) fn entry(self) -> Value {
        if self.before { Err(Absent::OutsideDomain) } else { Ok(f64::from(self.now)) }
    }

    /// Whether what was a specialisation still is; absent (outside_domain) for what was none.
    pub(super) fn survival(self) -> Value {
        if self.before { Ok(f64::from(self.now)) } else { Err(Absent::OutsideDomain) }
    }

    /// Whether what was a specialisation is none any more; absent (outside_domain) for what was none.
    pub(super) fn exit(self) -> Value {
        Ok(1.0 - self.survival()?)
    }
}

/// The state of each listed cell.
pub(super) fn states(input: &Input<'_>, params: &Params) -> Vec<Result<Specialised, Absent>> {
    let (now, cutoff) = (&input.measure, params.number("cutoff"));
    let start = span::start(input, params).map(|start| start.clone().replaced(quotients(start)));
    let state = |((region, industry, _), now): ((usize, usize, Value), Value)| {
        let now = now? >= cutoff;
        let before = start.as_ref().ok_or(Absent::NoPeriod)?.get(region, industry)? >= cutoff;
        Ok(Specialised { before, now })
    };
    now.cells().zip(quotients(now)).map(state).collect()
}
