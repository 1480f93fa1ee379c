//! How much of what a region or a cell supplies is demanded outside.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};
use crate::panel::{Slice, Value, ratio};

/// `x_ri / q_ri`.
#[derive(Debug)]
pub(super) struct OutsideMarketOrientation;

impl Index for OutsideMarketOrientation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "outside_market_orientation",
            aliases: &["export_share_of_output"],
            title: "Orientation to outside markets: demand from outside over supply",
            kind: Kind::Index,
            formula: "x_ri/q_ri, with x_ri the demand from outside (the measure: exports, or sales outside the \
                      region) and q_ri the supply (output, or all sales); with level=region both are summed over \
                      the industries that have both. Above 1 where goods are passed on",
            reference: "OECD (2005), STAN Indicators, 2005 edition: export share of production",
            params: &[
                Param {
                    name: "supply",
                    doc: "The measure of output or of all sales, in the unit of the demand.",
                    domain: Domain::Cells { required: true },
                },
                Param {
                    name: "level",
                    doc: "`cell`: each industry of a region. `region`: industries are added up.",
                    domain: Domain::Choice(&["cell", "region"]),
                },
            ],
            inference: &[Infer::BootstrapIndustries],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.chooses("level", "region") { Shape::Region } else { Shape::Cell }
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["a share of supply, not of demand; of the cells that have both".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let demand = &input.measure;
        let Some(supply) = input.cells("supply") else { return Output::of(self.shape(params, 1), Vec::new()) };
        let values = match self.shape(params, demand.width()) {
            Shape::Region => {
                let of = |of: &Slice<'_>, other: &Slice<'_>| {
                    let both: Vec<Value> = of.values().iter().zip(other.values()).map(|(x, y)| y.and(*x)).collect();
                    of.clone().replaced(both).region_totals()
                };
                of(demand, supply).into_iter().zip(of(supply, demand)).map(|(x, q)| ratio(x?, q?)).collect()
            }
            _ => demand.values().iter().zip(supply.values()).map(|(x, q)| ratio((*x)?, (*q)?)).collect(),
        };
        Output::of(self.shape(params, demand.width()), values)
    }

    fn infer(&self, _input: &Input<'_>, params: &Params, _ask: &Ask) -> Option<Vec<Extra>> {
        // Industries drawn anew say nothing of a single one.
        params.chooses("level", "cell").then(Vec::new)
    }
}
