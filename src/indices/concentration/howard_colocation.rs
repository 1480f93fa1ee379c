//! The colocation of the plants of two industries.

use super::coagglomeration::{columns, count, keys, pairs};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, ratio};

/// How many pairs of plants of two industries lie in the same region, beyond what chance gives.
#[derive(Debug)]
pub(super) struct HowardColocation;

impl Index for HowardColocation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "howard_colocation",
            aliases: &["xcl", "colocation"],
            title: "Excess colocation (XCL) of two industries: pairs of their plants in the same region, beyond chance",
            kind: Kind::Index,
            formula: "value XCL = CL − E(CL), with colocation CL = Σ_r n_ri n_rj / (n_i n_j), n_ri the number of plants \
                      of industry i in region r, and expected E(CL) = Σ_r m_r (m_r − 1) / (m (m − 1)), m_r = n_ri + \
                      n_rj: the mean of CL over all ways to deal the two names out to the plants, which the authors \
                      and REAT's howard.xcl estimate from random ones",
            reference: "Howard, Newman and Tarp (2016), Journal of Economic Geography 16, 1055–1078",
            params: &[],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::Decomposes("colocation", &["value", "expected"])],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, _regions: usize, width: usize) -> usize {
        count(width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["the measure counts plants; of the regions where both industries are present".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let columns = columns(input, |_| Ok(()));
        let pairs = pairs(input, &columns, |_, _| true, Plants::add, Plants::colocation);
        let part = |place: usize| pairs.iter().map(|pair| pair.found.map(|found| found[place])).collect();
        let parts = ["value", "colocation", "expected"].into_iter().enumerate();
        Output::listed(keys(&pairs), parts.map(|(place, name)| (name, part(place))).collect())
    }
}

/// Numbers of plants of two industries, and of pairs of plants in the same region.
#[derive(Default)]
struct Plants {
    first: f64,
    second: f64,
    pairs: f64,
    pooled: f64,
}

impl Plants {
    fn add(&mut self, _region: usize, (first, second): (f64, f64)) {
        let both = first + second;
        self.first += first;
        self.second += second;
        self.pairs += first * second;
        self.pooled += both * (both - 1.0);
    }

    fn colocation(self) -> Result<[f64; 3], Absent> {
        let both = self.first + self.second;
        let colocation = ratio(self.pairs, self.first * self.second)?;
        let expected = ratio(self.pooled, both * (both - 1.0))?;
        Ok([colocation - expected, colocation, expected])
    }
}
