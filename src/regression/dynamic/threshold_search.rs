//! The search for thresholds and what can be said of their number and place (Hansen 1999).

use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::absorb::{Absorber, Factor};
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::random;
use crate::numeric::vector::{dot, norm};
use crate::regression::design::{Design, RowId};
use crate::regression::small_sample;
use rand::RngExt;
use rayon::prelude::*;

/// A regression whose slopes may change where a variable crosses a threshold, without its fixed effects.
pub(super) struct Search<'a> {
    design: &'a Design,
    absorber: Absorber<'a>,
    /// The variable that is compared with thresholds.
    variable: &'a [f64],
    /// The terms whose slopes change.
    regime: &'a [usize],
    /// Outcome and terms without effects.
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
    /// Values that a threshold may have.
    candidates: Vec<f64>,
    stop: &'a Stop,
}

/// The outcome and terms that a further threshold is judged against.
struct Base {
    qr: Orthogonal,
    rest: Vec<f64>,
    ssr: f64,
}

/// What a further threshold would explain, by candidate.
#[derive(Debug)]
pub(super) struct Profile {
    /// The candidates.
    pub(super) values: Vec<f64>,
    /// The sum of squared residuals with each.
    pub(super) ssr: Vec<f64>,
}

impl Profile {
    /// The best candidate with its sum of squared residuals; the smallest of equals.
    pub(super) fn best(&self) -> Option<(f64, f64)> {
        let pairs = self.values.iter().copied().zip(self.ssr.iter().copied());
        pairs.reduce(|best, other| if other.1 < best.1 { other } else { best })
    }
}

/// The test that a further threshold explains nothing.
#[derive(Debug)]
pub(super) struct Further {
    /// (S₀ − S₁)/σ² with σ² = S₁/df.
    pub(super) f: f64,
    /// The same in samples drawn without a further threshold.
    pub(super) drawn: Vec<f64>,
}

impl<'a> Search<'a> {
    /// Prepares the search.
    pub(super) fn new(
        design: &'a Design,
        factors: &[Factor<'a>],
        variable: &'a [f64],
        regime: &'a [usize],
        candidates: Vec<f64>,
        stop: &'a Stop,
    ) -> Result<Self, Error> {
        let absorber = Absorber::new(design.y.len(), factors, None, stop);
        let y = absorber.absorb(&design.y)?.residual;
        let x = design.x.par_iter().map(|column| Ok(absorber.absorb(column)?.residual));
        let mut x: Vec<Vec<f64>> = x.collect::<Result<_, Error>>()?;
        drop_shorter(&mut x, &design.x);
        Ok(Self { design, absorber, variable, regime, y, x, candidates, stop })
    }

    /// Rows less fixed effects: n(T − 1) in a balanced panel.
    pub(super) fn df(&self) -> f64 {
        (self.y.len() - small_sample::parameters(0, self.design)) as f64
    }

    /// The regime's terms in the rows above a threshold, without effects.
    fn above(&self, threshold: f64) -> Result<Vec<Vec<f64>>, Error> {
        let column = |j: &usize| {
            let pairs = self.design.x[*j].iter().zip(self.variable);
            let raw: Vec<f64> = pairs.map(|(x, q)| if *q > threshold { *x } else { 0.0 }).collect();
            Ok(self.absorber.absorb(&raw)?.residual)
        };
        self.regime.iter().map(column).collect()
    }

    fn base(&self, held: &[f64]) -> Result<Base, Error> {
        let mut columns = self.x.clone();
        for threshold in held {
            columns.extend(self.above(*threshold)?);
        }
        let qr = Orthogonal::new(columns, self.stop)?;
        let mut rest = self.y.clone();
        qr.project(&mut rest);
        Ok(Base { ssr: dot(&rest, &rest), qr, rest })
    }

    /// Orthonormal columns of what a further threshold adds to a base.
    fn added(&self, base: &Base, threshold: f64) -> Result<Vec<Vec<f64>>, Error> {
        let mut columns = self.above(threshold)?;
        let before = columns.clone();
        columns.iter_mut().for_each(|column| drop(base.qr.project(column)));
        drop_shorter(&mut columns, &before);
        Ok(Orthogonal::new(columns, self.stop)?.basis)
    }

    /// What a further threshold takes off a base's sum of squares.
    fn explained(&self, base: &Base, threshold: f64) -> Result<f64, Error> {
        Ok(self.added(base, threshold)?.iter().map(|q| dot(q, &base.rest).powi(2)).sum())
    }

    /// The candidates that leave enough rows on either side of the thresholds held.
    fn allowed(&self, held: &[f64], least: usize) -> Vec<f64> {
        let mut sorted = self.variable.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let upto = |value: f64| sorted.partition_point(|q| *q <= value);
        let places: Vec<usize> = held.iter().map(|threshold| upto(*threshold)).chain([0, sorted.len()]).collect();
        let far = |value: &f64| places.iter().all(|place| place.abs_diff(upto(*value)) >= least);
        self.candidates.iter().copied().filter(far).collect()
    }

    /// The sums of squared residuals with one threshold beside those held.
    pub(super) fn profile(&self, held: &[f64], least: usize) -> Result<Profile, Error> {
        let base = self.base(held)?;
        let values = self.allowed(held, least);
        let ssr = |threshold: &f64| Ok(base.ssr - self.explained(&base, *threshold)?);
        let ssr = values.par_iter().map(ssr).collect::<Result<_, Error>>()?;
        Ok(Profile { values, ssr })
    }

    /// Tests for a threshold beside those held, against samples in which the residuals without it keep their size but whole
    /// units of them change their sign by chance.
    pub(super) fn further(&self, held: &[f64], found: f64, least: usize, draws: Draws) -> Result<Further, Error> {
        let base = self.base(held)?;
        let values = self.allowed(held, least);
        let explained = self.explained(&base, found)?;
        let drawn = self.drawn(&base, &values, draws)?;
        Ok(Further { f: self.df() * explained / (base.ssr - explained), drawn })
    }

    fn drawn(&self, base: &Base, values: &[f64], draws: Draws) -> Result<Vec<f64>, Error> {
        let (unit, units) = self.units();
        let signs: Vec<Vec<f64>> = (0..draws.count).map(|draw| draws.signs(draw, units)).collect();
        let without = |signs: &Vec<f64>| -> Result<f64, Error> {
            let raw: Vec<f64> = base.rest.iter().zip(&unit).map(|(e, u)| e * signs[*u]).collect();
            let mut rest = self.absorber.absorb(&raw)?.residual;
            base.qr.project(&mut rest);
            Ok(dot(&rest, &rest))
        };
        let s0: Vec<f64> = signs.par_iter().map(without).collect::<Result<_, _>>()?;
        // What added columns q explain of a draw needs but the sums of q·e by unit.
        let explained = |threshold: &f64| -> Result<Vec<f64>, Error> {
            let added = self.added(base, *threshold)?;
            let sums = added.iter().map(|q| {
                let mut sums = vec![0.0; units];
                q.iter().zip(&base.rest).zip(&unit).for_each(|((q, e), u)| sums[*u] += q * e);
                sums
            });
            let sums: Vec<Vec<f64>> = sums.collect();
            Ok(signs.iter().map(|signs| sums.iter().map(|sum| dot(sum, signs).powi(2)).sum()).collect())
        };
        let explained = values.par_iter().map(explained).collect::<Result<Vec<_>, _>>()?;
        let best = |draw: usize| explained.iter().map(|by_draw| by_draw[draw]).fold(0.0, f64::max);
        Ok((0..draws.count).map(|draw| self.df() * best(draw) / (s0[draw] - best(draw))).collect())
    }

    /// The number of each row's unit, and how many units there are.
    fn units(&self) -> (Vec<usize>, usize) {
        let mut known: Vec<(u32, u32)> = self.design.rows.iter().map(|row| (row.region, row.industry)).collect();
        known.sort_unstable();
        known.dedup();
        let number = |row: &RowId| known.partition_point(|u| *u < (row.region, row.industry));
        (self.design.rows.iter().map(number).collect(), known.len())
    }
}

/// Drops columns of which a projection left but rounding.
fn drop_shorter(columns: &mut Vec<Vec<f64>>, before: &[Vec<f64>]) {
    let mut before = before.iter().map(|column| norm(column));
    columns.retain(|column| before.next().is_some_and(|length| norm(column) > DEPENDENT * length));
}

/// How many samples to draw, and from which random numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws {
    /// How many.
    pub(super) count: usize,
    /// The seed.
    pub(super) seed: u64,
    /// Which test they are for, so that each has numbers of its own.
    pub(super) test: u64,
}

impl Draws {
    fn signs(&self, draw: usize, units: usize) -> Vec<f64> {
        let mut random = random::stream(self.seed, (self.test << 32) | draw as u64);
        (0..units).map(|_| if random.random::<bool>() { 1.0 } else { -1.0 }).collect()
    }
}
