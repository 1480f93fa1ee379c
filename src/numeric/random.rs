//! Random streams keyed by (seed, stream): the n-th number of a stream is the same whoever draws
//! it, in whatever order and on however many threads.
//!
//! The generator is ChaCha with 8 rounds (Bernstein 2008), a counter-based cipher: streams of one
//! seed never overlap.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// The generator of one stream.
pub type Random = ChaCha8Rng;

/// The stream number `stream` of `seed`, from its beginning.
///
/// Give every independent unit of work (a draw, a simulated panel) a stream of its own.
pub fn stream(seed: u64, stream: u64) -> Random {
    let mut key = [0; 32];
    key[..8].copy_from_slice(&seed.to_le_bytes());
    let mut random = ChaCha8Rng::from_seed(key);
    random.set_stream(stream);
    random
}

/// One draw from the standard normal distribution.
pub fn normal(random: &mut Random) -> f64 {
    StandardNormal.sample(random)
}

/// `n` independent draws from the standard normal distribution.
pub fn normals(random: &mut Random, n: usize) -> Vec<f64> {
    (0..n).map(|_| normal(random)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_repeat_and_differ() {
        assert_eq!(normals(&mut stream(7, 3), 5), normals(&mut stream(7, 3), 5));
        assert_ne!(normals(&mut stream(7, 3), 5), normals(&mut stream(7, 4), 5));
        assert_ne!(normals(&mut stream(7, 3), 5), normals(&mut stream(8, 3), 5));
    }

    #[test]
    fn normals_have_mean_zero_and_variance_one() {
        let draws = normals(&mut stream(1, 0), 100_000);
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / draws.len() as f64;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "mean {mean}, variance {variance}");
    }
}
