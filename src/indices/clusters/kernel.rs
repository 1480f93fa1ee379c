//! The density of the distances between points: a Gaussian kernel, reflected at distance 0.
//!
//! The pairs are counted in bins no wider than 1/32 of the bandwidth h, with the first four moments of their places in
//! the bin, and the kernel is expanded around the bins' middles: with u = (r − c)/h and t = (d − c)/h,
//! φ(u − t) = φ(u) Σ_k He_k(u) t^k/k!. What is left out is below |t|⁵ max|φ⁽⁵⁾|/5! < 5·10⁻¹¹ φ(0) a pair; the kernel
//! ends at 7 h, where it is 3·10⁻¹¹ φ(0). So each of the pairs costs one distance and five additions, whatever the
//! number of distances asked for.

use super::sites::{Metric, Point, pairs, quantile};
use crate::indices::spread::spread;
use crate::numeric::Stop;
use crate::panel::{Absent, Value, finite};
use rayon::prelude::*;

/// Bins in a bandwidth, at least.
const FINE: f64 = 32.0;
/// Bandwidths to the end of the kernel.
const REACH: f64 = 7.0;
/// Bins, at most.
pub(super) const MOST_BINS: usize = 1 << 16;
/// Parts of the pairs that are counted side by side; their number does not depend on the threads, so neither do sums.
pub(super) const PARTS: usize = 16;
/// Below so many pairs one part does.
const FEW: usize = 1 << 18;

/// Weights and moments of the pairs of a bin.
pub(super) type Bin = [f64; 5];

/// Points with their weights.
#[derive(Debug, Clone)]
pub(super) struct Cloud<'a> {
    pub(super) metric: Metric,
    pub(super) points: Vec<Point>,
    pub(super) weights: Vec<f64>,
    pub(super) stop: Option<&'a Stop>,
}

/// Equally spaced distances, and the bins between and beyond them.
struct Bins {
    /// Width of a bin.
    width: f64,
    /// Bins in a step between distances.
    per_step: usize,
    /// Bins to the end of the kernel.
    reach: usize,
    /// All bins.
    count: usize,
}

/// Silverman's rule: 0.9 min(sd, interquartile range / 1.34) n^(−1/5) of the n distances; Silverman (1986), Density
/// Estimation, eq. 3.31. Where the quartiles are one, the deviation alone counts.
pub(super) fn silverman(metric: Metric, points: &[Point]) -> Value {
    let mut distances = metric.distances(points);
    let deviation = spread(&distances, 1)?.deviation;
    let range = quantile(&mut distances, 0.75)? - quantile(&mut distances, 0.25)?;
    let width = if range > 0.0 { deviation.min(range / 1.34) } else { deviation };
    if width > 0.0 {
        finite(0.9 * width * (pairs(points.len()) as f64).powf(-0.2))
    } else {
        Err(Absent::ZeroDenominator)
    }
}

impl Bins {
    fn new(rows: &[f64], bandwidth: f64) -> Result<Self, Absent> {
        let step = rows[1];
        let per_step = (step * FINE / bandwidth).ceil();
        let width = step / per_step;
        let reach = (REACH * bandwidth / width).ceil();
        let count = per_step * (rows.len() - 1) as f64 + reach;
        if count.is_nan() || count > MOST_BINS as f64 {
            return Err(Absent::OutsideDomain);
        }
        Ok(Self { width, per_step: per_step as usize, reach: reach as usize, count: count as usize })
    }

    /// φ(u) He_k(u)/k! at the middle of each bin from `reach` before a distance to as many after it, with moments in
    /// units of bins.
    fn kernel(&self, bandwidth: f64) -> Vec<Bin> {
        let unit = self.width / bandwidth;
        let at = |place: usize| {
            let u = -(place as f64 - self.reach as f64 + 0.5) * unit;
            let phi = (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
            let hermite =
                [1.0, u, (u * u - 1.0) / 2.0, (u.powi(3) - 3.0 * u) / 6.0, (u.powi(4) - 6.0 * u * u + 3.0) / 24.0];
            let mut power = phi;
            hermite.map(|h| {
                let term = h * power;
                power *= unit;
                term
            })
        };
        (0..2 * self.reach).map(at).collect()
    }
}

impl Cloud<'_> {
    /// The density at each of `rows`, which are equally spaced from 0.
    ///
    /// # Errors
    /// A bandwidth that the distances are too coarse or too fine for, or no weight.
    pub(super) fn density(&self, bandwidth: f64, rows: &[f64]) -> Result<Vec<f64>, Absent> {
        let bins = Bins::new(rows, bandwidth)?;
        let counted = self.counted(&bins);
        let (sum, squares) = self.weights.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w, squares + w * w));
        let total = (sum * sum - squares) / 2.0 * bandwidth;
        let kernel = bins.kernel(bandwidth);
        let value = |row: usize| {
            let middle = row * bins.per_step;
            // Bins around the distance, and those whose mirror images are near it.
            let first = middle.saturating_sub(bins.reach);
            let around = counted[first..].iter().zip(&kernel[first + bins.reach - middle..]);
            let mirrored = counted.iter().zip(kernel.get(middle + bins.reach..).unwrap_or_default());
            let density = around.chain(mirrored).map(|(bin, k)| dot(bin, k)).sum::<f64>();
            if total > 0.0 { finite(density / total) } else { Err(Absent::TooFewCategories) }
        };
        (0..rows.len()).map(value).collect()
    }

    /// The pairs by their distance.
    fn counted(&self, bins: &Bins) -> Vec<Bin> {
        let parts = if pairs(self.points.len()) < FEW { 1 } else { PARTS };
        let counted: Vec<Vec<Bin>> = (0..parts).into_par_iter().map(|part| self.part(bins, part, parts)).collect();
        let mut counted = counted.into_iter();
        let mut sum = counted.next().unwrap_or_default();
        for part in counted {
            for (bin, more) in sum.iter_mut().zip(part) {
                (0..bin.len()).for_each(|k| bin[k] += more[k]);
            }
        }
        sum
    }

    /// The pairs whose first point is of this part.
    fn part(&self, bins: &Bins, part: usize, parts: usize) -> Vec<Bin> {
        // A last bin takes what is too far away to count: cheaper than to ask each pair.
        let mut counted = vec![[0.0; 5]; bins.count + 1];
        let (scale, last) = (1.0 / bins.width, bins.count as u32);
        for i in (part..self.points.len()).step_by(parts) {
            if self.stop.is_some_and(Stop::raised) {
                break;
            }
            let (a, own) = (&self.points[i], self.weights[i]);
            for (b, other) in self.points[i + 1..].iter().zip(&self.weights[i + 1..]) {
                let place = self.metric.distance(a, b) * scale;
                let number = (place as u32).min(last);
                let (w, t) = (own * other, place - f64::from(number) - 0.5);
                let bin = &mut counted[number as usize];
                let squared = w * t * t;
                bin[0] += w;
                bin[1] += w * t;
                bin[2] += squared;
                bin[3] += squared * t;
                bin[4] += squared * t * t;
            }
        }
        counted
    }
}

fn dot(a: &Bin, b: &Bin) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::random::{normals, stream};

    fn cloud(n: usize) -> Cloud<'static> {
        let numbers = normals(&mut stream(5, 0), 2 * n);
        let points = numbers.chunks(2).map(|c| [c[0], c[1], 0.0]).collect();
        let weights = (0..n).map(|i| 1.0 + (i % 4) as f64).collect();
        Cloud { metric: Metric::Plane, points, weights, stop: None }
    }

    /// The formula itself.
    fn exact(cloud: &Cloud<'_>, h: f64, r: f64) -> f64 {
        let phi = |u: f64| (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
        let (mut sum, mut total) = (0.0, 0.0);
        for i in 0..cloud.points.len() {
            for j in 0..i {
                let w = cloud.weights[i] * cloud.weights[j];
                let d = cloud.metric.distance(&cloud.points[i], &cloud.points[j]);
                sum += w * (phi((r - d) / h) + phi((r + d) / h));
                total += w * h;
            }
        }
        sum / total
    }

    #[test]
    fn bins_with_moments_are_the_kernel_sum() {
        let cloud = cloud(60);
        let rows: Vec<f64> = (0..=12).map(|k| f64::from(k) * 0.25).collect();
        for h in [0.01, 0.1, 0.7, 3.0] {
            let density = cloud.density(h, &rows).unwrap();
            for (r, ours) in rows.iter().zip(density) {
                let theirs = exact(&cloud, h, *r);
                assert!((ours - theirs).abs() < 1e-10 / h, "h {h}, r {r}: {ours} {theirs}");
            }
        }
        assert_eq!(cloud.density(1e-5, &rows), Err(Absent::OutsideDomain));
        assert_eq!(cloud.density(1e9, &rows), Err(Absent::OutsideDomain));
    }

    #[test]
    fn parts_add_up_to_the_same() {
        let cloud = cloud(1000);
        let rows = [0.0, 0.5, 1.0, 1.5];
        let density = cloud.density(0.2, &rows).unwrap();
        assert!(pairs(1000) > FEW && (density[2] - exact(&cloud, 0.2, 1.0)).abs() < 1e-10);
    }
}
