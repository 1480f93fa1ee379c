//! The coagglomeration of two industries.

use super::coagglomeration::{coagglomerations, count, keys};
use super::size::{self, REFERENCE, SIZE};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};

/// `Σ (s_ri − x_r)(s_rj − x_r) / (1 − Σ x_r²)`.
#[derive(Debug)]
pub(super) struct EllisonGlaeserCoagglomeration;

impl Index for EllisonGlaeserCoagglomeration {
    fn card(&self) -> &'static Card {
        &Card {
            id: "ellison_glaeser_coagglomeration",
            aliases: &["coagglomeration"],
            title: "Ellison–Glaeser coagglomeration of two industries: above 0 where they seek the same regions",
            kind: Kind::Index,
            formula: "γ_ij = Σ_r (s_ri − x_r)(s_rj − x_r) / (1 − Σ_r x_r²), with s_ri the shares of the regions in \
                      industry i and x_r in all; each pair of industries once. Plants play no part: those of one \
                      industry are not those of the other",
            reference: "Ellison, Glaeser and Kerr (2010), American Economic Review 100, 1195–1213, eq. 1",
            params: &[REFERENCE, SIZE],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, _regions: usize, width: usize) -> usize {
        count(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![size::convention(params), "shares are of the regions where both industries are present".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let (pairs, _) = coagglomerations(input, params, |_, _| true);
        Output::listed(keys(&pairs), vec![("value", pairs.iter().map(|pair| pair.found).collect())])
    }
}
