//! The caller knows the path.

use super::constant_growth::ConstantGrowth;
use super::noise::{Noise, Pattern};
use super::past::Past;
use super::{Driver, Fitted, Simulator, WINDOW};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::random::Random;
use crate::panel::{Grid, finite};

/// Levels from the request; cells it does not name go on growing as they did.
#[derive(Debug)]
pub(super) struct GivenPath;

impl Driver for GivenPath {
    fn card(&self) -> &'static Card {
        &Card {
            id: "given_path",
            aliases: &["path"],
            title: "A given path",
            kind: Kind::Driver,
            formula: "x_{T+h} = the h-th given level, times exp(w_h) where it is uncertain, w a random walk common to the given cells (rates: plus w_h); cells without given levels follow constant_growth",
            reference: "conditional forecast on an exogenous path; Hyndman and Athanasopoulos (2021), Forecasting: Principles and Practice, section 7.6",
            params: &[
                WINDOW,
                Param {
                    name: "standard_deviation",
                    doc: "uncertainty that the given levels gain each period: per cent of the level, for rates in the rate's unit; after h periods it is √h times as much; 0 takes the levels as known",
                    domain: Domain::Number { min: 0.0, max: 100.0, default: 0.0 },
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let mut fitted = ConstantGrowth.fit(past, params, horizon, stop)?;
        let given = past.given().to_vec();
        for (cell, levels) in &given {
            fitted.path.iter_mut().zip(levels).for_each(|(grid, level)| grid.values[*cell] = Ok(*level));
        }
        fitted.held.retain(|held| given.iter().all(|(cell, _)| cell != held));
        let per_cent = params.number("standard_deviation");
        let relative = past.adds_up();
        let sigma = if relative { per_cent / 100.0 } else { per_cent };
        if fitted.simulator.is_some() || sigma > 0.0 {
            let path = fitted.path.clone();
            let others = fitted.simulator.take();
            fitted.simulator = Some(Box::new(Given { path, given, others, sigma, relative, dates: past.dates() }));
        }
        Ok(fitted)
    }

    fn reads_given_levels(&self) -> bool {
        true
    }
}

/// Draws the given cells around their levels, the others by their own simulator.
#[derive(Debug)]
struct Given {
    path: Vec<Grid>,
    given: Vec<(usize, Vec<f64>)>,
    others: Option<Box<dyn Simulator>>,
    sigma: f64,
    relative: bool,
    dates: usize,
}

impl Simulator for Given {
    fn draw(&self, random: &mut Random) -> Vec<Grid> {
        let noise = Noise::draw(&mut random.clone(), self.dates, self.path.len(), 0);
        let mut path = self.others.as_ref().map_or_else(|| self.path.clone(), |others| others.draw(random));
        let mut shocks = vec![0.0; self.path.len()];
        noise.shocks(&Pattern::new(&[], self.dates).0, &mut shocks);
        let mut walk = 0.0;
        for (h, grid) in path.iter_mut().enumerate() {
            walk += self.sigma * shocks[h];
            for (cell, levels) in &self.given {
                let level = if self.relative { levels[h] * walk.exp() } else { levels[h] + walk };
                grid.values[*cell] = finite(level);
            }
        }
        path
    }
}
