//! Intangible capital: the stock that investment in research, software, brands and organisation leaves behind.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Reach, Shape};
use crate::panel::{Absent, Slice, Value, finite, ratio, sum_present};

/// The perpetual inventory.
#[derive(Debug)]
pub(super) struct IntangibleCapital;

/// The kinds of assets that have a rate of their own.
const KINDS: [&str; 5] = ["research", "software", "design", "brand", "organisation"];

/// A yearly rate of depreciation.
const fn rate(name: &'static str, doc: &'static str, default: f64) -> Param {
    Param { name, doc, domain: Domain::Number { min: 0.0, max: 1.0, default } }
}

/// The parameters of the index.
const PARAMS: &[Param] = &[
    Param {
        name: "level",
        doc: "`region`: the sum over types of assets. `cell`: each type.",
        domain: Domain::Choice(&["region", "cell"]),
    },
    Param {
        name: "kinds",
        doc: "The text attribute of the industries, which are the types of assets, that says which of \
                          the rates below a type has: research, software, design, brand or organisation. Types of \
                          another kind, or all when it is left out, have the rate `depreciation`.",
        domain: Domain::IndustryGroups { required: false },
    },
    rate("depreciation", "Depreciation a period of types that are of none of the kinds.", 0.2),
    rate("research", "Depreciation a period of research and development.", 0.2),
    rate("software", "Depreciation a period of software and databases.", 0.33),
    rate("design", "Depreciation a period of design and other product development.", 0.2),
    rate("brand", "Depreciation a period of advertising and market research.", 0.6),
    rate("organisation", "Depreciation a period of training and organisational structure.", 0.4),
    Param {
        name: "growth",
        doc: "Growth a period of investment before the first one of the data: 0.05 in Hall and Mairesse.",
        domain: Domain::Number { min: -0.5, max: 1.0, default: 0.05 },
    },
];

impl Index for IntangibleCapital {
    fn card(&self) -> &'static Card {
        &Card {
            id: "intangible_capital",
            aliases: &["perpetual_inventory"],
            title: "Intangible capital by perpetual inventory, from investment by type of asset",
            kind: Kind::Index,
            formula: "K_t = (1 − δ_i) K_{t−1} + I_t from K before the first period = I_1/(g + δ_i), the stock to \
                      which investment that has always grown at the rate g would have led; I is the measure, the \
                      data's industries are the types i of assets. With level=region the sum over types",
            reference: "Corrado, Hulten and Sichel (2009), Review of Income and Wealth 55, 661–685, with their rates \
                        of depreciation; first stock: Hall and Mairesse (1995), Journal of Econometrics 65, 263–293, \
                        eq. 3",
            params: PARAMS,
            inference: &[Infer::BootstrapIndustries],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.chooses("level", "cell") { Shape::Cell } else { Shape::Region }
    }

    fn reach(&self, _params: &Params) -> Reach {
        Reach::First
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec![
            "stock at the end of the period, investment of the period included".to_owned(),
            "a series begins with its first value; after a gap there is no stock from there on, nor a sum that it \
             is part of"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let slice = &input.measure;
        let rates: Vec<f64> = (0..slice.width()).map(|industry| depreciation(input, params, industry)).collect();
        let mut periods: Vec<Option<&Slice<'_>>> = input.past.iter().rev().map(Option::as_ref).collect();
        periods.push(Some(slice));
        let stock = |region: usize, industry: usize| {
            let investment =
                periods.iter().map(|slice| slice.map_or(Err(Absent::NoPeriod), |s| s.get(region, industry)));
            stock(investment, rates[industry], params.number("growth"))
        };
        if params.chooses("level", "cell") {
            let of_cell = |(region, industry, own): (usize, usize, Value)| {
                own.and_then(|_| stock(region, industry).unwrap_or(own))
            };
            return Output::of(Shape::Cell, slice.cells().map(of_cell).collect());
        }
        let sum = |region: usize| {
            if input.stopped() {
                return Err(Absent::Missing);
            }
            let begun: Vec<Value> = (0..slice.width()).filter_map(|industry| stock(region, industry)).collect();
            if begun.is_empty() {
                return sum_present(slice.region_values(region));
            }
            begun.iter().filter_map(|stock| stock.err()).max().map_or_else(|| sum_present(&begun), Err)
        };
        Output::of(Shape::Region, (0..slice.regions()).map(sum).collect())
    }

    fn infer(&self, _input: &Input<'_>, params: &Params, _ask: &Ask) -> Option<Vec<Extra>> {
        // Industries drawn anew say nothing of a single one.
        params.chooses("level", "cell").then(Vec::new)
    }
}

/// The rate of a type of asset.
fn depreciation(input: &Input<'_>, params: &Params, industry: usize) -> f64 {
    let kind = input.classes("kinds").and_then(|kinds| Some(kinds.names[kinds.of[industry]?].as_str()));
    let known = kind.and_then(|kind| KINDS.into_iter().find(|known| *known == kind));
    params.number(known.unwrap_or("depreciation"))
}

/// The last stock of a series of investment, oldest first; `None` before it has begun.
fn stock(investment: impl Iterator<Item = Value>, depreciation: f64, growth: f64) -> Option<Value> {
    let mut stock: Option<Value> = None;
    for invested in investment {
        stock = match (stock, invested) {
            (None, Err(_)) => None,
            (None, Ok(first)) => Some(ratio(first, growth + depreciation)),
            (begun, _) => begun,
        };
        stock = stock.map(|stock| finite((1.0 - depreciation) * stock? + invested?));
    }
    stock
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_ends_the_stock() {
        let missing = Err(Absent::Missing);
        let of = |series: &[Value]| stock(series.iter().copied(), 0.2, 0.05);
        assert_eq!(of(&[missing, missing]), None);
        assert_eq!(of(&[missing, Ok(1.0)]), Some(Ok(0.8 * 4.0 + 1.0)));
        assert_eq!(of(&[Ok(1.0), missing, Ok(1.0)]), Some(missing));
        assert_eq!(stock([Ok(1.0)].into_iter(), 0.0, 0.0), Some(Err(Absent::ZeroDenominator)));
    }
}
