//! Theil's L: inequality weighted by shares of the heads.

use super::theil::{PARAMS, Theil, conventions};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};

/// See [`Theil::L`].
#[derive(Debug)]
pub(super) struct TheilL;

impl Index for TheilL {
    fn card(&self) -> &'static Card {
        &Card {
            id: "theil_l",
            aliases: &["mld"],
            title: "Theil's L (mean logarithmic deviation): inequality between regions, sensitive to the poor end; \
                    between and within macro-regions",
            kind: Kind::Index,
            formula: "total L = Σ_r p_r ln(p_r/s_r), with s_r the share of the measure and p_r the share of the \
                      weights (1/R without weights); between the same of the groups' sums, within = Σ_g p_g L_g; \
                      absent when a region has nothing; REAT's theil is L (weighted, it is neither L nor T), PySAL's \
                      is T",
            reference: "Theil (1967), Economics and Information Theory, North-Holland; decomposition: Shorrocks \
                        (1980), Econometrica 48, 613–625; permutation of regions over groups: Rey (2004), in \
                        Goodchild and Janelle (eds), Spatially Integrated Social Science, Oxford University Press, \
                        280–299",
            params: PARAMS,
            inference: &[Infer::BootstrapRegions, Infer::Permutation],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::NonNegative,
                Law::ZeroWhenEqual,
                Law::AddsUp,
                Law::ReplicationInvariant,
            ],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        conventions(params)
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Theil::L.compute(input)
    }
    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        Theil::L.infer(input, ask)
    }
}
