//! The E–I index: whether nodes cooperate rather with other kinds, or territories, or with their own.

use super::network::{KIND, Network, conventions, group};
use super::territories::Territories;
use crate::card::{Card, Infer, Kind, Law, Param, Params};
use crate::indices::{Ask, Classes, Extra, Index, Input, Output, Shape, permuted};
use crate::panel::{Value, ratio};

/// `(E − I) / (E + I)`.
#[derive(Debug)]
pub(super) struct ExternalInternalLinks;

impl Index for ExternalInternalLinks {
    fn card(&self) -> &'static Card {
        &Card {
            id: "external_internal_links",
            aliases: &["ei_index"],
            title: "E–I index: links to other kinds of nodes (or territories) less those within, over all links",
            kind: Kind::Index,
            formula: "(E − I) / (E + I), with E the links of the nodes of a kind to nodes of other kinds and I those \
                      between its own nodes; of all nodes: links between and within kinds. −1: only within; 1: only \
                      between. Parts: value, external, internal. Permutation deals the kinds out over the nodes of \
                      known kind",
            reference: "Krackhardt and Stern (1988), Social Psychology Quarterly 51, 123–140",
            params: &[Param {
                doc: "A text attribute of the regions, which are the nodes: what a node is, or where.",
                ..KIND
            }],
            inference: &[Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(-1, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, _width: usize) -> usize {
        regions + 1
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        let mut all = conventions();
        all.push("links with a node of unknown kind do not count".to_owned());
        all
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let kinds = input.classes("kind");
        let counts = kinds.map_or_else(Vec::new, |kinds| counts(&Network::of(input), kinds));
        let column = |of: fn(&(f64, f64)) -> Value| counts.iter().map(of).collect::<Vec<_>>();
        let parts =
            vec![("value", values(&counts)), ("external", column(|c| Ok(c.0))), ("internal", column(|c| Ok(c.1)))];
        Output::listed(vec![("kind", Territories::of(kinds).key())], parts)
    }

    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Permutation).then(|| {
            let Some(kinds) = input.classes("kind") else { return Vec::new() };
            let network = Network::of(input);
            let known: Vec<usize> = (0..kinds.of.len()).filter(|node| kinds.of[*node].is_some()).collect();
            let observed = values(&counts(&network, kinds));
            let deal = |order: &[usize]| {
                if input.stopped() {
                    return observed.clone();
                }
                let mut dealt = kinds.clone();
                known.iter().zip(order).for_each(|(node, place)| dealt.of[*node] = kinds.of[known[*place]]);
                values(&counts(&network, &dealt))
            };
            vec![("value_p".to_owned(), permuted(ask, known.len(), &observed, deal))]
        })
    }
}

/// External and internal links of each kind, and of all.
fn counts(network: &Network, kinds: &Classes) -> Vec<(f64, f64)> {
    let rows = Territories::of(Some(kinds)).rows();
    let mut counts = vec![(0.0, 0.0); rows];
    for (a, b) in &network.links {
        let (Some(a), Some(b)) = (group(kinds, *a), group(kinds, *b)) else { continue };
        if a == b {
            counts[a].1 += 1.0;
            counts[rows - 1].1 += 1.0;
        } else {
            [a, b, rows - 1].into_iter().for_each(|row| counts[row].0 += 1.0);
        }
    }
    counts
}

fn values(counts: &[(f64, f64)]) -> Vec<Value> {
    counts.iter().map(|(external, internal)| ratio(external - internal, external + internal)).collect()
}
