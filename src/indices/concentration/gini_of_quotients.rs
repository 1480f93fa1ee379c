//! The Gini coefficient of location quotients.

use super::gini::{gini, normalised};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{self, OVER, Over, check_over, map_distributions};
use crate::indices::reference::WEIGHTS;
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, ratio};

/// The Gini coefficient of an industry's location quotients, each region counting alike.
#[derive(Debug)]
pub(super) struct GiniOfQuotients;

impl Index for GiniOfQuotients {
    fn card(&self) -> &'static Card {
        &Card {
            id: "gini_of_quotients",
            aliases: &["gini_conc", "gini_spec"],
            title: "Gini coefficient of location quotients: 0 when all are equal; no Lorenz curve against the reference",
            kind: Kind::Index,
            formula: "value = 2/(n² C̄) Σ_k k (C_(k) − C̄), with C_(k) the location quotients (share over the total's \
                      share) in ascending order and C̄ their mean: every category counts alike, whatever its size, \
                      which sets it apart from gini with reference=total; normalised: times n/(n − 1)",
            reference: "Farhauer and Kröll (2014), Standorttheorien, Springer, 2nd ed.; gini.conc (over=regions) and \
                        gini.spec (over=industries) of the package REAT",
            params: &[OVER, WEIGHTS],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1), Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        Over::of(params, width).shape(width)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        if params.text("weights").is_some() && params.chooses("over", "industries") {
            return Err(Refusal { param: "weights", rule: "weights are of regions, and the shares are of industries" });
        }
        if params.text("weights").is_none() && !facts.has_industries {
            return Err(Refusal { param: "weights", rule: "needed as the reference of data without industries" });
        }
        check_over(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let reference = params.text("weights").map_or("the sum of all, itself included", |weights| weights);
        let quotients = format!("quotients of the share to that of {reference}; categories without both are left out");
        vec![distribution::convention(params), quotients, "value has the maximum 1 − 1/n, normalised 1".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let over = Over::of(params, input.measure.width());
        let reference = input.regional("weights").map_or_else(|| over.totals(&input.measure), <[_]>::to_vec);
        let rows = map_distributions(&input.measure, over, |one| {
            let mut quotients = Vec::with_capacity(one.len());
            for (x, q) in one.beside(&reference)? {
                // Nothing of nothing is no quotient; something of nothing is an infinite one.
                if x > 0.0 || q > 0.0 {
                    quotients.push((ratio(x, q)?, 1.0));
                }
            }
            if quotients.iter().any(|(quotient, _)| *quotient < 0.0) {
                return Err(Absent::OutsideDomain);
            }
            let g = gini(&quotients)?;
            Ok([Ok(g), normalised(g, &quotients)])
        });
        Output::of_rows(over.shape(input.measure.width()), ["value", "normalised"], &rows)
    }
}
