//! How many of a region's specialisations are new, lost and kept.

use super::specialised::{self, PARAMS, Specialised, states};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::present;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// Entries over industries not specialised in before; exits and survivors over those specialised in before.
#[derive(Debug)]
pub(super) struct SpecialisationTurnover;

impl Index for SpecialisationTurnover {
    fn card(&self) -> &'static Card {
        &Card {
            id: "specialisation_turnover",
            aliases: &[],
            title: "Turnover of specialisations: entry, exit and survival rates of a region",
            kind: Kind::Index,
            formula: "With M_ri = 1 where the location quotient of industry i in region r reaches the cutoff, else 0: \
                      entry_rate Σ_i (1 − M_ri0)·M_ri1 / Σ_i (1 − M_ri0), exit_rate Σ_i M_ri0·(1 − M_ri1) / Σ_i M_ri0, \
                      survival_rate 1 − exit_rate; 0 at the start, 1 now; over industries present in both periods",
            reference: "Neffke, Henning and Boschma (2011), Economic Geography 87, 237–265",
            params: PARAMS,
            inference: &[Infer::BootstrapIndustries],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        specialised::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let states = states(input, params);
        let row = |region: usize| {
            let states = present(states[input.measure.span(region)].iter().copied())?;
            Ok([
                rate(&states, Specialised::entry),
                rate(&states, Specialised::exit),
                rate(&states, Specialised::survival),
            ])
        };
        let rows: Vec<Result<_, Absent>> = (0..input.measure.regions()).map(row).collect();
        Output::of_rows(Shape::Region, ["entry_rate", "exit_rate", "survival_rate"], &rows)
    }
}

/// The mean of what is 1 or 0 over the cells at risk.
fn rate(states: &[Specialised], of: impl Fn(Specialised) -> Value) -> Value {
    let at_risk: Vec<f64> = states.iter().filter_map(|state| of(*state).ok()).collect();
    ratio(at_risk.iter().sum(), at_risk.len() as f64)
}
