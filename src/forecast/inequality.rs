//! Inequality between regions, fast enough for every draw.

use crate::panel::{Absent, finite};

/// Theil T with its parts, and sigma: `[theil, between, within, sigma]`.
pub(super) type Measures = [f64; 4];

/// Inequality of positive levels `y`, scratch space on return; region r belongs to class `groups[r] < classes`.
///
/// Theil (1967): T = Σ s ln(s R) over regions with shares s of the sum; between = Σ S_g ln(S_g R / R_g)
/// over groups with R_g regions and share S_g; within = T − between = Σ S_g T_g.
/// Sigma: standard deviation of ln y with divisor R − 1 (Barro and Sala-i-Martin 1992).
///
/// # Errors
/// [`Absent::TooFewCategories`] for fewer than two levels, [`Absent::OutsideDomain`] for one that is not positive.
pub(super) fn measures(y: &mut [f64], groups: &[usize], classes: usize) -> Result<Measures, Absent> {
    if y.len() < 2 {
        return Err(Absent::TooFewCategories);
    }
    if y.iter().any(|y| *y <= 0.0) {
        return Err(Absent::OutsideDomain);
    }
    let regions = y.len() as f64;
    let mean = y.iter().sum::<f64>() / regions;
    let mut theil = 0.0;
    let mut groups_of = vec![(0.0, 0.0); classes];
    for (y, group) in y.iter_mut().zip(groups) {
        let relative = *y / mean;
        *y = relative.ln();
        theil += relative * *y / regions;
        groups_of[*group].0 += relative;
        groups_of[*group].1 += 1.0;
    }
    let part = |(sum, members): &(f64, f64)| if *members > 0.0 { sum / regions * (sum / members).ln() } else { 0.0 };
    let between: f64 = groups_of.iter().map(part).sum();
    let center = y.iter().sum::<f64>() / regions;
    let squares: f64 = y.iter().map(|log| (log - center).powi(2)).sum();
    Ok([finite(theil)?, between, theil - between, finite((squares / (regions - 1.0)).sqrt())?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_regions_have_none() {
        let equal = measures(&mut [3.0; 4], &[0, 0, 1, 1], 2).unwrap();
        assert!(equal.iter().all(|x| x.abs() < 1e-15));
    }

    #[test]
    fn within_is_the_share_weighted_inequality_of_the_groups() {
        let y = [1.0, 2.0, 3.0, 6.0];
        let [_, _, within, _] = measures(&mut y.clone(), &[0, 0, 1, 1], 2).unwrap();
        let [low, ..] = measures(&mut [1.0, 2.0], &[0, 0], 1).unwrap();
        let [high, ..] = measures(&mut [3.0, 6.0], &[0, 0], 1).unwrap();
        assert!((within - (0.25 * low + 0.75 * high)).abs() < 1e-15);
    }

    #[test]
    fn two_regions_by_hand() {
        let [theil, .., sigma] = measures(&mut [1.0, 3.0], &[0, 0], 1).unwrap();
        assert!((theil - (0.25 * 0.5_f64.ln() + 0.75 * 1.5_f64.ln())).abs() < 1e-15);
        assert!((sigma - 3.0_f64.ln() / 2.0_f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn what_is_undefined_says_why() {
        assert_eq!(measures(&mut [1.0], &[0], 1), Err(Absent::TooFewCategories));
        assert_eq!(measures(&mut [1.0, 0.0], &[0, 0], 1), Err(Absent::OutsideDomain));
    }
}
