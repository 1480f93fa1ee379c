//! Inequality between regions, fast enough for every draw.

use crate::panel::{Absent, Value, finite};

/// Theil T with its parts, and sigma.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Measures {
    /// Theil T, each region counting once.
    pub(super) theil: f64,
    /// Its part between groups.
    pub(super) between: f64,
    /// Its part within groups.
    pub(super) within: f64,
    /// Standard deviation of the logarithm.
    pub(super) sigma: f64,
}

/// Inequality of positive levels `y` in `groups` (class of each, `classes` of them).
///
/// Theil (1967): T = Σ s ln(s R) over regions with shares s of the sum; between = Σ S_g ln(S_g R / R_g)
/// over groups with R_g regions and share S_g; within = Σ S_g T_g.
///
/// # Errors
/// [`Absent::TooFewCategories`] for fewer than two levels, [`Absent::OutsideDomain`] for one that is not positive.
pub(super) fn measures(y: &[f64], groups: &[usize], classes: usize) -> Result<Measures, Absent> {
    if y.len() < 2 {
        return Err(Absent::TooFewCategories);
    }
    if y.iter().any(|y| *y <= 0.0) {
        return Err(Absent::OutsideDomain);
    }
    let (regions, total) = (y.len() as f64, y.iter().sum::<f64>());
    let theil = y.iter().map(|y| y / total * (y / total * regions).ln()).sum();
    let mut groups_of = vec![(0.0, 0.0); classes];
    for (y, group) in y.iter().zip(groups) {
        groups_of[*group].0 += y / total;
        groups_of[*group].1 += 1.0;
    }
    let between = |(share, members): &(f64, f64)| if *members > 0.0 { share * (share * regions / members).ln() } else { 0.0 };
    let between = groups_of.iter().map(between).sum();
    let within = theil - between;
    Ok(Measures { theil, between, within, sigma: sigma(y)? })
}

fn sigma(y: &[f64]) -> Value {
    let mean = y.iter().map(|y| y.ln()).sum::<f64>() / y.len() as f64;
    let squares: f64 = y.iter().map(|y| (y.ln() - mean).powi(2)).sum();
    finite((squares / (y.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_regions_have_none() {
        let equal = measures(&[3.0; 4], &[0, 0, 1, 1], 2).unwrap();
        assert!(equal.theil.abs() < 1e-15 && equal.between.abs() < 1e-15 && equal.sigma < 1e-15);
    }

    #[test]
    fn within_is_the_share_weighted_inequality_of_the_groups() {
        let y = [1.0, 2.0, 3.0, 6.0];
        let all = measures(&y, &[0, 0, 1, 1], 2).unwrap();
        let low = measures(&y[..2], &[0, 0], 1).unwrap().theil;
        let high = measures(&y[2..], &[0, 0], 1).unwrap().theil;
        assert!((all.within - (0.25 * low + 0.75 * high)).abs() < 1e-15);
    }

    #[test]
    fn what_is_undefined_says_why() {
        assert_eq!(measures(&[1.0], &[0], 1), Err(Absent::TooFewCategories));
        assert_eq!(measures(&[1.0, 0.0], &[0, 0], 1), Err(Absent::OutsideDomain));
    }
}
