//! Esteban and Ray's index of polarisation: antagonism between poles that identify with themselves.

use super::per_head::{Heads, WEIGHTS, convention, heads};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite, ratio};
use std::collections::BTreeMap;

/// `Σ_i Σ_j π_i^(1+α) π_j |z_i − z_j|`.
#[derive(Debug)]
pub(super) struct EstebanRay;

impl Index for EstebanRay {
    fn card(&self) -> &'static Card {
        &Card {
            id: "esteban_ray",
            aliases: &[],
            title: "Esteban–Ray index of polarisation between regions or macro-regions",
            kind: Kind::Index,
            formula: "P = Σ_i Σ_j π_i^(1+α) π_j |z_i − z_j| over poles i, j (groups, or else regions), with π the \
                      pole's share of the weights (of the number of regions without weights), z its value per head \
                      relative to the mean of all heads; α = 0 is twice the Gini coefficient between poles",
            reference: "Esteban and Ray (1994), Econometrica 62, 819–851, theorem 1 with K = 1 and values relative to \
                        the mean",
            params: &[
                WEIGHTS,
                Param {
                    name: "groups",
                    doc: "A text attribute of the regions, such as the macro-region: its groups are the poles. Left \
                          out, every region is one.",
                    domain: Domain::Groups { required: false },
                },
                Param {
                    name: "alpha",
                    doc: "How much poles identify with themselves: 0 is inequality alone, about 1.6 the most that the \
                          axioms allow.",
                    domain: Domain::Number { min: 0.0, max: 1.6, default: 1.0 },
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let poles = params.text("groups").unwrap_or("every region");
        let scale = "values relative to the mean, the constant K is 1";
        vec![convention(params), format!("poles: {poles}; alpha {}; {scale}", params.number("alpha"))]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let poles = heads(input).and_then(|heads| poles(input, &heads));
        Output::of(Shape::Nation, vec![poles.and_then(|poles| polarisation(poles, params.number("alpha")))])
    }
}

/// The relative value per head and the share of the heads of each pole; one of unknown group spoils them all.
fn poles(input: &Input<'_>, heads: &[Heads]) -> Result<Vec<(f64, f64)>, Absent> {
    let Some(groups) = input.classes("groups") else {
        return Ok(heads.iter().map(|h| (h.relative, h.share)).collect());
    };
    let mut sums: BTreeMap<usize, (f64, f64)> = BTreeMap::new();
    for h in heads {
        let sum = sums.entry(groups.of[h.region].ok_or(Absent::Missing)?).or_default();
        *sum = (sum.0 + h.relative * h.share, sum.1 + h.share);
    }
    sums.into_values().map(|(value, share)| Ok((ratio(value, share)?, share))).collect()
}

/// The double sum, in one pass over the poles by ascending value.
fn polarisation(mut poles: Vec<(f64, f64)>, alpha: f64) -> Value {
    poles.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Of the poles below: Σ π, Σ π z, Σ π^(1+α), Σ π^(1+α) z.
    let (mut share, mut value, mut identity, mut identified, mut sum) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for (z, pi) in poles {
        let own = pi.powf(1.0 + alpha);
        sum += own * (z * share - value) + pi * (z * identity - identified);
        (share, value) = (share + pi, value + pi * z);
        (identity, identified) = (identity + own, identified + own * z);
    }
    finite(sum).map(|sum| sum.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_is_the_double_sum() {
        let poles: Vec<(f64, f64)> = vec![(0.5, 0.2), (1.7, 0.5), (0.1, 0.3)];
        let pairs = poles.iter().flat_map(|a| poles.iter().map(move |b| (a, b)));
        let expected: f64 = pairs.map(|(a, b)| a.1.powf(2.3) * b.1 * (a.0 - b.0).abs()).sum();
        assert!(polarisation(poles.clone(), 1.3).is_ok_and(|sum| (sum - expected).abs() < 1e-15));
    }
}
