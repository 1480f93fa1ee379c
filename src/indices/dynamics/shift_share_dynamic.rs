//! Dynamic shift-share analysis: the parts of every single period, summed.

use super::shift_share::{NAMES, decompose};
use super::shifts::{self, BY, Changes};
use super::span::{self, Change, SPAN};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value};

/// The parts of shift-share, period by period.
#[derive(Debug)]
pub(super) struct ShiftShareDynamic;

impl Index for ShiftShareDynamic {
    fn card(&self) -> &'static Card {
        &Card {
            id: "shift_share_dynamic",
            aliases: &[],
            title: "Dynamic shift-share analysis: the parts of every period of the span, summed",
            kind: Kind::Index,
            formula: "national, industry_mix and regional_shift of shift_share from each period to the next, summed \
                      over the periods of the span, so that neither the structure nor the growth of the first year \
                      stands for all; total x_ri(now) − x_ri(start) = their sum. Over the cells present in every \
                      period of the span. Parts: regional_shift, industry_mix, national, total",
            reference: "Barff and Knight (1988), Growth and Change 19, 1–10",
            params: &[SPAN, BY],
            inference: &[],
            laws: &[
                Law::ScaleEquivariant,
                Law::PermutationEquivariant,
                Law::Decomposes("total", &["national", "industry_mix", "regional_shift"]),
            ],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        shifts::shape(params, width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let gap = "a gap within the span leaves no sum (no_period)".to_owned();
        vec![
            "cells present in every period of the span; the nation includes the region itself".to_owned(),
            span::convention(params),
            gap,
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let now = &input.measure;
        let periods: Vec<_> = std::iter::once(Some(now))
            .chain(input.past.iter().map(Option::as_ref))
            .take(span::periods(input, params) + 1)
            .collect();
        let mut rows = complete(input, &periods);
        for step in periods.windows(2) {
            let &[Some(end), Some(start)] = step else { continue };
            if input.stopped() {
                break;
            }
            add_step(now, start, end, &mut rows);
        }
        shifts::output(now, params, NAMES, rows.into_iter())
    }
}

type Row = Result<[f64; 4], Absent>;

/// Zeros for the cells that are present in every one of `periods`, the reason for others.
fn complete(input: &Input<'_>, periods: &[Option<&Slice<'_>>]) -> Vec<Row> {
    let gap = periods.iter().any(Option::is_none);
    let row = |(region, industry, value): (usize, usize, Value)| {
        value?;
        if periods.len() < 2 || gap || input.stopped() {
            return Err(Absent::NoPeriod);
        }
        periods.iter().flatten().try_for_each(|period| period.get(region, industry).map(drop))?;
        Ok([0.0; 4])
    };
    input.measure.cells().map(row).collect()
}

/// Adds the parts of one step to the rows that are present.
fn add_step(now: &Slice<'_>, start: &Slice<'_>, end: &Slice<'_>, rows: &mut [Row]) {
    let change = |((region, industry, _), row): ((usize, usize, Value), &Row)| {
        (*row)?;
        Ok(Change { start: start.get(region, industry)?, end: end.get(region, industry)? })
    };
    let changes = Changes::of(now, now.cells().zip(rows.iter()).map(change).collect());
    for (row, place) in rows.iter_mut().zip(changes.places()) {
        *row = row.and_then(|sums| {
            let parts = decompose(&place?)?;
            Ok(std::array::from_fn(|part| sums[part] + parts[part]))
        });
    }
}
