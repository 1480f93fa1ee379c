//! A network of cooperation: the regions of the data are nodes at one end of a link, the industries at the other end.

use crate::card::{Domain, Param};
use crate::indices::{Classes, Input};

/// The parameter of the nodes' territories.
pub(super) const TERRITORY: Param = Param {
    name: "territory",
    doc: "A text attribute of the regions, which are the nodes: the territory a node lies in. Left out, there is one \
          row, of the whole network.",
    domain: Domain::Groups { required: false },
};

/// The parameter of the nodes' kinds.
pub(super) const KIND: Param = Param {
    name: "kind",
    doc: "A text attribute of the regions, which are the nodes: what a node is, such as firm, bank, university or \
          association.",
    domain: Domain::Groups { required: true },
};

/// An undirected network without weights: nodes are the regions, then the industries that are no region by name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Network {
    /// Number of nodes.
    pub(super) nodes: usize,
    /// Links between different nodes, the lower number first, each once, in order.
    pub(super) links: Vec<(usize, usize)>,
}

impl Network {
    /// The links of cells above zero. A link told from both its ends is one, one from a node to itself is none.
    pub(super) fn of(input: &Input<'_>) -> Self {
        let regions = input.measure.regions();
        let mut nodes = regions;
        let node_of = |industry: usize| {
            input.twins.get(industry).copied().flatten().unwrap_or_else(|| {
                nodes += 1;
                nodes - 1
            })
        };
        let partners: Vec<usize> = (0..input.measure.width()).map(node_of).collect();
        let mut links: Vec<(usize, usize)> = input
            .measure
            .cells()
            .filter(|(.., value)| value.is_ok_and(|weight| weight > 0.0))
            .map(|(region, industry, _)| (region, partners[industry]))
            .filter(|(a, b)| a != b)
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect();
        links.sort_unstable();
        links.dedup();
        Self { nodes, links }
    }

    /// The nodes for which `keep` holds, numbered anew, and the links between them.
    pub(super) fn within(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut nodes = 0;
        let number = |node: usize| {
            keep(node).then(|| {
                nodes += 1;
                nodes - 1
            })
        };
        let numbers: Vec<Option<usize>> = (0..self.nodes).map(number).collect();
        let links = self.links.iter().filter_map(|(a, b)| Some((numbers[*a]?, numbers[*b]?))).collect();
        Self { nodes, links }
    }

    /// The nodes that each node is linked with, by number.
    pub(super) fn neighbours(&self) -> Vec<Vec<usize>> {
        let mut neighbours = vec![Vec::new(); self.nodes];
        for (a, b) in &self.links {
            neighbours[*a].push(*b);
            neighbours[*b].push(*a);
        }
        neighbours.iter_mut().for_each(|list| list.sort_unstable());
        neighbours
    }

    /// Number of nodes of the largest component.
    pub(super) fn largest_component(&self) -> usize {
        let neighbours = self.neighbours();
        let mut seen = vec![false; self.nodes];
        let mut size_from = |start: usize| {
            let (mut size, mut waiting) = (0, vec![start]);
            while let Some(node) = waiting.pop() {
                if !std::mem::replace(&mut seen[node], true) {
                    size += 1;
                    waiting.extend(&neighbours[node]);
                }
            }
            size
        };
        (0..self.nodes).map(&mut size_from).max().unwrap_or(0)
    }

    /// Paths of two links, counted from both their ends: those whose ends are linked, too, and all.
    pub(super) fn paths_of_two(&self) -> (usize, usize) {
        let neighbours = self.neighbours();
        let (mut closed, mut all) = (0, 0);
        for around in &neighbours {
            all += around.len() * around.len().saturating_sub(1);
            for other in around {
                closed += common(around, &neighbours[*other]);
            }
        }
        (closed, all)
    }
}

/// How many numbers two sorted lists share.
fn common(a: &[usize], b: &[usize]) -> usize {
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    few.iter().filter(|node| many.binary_search(node).is_ok()).count()
}

/// The group of a node; unknown for nodes that are no region.
pub(super) fn group(classes: &Classes, node: usize) -> Option<usize> {
    *classes.of.get(node)?
}

/// What answers about networks state.
pub(super) fn conventions() -> Vec<String> {
    vec![
        "nodes are the regions and the industries, one where the names are the same; industries that are no region \
         have no attributes"
            .to_owned(),
        "links are cells above zero, without direction or weight; a node is no partner of itself".to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Slice;
    use std::borrow::Cow;

    #[test]
    fn a_link_told_twice_is_one_and_unknown_partners_are_nodes() {
        // Regions a, b; industries a, b, c.
        let cells = [5.0, 1.0, 0.0, 1.0, 0.0, 2.0].map(Ok).to_vec();
        let mut input = Input::new(Slice::dense(3, cells));
        input.twins = Cow::Owned(vec![Some(0), Some(1), None]);
        let network = Network::of(&input);
        assert_eq!(network, Network { nodes: 3, links: vec![(0, 1), (1, 2)] });
        assert_eq!(network.within(|node| node > 0), Network { nodes: 2, links: vec![(0, 1)] });
        assert_eq!((network.largest_component(), network.paths_of_two()), (3, (0, 2)));
    }

    #[test]
    fn a_triangle_with_a_tail() {
        let network = Network { nodes: 5, links: vec![(0, 1), (0, 2), (1, 2), (2, 3)] };
        assert_eq!(network.paths_of_two(), (6, 10));
        assert_eq!(network.largest_component(), 4);
    }
}
