//! Coefficients of regions, from those of the nation and the regions' mix of sectors.
//!
//! No region has a table of its own. Flegg's location quotient says how much of the nation's coefficient a region can
//! meet itself: little where the supplying sector is small beside the using one, and less the smaller the region.

use super::square::Square;
use super::table::{Table, conventions_and, positive, scratch};
use crate::card::{Domain, Param, Params};
use crate::indices::Input;
use crate::indices::location::pairs::{DELTA, Pair};
use crate::numeric::Stop;
use crate::panel::{Absent, Slice, Value, finite, ratio, sum_present};
use rayon::prelude::*;

/// The parameters of the indices that regionalise a table.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "table",
        doc: "The nation's input–output table: a dataset whose regions supply and whose industries use, both named as \
              the industries here, with columns of final demand. Its latest period that is not later is read.",
        domain: Domain::Dataset { required: true },
    },
    DELTA,
];

/// Where the formula and its constants come from.
pub(super) const REFERENCE: &str = "Flegg and Webber (1997), Regional Studies 31, 795–805; Flegg and Webber (2000), \
                                    Regional Studies 34, 563–569; Flegg and Tohmo (2013), Regional Studies 47, 703–721";

/// A table and the regions it is brought down to.
#[derive(Debug)]
pub(super) struct Regional<'a> {
    measure: &'a Slice<'a>,
    /// The nation's table; its places belong to the industries of the measure.
    pub(super) national: Table<'a>,
    coefficients: Square,
    /// The nation's share of each industry.
    shares: Vec<Value>,
    total: Value,
    /// The exponent of Flegg's λ.
    pub(super) delta: f64,
}

/// A region's location quotients.
#[derive(Debug)]
pub(super) struct Region {
    /// Simple location quotient of each place.
    quotients: Vec<Value>,
    /// Its share of the nation, all industries together.
    size: f64,
}

impl<'a> Regional<'a> {
    /// `None` when the table has no period early enough.
    pub(super) fn of(input: &'a Input<'_>, params: &Params) -> Option<Self> {
        let companion = input.companion("table")?;
        let national = Table::beside(companion, companion.measure.as_ref()?);
        let industries = input.measure.industry_totals();
        let total = positive(sum_present(&industries));
        let shares = industries.iter().map(|x| ratio((*x)?, total?)).collect();
        let coefficients = national.technical();
        Some(Self { measure: &input.measure, national, coefficients, shares, total, delta: params.number("delta") })
    }

    /// The location quotients of a region.
    pub(super) fn region(&self, region: usize) -> Result<Region, Absent> {
        let own = positive(sum_present(self.measure.region_values(region)))?;
        let mut quotients = vec![Err(Absent::Missing); self.national.len()];
        for (industry, x) in self.measure.region(region) {
            if let Ok(place) = self.national.places[industry] {
                let share = |x: f64| if x < 0.0 { Err(Absent::OutsideDomain) } else { finite(x / own) };
                quotients[place] = x.and_then(|x| ratio(share(x)?, self.shares[industry]?));
            }
        }
        Ok(Region { quotients, size: own / self.total? })
    }

    /// The nation's coefficient, as far as the region can meet it.
    pub(super) fn coefficient(&self, region: &Region, supplier: usize, user: usize) -> Value {
        Ok(self.coefficients.at(supplier, user) * region.flegg(supplier, user, self.delta)?.min(1.0))
    }

    /// The output multipliers of the places in every region.
    pub(super) fn multipliers(&self, stop: Option<&Stop>) -> Vec<Result<Vec<Value>, Absent>> {
        let of = |region| self.region(region).and_then(|region| self.multipliers_of(&region, stop));
        (0..self.measure.regions()).into_par_iter().map(of).collect()
    }

    /// The output multipliers of the places in the nation.
    pub(super) fn national_multipliers(&self, stop: Option<&Stop>) -> Result<Vec<f64>, Absent> {
        Ok(self.coefficients.inverse_of_complement(stop)?.column_sums())
    }

    fn multipliers_of(&self, region: &Region, stop: Option<&Stop>) -> Result<Vec<Value>, Absent> {
        let active: Vec<usize> = (0..self.national.len()).filter(|j| positive(region.quotients[*j]).is_ok()).collect();
        let coefficient = |i: usize, j: usize| self.coefficient(region, active[i], active[j]).unwrap_or(0.0);
        let inverse = Square::of(active.len(), coefficient).inverse_of_complement(stop)?;
        let mut multipliers: Vec<Value> = region.quotients.iter().map(|lq| positive(*lq)).collect();
        for (place, sum) in active.iter().zip(inverse.column_sums()) {
            multipliers[*place] = finite(sum);
        }
        Ok(multipliers)
    }
}

impl Region {
    /// Flegg's location quotient of two places; a user that the region lacks has none.
    pub(super) fn flegg(&self, supplier: usize, user: usize, delta: f64) -> Value {
        let (of_supplier, of_user) = (self.quotients[supplier]?, positive(self.quotients[user])?);
        Pair { supplier: of_supplier, user: of_user, same: supplier == user, size: self.size }.flegg(delta)
    }
}

/// What every index of regional coefficients states.
pub(super) fn conventions<const N: usize>(own: [&str; N]) -> Vec<String> {
    let mut conventions = conventions_and([
        "a regional coefficient is never above the nation's; what a region does not supply itself it buys elsewhere",
        "λ is of the region's share of the measure as a whole; within a sector the simple location quotient takes the \
         place of the cross-industry one",
        "a sector without activity in a region uses nothing there (zero_denominator); an absent one supplies nothing",
    ]);
    conventions.extend(own.map(str::to_owned));
    conventions
}

/// Bytes that the nation's table and the regions at work hold at once.
pub(super) fn scratch_of(width: usize) -> u64 {
    scratch(width, width) * (1 + rayon::current_num_threads() as u64)
}
