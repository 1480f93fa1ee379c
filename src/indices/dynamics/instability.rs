//! Instability: the mean square of the changes from one period to the next.

use super::span::{self, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::distribution::present;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value, finite};

/// `Σ (x_t − x_(t−1))² / (n − 1)`.
#[derive(Debug)]
pub(super) struct Instability;

impl Index for Instability {
    fn card(&self) -> &'static Card {
        &Card {
            id: "instability",
            aliases: &["mssd"],
            title: "Instability: the mean square successive difference of each region (and industry)",
            kind: Kind::Index,
            formula: "MSSD = Σ_t (x_t − x_(t−1))² / (n − 1), over the n periods of the span, so that n − 1 is the \
                      number of steps; steps of which a period is absent are left out of the sum and of the number",
            reference: "von Neumann, Kent, Bellinson and Hart (1941), Annals of Mathematical Statistics 12, 153–162",
            params: &[SPAN],
            inference: &[],
            laws: &[Law::TranslationInvariant, Law::NonNegative, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, width: usize) -> Shape {
        if width > 1 { Shape::Cell } else { Shape::Region }
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let start = match params.number("span") as usize {
            0 => "all periods since the first".to_owned(),
            span => format!("the last {span} steps"),
        };
        vec![format!("{start}; no step is taken over a gap")]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let now = &input.measure;
        let past: Vec<_> = input.past.iter().take(span::periods(input, params)).map(Option::as_ref).collect();
        let value = |(region, industry, now): (usize, usize, Value)| {
            if input.stopped() { Err(Absent::Missing) } else { mean_square(now?, region, industry, &past) }
        };
        Output::of(self.shape(params, now.width()), now.cells().map(value).collect())
    }
}

/// The mean of the squared steps from each period of `past`, the latest first, to the one after it.
fn mean_square(now: f64, region: usize, industry: usize, past: &[Option<&Slice<'_>>]) -> Value {
    if past.is_empty() {
        return Err(Absent::NoPeriod);
    }
    let mut later = Ok(now);
    let squares = present(past.iter().map(|slice| {
        let earlier = slice.ok_or(Absent::NoPeriod).and_then(|slice| slice.get(region, industry));
        let step = std::mem::replace(&mut later, earlier)? - earlier?;
        Ok(step * step)
    }))?;
    finite(squares.iter().sum::<f64>() / squares.len() as f64)
}
