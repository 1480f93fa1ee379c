//! The profile of a cluster: size, specialisation, focus, productivity and dynamism, and the stars these earn.

use super::ranks::{Rank, ranks};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::location::location_quotient::quotients;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value, ratio};

/// Stars for what is outstanding among the regions of an industry.
#[derive(Debug)]
pub(super) struct ClusterProfile;

impl Index for ClusterProfile {
    fn card(&self) -> &'static Card {
        &Card {
            id: "cluster_profile",
            aliases: &["cluster_stars"],
            title: "Cluster profile: stars for size, specialisation, focus, productivity and dynamism",
            kind: Kind::Index,
            formula: "value = number of stars. An industry of a region earns a star for each of these in which fewer \
                      than the share `top` of the regions that have the industry are above it: size x_ri; \
                      specialisation LQ_ri (or, with specialisation=quotient, LQ_ri ≥ quotient); focus x_ri/x_r; \
                      productivity v_ri/x_ri, with v the measure `output`; dynamism x_ri(t)/x_ri(t−span) − 1. Parts: \
                      value; size, specialisation, focus, dynamism and productivity as the share of those regions \
                      that are not above; quotient = LQ_ri",
            reference: "Sölvell, Ketels and Lindqvist (2008), Competitiveness Review 18, 93–112: European Cluster \
                        Observatory, stars for size and focus (top 10 %) and specialisation (quotient 2); European \
                        Cluster Panorama 2014: size, specialisation, productivity and growth (top 20 %)",
            params: &[
                Param {
                    name: "top",
                    doc: "The share of the regions of an industry that earn a star.",
                    domain: Domain::Number { min: 0.0, max: 1.0, default: 0.2 },
                },
                Param {
                    name: "specialisation",
                    doc: "`top`: a star for the largest quotients. `quotient`: for quotients of at least `quotient`.",
                    domain: Domain::Choice(&["top", "quotient"]),
                },
                Param {
                    name: "quotient",
                    doc: "The location quotient that earns a star with specialisation=quotient.",
                    domain: Domain::Number { min: 0.0, max: 1e6, default: 2.0 },
                },
                Param {
                    name: "output",
                    doc: "A measure of output, such as value added, for productivity; left out, there is none.",
                    domain: Domain::Cells { required: false },
                },
                Param {
                    name: "span",
                    doc: "Periods over which growth is taken; without that earlier period there is no dynamism.",
                    domain: Domain::Integer { min: 1, max: 100, default: 1 },
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 5)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec![
            "ranks are among the regions where the industry is above zero; equal values share the better rank"
                .to_owned(),
            "what cannot be told earns no star, nor does an industry of value 0".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let slice = &input.measure;
        let quotients = quotients(slice);
        let mut sides = vec![
            ("size", slice.values().to_vec()),
            ("specialisation", quotients.clone()),
            ("focus", focus(slice)),
            ("dynamism", growth(input, params.number("span") as usize)),
        ];
        sides.extend(input.cells("output").map(|output| ("productivity", productivity(slice, output))));
        let ranked: Vec<(&str, Vec<_>)> = sides.into_iter().map(|(name, side)| (name, ranks(slice, &side))).collect();
        let by_quotient = params.chooses("specialisation", "quotient");
        let has_star = |name: &str, cell: usize, rank: Result<Rank, Absent>| match name {
            "specialisation" if by_quotient => quotients[cell].is_ok_and(|lq| lq >= params.number("quotient")),
            _ => rank.is_ok_and(|rank| rank.is_in_top(params.number("top"))),
        };
        let stars = |(cell, x): (usize, &Value)| {
            let earned = ranked.iter().filter(|(name, ranks)| has_star(name, cell, ranks[cell])).count();
            x.map(|x| if x > 0.0 { earned as f64 } else { 0.0 })
        };
        let mut parts = vec![("value", slice.values().iter().enumerate().map(stars).collect())];
        let percentiles =
            |ranks: &Vec<Result<Rank, Absent>>| ranks.iter().map(|rank| rank.map(Rank::percentile)).collect();
        parts.extend(ranked.iter().map(|(name, ranks)| (*name, percentiles(ranks))));
        parts.push(("quotient", quotients));
        Output { shape: Shape::Cell, keys: Vec::new(), parts }
    }
}

/// The industry's share of its region.
fn focus(slice: &Slice<'_>) -> Vec<Value> {
    let totals = slice.region_totals();
    slice.cells().map(|(region, _, x)| ratio(x?, totals[region]?)).collect()
}

fn growth(input: &Input<'_>, span: usize) -> Vec<Value> {
    let earlier =
        |region, industry| input.earlier(span).map_or(Err(Absent::NoPeriod), |slice| slice.get(region, industry));
    let growth = |(region, industry, x): (usize, usize, Value)| ratio(x?, earlier(region, industry)?).map(|g| g - 1.0);
    input.measure.cells().map(growth).collect()
}

fn productivity(slice: &Slice<'_>, output: &Slice<'_>) -> Vec<Value> {
    slice.values().iter().zip(output.values()).map(|(x, v)| ratio((*v)?, (*x)?)).collect()
}
