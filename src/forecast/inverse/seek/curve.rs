//! Straight ways through the box that turn along its sides.

/// Places before the first side at which a crossing is looked for.
const SCAN: usize = 16;

/// y(λ) = start + λ·direction, kept within the box.
#[derive(Debug)]
pub(super) struct Curve<'a> {
    start: &'a [f64],
    direction: Vec<f64>,
    /// Values of λ between which crossings are looked for.
    pub(super) grid: Vec<f64>,
}

impl<'a> Curve<'a> {
    /// From `start` to where `direction` leads no further.
    pub(super) fn new(start: &'a [f64], direction: Vec<f64>) -> Self {
        let far = |(y, d): (&f64, &f64)| if *d > 0.0 { (1.0 - y) / d } else { -y / d };
        let mut ends: Vec<f64> = start.iter().zip(&direction).filter(|(_, d)| **d != 0.0).map(far).collect();
        ends.retain(|end| *end > 0.0 && end.is_finite());
        ends.sort_by(f64::total_cmp);
        let near = ends.first().copied().unwrap_or(0.0);
        let mut grid: Vec<f64> = (0..SCAN).map(|i| near * i as f64 / SCAN as f64).collect();
        grid.extend(ends);
        Self { start, direction, grid }
    }

    /// The place at λ.
    pub(super) fn at(&self, lambda: f64) -> Vec<f64> {
        self.start.iter().zip(&self.direction).map(|(y, d)| (y + lambda * d).clamp(0.0, 1.0)).collect()
    }

    /// The λ at which every amount that moves is at its end.
    pub(super) fn end(&self) -> f64 {
        self.grid[self.grid.len() - 1]
    }
}
