//! Where a region stands among the regions that have an industry.

use crate::panel::{Absent, Slice, Value};

/// The place of a value among those of the regions in which the industry is above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rank {
    below: usize,
    above: usize,
    count: usize,
}

/// Shares of counts that differ from whole numbers by rounding only.
const SLACK: f64 = 1e-9;

impl Rank {
    /// The share of the regions with no larger value.
    pub(super) fn percentile(self) -> f64 {
        (self.count - self.above) as f64 / self.count as f64
    }

    /// Whether fewer regions than this share of them have a larger value.
    pub(super) fn is_in_top(self, share: f64) -> bool {
        (self.above as f64) < share * self.count as f64 - SLACK
    }

    /// Whether at least this share of the regions have a smaller value.
    pub(super) fn is_beyond(self, share: f64) -> bool {
        self.below as f64 >= share * self.count as f64 - SLACK
    }
}

/// The rank of each listed cell's value, industry by industry.
pub(super) fn ranks(slice: &Slice<'_>, values: &[Value]) -> Vec<Result<Rank, Absent>> {
    let mut samples: Vec<Vec<f64>> = vec![Vec::new(); slice.width()];
    for ((_, industry, x), value) in slice.cells().zip(values) {
        if x.is_ok_and(|x| x > 0.0) {
            samples[industry].extend(value.ok());
        }
    }
    samples.iter_mut().for_each(|sample| sample.sort_unstable_by(f64::total_cmp));
    let rank = |((_, industry, x), value): ((usize, usize, Value), &Value)| {
        let (_, value, sample) = (x?, (*value)?, &samples[industry]);
        let below = sample.partition_point(|x| *x < value);
        let above = sample.len() - sample.partition_point(|x| *x <= value);
        if sample.is_empty() { Err(Absent::TooFewCategories) } else { Ok(Rank { below, above, count: sample.len() }) }
    };
    slice.cells().zip(values).map(rank).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_count_the_regions_that_have_the_industry() {
        let slice = Slice::dense(1, [4.0, 0.0, 1.0, 4.0, 2.0].map(Ok).to_vec());
        let ranks = ranks(&slice, slice.values());
        let percentiles: Vec<f64> = ranks.iter().map(|rank| rank.unwrap().percentile()).collect();
        assert_eq!(percentiles, [1.0, 0.0, 0.25, 1.0, 0.5]);
        let (first, second) = (ranks[0].unwrap(), ranks[4].unwrap());
        assert!(first.is_in_top(0.2) && !second.is_in_top(0.5) && second.is_in_top(0.51));
        assert!(second.is_beyond(0.25) && !second.is_beyond(0.3));
    }
}
