//! The bootstrap: an index computed again on regions, industries or counted things drawn with replacement.

use super::{Ask, Extra, Index, Input, Output, interval};
use crate::card::{Infer, Params};
use crate::numeric::random::{Random, stream};
use crate::panel::{Slice, Value};
use rand::RngExt;
use rand_distr::{Binomial, Distribution};
use rayon::prelude::*;

/// Standard error and interval of every part of `output` from draws with replacement: percentile intervals, Efron and
/// Tibshirani (1993), chapter 13.
pub(super) fn bootstrap(
    index: &dyn Index,
    input: &Input<'_>,
    (params, ask): (&Params, &Ask),
    output: &Output,
) -> Vec<Extra> {
    let draw = |number: usize| {
        let mut random = stream(ask.seed, number as u64);
        let mut parts = Vec::new();
        if !input.stopped() {
            parts = index.compute(&drawn(input, ask.infer, &mut random), params).parts;
        }
        parts
    };
    let draws: Vec<_> = (0..ask.draws).into_par_iter().map(draw).collect();
    let mut extras = Vec::new();
    for (part, (name, values)) in output.parts.iter().enumerate() {
        let mut columns: [Vec<Value>; 3] = Default::default();
        for (row, value) in values.iter().enumerate() {
            let of_row = |parts: &Vec<(&str, Vec<Value>)>| parts.get(part)?.1.get(row)?.ok();
            let mut drawn: Vec<f64> = draws.iter().filter_map(of_row).collect();
            let found = value.and_then(|_| interval(&mut drawn, ask.level));
            for (place, column) in columns.iter_mut().enumerate() {
                column.push(found.map(|found| found[place]));
            }
        }
        let names = ["se", "lower", "upper"].map(|suffix| format!("{name}_{suffix}"));
        extras.extend(names.into_iter().zip(columns));
    }
    extras
}

/// The input with regions, industries or counted things drawn with replacement.
fn drawn<'a>(input: &Input<'a>, infer: Infer, random: &mut Random) -> Input<'a> {
    let sample = |n: usize, random: &mut Random| -> Vec<usize> { (0..n).map(|_| random.random_range(0..n)).collect() };
    match infer {
        Infer::BootstrapRegions => input.of_regions(&sample(input.measure.regions(), random)),
        Infer::BootstrapIndustries => input.of_industries(&sample(input.measure.width(), random)),
        _ => {
            let mut drawn = input.clone();
            drawn.measure = counted_again(&input.measure, random);
            let past = input.past.iter().map(|slice| slice.as_ref().map(|slice| counted_again(slice, random)));
            drawn.past = past.collect();
            drawn
        }
    }
}

/// The same number of things, each in a cell drawn with the cells' shares: one multinomial draw, cell by cell.
fn counted_again<'a>(slice: &Slice<'a>, random: &mut Random) -> Slice<'a> {
    let mut things: f64 = slice.values().iter().flatten().sum();
    let mut chance = things;
    let mut draw = |count: f64| {
        let p = if chance > 0.0 { (count / chance).clamp(0.0, 1.0) } else { 0.0 };
        let drawn = Binomial::new(things as u64, p).map_or(0, |binomial| binomial.sample(random));
        (things, chance) = (things - drawn as f64, chance - count);
        drawn as f64
    };
    let values: Vec<Value> = slice.values().iter().map(|value| value.map(&mut draw)).collect();
    slice.clone().replaced(values)
}

/// Whether every value that is present is a number of things.
pub(super) fn counts_things(values: &[Value]) -> bool {
    values.iter().flatten().all(|x| *x >= 0.0 && x.fract() == 0.0)
}
