//! The transition matrix of regions between classes of the distribution.

use super::chain::{self, Chain, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Key, Output, Shape};
use crate::numeric::distributions::normal_quantile;
use crate::panel::{Absent, Value};

/// The share of the regions of a class that are in a class one period later.
#[derive(Debug)]
pub(super) struct MarkovTransition;

impl Index for MarkovTransition {
    fn card(&self) -> &'static Card {
        &Card {
            id: "markov_transition",
            aliases: &["transition_matrix"],
            title: "Markov transition matrix of regions between classes of the distribution",
            kind: Kind::Index,
            formula: "probability p_ij = n_ij / Σ_j n_ij, count n_ij the number of times that a region of class i \
                      (from) was in class j (to) one period later, over the periods of the span; absent \
                      (zero_denominator) for a class that no region was in. One row for each pair of classes, 1 the \
                      lowest. Analytic inference: standard error √(p(1 − p)/Σ_j n_ij) and the interval of Wilson \
                      (1927)",
            reference: "Quah (1993), European Economic Review 37, 426–434; Anderson and Goodman (1957), Annals of \
                        Mathematical Statistics 28, 89–110",
            params: PARAMS,
            inference: &[Infer::Analytic],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn listed_rows(&self, params: &Params, _regions: usize, _width: usize) -> usize {
        chain::classes(params).pow(2)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        chain::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let chain = Chain::observed(input, params);
        let cells = cells(params);
        let classes = |of: fn(&(usize, usize)) -> usize| {
            Key::Numbers("", cells.iter().map(|cell| (of(cell) + 1) as f64).collect())
        };
        let column = |of: fn(&Chain, usize, usize) -> Value| {
            cells
                .iter()
                .map(|(from, to)| chain.as_ref().map_err(|absent| *absent).and_then(|c| of(c, *from, *to)))
                .collect()
        };
        let count = |chain: &Chain, from: usize, to: usize| Ok(chain.counts[from * chain.classes + to]);
        Output::listed(
            vec![("from", classes(|cell| cell.0)), ("to", classes(|cell| cell.1))],
            vec![("probability", column(Chain::probability)), ("count", column(count))],
        )
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Analytic {
            return None;
        }
        let chain = Chain::observed(input, params);
        let rows = cells(params).into_iter().map(|(from, to)| {
            let chain = chain.as_ref().map_err(|absent| *absent)?;
            Ok(proportion(chain.probability(from, to)?, chain.departures(from), ask.level))
        });
        let rows: Vec<Result<[f64; 3], Absent>> = rows.collect();
        let column = |part: usize| rows.iter().map(|row| row.map(|parts| parts[part])).collect();
        let names = ["probability_se", "probability_lower", "probability_upper"];
        Some(names.into_iter().enumerate().map(|(part, name)| (name.to_owned(), column(part))).collect())
    }
}

/// Every pair of classes.
fn cells(params: &Params) -> Vec<(usize, usize)> {
    let classes = chain::classes(params);
    (0..classes).flat_map(|from| (0..classes).map(move |to| (from, to))).collect()
}

/// The standard error of a proportion of `n` and its interval: Wilson (1927), Journal of the American Statistical
/// Association 22, 209–212.
fn proportion(p: f64, n: f64, level: f64) -> [f64; 3] {
    let z = normal_quantile(0.5 + level / 2.0);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    [(p * (1.0 - p) / n).sqrt(), (centre - half).max(0.0), (centre + half).min(1.0)]
}
