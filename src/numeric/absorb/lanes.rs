//! Four numbers that go through the same steps: the same place of four columns.

/// One number of each column.
pub(super) type Lanes = [f64; LANES];

/// Columns that share a pass over the rows.
pub(super) const LANES: usize = 4;

/// Places summed before the partial sum is added to the total.
const CHUNK: usize = 256;

/// to += by·x.
#[inline(always)]
pub(super) fn add(to: &mut Lanes, by: f64, x: &Lanes) {
    for l in 0..LANES {
        to[l] += by * x[l];
    }
}

/// Σ xᵢyᵢ.
pub(super) fn dots(x: &[Lanes], y: &[Lanes]) -> Lanes {
    let mut total = [0.0; LANES];
    for (x, y) in x.chunks(CHUNK).zip(y.chunks(CHUNK)) {
        let mut sum = [0.0; LANES];
        for (x, y) in x.iter().zip(y) {
            for l in 0..LANES {
                sum[l] += x[l] * y[l];
            }
        }
        add(&mut total, 1.0, &sum);
    }
    total
}

/// The Euclidean lengths.
pub(super) fn norms(x: &[Lanes]) -> Lanes {
    dots(x, x).map(f64::sqrt)
}

/// to += by·x, each lane by its own number.
pub(super) fn add_scaled(to: &mut [Lanes], by: &Lanes, x: &[Lanes]) {
    for (to, x) in to.iter_mut().zip(x) {
        for l in 0..LANES {
            to[l] += by[l] * x[l];
        }
    }
}

/// One lane as a vector.
pub(super) fn lane(x: &[Lanes], l: usize) -> Vec<f64> {
    x.iter().map(|x| x[l]).collect()
}
