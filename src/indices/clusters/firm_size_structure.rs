//! How large the firms of a region are, and how unequal, from the firms or plants themselves.

use super::plants::{REGION, SMALL, convention, sizes};
use super::territories::Territories;
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite, ratio};

/// The parts of the answer.
const PARTS: [&str; 8] =
    ["small_share", "small_measure_share", "average", "relative_average", "gini", "hhi", "variation", "plants"];

/// Shares of small firms, average size, and inequality of sizes.
#[derive(Debug)]
pub(super) struct FirmSizeStructure;

impl Index for FirmSizeStructure {
    fn card(&self) -> &'static Card {
        &Card {
            id: "firm_size_structure",
            aliases: &[],
            title: "Size structure of the firms of a region: share of small firms, average size, inequality of sizes",
            kind: Kind::Index,
            formula: "of the n plants of a region with sizes x_1 ≤ … ≤ x_n: small_share = plants with x < small / n; \
                      small_measure_share = their share of Σ x; average = Σ x / n, relative_average = that over the \
                      average of all plants; gini = Σ_k (2k − n − 1) x_k / (n Σ x); hhi = Σ (x/Σ x)²; variation = \
                      standard deviation / average, so that hhi = (1 + variation²)/n; plants = n",
            reference: "Storey (1994), Understanding the Small Business Sector, Routledge; gini without correction \
                        for small n: Sen (1973), On Economic Inequality, p. 31; hhi and variation: Adelman (1969), \
                        Review of Economics and Statistics 51, 99–101",
            params: &[
                Param {
                    doc: "The text attribute of the plants that says in which region each lies; left out, all are in one.",
                    domain: Domain::Groups { required: false },
                    ..REGION
                },
                SMALL,
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn listed_rows(&self, _params: &Params, regions: usize, _width: usize) -> usize {
        regions + 1
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![
            convention(),
            format!("small plants have less than {} of the measure", params.number("small")),
            "standard deviation with the divisor n; the row all is all plants, also those of unknown region; \
             the bootstrap draws plants"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let territories = Territories::of(input.classes("region"));
        let mut sizes = sizes(input, &territories);
        let nation = sizes.last().map_or(Err(Absent::Missing), |all| average(all));
        let rows: Vec<[Value; 8]> =
            sizes.iter_mut().map(|sizes| structure(sizes, params.number("small"), nation)).collect();
        let column = |part: usize| rows.iter().map(|row| row[part]).collect();
        let parts = PARTS.into_iter().enumerate().map(|(part, name)| (name, column(part))).collect();
        Output::listed(vec![("region", territories.key())], parts)
    }
}

fn average(sizes: &[f64]) -> Value {
    if sizes.is_empty() { Err(Absent::Missing) } else { finite(sizes.iter().sum::<f64>() / sizes.len() as f64) }
}

/// What [`PARTS`] names.
fn structure(sizes: &mut [f64], small: f64, nation: Value) -> [Value; 8] {
    sizes.sort_unstable_by(f64::total_cmp);
    let (n, total) = (sizes.len() as f64, sizes.iter().sum::<f64>());
    let below = sizes.partition_point(|x| *x < small);
    let average = average(sizes);
    let present = |value: Value| average.and(value);
    let ranked: f64 = sizes.iter().enumerate().map(|(k, x)| (2.0 * (k + 1) as f64 - n - 1.0) * x).sum();
    let squares: f64 = sizes.iter().map(|x| (x / total).powi(2)).sum();
    [
        present(ratio(below as f64, n)),
        present(ratio(sizes[..below].iter().sum(), total)),
        average,
        average.and_then(|average| ratio(average, nation?)),
        present(ratio(ranked, n * total)),
        present(finite(squares)),
        present(spread(sizes, 0).and_then(|spread| ratio(spread.deviation, spread.mean))),
        Ok(n),
    ]
}
