//! Flegg's location quotient: the cross-industry quotient made smaller in a small region.

use super::pairs::{DELTA, PAIRS, each_pair, most_pairs};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `CILQ · λ`.
#[derive(Debug)]
pub(super) struct Flq;

impl Index for Flq {
    fn card(&self) -> &'static Card {
        &Card {
            id: "flq",
            aliases: &["flegg_location_quotient"],
            title: "Flegg's location quotient: what a region can supply of a nation's input coefficient, by relative \
                    size of supplier, user and region",
            kind: Kind::Index,
            formula: "FLQ_r(i, j) = LQ_ri/LQ_rj · λ_r, on the diagonal LQ_ri · λ_r, with λ_r = [log₂(1 + x_r/x)]^δ. \
                      x_r is the whole region: the R package UtilMio takes the size of a sector, which is another \
                      index",
            reference: "Flegg, Webber and Elliott (1995), Regional Studies 29, 547–561; λ as here: Flegg and Webber \
                        (2000), Regional Studies 34, 563–569",
            params: &[DELTA],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, width: usize) -> usize {
        most_pairs(regions, width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec![
            PAIRS.to_owned(),
            "the diagonal has the location quotient; a trade coefficient is the smaller of the value and 1".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let delta = params.number("delta");
        each_pair(input, |pair| pair.flegg(delta))
    }
}
