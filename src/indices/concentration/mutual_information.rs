//! The mutual information of regions and industries.

use super::information::{Joint, entropy};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// `Σ p_ri ln(p_ri / (p_r p_i))`.
#[derive(Debug)]
pub(super) struct MutualInformation;

impl Index for MutualInformation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "mutual_information",
            aliases: &["mutual_total"],
            title: "Mutual information M of regions and industries: how far the whole is from equal structures; 0 when \
                    they are equal",
            kind: Kind::Index,
            formula: "value M = Σ_ri p_ri ln(p_ri/(p_r p_i)), with p_ri the share of a cell in the whole, p_r and p_i \
                      its sums; h = M over the entropy −Σ p_i ln p_i of the industries, at most 1. With groups of \
                      regions g: between_regions = M of the groups and industries, within_regions = Σ_g p_g M_g; with \
                      groups of industries between_industries and within_industries likewise; each pair sums to M",
            reference: "Theil and Finizza (1971), Journal of Mathematical Sociology 1, 187–193; decompositions: Frankel \
                        and Volij (2011), Journal of Economic Theory 146, 1–38; Elbers (2023), Sociological Methods \
                        and Research 52, 5–42",
            params: &[
                Param {
                    name: "groups",
                    doc: "A text attribute of the regions, such as the macro-region.",
                    domain: Domain::Groups { required: false },
                },
                Param {
                    name: "industry_groups",
                    doc: "A text attribute of the industries, such as the class they belong to.",
                    domain: Domain::IndustryGroups { required: false },
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = vec![
            "natural logarithm; a cell that is absent holds nothing, as one that is zero".to_owned(),
            "of N things counted at random M is too high by about (cells − regions − industries + 1)/(2N), of those \
             that are not zero (Miller 1955)"
                .to_owned(),
        ];
        if params.text("groups").or(params.text("industry_groups")).is_some() {
            conventions.push("between and within are absent when a group is unknown".to_owned());
        }
        conventions
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let joint = Joint::of(&input.measure);
        let of = |f: &dyn Fn(&Joint) -> Value| joint.as_ref().map_err(|absent| *absent).and_then(f);
        let h = |joint: &Joint| ratio(joint.mutual()?, entropy(&joint.industries)?);
        let mut parts = vec![("value", vec![of(&Joint::mutual)]), ("h", vec![of(&h)])];
        let mut split = |names: [&'static str; 2], found: Result<(f64, f64), Absent>| {
            parts.push((names[0], vec![found.map(|(between, _)| between)]));
            parts.push((names[1], vec![found.map(|(_, within)| within)]));
        };
        let joint = joint.as_ref().map_err(|absent| *absent);
        if let Some(groups) = input.classes("groups") {
            split(["between_regions", "within_regions"], joint.and_then(|joint| joint.split(&groups.of)));
        }
        if let Some(groups) = input.classes("industry_groups") {
            let found = joint.and_then(|joint| joint.transposed().split(&groups.of));
            split(["between_industries", "within_industries"], found);
        }
        Output { shape: Shape::Nation, keys: Vec::new(), parts }
    }
}
