//! The Gini coefficient between regions of the value per head.

use super::lorenz::Lorenz;
use super::per_head::{WEIGHTS, convention, heads};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value};

/// Twice the area under the diagonal of the Lorenz curve: of the heads, and of the regions.
#[derive(Debug)]
pub(super) struct RegionalGini;

impl Index for RegionalGini {
    fn card(&self) -> &'static Card {
        &Card {
            id: "regional_gini",
            aliases: &[],
            title: "Gini coefficient of the value per head between regions, weighted by heads and with regions alike",
            kind: Kind::Index,
            formula: "value = Σ_r Σ_q p_r p_q |y_r − y_q| / (2 Σ_r p_r y_r), with y_r the measure per unit of the \
                      weights and p_r the region's share of the weights, which are sorted together with y; unweighted \
                      the same with p = 1/R; unbiased = unweighted · R/(R − 1)",
            reference: "Gini (1912), Variabilità e mutabilità; weighted: Lerman and Yitzhaki (1989), Journal of \
                        Econometrics 42, 43–47; unbiased: Deaton (1997), The Analysis of Household Surveys, Johns \
                        Hopkins University Press, ch. 3",
            params: &[WEIGHTS],
            inference: &[Infer::BootstrapRegions],
            laws: &[
                Law::ScaleInvariant,
                Law::PermutationEquivariant,
                Law::Within(0, 1),
                Law::ZeroWhenEqual,
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
        vec![convention(params), "unweighted and unbiased take regions alike".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of_rows(Shape::Nation, ["value", "unweighted", "unbiased"], &[ginis(input)])
    }
}

fn ginis(input: &Input<'_>) -> Result<[Value; 3], Absent> {
    let heads = heads(input)?;
    let weighted = Lorenz::new(heads.iter().map(|h| (h.relative, h.share)).collect()).gini();
    let unweighted = Lorenz::new(heads.iter().map(|h| (h.relative, 1.0)).collect()).gini();
    let n = heads.len() as f64;
    let unbiased = if n < 2.0 { Err(Absent::TooFewCategories) } else { unweighted.map(|gini| gini * n / (n - 1.0)) };
    Ok([weighted, unweighted, unbiased])
}
