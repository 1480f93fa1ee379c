//! The method of reflections: averages of averages between regions and industries.

use super::network::{CUTOFF, Lists, Network, convention};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value};

/// Deviations that a step makes smaller than this share vanish but for rounding.
const ROUNDING: f64 = 1e-12;

/// See the card.
#[derive(Debug)]
pub(super) struct MethodOfReflections;

impl Index for MethodOfReflections {
    fn card(&self) -> &'static Card {
        &Card {
            id: "method_of_reflections",
            aliases: &[],
            title: "Method of reflections: diversity and ubiquity, each refined by the average of the other",
            kind: Kind::Index,
            formula: "value k_r,n = Σ_i M_ri k_i,n−1 / k_r,0 and k_i,n = Σ_r M_ri k_r,n−1 / k_i,0, from the diversity \
                      k_r,0 = Σ_i M_ri and the ubiquity k_i,0 = Σ_r M_ri; standardized its z-score (ddof 0), which \
                      tends to economic_complexity up to sign as n grows through even numbers",
            reference: "Hidalgo and Hausmann (2009), PNAS 106, 10570–10575, eqs. 3–4",
            params: &[
                Param {
                    name: "of",
                    doc: "Whose value: one a region or one an industry.",
                    domain: Domain::Choice(&["regions", "industries"]),
                },
                Param {
                    name: "iterations",
                    doc: "The order n. For regions even orders speak of diversity, odd ones of ubiquity; for industries \
                          the other way round.",
                    domain: Domain::Integer { min: 0, max: 100, default: 18 },
                },
                CUTOFF,
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.chooses("of", "regions") { Shape::Region } else { Shape::Industry }
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let order = format!("order {}; z-score with ddof 0, its sign as it comes", params.number("iterations"));
        vec![convention(params), order]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let network = Network::of(&input.measure, params);
        let of_regions = params.chooses("of", "regions");
        let sides = [&network.industries, &network.regions];
        let (own, other) = if of_regions { (sides[0], sides[1]) } else { (sides[1], sides[0]) };
        let (level, deviations) = reflected(own, other, params.number("iterations") as usize);
        let present: Vec<f64> = (0..own.len()).filter(|i| !own.row(*i).is_empty()).map(|i| deviations[i]).collect();
        let scale = spread(&present, 0);
        let per_member = |of: &dyn Fn(usize) -> Value| {
            if of_regions { network.per_region(of) } else { network.per_industry(of) }
        };
        let values = per_member(&|i| Ok(level + deviations[i]));
        let standardized = per_member(&|i| {
            let scale = scale?;
            let constant = scale.deviation <= ROUNDING * scale.mean.abs().max(f64::MIN_POSITIVE);
            if constant { Err(Absent::ZeroDenominator) } else { Ok((deviations[i] - scale.mean) / scale.deviation) }
        });
        let shape = self.shape(params, input.measure.width());
        Output { shape, keys: Vec::new(), parts: vec![("value", values), ("standardized", standardized)] }
    }
}

/// The members of one side after `order` reflections: their weighted mean, which no reflection changes, and the
/// deviations from it, which are followed by themselves because they soon are small beside the mean.
fn reflected(own: &Lists, other: &Lists, order: usize) -> (f64, Vec<f64>) {
    let mut sides = if order.is_multiple_of(2) { [own, other] } else { [other, own] };
    let mut deviations: Vec<f64> = (0..sides[0].len()).map(|member| sides[0].count(member)).collect();
    let level = centre(sides[0], &mut deviations);
    settle(&mut deviations, level);
    for _ in 0..order {
        sides.reverse();
        let before = largest(&deviations);
        deviations = sides[0].map(|row| match row.len() {
            0 => 0.0,
            n => row.iter().map(|member| deviations[*member as usize]).sum::<f64>() / n as f64,
        });
        centre(sides[0], &mut deviations);
        settle(&mut deviations, before);
    }
    (level, deviations)
}

/// Takes the mean, weighted by the entries of each row, off.
fn centre(side: &Lists, values: &mut [f64]) -> f64 {
    let total: f64 = values.iter().enumerate().map(|(member, x)| side.count(member) * x).sum();
    let mean = total / side.entries().max(1) as f64;
    for (member, x) in values.iter_mut().enumerate() {
        *x = if side.row(member).is_empty() { 0.0 } else { *x - mean };
    }
    mean
}

/// Deviations of nothing but rounding are none.
fn settle(deviations: &mut [f64], before: f64) {
    if largest(deviations) <= ROUNDING * before {
        deviations.fill(0.0);
    }
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |most, x| most.max(x.abs()))
}
