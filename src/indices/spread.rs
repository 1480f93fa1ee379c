//! Mean and standard deviation of what is present.

use crate::panel::{Absent, Value, finite};

/// Mean and standard deviation of a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread {
    /// Arithmetic mean.
    pub(super) mean: f64,
    /// Standard deviation with the divisor n − ddof.
    pub(super) deviation: f64,
}

/// Mean and standard deviation of `sample`, with the divisor n − `ddof`; absent when that is not positive.
pub(super) fn spread(sample: &[f64], ddof: usize) -> Result<Spread, Absent> {
    let n = sample.len();
    if n == 0 || n <= ddof {
        return Err(Absent::TooFewCategories);
    }
    let mean = finite(sample.iter().sum::<f64>() / n as f64)?;
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    let deviation: Value = finite((squares / (n - ddof) as f64).sqrt());
    Ok(Spread { mean, deviation: deviation? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_divisor_is_n_less_ddof() {
        assert_eq!(spread(&[1.0, 3.0], 0), Ok(Spread { mean: 2.0, deviation: 1.0 }));
        assert_eq!(spread(&[1.0, 3.0], 1), Ok(Spread { mean: 2.0, deviation: 2.0_f64.sqrt() }));
        assert_eq!(spread(&[1.0], 1), Err(Absent::TooFewCategories));
    }
}
