//! The shape of a network of cooperation, in each territory and as a whole.

use super::network::{Network, TERRITORY, conventions, group};
use super::territories::Territories;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape, p_value};
use crate::numeric::random::stream;
use crate::panel::{Absent, Value, ratio};
use rand::seq::index::sample;
use rayon::prelude::*;

/// Density, centralisation, transitivity and connectedness.
#[derive(Debug)]
pub(super) struct CooperationNetwork;

/// The parts of the answer that chance decides when the links are dealt out anew.
const OF_SHAPE: [&str; 4] = ["centralisation", "transitivity", "largest_component", "isolates"];

impl Index for CooperationNetwork {
    fn card(&self) -> &'static Card {
        &Card {
            id: "cooperation_network",
            aliases: &[],
            title: "Network of cooperation: density, centralisation, transitivity and connectedness, by territory",
            kind: Kind::Index,
            formula: "density = m / (n(n−1)/2), with n nodes and m links; centralisation = Σ_i (max_j d_j − d_i) / \
                      ((n−1)(n−2)), with d_i the links of node i, 1 for a star; transitivity = closed / all paths of \
                      two links; largest_component = share of the nodes that are in it; isolates = share of the \
                      nodes without a link. A territory is its nodes and the links between them. Parts: density, \
                      centralisation, transitivity, largest_component, isolates, nodes, links. Permutation deals the \
                      m links out over all pairs of nodes",
            reference: "Freeman (1978), Social Networks 1, 215–239; Wasserman and Faust (1994), Social Network \
                        Analysis, chapters 4–6; dealing out: Anderson, Butts and Carley (1999), Social Networks 21, \
                        239–267",
            params: &[TERRITORY],
            inference: &[Infer::Permutation],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
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
        all.push("the row all is the whole network, with the links between territories".to_owned());
        all
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let (territories, networks) = networks(input);
        let column = |part: &dyn Fn(&Network) -> Value| networks.iter().map(part).collect::<Vec<_>>();
        let shapes: Vec<[Value; 4]> = networks.iter().map(shape).collect();
        let mut parts = vec![("density", column(&density))];
        let of_shape = OF_SHAPE.into_iter().enumerate();
        parts.extend(of_shape.map(|(k, name)| (name, shapes.iter().map(|shape| shape[k]).collect())));
        parts.push(("nodes", column(&|network| Ok(network.nodes as f64))));
        parts.push(("links", column(&|network| Ok(network.links.len() as f64))));
        Output::listed(vec![("territory", territories.key())], parts)
    }

    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Permutation).then(|| {
            let (_, networks) = networks(input);
            let rows: Vec<[Value; 4]> = networks.iter().map(|network| p_values(input, network, ask)).collect();
            let column = |(k, name): (usize, &str)| (format!("{name}_p"), rows.iter().map(|row| row[k]).collect());
            OF_SHAPE.into_iter().enumerate().map(column).collect()
        })
    }
}

/// The network of each territory, and the whole.
fn networks<'a>(input: &'a Input<'_>) -> (Territories<'a>, Vec<Network>) {
    let (whole, classes) = (Network::of(input), input.classes("territory"));
    let territories = Territories::of(classes);
    let inside = |territory: usize| whole.within(|node| classes.and_then(|c| group(c, node)) == Some(territory));
    let mut networks: Vec<Network> = (0..territories.rows() - 1).map(inside).collect();
    networks.push(whole);
    (territories, networks)
}

fn density(network: &Network) -> Value {
    let n = network.nodes as f64;
    apart(network, 2).and_then(|()| ratio(network.links.len() as f64, n * (n - 1.0) / 2.0))
}

/// Passes networks of at least so many nodes.
fn apart(network: &Network, least: usize) -> Result<(), Absent> {
    if network.nodes < least { Err(Absent::TooFewCategories) } else { Ok(()) }
}

/// What [`OF_SHAPE`] names.
fn shape(network: &Network) -> [Value; 4] {
    let n = network.nodes as f64;
    let degrees: Vec<f64> = network.neighbours().iter().map(|list| list.len() as f64).collect();
    let most = degrees.iter().copied().fold(0.0, f64::max);
    let differences: f64 = degrees.iter().map(|degree| most - degree).sum();
    let (closed, all) = network.paths_of_two();
    let alone = degrees.iter().filter(|degree| **degree < 1.0).count();
    [
        apart(network, 3).and_then(|()| ratio(differences, (n - 1.0) * (n - 2.0))),
        ratio(closed as f64, all as f64),
        apart(network, 1).and_then(|()| ratio(network.largest_component() as f64, n)),
        apart(network, 1).and_then(|()| ratio(alone as f64, n)),
    ]
}

/// The p-values among networks of as many nodes and links, each as likely.
fn p_values(input: &Input<'_>, network: &Network, ask: &Ask) -> [Value; 4] {
    let n = network.nodes;
    let draw = |number: usize| {
        if input.stopped() {
            return None;
        }
        let pairs = sample(&mut stream(ask.seed, number as u64), n * n.saturating_sub(1) / 2, network.links.len());
        Some(shape(&Network { nodes: n, links: pairs.iter().map(pair).collect() }))
    };
    let draws: Vec<[Value; 4]> = (0..ask.draws).into_par_iter().filter_map(draw).collect();
    let mut p = shape(network);
    for (k, value) in p.iter_mut().enumerate() {
        let drawn: Vec<f64> = draws.iter().filter_map(|draw| draw[k].ok()).collect();
        *value = value.map(|value| p_value(value, &drawn, ask.alternative));
    }
    p
}

/// The pair of nodes of this number: (0, 1), (0, 2), (1, 2), (0, 3), …
fn pair(number: usize) -> (usize, usize) {
    let mut high = ((1.0 + (1.0 + 8.0 * number as f64).sqrt()) / 2.0) as usize;
    // The root of a large number may be rounded to the next.
    while high * (high - 1) / 2 > number {
        high -= 1;
    }
    (number - high * (high - 1) / 2, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_counted_through() {
        let pairs: Vec<_> = (0..10).map(pair).collect();
        let expected: Vec<_> = (1..5).flat_map(|high| (0..high).map(move |low| (low, high))).collect();
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_star_is_central_and_one_node_is_a_whole() {
        let star = Network { nodes: 5, links: (1..5).map(|node| (0, node)).collect() };
        assert_eq!(shape(&star), [Ok(1.0), Ok(0.0), Ok(1.0), Ok(0.0)]);
        let one = Network { nodes: 1, links: Vec::new() };
        let absent = [Err(Absent::TooFewCategories), Err(Absent::ZeroDenominator)];
        assert_eq!(shape(&one), [absent[0], absent[1], Ok(1.0), Ok(1.0)]);
        assert_eq!(density(&one), absent[0]);
    }
}
