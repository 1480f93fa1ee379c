//! Growth of each cell over a span of periods.

use super::span::{self, Change, SPAN, changes};
use crate::card::{Card, Domain, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite, ln, ratio};

/// `100·(x1/x0 − 1)`, `ln(x1/x0)`, `2(x1 − x0)/(x1 + x0)` or `(x1/x0)^(1/T) − 1`.
#[derive(Debug)]
pub(super) struct GrowthRate;

impl Index for GrowthRate {
    fn card(&self) -> &'static Card {
        &Card {
            id: "growth_rate",
            aliases: &[],
            title: "Growth of each region (and industry) over a span of periods, gaps respected",
            kind: Kind::Index,
            formula: "With x0 and x1 the value at the start and now, T periods apart: percent 100·(x1 − x0)/x0; \
                      log ln(x1) − ln(x0); davis_haltiwanger 2(x1 − x0)/(x1 + x0), in [−2, 2] and defined for what \
                      appears (2) or disappears (−2); cagr (x1/x0)^(1/T) − 1, the compound growth of one period. \
                      From a start of zero only davis_haltiwanger has a value",
            reference: "Davis and Haltiwanger (1992), Quarterly Journal of Economics 107, 819–863; Törnqvist, Vartia \
                        and Vartia (1985), The American Statistician 39, 43–46",
            params: &[
                SPAN,
                Param {
                    name: "kind",
                    doc: "The formula: `percent` in per cent, the others as fractions.",
                    domain: Domain::Choice(&["percent", "log", "davis_haltiwanger", "cagr"]),
                },
            ],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, width: usize) -> Shape {
        if width > 1 { Shape::Cell } else { Shape::Region }
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let unit = match params.text("kind") {
            Some("percent") => "per cent over the whole span",
            Some("cagr") => "a fraction per period",
            _ => "a fraction over the whole span",
        };
        vec![unit.to_owned(), span::convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let periods = span::periods(input, params) as f64;
        let changes = changes(&input.measure, span::start(input, params));
        let growth = |change: Result<Change, Absent>| match params.text("kind") {
            Some("log") => log(change?),
            Some("davis_haltiwanger") => davis_haltiwanger(change?),
            Some("cagr") => compound(change?, periods),
            _ => finite(100.0 * change?.growth()?),
        };
        Output::of(self.shape(params, input.measure.width()), changes.into_iter().map(growth).collect())
    }
}

fn log(change: Change) -> Value {
    Ok(ln(change.end)? - ln(change.start)?)
}

fn davis_haltiwanger(change: Change) -> Value {
    if change.start < 0.0 || change.end < 0.0 {
        return Err(Absent::OutsideDomain);
    }
    ratio(2.0 * change.difference(), change.start + change.end)
}

fn compound(change: Change, periods: f64) -> Value {
    let factor = 1.0 + change.growth()?;
    if factor < 0.0 { Err(Absent::OutsideDomain) } else { finite(factor.powf(1.0 / periods) - 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Raw;
    use crate::panel::Slice;
    use std::collections::BTreeMap;

    fn of(kind: &str, past: Vec<Option<Vec<Value>>>, span: f64) -> Vec<Value> {
        let mut input = Input::new(Slice::dense(1, vec![Ok(8.0), Ok(0.0), Ok(5.0)]));
        input.past = past.into_iter().map(|values| values.map(|values| Slice::dense(1, values))).collect();
        let given = [("kind", Raw::Text(kind.into())), ("span", Raw::Number(span))];
        let given: BTreeMap<_, _> = given.map(|(name, raw)| (name.to_owned(), raw)).into();
        GrowthRate.compute(&input, &Params::parse(GrowthRate.card(), &given, "").unwrap()).parts.remove(0).1
    }

    #[test]
    fn a_gap_is_never_bridged() {
        let start = vec![Ok(2.0), Ok(4.0), Err(Absent::Suppressed)];
        assert_eq!(of("percent", vec![None], 1.0), [Err(Absent::NoPeriod); 3]);
        let over_two = [Ok(300.0), Ok(-100.0), Err(Absent::Suppressed)];
        assert_eq!(of("percent", vec![None, Some(start.clone())], 2.0), over_two);
        assert_eq!(of("percent", vec![None, Some(start.clone())], 0.0), over_two);
        assert_eq!(of("cagr", vec![None, Some(start)], 0.0)[..2], [Ok(1.0), Ok(-1.0)]);
        assert_eq!(of("cagr", vec![], 0.0), [Err(Absent::NoPeriod); 3]);
    }

    #[test]
    fn what_appears_and_disappears_has_bounds() {
        let start = vec![Ok(0.0), Ok(3.0), Ok(-1.0)];
        let expected = [Ok(2.0), Ok(-2.0), Err(Absent::OutsideDomain)];
        assert_eq!(of("davis_haltiwanger", vec![Some(start.clone())], 1.0), expected);
        let expected = [Err(Absent::ZeroDenominator), Ok(-100.0), Err(Absent::OutsideDomain)];
        assert_eq!(of("percent", vec![Some(start)], 1.0), expected);
    }
}
