//! Where the amounts that a scenario adds come from.

use crate::panel::{Grid, ratio};

/// A closure whose names are numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closure {
    NewActivity,
    RelocateProRata,
    /// From these regions, ascending.
    RelocateFrom(Vec<usize>),
    FixedNationalTotal,
}

impl Closure {
    /// Takes `added`, cell by cell the net amount the changes brought, from the paying cells in proportion to size (gives,
    /// where it is negative); what they do not have leaves them absent. `targeted` says of each cell whether a change is
    /// in force there.
    pub(super) fn balance(&self, added: &[f64], grid: &mut Grid, targeted: &[bool]) {
        if *self == Self::NewActivity {
            return;
        }
        let width = grid.width;
        let paying: Vec<usize> = (0..grid.values.len()).filter(|cell| self.pays(*cell, width, targeted)).collect();
        // Amounts are made up for within an industry, or in the nation as a whole.
        let (pools, pool) = match self {
            Self::FixedNationalTotal => (1, [0].repeat(width)),
            _ => (width, (0..width).collect()),
        };
        let (mut amounts, mut stocks) = (vec![0.0; pools], vec![0.0; pools]);
        added.iter().enumerate().for_each(|(cell, x)| amounts[pool[cell % width]] += x);
        for cell in &paying {
            stocks[pool[cell % width]] += grid.values[*cell].unwrap_or(0.0);
        }
        for cell in paying {
            let (amount, stock) = (amounts[pool[cell % width]], stocks[pool[cell % width]]);
            if amount != 0.0 {
                grid.values[cell] = grid.values[cell].and_then(|x| Ok(x * (1.0 - ratio(amount, stock)?)));
            }
        }
    }

    /// Whether a cell makes up for what is added elsewhere.
    fn pays(&self, cell: usize, width: usize, targeted: &[bool]) -> bool {
        let region = cell / width;
        match self {
            Self::NewActivity => false,
            Self::RelocateProRata => !targeted[region * width..(region + 1) * width].contains(&true),
            Self::RelocateFrom(regions) => regions.contains(&region),
            Self::FixedNationalTotal => !targeted[cell],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three regions of two industries; the first region's first industry gained 10.
    fn balanced(closure: &Closure) -> Vec<f64> {
        let values = [20.0, 5.0, 30.0, 5.0, 10.0, 40.0].map(Ok).to_vec();
        let mut grid = Grid { width: 2, values };
        let mut added = [0.0; 6];
        added[0] = 10.0;
        closure.balance(&added, &mut grid, &[true, false, false, false, false, false]);
        grid.values.into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn each_closure_takes_from_its_own_cells() {
        let close = |closure: &Closure, expected: [f64; 6]| {
            let ours = balanced(closure);
            assert!(ours.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{closure:?}: {ours:?}");
        };
        close(&Closure::NewActivity, [20.0, 5.0, 30.0, 5.0, 10.0, 40.0]);
        close(&Closure::RelocateProRata, [20.0, 5.0, 22.5, 5.0, 7.5, 40.0]);
        close(&Closure::RelocateFrom(vec![1]), [20.0, 5.0, 20.0, 5.0, 10.0, 40.0]);
        let keep = 8.0 / 9.0;
        close(&Closure::FixedNationalTotal, [20.0, 5.0 * keep, 30.0 * keep, 5.0 * keep, 10.0 * keep, 40.0 * keep]);
    }
}
