//! Vertical specialisation: the imports inside exports.

use super::table::{Table, conventions_and, present, scratch};
use crate::card::{Card, Domain, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{finite, ratio};

/// `[m L]_j`, weighted by exports.
#[derive(Debug)]
pub(super) struct VerticalSpecialisation;

impl Index for VerticalSpecialisation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "vertical_specialisation",
            aliases: &["vertical_specialization", "import_content_of_exports"],
            title: "Vertical specialisation: imported inputs, direct and indirect, per unit of the sector's exports",
            kind: Kind::Index,
            formula: "value = Σ_i m_i l_ij, with m_i the imported inputs per unit of output of i and L = (I − A)⁻¹ of \
                      domestic flows; contribution = value_j X_j / Σ_k X_k, with X the exports; the contributions sum \
                      to the VS share of the nation, u A^M (I − A^D)⁻¹ X / ΣX",
            reference: "Hummels, Ishii and Yi (2001), Journal of International Economics 54, 75–96",
            params: &[
                Param {
                    name: "imports",
                    doc: "The row or rows of imported inputs.",
                    domain: Domain::Regions { required: true },
                },
                Param {
                    name: "exports",
                    doc: "The column or columns of exports.",
                    domain: Domain::Industries { required: true },
                },
            ],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, regions: usize, width: usize) -> u64 {
        scratch(regions, width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions_and([
            "the flows between sectors are domestic ones, imported inputs stand in rows of their own",
            "contributions sum to the nation's share of imports in exports; where the imports of a sector are absent, \
             the others are of what is there",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let (imports, exports) = ["imports", "exports"].map(|name| input.members(name).unwrap_or_default()).into();
        let table = Table::of(input, exports);
        let rows = table.leontief(input.stop).map(|leontief| {
            let imported = table.inputs(imports);
            let contents = leontief.weighted(&present(imported.clone()));
            let exported = table.sales(|column| exports.contains(&column));
            let all: f64 = present(exported.clone()).iter().sum();
            let parts = |j: usize| {
                let content = imported[j].and(finite(contents[j]));
                [content, content.and_then(|content| ratio(content * exported[j]?, all))]
            };
            (0..table.len()).map(parts).collect()
        });
        table.by_sector(["value", "contribution"], rows)
    }
}
