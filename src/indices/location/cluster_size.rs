//! The size of a horizontal cluster: the jobs that a region has beyond its share of the industry.

use super::economy::each_cell;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `x_ri − x_r x_i / x`.
#[derive(Debug)]
pub(super) struct ClusterSize;

impl Index for ClusterSize {
    fn card(&self) -> &'static Card {
        &Card {
            id: "cluster_size",
            aliases: &["horizontal_cluster"],
            title: "Cluster size: jobs (plants, …) above those that a location quotient of 1 would give the region",
            kind: Kind::Index,
            formula: "x_ri − x_i x_r/x, with x_r, x_i and x the sums over industries, over regions and of all; in the \
                      unit of the measure; over the regions, and over the industries, it sums to 0 where no cell is \
                      absent",
            reference: "Fingleton, Igliori and Moore (2004), Urban Studies 41, 773–799",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["negative where the region has less than its share; the nation includes the region itself".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        Output::of(Shape::Cell, each_cell(&input.measure, |x, share, industry| finite(x - industry * share)))
    }
}
