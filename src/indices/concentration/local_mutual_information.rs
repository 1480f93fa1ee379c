//! The mutual information of one industry and the regions.

use super::information::Joint;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::totals;
use crate::indices::reference::WEIGHTS;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite, ratio};

/// `Σ_r p(r|i) ln(p(r|i) / p_r)`.
#[derive(Debug)]
pub(super) struct LocalMutualInformation;

impl Index for LocalMutualInformation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "local_mutual_information",
            aliases: &["theil_concentration", "mutual_local"],
            title: "Divergence of an industry's regions from all regions: Theil's concentration, the D of Mori, \
                    Nishikimi and Smith; 0 when they are alike",
            kind: Kind::Index,
            formula: "value D_i = Σ_r p(r|i) ln(p(r|i)/p_r), with p(r|i) the shares of the regions in industry i and \
                      p_r in all (or in the weights: with economic area the D of Mori, Nishikimi and Smith); weight \
                      p_i, the share of the industry in all: Σ_i p_i D_i is mutual_information when there are no \
                      weights. It is Theil's T of the industry, the regions weighted by p_r",
            reference: "Theil (1967), Economics and Information Theory, North-Holland; Mori, Nishikimi and Smith (2005), \
                        Review of Economics and Statistics 87, 635–651; Alonso-Villar and Del Río (2010), \
                        Mathematical Social Sciences 60, 30–38",
            params: &[WEIGHTS],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let reference = params.text("weights").map_or_else(
            || "p_r: the regions' shares of the sum of all, the industry itself included".to_owned(),
            |weights| format!("p_r: the regions' shares of {weights}"),
        );
        let absent = "natural logarithm; a cell that is absent holds nothing, as one that is zero";
        vec![reference, absent.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let totals = input.measure.industry_totals();
        let rows: Vec<Result<[Value; 2], Absent>> = match divergences(input) {
            Err(absent) => vec![Err(absent); totals.len()],
            Ok(found) => {
                found.into_iter().zip(totals).map(|(found, total)| ratio(1.0, total?).map(|_| found)).collect()
            }
        };
        Output::of_rows(Shape::Industry, ["value", "weight"], &rows)
    }
}

/// The divergence and the share of each industry.
fn divergences(input: &Input<'_>) -> Result<Vec<[Value; 2]>, Absent> {
    let joint = Joint::of(&input.measure)?;
    let reference = reference(input, &joint)?;
    // With P the sum of p over the regions that have a reference q, Σ p/P ln(p/P/q) = Σ p ln(p/q) / P − ln P.
    let mut sums = vec![Ok((0.0, 0.0)); joint.industries.len()];
    for (region, industry, p) in &joint.cells {
        let add = |(held, sum)| match reference[*region] {
            Some(0.0) => Err(Absent::ZeroDenominator),
            Some(q) => Ok((held + p, sum + p * (p / q).ln())),
            None => Ok((held, sum)),
        };
        sums[*industry] = sums[*industry].and_then(add);
    }
    let value = |(held, sum): (f64, f64)| match held {
        0.0 => Err(Absent::Missing),
        held => finite((sum / held - held.ln()).max(0.0)),
    };
    Ok(sums.into_iter().zip(&joint.industries).map(|(sums, weight)| [sums.and_then(value), Ok(*weight)]).collect())
}

/// The share of each region in the reference, as far as it is known.
fn reference(input: &Input<'_>, joint: &Joint) -> Result<Vec<Option<f64>>, Absent> {
    let Some(weights) = input.regional("weights") else { return Ok(joint.regions.iter().copied().map(Some).collect()) };
    let known: Vec<(f64, f64)> = weights.iter().flatten().map(|weight| (*weight, *weight)).collect();
    let (total, _) = totals(&known)?;
    Ok(weights.iter().map(|weight| weight.ok().map(|weight| weight / total)).collect())
}
