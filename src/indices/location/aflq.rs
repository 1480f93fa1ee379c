//! The augmented Flegg location quotient: larger where the user is a speciality of the region.

use super::pairs::{DELTA, PAIRS, each_pair, most_pairs};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;
/// `FLQ · log₂(1 + LQ_rj)`.
#[derive(Debug)]
pub(super) struct Aflq;

impl Index for Aflq {
    fn card(&self) -> &'static Card {
        &Card {
            id: "aflq",
            aliases: &["augmented_flq"],
            title: "Augmented Flegg location quotient: FLQ, raised for users in which the region is specialised",
            kind: Kind::Index,
            formula: "AFLQ_r(i, j) = FLQ_r(i, j) · log₂(1 + LQ_rj) where LQ_rj > 1, else FLQ_r(i, j); FLQ and its λ \
                      as of the index flq",
            reference: "Flegg and Webber (2000), Regional Studies 34, 563–569",
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
        each_pair(input, |pair| finite(pair.flegg(delta)? * (1.0 + pair.user.max(1.0)).log2()))
    }
}
