//! Measures that respond to how far the outcome is above its baseline.

use crate::panel::{Absent, Grid, Value, finite, ratio};

/// How a measure responds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Response {
    /// Percent of the measure for each percent of the level.
    pub(super) elasticity: f64,
    /// Whether it moves between regions rather than being created and lost.
    pub(super) migrates: bool,
}

impl Response {
    /// The measure after it responded; `above` is the scenario's level over the baseline's, by cell.
    ///
    /// x′ = x · above^φ. A measure that migrates is then rescaled, industry by industry, so that the nation's total of
    /// the cells that have a value stays; where nobody is above or below, the bits stay too.
    pub(super) fn of(&self, grid: &Grid, above: impl Fn(usize) -> Value) -> Grid {
        let respond = |(cell, x): (usize, &Value)| (*x).and_then(|x| finite(x * above(cell)?.powf(self.elasticity)));
        let mut responded = Grid { width: grid.width, values: grid.values.iter().enumerate().map(respond).collect() };
        if self.migrates {
            for industry in 0..grid.width {
                keep_total(grid, &mut responded, industry);
            }
        }
        responded
    }
}

/// Rescales an industry so that the cells that have a value after as before add up to what they did.
fn keep_total(before: &Grid, after: &mut Grid, industry: usize) {
    let cells = || (industry..before.values.len()).step_by(before.width);
    let both = cells().filter_map(|cell| Some((before.values[cell].ok()?, after.values[cell].ok()?)));
    let (was, is) = both.fold((0.0, 0.0), |(was, is), (x, y)| (was + x, is + y));
    // An industry that has nothing keeps it.
    let factor = if was == is { Ok(1.0) } else { ratio(was, is) };
    for cell in cells() {
        after.values[cell] = after.values[cell].and_then(|x| Ok::<f64, Absent>(x * factor?));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normal, stream};

    /// Four regions of two industries, one cell without a value.
    fn grid(seed: u64) -> Grid {
        let random = &mut stream(seed, 0);
        let mut values: Vec<Value> = (0..8).map(|_| Ok(normal(random).exp())).collect();
        values[5] = Err(Absent::Suppressed);
        Grid { width: 2, values }
    }

    fn total(grid: &Grid, industry: usize) -> f64 {
        grid.values.iter().skip(industry).step_by(2).filter_map(|x| x.ok()).sum()
    }

    #[test]
    fn nobody_above_the_baseline_leaves_the_bits() {
        for (seed, migrates) in (0..20).zip([false, true].into_iter().cycle()) {
            let grid = grid(seed);
            assert_eq!(Response { elasticity: 0.7, migrates }.of(&grid, |_| Ok(1.0)), grid);
        }
    }

    #[test]
    fn created_activity_follows_its_elasticity() {
        let (grid, above) = (grid(1), |cell: usize| Ok(1.0 + 0.1 * cell as f64));
        let responded = Response { elasticity: 0.5, migrates: false }.of(&grid, above);
        for (cell, (x, y)) in grid.values.iter().zip(&responded.values).enumerate() {
            assert_eq!(*y, x.map(|x| x * above(cell).unwrap().powf(0.5)));
        }
    }

    #[test]
    fn migration_keeps_each_industry_and_moves_towards_the_regions_above() {
        for seed in 0..20 {
            let grid = grid(seed);
            let above = |cell: usize| Ok(if cell / 2 == 3 { 1.2 } else { 1.0 });
            let responded = Response { elasticity: 0.5, migrates: true }.of(&grid, above);
            for industry in 0..2 {
                let (was, is) = (total(&grid, industry), total(&responded, industry));
                assert!((was - is).abs() <= 1e-14 * was, "{was} {is}");
            }
            let grows = |cell: usize| responded.values[cell].unwrap() / grid.values[cell].unwrap();
            assert!(grows(6) > 1.0 && grows(7) > 1.0 && grows(0) < 1.0);
            assert!((grows(6) / grows(0) - 1.2_f64.sqrt()).abs() < 1e-14);
        }
    }

    #[test]
    fn a_region_without_a_level_is_left_out_of_the_total() {
        let grid = grid(3);
        let above = |cell: usize| if cell < 2 { Err(Absent::Missing) } else { Ok(1.0 + cell as f64) };
        let responded = Response { elasticity: 1.0, migrates: true }.of(&grid, above);
        assert_eq!(responded.values[0], Err(Absent::Missing));
        let left = total(&grid, 0) - grid.values[0].unwrap();
        assert!((total(&responded, 0) - left).abs() <= 1e-14 * left);
    }
}
