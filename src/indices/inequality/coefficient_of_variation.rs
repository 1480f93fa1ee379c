//! The coefficient of variation over regions.

use super::per_head::{PER, convention_per, per_head, positive_mean};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// `sd_r y_r / mean_r y_r`.
#[derive(Debug)]
pub(super) struct CoefficientOfVariation;

impl Index for CoefficientOfVariation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "coefficient_of_variation",
            aliases: &["cv"],
            title: "Coefficient of variation over regions that weigh alike (weighted by heads: williamson)",
            kind: Kind::Index,
            formula: "value = √( Σ_r (y_r − m)² / (R − ddof) ) / m, with y_r the measure, or the measure per unit of \
                      the weights, and m = Σ_r y_r/R; normalised = √( Σ_r (y_r − m)² / R ) / (m √(R − 1)), at most 1 \
                      when nothing is negative",
            reference: "Pearson (1896), Philosophical Transactions of the Royal Society A 187, 253–318, p. 277; its \
                        maximum: Katsnelson and Kotz (1957), Archiv für Meteorologie, Geophysik und Bioklimatologie B \
                        8, 103–107",
            params: &[
                PER,
                Param {
                    name: "ddof",
                    doc: "The variance of `value` divides by the number of regions less this.",
                    domain: Domain::Integer { min: 0, max: 1, default: 1 },
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![convention_per(params), format!("ddof {}; normalised has ddof 0", params.number("ddof"))]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let row = per_head(input).and_then(|y| variation(&y, params.number("ddof") as usize));
        Output::of_rows(Shape::Nation, ["value", "normalised"], &[row])
    }
}

fn variation(y: &[f64], ddof: usize) -> Result<[Value; 2], Absent> {
    let mean = positive_mean(y)?;
    let relative = |ddof| ratio(spread(y, ddof)?.deviation, mean);
    let most = if y.len() < 2 { Err(Absent::TooFewCategories) } else { Ok(((y.len() - 1) as f64).sqrt()) };
    Ok([relative(ddof), most.and_then(|most| ratio(relative(0)?, most))])
}
