//! Equations that a panel's levels are combined into: differences or deviations, which no effect of a unit enters, and
//! levels.

use crate::regression::design::Design;
use std::ops::Range;

/// How effects of units are taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transformation {
    /// yₜ − yₜ₋₁, where both are there.
    FirstDifferences,
    /// (yₜ − mean of the later rows)·√(c/(c + 1)) with c later rows.
    OrthogonalDeviations,
}

/// A weighted sum of the rows of one unit.
#[derive(Debug, Clone)]
pub(super) struct Equation {
    /// Rows of the design with their weights.
    pub(super) parts: Vec<(usize, f64)>,
    /// The row that it is named by.
    pub(super) row: usize,
    /// The period whose second and earlier lags are its instruments: deviations hold the present disturbance but no
    /// earlier one, so they are dated one period later than their row.
    pub(super) date: i32,
    /// Whether it is a row as it stands.
    pub(super) level: bool,
}

/// All equations, unit by unit in the order of their numbers, and within a unit transformed ones first.
#[derive(Debug)]
pub(super) struct Equations {
    /// The equations.
    pub(super) all: Vec<Equation>,
    /// Those of each unit; a unit may have none.
    pub(super) units: Vec<Range<usize>>,
}

impl Equations {
    /// The transformed equations of a design, with those in levels where asked for.
    pub(super) fn new(design: &Design, transformation: Transformation, levels: bool) -> Self {
        let mut order: Vec<usize> = (0..design.rows.len()).collect();
        order.sort_unstable_by_key(|i| design.rows[*i]);
        let unit = |i: usize| (design.rows[i].region, design.rows[i].industry);
        let mut equations = Self { all: Vec::new(), units: Vec::new() };
        for rows in order.chunk_by(|a, b| unit(*a) == unit(*b)) {
            let start = equations.all.len();
            match transformation {
                Transformation::FirstDifferences => equations.all.extend(differences(design, rows)),
                Transformation::OrthogonalDeviations => equations.all.extend(deviations(design, rows)),
            }
            if levels {
                equations.all.extend(rows.iter().map(|i| level(design, *i)));
            }
            equations.units.push(start..equations.all.len());
        }
        equations
    }

    /// A column of levels as the equations have it.
    pub(super) fn apply(&self, column: &[f64]) -> Vec<f64> {
        self.all.iter().map(|equation| equation.parts.iter().map(|(i, weight)| weight * column[*i]).sum()).collect()
    }

    /// The transpose: what the equations have, summed where it came from.
    pub(super) fn gather(&self, column: &[f64], rows: usize) -> Vec<f64> {
        let mut sums = vec![0.0; rows];
        for (equation, value) in self.all.iter().zip(column) {
            equation.parts.iter().for_each(|(i, weight)| sums[*i] += weight * value);
        }
        sums
    }
}

fn level(design: &Design, row: usize) -> Equation {
    Equation { parts: vec![(row, 1.0)], row, date: design.rows[row].period, level: true }
}

fn differences<'a>(design: &'a Design, rows: &'a [usize]) -> impl Iterator<Item = Equation> + 'a {
    let period = |i: usize| design.rows[i].period;
    rows.windows(2).filter(move |pair| period(pair[1]) == period(pair[0]) + 1).map(move |pair| Equation {
        parts: vec![(pair[1], 1.0), (pair[0], -1.0)],
        row: pair[1],
        date: period(pair[1]),
        level: false,
    })
}

fn deviations<'a>(design: &'a Design, rows: &'a [usize]) -> impl Iterator<Item = Equation> + 'a {
    (1..rows.len()).map(move |t| {
        let later = (rows.len() - t) as f64;
        let scale = (later / (later + 1.0)).sqrt();
        let others = rows[t..].iter().map(|i| (*i, -scale / later));
        let row = rows[t - 1];
        let parts = std::iter::once((row, scale)).chain(others).collect();
        Equation { parts, row, date: design.rows[row].period + 1, level: false }
    })
}
