//! Williamson's coefficients of regional inequality.

use super::per_head::{Heads, heads};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite};

/// The coefficient of variation of the value per head, weighted by heads.
#[derive(Debug)]
pub(super) struct Williamson;

impl Index for Williamson {
    fn card(&self) -> &'static Card {
        &Card {
            id: "williamson",
            aliases: &["weighted_coefficient_of_variation"],
            title: "Williamson index: coefficient of variation of the value per head between regions, weighted by \
                    heads",
            kind: Kind::Index,
            formula: "value V_w = √( Σ_r p_r (y_r − m)² ) / m, unweighted V_uw = √( Σ_r (y_r − m)²/R ) / m, absolute \
                      M_w = Σ_r p_r |y_r − m| / m, with y_r the measure per unit of the weights, p_r the region's \
                      share of the weights, m the mean per head of all heads, Σ_r p_r y_r (some packages take Σ_r \
                      y_r/R unasked: mean=unweighted)",
            reference: "Williamson (1965), Economic Development and Cultural Change 13(4, part 2), 1–84, p. 11",
            params: &[
                Param {
                    name: "weights",
                    doc: "A measure or numeric attribute, such as population: the heads that divide the measure and \
                          weigh the regions.",
                    domain: Domain::Measure { required: true },
                },
                Param {
                    name: "mean",
                    doc: "`weighted`: the mean per head of all heads, as Williamson has it. `unweighted`: the mean of \
                          the regions' values per head.",
                    domain: Domain::Choice(&["weighted", "unweighted"]),
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::ZeroWhenEqual,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mean =
            if params.chooses("mean", "weighted") { "of all heads" } else { "of the regions, which weigh alike" };
        vec![format!("deviations from the mean {mean}; a fraction, not per cent; industries are summed")]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let weighted_mean = params.chooses("mean", "weighted");
        let row = heads(input).and_then(|heads| coefficients(&heads, weighted_mean));
        Output::of_rows(Shape::Nation, ["value", "unweighted", "absolute"], &[row])
    }
}

fn coefficients(heads: &[Heads], weighted_mean: bool) -> Result<[Value; 3], Absent> {
    let regions = heads.len() as f64;
    // Values per head are relative to the mean of all heads.
    let mean = if weighted_mean { 1.0 } else { heads.iter().map(|h| h.relative).sum::<f64>() / regions };
    let deviation = |h: &Heads| (h.relative - mean) / mean;
    Ok([
        finite(heads.iter().map(|h| h.share * deviation(h).powi(2)).sum::<f64>().sqrt()),
        finite((heads.iter().map(|h| deviation(h).powi(2)).sum::<f64>() / regions).sqrt()),
        finite(heads.iter().map(|h| h.share * deviation(h).abs()).sum()),
    ])
}
