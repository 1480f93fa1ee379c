//! The cross-industry location quotient: whether a supplier is large enough for a user.

use super::pairs::{PAIRS, Pair, each_pair, most_pairs};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `LQ_ri / LQ_rj`.
#[derive(Debug)]
pub(super) struct Cilq;

impl Index for Cilq {
    fn card(&self) -> &'static Card {
        &Card {
            id: "cilq",
            aliases: &["cross_industry_location_quotient"],
            title: "Cross-industry location quotient: the supplier's quotient over the user's",
            kind: Kind::Index,
            formula: "CILQ_r(i, j) = LQ_ri / LQ_rj for the supplier i and the user j, with LQ_ri = (x_ri/x_r) / \
                      (x_i/x); 1 on the diagonal, absent where LQ_rj = 0",
            reference: "Miller and Blair (2009), Input–Output Analysis, Cambridge University Press, chapter 8; \
                        Schaffer and Chu (1969), Papers of the Regional Science Association 23, 83–101",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::NonNegative, Law::ReplicationInvariant],
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
        vec![PAIRS.to_owned(), "a trade coefficient is the smaller of it and 1".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        each_pair(input, Pair::cross)
    }
}
