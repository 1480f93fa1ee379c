//! What the location quotient of counts (plants, employees) says about the chances behind it.
//!
//! A region's x_ri of x_r counted things are binomial with the chance p, those of the rest of the nation with the
//! chance q. The delta method for LQ = p / (w p + (1−w) q), with w = x_r/x, is the interval of Moineddin, Beyene and
//! Boyle (2003). The test of p = q, which is LQ = 1, is Pearson's of the 2×2 table: it needs no variance of its own, so
//! that an industry that a region lacks has a p-value too. An outside reference has no rest: its share q is taken as
//! known.

use super::economy::{Economy, REFERENCE};
use crate::card::Infer;
use crate::indices::{Alternative, Ask, Extra, Input};
use crate::numeric::distributions::{normal_quantile, normal_tail};
use crate::panel::{Absent, Value, ratio};

/// The analytic columns of an index that turns a location quotient and its standard error into a value and its own one.
pub(super) fn inferred(
    input: &Input<'_>,
    ask: &Ask,
    turn: impl Fn(f64, f64) -> Result<(f64, f64), Absent>,
) -> Option<Vec<Extra>> {
    if ask.infer != Infer::Analytic {
        return None;
    }
    let within = input.companion(REFERENCE.name).is_none();
    let (slice, regions, economy) = (&input.measure, input.measure.region_totals(), Economy::of(input));
    let width = normal_quantile((1.0 + ask.level) / 2.0);
    let names = ["value_se", "value_lower", "value_upper", "value_p"];
    let mut columns = names.map(|name| (name.to_owned(), Vec::new()));
    for (region, industry, x) in slice.cells() {
        let cell = x.and_then(|x| {
            let (industry, total) = (economy.industry(industry)?, economy.total()?);
            Counts { cell: x, region: regions[region]?, industry, total, within }.quotient()
        });
        let turned = cell.and_then(|(quotient, se, _)| turn(quotient, se?));
        columns[0].1.push(turned.map(|(_, se)| se));
        columns[1].1.push(turned.map(|(value, se)| value - width * se));
        columns[2].1.push(turned.map(|(value, se)| value + width * se));
        columns[3].1.push(cell.and_then(|(_, _, z)| Ok(tail(z?, ask.alternative))));
    }
    Some(columns.into())
}

fn tail(z: f64, alternative: Alternative) -> f64 {
    match alternative {
        Alternative::TwoSided => (2.0 * normal_tail(z.abs())).min(1.0),
        Alternative::Greater => normal_tail(z),
        Alternative::Less => normal_tail(-z),
    }
}

/// The counts behind one location quotient.
struct Counts {
    cell: f64,
    region: f64,
    industry: f64,
    total: f64,
    /// Whether the region is part of the economy.
    within: bool,
}

impl Counts {
    /// The quotient, its standard error and its standard score under LQ = 1.
    fn quotient(&self) -> Result<(f64, Value, Value), Absent> {
        let (share, mean) = (ratio(self.cell, self.region)?, ratio(self.industry, self.total)?);
        if !(0.0..=1.0).contains(&share) || !(0.0..=1.0).contains(&mean) {
            return Err(Absent::OutsideDomain);
        }
        let variance = |p: f64, n: f64| p * (1.0 - p) / n;
        let (rest, others) = (self.total - self.region, self.industry - self.cell);
        let (spread, null) = if self.within {
            // The derivatives of the quotient are (1−w) q / mean² by p and −(1−w) p / mean² by q.
            let q = ratio(others, rest)?.clamp(0.0, 1.0);
            let slope = rest / self.total / (mean * mean);
            let error = (q * q * variance(share, self.region) + share * share * variance(q, rest)).sqrt();
            (slope * error, (rest / self.total * variance(mean, self.region)).sqrt() / mean)
        } else {
            (variance(share, self.region).sqrt() / mean, variance(mean, self.region).sqrt() / mean)
        };
        let quotient = ratio(share, mean)?;
        // Without any spread the approximation says nothing.
        let se = if spread > 0.0 { Ok(spread) } else { Err(Absent::ZeroDenominator) };
        Ok((quotient, se, ratio(quotient - 1.0, null)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_without_the_industry_has_a_score_and_no_spread() {
        let counts = Counts { cell: 0.0, region: 100.0, industry: 30.0, total: 1000.0, within: true };
        let (quotient, se, z) = counts.quotient().unwrap();
        assert_eq!((quotient, se), (0.0, Err(Absent::ZeroDenominator)));
        assert!(z.unwrap() < -1.8);
    }

    #[test]
    fn an_only_region_cannot_differ_from_the_nation() {
        let counts = Counts { cell: 30.0, region: 100.0, industry: 30.0, total: 100.0, within: true };
        assert_eq!(counts.quotient(), Err(Absent::ZeroDenominator));
    }
}
