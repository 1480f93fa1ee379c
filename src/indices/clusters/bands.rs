//! Confidence bands of a curve over distances: local ones, and global ones that a share of whole curves leave.

use super::sites::quantile;
use crate::indices::Extra;
use crate::panel::{Absent, Value};

/// Local and global bands and p-values of a curve.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bands {
    /// Lower and upper local band.
    local: [Vec<f64>; 2],
    /// Lower and upper global band.
    global: [Vec<f64>; 2],
    /// Of dispersion and of localisation.
    p: [f64; 2],
}

/// One side of a global band.
struct Side {
    band: Vec<f64>,
    /// The ranks of each curve at all distances, the most extreme first; rank 1 is alone at the extreme.
    ranks: Vec<Vec<usize>>,
}

impl Side {
    /// The side above (`sign` 1) or below (−1) that at most `tail` of the curves leave anywhere: the hull of the
    /// others. Curves are extreme in the order of their extreme ranks, compared one by one: the extreme rank lengths of
    /// Myllymäki, Mrkvička, Grabarnik, Seijo and Hahn (2017), Journal of the Royal Statistical Society B 79, 381–404.
    fn of(curves: &[&[f64]], sign: f64, tail: f64) -> Self {
        let rows = curves[0].len();
        let mut ranks = vec![vec![0; rows]; curves.len()];
        for row in 0..rows {
            let mut column: Vec<f64> = curves.iter().map(|curve| sign * curve[row]).collect();
            column.sort_unstable_by(|a, b| b.total_cmp(a));
            for (ranks, curve) in ranks.iter_mut().zip(curves) {
                ranks[row] = column.partition_point(|x| *x >= sign * curve[row]);
            }
        }
        ranks.iter_mut().for_each(|ranks| ranks.sort_unstable());
        let mut ordered: Vec<&Vec<usize>> = ranks.iter().collect();
        ordered.sort_unstable();
        let first_inside = ordered[((tail * curves.len() as f64) as usize).min(curves.len() - 1)];
        let mut band = vec![f64::NEG_INFINITY; rows];
        for (curve, _) in curves.iter().zip(&ranks).filter(|(_, ranks)| *ranks >= first_inside) {
            band.iter_mut().zip(*curve).for_each(|(band, x)| *band = band.max(sign * x));
        }
        Self { band: band.into_iter().map(|x| sign * x).collect(), ranks }
    }

    /// The share of the curves that are as extreme as this one.
    fn p(&self, curve: usize) -> f64 {
        let extreme = self.ranks.iter().filter(|ranks| **ranks <= self.ranks[curve]).count();
        extreme as f64 / self.ranks.len() as f64
    }
}

/// The bands that `draws` give to `observed`, after Duranton and Overman (2005). Each side has a tail of
/// 1 − `level`. The upper global band is left by that share of all curves, the lower one by that share of those that
/// do not leave the upper one. The observed curve counts as one of the draws, so that it leaves a band just where its
/// p-value, (count + 1)/(draws + 1), is at most 1 − `level`. A curve that is localised is not dispersed: its p of
/// dispersion is 1.
pub(super) fn bands(observed: &[f64], draws: &[Vec<f64>], level: f64) -> Result<Bands, Absent> {
    if draws.len() < 2 {
        return Err(Absent::TooFewCategories);
    }
    let tail = 1.0 - level;
    let curves: Vec<&[f64]> = std::iter::once(observed).chain(draws.iter().map(Vec::as_slice)).collect();
    let upper = Side::of(&curves, 1.0, tail);
    let inside = |curve: &&[f64]| curve.iter().zip(&upper.band).all(|(x, band)| x <= band);
    let others: Vec<&[f64]> = curves.iter().copied().filter(inside).collect();
    let lower = Side::of(&others, -1.0, tail);
    let dispersion = if inside(&observed) { lower.p(0) } else { 1.0 };
    let local = |p: f64| -> Result<Vec<f64>, Absent> {
        let at = |row: usize| quantile(&mut draws.iter().map(|draw| draw[row]).collect::<Vec<_>>(), p);
        (0..observed.len()).map(at).collect()
    };
    let p = [dispersion, upper.p(0)];
    let (low, high) = (tail.min(level), tail.max(level));
    Ok(Bands { local: [local(low)?, local(high)?], global: [lower.band, upper.band], p })
}

/// The columns of the bands of several curves of `rows` values each.
pub(super) fn columns(all: &[Result<Bands, Absent>], rows: usize) -> Vec<Extra> {
    let column = |of: &dyn Fn(&Bands, usize) -> f64| -> Vec<Value> {
        let one = |bands: &Result<Bands, Absent>| -> Vec<Value> {
            (0..rows).map(|row| bands.as_ref().map(|bands| of(bands, row)).map_err(|absent| *absent)).collect()
        };
        all.iter().flat_map(one).collect()
    };
    vec![
        ("value_lower".to_owned(), column(&|bands, row| bands.global[0][row])),
        ("value_upper".to_owned(), column(&|bands, row| bands.global[1][row])),
        ("value_local_lower".to_owned(), column(&|bands, row| bands.local[0][row])),
        ("value_local_upper".to_owned(), column(&|bands, row| bands.local[1][row])),
        ("localisation_p".to_owned(), column(&|bands, _| bands.p[1])),
        ("dispersion_p".to_owned(), column(&|bands, _| bands.p[0])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normals, stream};

    fn random(n: usize) -> Vec<Vec<f64>> {
        (0..n).map(|draw| normals(&mut stream(8, draw as u64), 20)).collect()
    }

    #[test]
    fn a_share_of_the_curves_leaves_the_upper_band() {
        let curves = random(1000);
        let leaves = |one: usize| {
            let mut draws = curves.clone();
            let observed = draws.swap_remove(one);
            let bands = bands(&observed, &draws, 0.95).unwrap();
            let out = observed.iter().zip(&bands.global[1]).any(|(x, upper)| x > upper);
            assert_eq!(out, bands.p[1] <= 0.05);
            let below = observed.iter().zip(&bands.global[0]).any(|(x, lower)| x < lower);
            assert_eq!(!out && below, bands.p[0] <= 0.05);
            out
        };
        let left = (0..100).filter(|one| leaves(*one)).count();
        assert!((1..=11).contains(&left), "{left}");
        let bands = bands(&curves[0], &curves[1..], 0.95).unwrap();
        assert!(bands.global[1].iter().zip(&bands.local[1]).all(|(global, local)| global >= local));
    }

    #[test]
    fn ties_are_not_extreme() {
        let equal = vec![vec![0.0, 1.0]; 99];
        let bands = bands(&[0.0, 1.0], &equal, 0.95).unwrap();
        assert!(bands.p.iter().all(|p| (p - 1.0).abs() < 1e-15));
        assert_eq!(bands.global, [vec![0.0, 1.0], vec![0.0, 1.0]]);
    }
}
