//! A Bayesian vector autoregression of several measures of a cell.

use super::minnesota::{Posterior, Prior, System};
use super::noise::{Noise, Pattern, partial_sums};
use super::past::{Past, Scale};
use super::random_walk_drift::RandomWalkDrift;
use super::{Driver, Figure, Fitted, Simulator};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::forecast::names;
use crate::numeric::Stop;
use crate::numeric::nelder_mead::minimise;
use crate::numeric::random::Random;
use crate::panel::{Grid, Panel};
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::collections::BTreeSet;

/// Most measures beside the measure itself.
const MOST: usize = 5;
/// Bounds of λ where the likelihood chooses it.
const LAMBDA: (f64, f64) = (1e-4, 5.0);

/// Measures that move each other, under the Minnesota prior.
#[derive(Debug)]
pub(super) struct Bvar;

impl Driver for Bvar {
    fn card(&self) -> &'static Card {
        &Card {
            id: "bvar",
            aliases: &["minnesota"],
            title: "Bayesian vector autoregression",
            kind: Kind::Driver,
            formula: "g_t = c + A_1 g_{t−1} + … + A_p g_{t−p} + e_t in each cell, g the growth Δ ln x of the measures (rates: Δ x) or their level; prior of (A_ℓ)_ij normal around b for ℓ = 1, i = j and around 0 else, variance λ² ψ_i/(ℓ^α ψ_j); ψ residual variance of own autoregressions, Σ inverse Wishart (diag ψ, M + 2); posterior in closed form",
            reference: "Litterman (1986), Journal of Business & Economic Statistics 4, 25–38; Giannone, Lenza and Primiceri (2015), Review of Economics and Statistics 97, 436–451, appendix A",
            params: &[
                Param {
                    name: "with",
                    doc: "the other measures of the system, at most five; left out, the measure depends on its own past only; measures that name each other are drawn jointly",
                    domain: Domain::Terms { required: false },
                },
                Param {
                    name: "of",
                    doc: "what depends on the past: growth (prior mean 0) or level (ln x, for rates x; prior mean 1 on the own first lag)",
                    domain: Domain::Choice(&["growth", "level"]),
                },
                Param {
                    name: "lags",
                    doc: "periods the system looks back",
                    domain: Domain::Integer { min: 1, max: 8, default: 1 },
                },
                Param {
                    name: "lambda",
                    doc: "overall tightness of the prior; 0 takes the one of largest marginal likelihood, the same for all cells",
                    domain: Domain::Number { min: 0.0, max: 100.0, default: 0.0 },
                },
                Param {
                    name: "alpha",
                    doc: "how fast the prior tightens with the lag",
                    domain: Domain::Number { min: 0.0, max: 10.0, default: 2.0 },
                },
            ],
            inference: &[],
            laws: &[],
        }
    }

    fn fit(&self, past: &Past<'_>, params: &Params, horizon: usize, stop: &Stop) -> Result<Fitted, Error> {
        let setting = Setting::read(past.panel(), past.measure(), params)?;
        // Cells without a system go on as random walks with drift.
        let no_params = Params::parse(RandomWalkDrift.card(), &std::collections::BTreeMap::new(), "params")?;
        let mut fitted = RandomWalkDrift.fit(past, &no_params, horizon, stop)?;
        let pasts: Vec<Past<'_>> = setting.measures.iter().map(|measure| past.of(*measure)).collect();
        let cells = past.last().values.len();
        let systems: Vec<Option<Member>> =
            (0..cells).into_par_iter().map(|cell| setting.system(&pasts, cell)).collect();
        let systems: Vec<Member> = systems.into_iter().flatten().collect();
        let lambda = if setting.lambda > 0.0 { setting.lambda } else { setting.tightness(&systems, stop)? };
        let posterior = |member: Member| {
            let posterior = member.system.posterior(setting.prior(lambda))?;
            Vector::new(&setting, member, &posterior, past.dates())
        };
        let vectors: Vec<Vector> = systems.into_par_iter().filter_map(posterior).collect();
        let scale = past.scale();
        for vector in &vectors {
            let path = vector.simulate(&vector.coefficients, |_| DVector::zeros(vector.root.nrows()), horizon);
            for (grid, value) in fitted.path.iter_mut().zip(path) {
                grid.values[vector.cell] = past.last().values[vector.cell].and_then(|last| scale.level(value, last));
            }
        }
        let present = past.last().values.iter().filter(|value| value.is_ok()).count();
        fitted.figures = vec![Figure { name: "cells_too_short".to_owned(), value: (present - vectors.len()) as f64 }];
        if !vectors.is_empty() {
            fitted.figures.push(Figure { name: "lambda".to_owned(), value: lambda });
            let (last, path) = (past.last().clone(), fitted.path.clone());
            let walks = fitted.simulator.take();
            fitted.simulator = Some(Box::new(Vectors { dates: past.dates(), scale, last, path, walks, vectors }));
        }
        Ok(fitted)
    }

    fn check(&self, panel: &Panel, measure: usize, params: &Params) -> Result<(), Violations> {
        Setting::read(panel, measure, params).map(drop)
    }
}

/// What the parameters say.
struct Setting {
    /// The system in the order of the dataset, so that measures that name each other have the same one.
    measures: Vec<usize>,
    /// Position of the measure itself.
    own: usize,
    growth: bool,
    lags: usize,
    lambda: f64,
    alpha: f64,
}

/// A cell with its system.
struct Member {
    cell: usize,
    system: System,
    /// Date of each row.
    dates: Vec<usize>,
    /// The last values, the latest first.
    past: Vec<DVector<f64>>,
}

impl Setting {
    fn read(panel: &Panel, measure: usize, params: &Params) -> Result<Self, Violations> {
        let (mut violations, mut measures) = (Violations::default(), BTreeSet::from([measure]));
        let others = params.list("with");
        for name in &others {
            let known = panel.measures().iter().map(|m| m.name.as_str());
            let found = violations.keep("", names::find("measure", known, name, "params.with"));
            if found.is_some_and(|found| !measures.insert(found)) {
                violations.push(Violation::new("params.with", "names the measure itself or another one twice", name));
            }
        }
        if others.len() > MOST {
            let rule = format!("names at most {MOST} measures");
            violations.push(Violation::new("params.with", rule, others.len()));
        }
        let measures: Vec<usize> = measures.into_iter().collect();
        let own = measures.iter().position(|m| *m == measure).unwrap_or_default();
        let (growth, lags) = (params.chooses("of", "growth"), params.number("lags") as usize);
        let (lambda, alpha) = (params.number("lambda"), params.number("alpha"));
        violations.into_result(Self { measures, own, growth, lags, lambda, alpha })
    }

    fn prior(&self, lambda: f64) -> Prior {
        Prior { lambda, alpha: self.alpha, mean: if self.growth { 0.0 } else { 1.0 } }
    }

    /// The system of a cell; `None` where its history is too short or its last periods are not all there.
    fn system(&self, pasts: &[Past<'_>], cell: usize) -> Option<Member> {
        let mut values: Vec<Option<Vec<f64>>> = vec![Some(Vec::new()); pasts[0].dates()];
        for past in pasts {
            let series = past.series(cell, past.scale(), 0)?;
            let mut levels = vec![None; values.len()];
            series.dates.iter().zip(&series.values).for_each(|(date, value)| levels[*date] = Some(*value));
            for date in 0..values.len() {
                let before = if date == 0 { None } else { levels[date - 1] };
                let value = if self.growth { levels[date].zip(before).map(|(a, b)| a - b) } else { levels[date] };
                match (values[date].as_mut(), value) {
                    (Some(row), Some(value)) => row.push(value),
                    _ => values[date] = None,
                }
            }
        }
        let end = values.len();
        let latest = |l: usize| values[end.checked_sub(l)?].clone().map(DVector::from_vec);
        let past = (1..=self.lags).map(latest).collect::<Option<_>>()?;
        let (system, dates) = System::new(&values, self.lags)?;
        Some(Member { cell, system, dates, past })
    }

    /// The λ of largest marginal likelihood of all cells together.
    fn tightness(&self, systems: &[Member], stop: &Stop) -> Result<f64, Error> {
        let lambda = |at: f64| LAMBDA.0 * (LAMBDA.1 / LAMBDA.0).powf(at);
        let loss = |at: &[f64; 1]| {
            let of_cell = |member: &Member| match member.system.posterior(self.prior(lambda(at[0]))) {
                Some(posterior) if !stop.raised() => -posterior.log_marginal_likelihood,
                _ => 0.0,
            };
            systems.par_iter().map(of_cell).collect::<Vec<f64>>().iter().sum::<f64>()
        };
        let grid = (0..16).map(|i| f64::from(i) / 15.0).map(|at| (at, loss(&[at])));
        let (start, _) = grid.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or((0.5, 0.0));
        let found = minimise(loss, [start], 1.0 / 30.0);
        stop.check()?;
        Ok(lambda(found.at[0]))
    }
}

/// The posterior of one cell, ready to be drawn from.
#[derive(Debug)]
struct Vector {
    cell: usize,
    own: usize,
    growth: bool,
    past: Vec<DVector<f64>>,
    coefficients: DMatrix<f64>,
    /// C with C C' the variance of a column of B in units of Σ.
    of_coefficients: DMatrix<f64>,
    /// L with L L' = S, corrected for the parameters used up.
    root: DMatrix<f64>,
    freedom: usize,
    /// By variable: its residuals orthogonal to those of the variables before, by date, of length 1.
    patterns: Vec<Pattern>,
}

impl Vector {
    /// `None` where residuals are collinear.
    ///
    /// Σ ⊗ Ω gives no degree of freedom up for the parameters it estimates, so that Ê'Ê/N is too small in short
    /// histories; draws take N Ê'Ê/(N − k) for it, k the parameters an equation uses up.
    fn new(setting: &Setting, member: Member, posterior: &Posterior, dates: usize) -> Option<Self> {
        let (n, squares) = (posterior.residuals.nrows() as f64, posterior.residuals.tr_mul(&posterior.residuals));
        let lost = squares * (posterior.used / (n - posterior.used));
        let root = (&posterior.scale + lost).cholesky()?.l();
        let basis = posterior.residuals.clone().qr();
        let (basis, triangle) = (basis.q(), basis.r());
        let pattern = |j: usize| {
            // The sign that makes the factor a Cholesky root.
            let sign = triangle[(j, j)].signum();
            let errors = member.dates.iter().zip(basis.column(j).into_iter());
            Pattern::new(&errors.map(|(date, e)| (*date, sign * e)).collect::<Vec<_>>(), dates)
        };
        let patterns = (0..member.system.variables()).map(pattern).collect();
        Some(Self {
            cell: member.cell,
            own: setting.own,
            growth: setting.growth,
            past: member.past,
            coefficients: posterior.coefficients.clone(),
            of_coefficients: posterior.root.clone(),
            root,
            freedom: posterior.freedom,
            patterns,
        })
    }

    /// The path of the own variable on its scale; every lag moves on with every step.
    fn simulate(&self, b: &DMatrix<f64>, shock: impl Fn(usize) -> DVector<f64>, horizon: usize) -> Vec<f64> {
        let variables = self.root.nrows();
        let (mut past, mut total) = (self.past.clone(), 0.0);
        let mut path = Vec::with_capacity(horizon);
        for h in 0..horizon {
            let mut now = b.row(0).transpose() + shock(h);
            for (lag, before) in past.iter().enumerate() {
                now += b.rows(1 + lag * variables, variables).tr_mul(before);
            }
            total = if self.growth { total + now[self.own] } else { now[self.own] };
            path.push(total);
            past.rotate_right(1);
            past[0] = now;
        }
        path
    }

    /// One path: Σ from its inverse Wishart, B from its matrix normal, shocks from N(0, Σ).
    fn draw(&self, noise: &Noise, sums: &[Vec<f64>], steps: usize) -> Option<Vec<f64>> {
        let (m, k) = (self.root.nrows(), self.coefficients.nrows());
        let mut by_variable = vec![vec![0.0; steps + k + m]; m];
        self.patterns.iter().zip(&mut by_variable).for_each(|(pattern, into)| noise.shocks(&pattern.0, into));
        // Σ⁻¹ ~ Wishart(S⁻¹) by Bartlett's decomposition, here with an upper triangle, so that L U'⁻¹ is the
        // Cholesky root of Σ.
        let element = |i: usize, j: usize| match i.cmp(&j) {
            std::cmp::Ordering::Less => by_variable[i][steps + k + j],
            std::cmp::Ordering::Equal => sums[i][self.freedom - (m - 1 - i)].sqrt(),
            std::cmp::Ordering::Greater => 0.0,
        };
        let root = &self.root * DMatrix::from_fn(m, m, element).transpose().try_inverse()?;
        let normals = DMatrix::from_fn(k, m, |i, j| by_variable[j][steps + i]);
        let b = &self.coefficients + &self.of_coefficients * normals * root.transpose();
        let shock = |h: usize| &root * DVector::from_fn(m, |j, _| by_variable[j][h]);
        Some(self.simulate(&b, shock, steps))
    }
}

/// Draws the cells that have a system, the others as random walks.
#[derive(Debug)]
struct Vectors {
    dates: usize,
    scale: Scale,
    last: Grid,
    path: Vec<Grid>,
    walks: Option<Box<dyn Simulator>>,
    vectors: Vec<Vector>,
}

impl Simulator for Vectors {
    fn draw(&self, random: &mut Random) -> Vec<Grid> {
        let mut path = self.walks.as_ref().map_or_else(|| self.path.clone(), |walks| walks.draw(&mut random.clone()));
        let (steps, first) = (self.path.len(), &self.vectors[0]);
        let (k, m) = first.coefficients.shape();
        let noise = Noise::draw(random, self.dates, steps, k + m);
        let most = self.vectors.iter().map(|vector| vector.freedom).max().unwrap_or_default();
        let sums: Vec<Vec<f64>> = (0..m).map(|_| partial_sums(random, most)).collect();
        for vector in &self.vectors {
            let Some(values) = vector.draw(&noise, &sums, steps) else { continue };
            let last = self.last.values[vector.cell].unwrap_or(0.0);
            for (grid, value) in path.iter_mut().zip(values) {
                grid.values[vector.cell] = self.scale.level(value, last);
            }
        }
        path
    }
}
