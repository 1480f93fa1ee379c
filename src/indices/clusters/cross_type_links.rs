//! With whom nodes of each kind cooperate: firms with banks, universities, associations, or one another.

use super::network::{KIND, Network, TERRITORY, conventions, group};
use super::territories::Territories;
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Key, Output, Shape};
use crate::panel::ratio;
use std::collections::BTreeMap;

/// The share of the links of one kind of node that join it with another kind.
#[derive(Debug)]
pub(super) struct CrossTypeLinks;

impl Index for CrossTypeLinks {
    fn card(&self) -> &'static Card {
        &Card {
            id: "cross_type_links",
            aliases: &[],
            title: "Cooperation between kinds of nodes: the share of the links of firms that go to banks, \
                    universities, associations, …",
            kind: Kind::Index,
            formula: "m_ab / Σ_c m_ac, with m_ab the number of links between a node of kind a and one of kind b; in \
                      a territory the node of kind a lies in it, its partner anywhere. Parts: value, links",
            reference: "The mixing matrix of Newman (2003), Physical Review E 67, 026126, section II, by row",
            params: &[KIND, TERRITORY],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, width: usize) -> usize {
        // A link is seen from both its ends, in a territory and in all.
        4 * regions * width
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        let mut all = conventions();
        all.push(
            "links with a node of unknown kind do not count, one between two nodes of a kind counts once; pairs of \
             kinds without a link have no row"
                .to_owned(),
        );
        all
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let Some(kinds) = input.classes("kind") else { return Output::listed(Vec::new(), Vec::new()) };
        let territories = Territories::of(input.classes("territory"));
        let mut links: BTreeMap<(usize, usize, usize), f64> = BTreeMap::new();
        for (a, b) in Network::of(input).links {
            let (Some(of_a), Some(of_b)) = (group(kinds, a), group(kinds, b)) else { continue };
            let mut seen_from: Vec<_> = territories.rows_of(a).map(|row| (row, of_a, of_b)).collect();
            seen_from.extend(territories.rows_of(b).map(|row| (row, of_b, of_a)));
            seen_from.sort_unstable();
            seen_from.dedup();
            seen_from.into_iter().for_each(|from| *links.entry(from).or_default() += 1.0);
        }
        let mut sums: BTreeMap<(usize, usize), f64> = BTreeMap::new();
        for ((row, kind, _), links) in &links {
            *sums.entry((*row, *kind)).or_default() += links;
        }
        let text = |name: &dyn Fn(&(usize, usize, usize)) -> String| Key::Texts(links.keys().map(name).collect());
        let keys = vec![
            ("territory", text(&|(row, ..)| territories.name(*row))),
            ("kind", text(&|(_, kind, _)| kinds.names[*kind].clone())),
            ("partner", text(&|(.., partner)| kinds.names[*partner].clone())),
        ];
        let shares = links.iter().map(|((row, kind, _), links)| ratio(*links, sums[&(*row, *kind)])).collect();
        Output::listed(keys, vec![("value", shares), ("links", links.values().map(|links| Ok(*links)).collect())])
    }
}
