//! What one draw of the future differs in from the point forecast; the same for baseline and scenarios.

use super::model::Model;
use super::request::Uncertainty;
use super::rest::{Block, Disturbances, Part};
use crate::formula::Program;
use crate::numeric::random::{Random, normal, normals, stream};
use nalgebra::DVector;
use rand_distr::{ChiSquared, Distribution};

/// One draw.
#[derive(Debug)]
pub(super) struct Shock {
    /// Deviation of each coefficient.
    pub(super) coefficients: Vec<f64>,
    /// Deviation of the anchors and of the varying slopes.
    pub(super) anchor: Part,
    /// Disturbances, step by step, one a row.
    pub(super) disturbances: Vec<Vec<f64>>,
}

/// Makes draws.
#[derive(Debug)]
pub(super) struct Shocks<'a> {
    pub(super) program: &'a Program,
    pub(super) model: &'a Model,
    pub(super) uncertainty: Uncertainty,
    pub(super) horizon: usize,
    pub(super) seed: u64,
}

impl Shocks<'_> {
    /// The draw that does not differ: the point forecast.
    pub(super) fn none(&self) -> Shock {
        Shock {
            coefficients: vec![0.0; self.model.coefficients.len()],
            anchor: Part::zero(self.program),
            disturbances: vec![vec![0.0; self.program.rows()]; self.horizon],
        }
    }

    /// Draw number `draw`, from its own stream.
    ///
    /// A source that is switched off draws its numbers all the same, so the others do not change.
    pub(super) fn draw(&self, draw: u64) -> Shock {
        let mut random = stream(self.seed, draw);
        let mut shock = self.none();
        if let Some(root) = &self.model.root {
            let z = DVector::from_vec(normals(&mut random, root.ncols()));
            if self.uncertainty.coefficients {
                shock.coefficients = (root * z).as_slice().to_vec();
                for (deviation, absorbed) in shock.coefficients.iter().zip(&self.model.rest.absorbed) {
                    shock.anchor.add(-deviation, absorbed);
                }
            }
        }
        match &self.model.rest.disturbances {
            Disturbances::None => {}
            Disturbances::Normal(deviation) => {
                let on = if self.uncertainty.residuals { *deviation } else { 0.0 };
                let values = shock.disturbances.iter_mut().flatten();
                values.for_each(|value| *value = on * normal(&mut random));
            }
            Disturbances::Blocks(blocks) => self.blocks(blocks, &mut shock, &mut random),
        }
        shock
    }

    /// Errors of the anchors and disturbances of each step, as [`super::rest`] explains.
    fn blocks(&self, blocks: &[Block], shock: &mut Shock, random: &mut Random) {
        let dates = blocks.len() as f64;
        let scale = scale(dates - 1.0, random);
        for (block, weight) in blocks.iter().zip(normals(random, blocks.len())) {
            if self.uncertainty.coefficients {
                shock.anchor.add(scale * weight, &block.absorbed);
            }
        }
        let bandwidth = 1.06 * dates.powf(-0.2);
        let shrink = scale / (1.0 + bandwidth * bandwidth).sqrt();
        for step in &mut shock.disturbances {
            let date = (uniform(random) * dates) as usize;
            let weights = normals(random, blocks.len());
            if !self.uncertainty.residuals {
                continue;
            }
            for (t, (block, weight)) in blocks.iter().zip(weights).enumerate() {
                let factor = shrink * (bandwidth * weight / dates.sqrt() + f64::from(u8::from(t == date)));
                step.iter_mut().zip(&block.values).for_each(|(value, block)| *value += factor * block);
            }
        }
    }
}

/// √(ν/χ²_ν): by how much a standard deviation known from ν degrees of freedom may be wrong.
fn scale(nu: f64, random: &mut Random) -> f64 {
    ChiSquared::new(nu).map_or(1.0, |chi_squared| (nu / chi_squared.sample(random)).sqrt())
}

/// A number in [0, 1).
fn uniform(random: &mut Random) -> f64 {
    rand_distr::StandardUniform.sample(random)
}
