//! Relatedness of industries by how often they occur together.

use super::network::{CUTOFF, Network, convention};
use super::relation::{KIND, Relation, SIZE};
use super::{chance, pairs};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};

/// See the card.
#[derive(Debug)]
pub(super) struct Relatedness;

impl Index for Relatedness {
    fn card(&self) -> &'static Card {
        &Card {
            id: "relatedness",
            aliases: &["co_occurrence"],
            title: "Relatedness of two industries by the regions specialised in both, with p-values of their number",
            kind: Kind::Index,
            formula: "by kind, of both C_ij = Σ_r M_ri M_rj, with M_ri = 1 where LQ_ri ≥ cutoff; see the parameter. \
                      p-values are of C_ij: analytic, of the hypergeometric distribution (specialisations k_i = Σ_r M_ri \
                      fall on regions at random; μ and σ of kind z are its moments); permutation, of matrices with the \
                      same k_i and the same diversities Σ_i M_ri",
            reference: "van Eck and Waltman (2009), JASIST 60, 1635–1651; z: Teece, Rumelt, Dosi and Winter (1994), \
                        Journal of Economic Behavior and Organization 23, 1–30; probability: Steijn (2021), Scientometrics \
                        126, 1671–1688; permutation: Strona et al. (2014), Nature Communications 5, 4114",
            params: &[KIND, SIZE, CUTOFF],
            inference: &[Infer::Analytic, Infer::Permutation, Infer::BootstrapUnits],
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
        pairs::count(width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let counted = "regions without any specialisation do not count among the N of kind z".to_owned();
        vec![convention(params), pairs::convention(), counted]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        pairs::table(&Relation::of(&Network::of(&input.measure, params), params), input)
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let network = Network::of(&input.measure, params);
        let both = pairs::table(&Relation::of(&network, params), input).parts.remove(1).1;
        let p = match ask.infer {
            Infer::Analytic => chance::hypergeometric(&network, &both, ask, || input.stopped()),
            Infer::Permutation => chance::permutation(&network, &both, ask, || input.stopped()),
            _ => return None,
        };
        Some(vec![("value_p".to_owned(), p)])
    }
}
