//! Theil T and sigma as the indices `theil_t` and `sigma` define them, fast enough for every draw.

use crate::panel::{Absent, Value, finite};

/// The regions of one period, as far as they are the same in every draw.
#[derive(Debug)]
pub(super) struct Regions {
    /// Each region's share of the heads; equal shares when nobody counts heads.
    heads: Vec<f64>,
    /// Class of each region.
    groups: Vec<Option<usize>>,
    /// Number of classes.
    classes: usize,
}

impl Regions {
    /// Regions with so many heads each, in classes below `classes`.
    pub(super) fn new(heads: &[f64], groups: Vec<Option<usize>>, classes: usize) -> Self {
        let total: f64 = heads.iter().sum();
        Self { heads: heads.iter().map(|h| h / total).collect(), groups, classes }
    }

    /// Theil T, its parts between and within groups, and sigma of the amounts per head.
    ///
    /// T = Σ s ln(s/p), s the shares of the amounts and p of the heads (Theil 1967); between the same of the groups'
    /// sums. Sigma: standard deviation of the logarithm, regions alike, divisor R − 1 (Barro and Sala-i-Martin 1992).
    pub(super) fn measures(&self, amounts: &[f64]) -> [Value; 4] {
        let total: f64 = amounts.iter().sum();
        if amounts.len() < 2 || amounts.iter().any(|x| *x <= 0.0) {
            let reason = if amounts.len() < 2 { Absent::TooFewCategories } else { Absent::OutsideDomain };
            return [Err(reason); 4];
        }
        let shares: Vec<f64> = amounts.iter().map(|x| x / total).collect();
        let logs: Vec<f64> = shares.iter().zip(&self.heads).map(|(s, p)| (s / p).ln()).collect();
        let theil = finite(shares.iter().zip(&logs).map(|(s, log)| s * log).sum());
        let between = self.between(&shares);
        let within = between.and_then(|between| Ok(theil? - between));
        [theil, between, within, sigma(&logs)]
    }

    fn between(&self, shares: &[f64]) -> Value {
        let mut sums = vec![(0.0, 0.0); self.classes];
        for ((group, s), p) in self.groups.iter().zip(shares).zip(&self.heads) {
            let (share, heads) = &mut sums[group.ok_or(Absent::Missing)?];
            *share += s;
            *heads += p;
        }
        let present = sums.iter().filter(|(_, heads)| *heads > 0.0);
        finite(present.map(|(share, heads)| share * (share / heads).ln()).sum())
    }
}

fn sigma(logs: &[f64]) -> Value {
    let mean = logs.iter().sum::<f64>() / logs.len() as f64;
    let squares: f64 = logs.iter().map(|log| (log - mean).powi(2)).sum();
    finite((squares / (logs.len() - 1) as f64).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Params;
    use crate::indices::{Classes, Input, find};
    use crate::panel::Grid;
    use std::borrow::Cow;

    const AMOUNTS: [f64; 5] = [3.0, 9.0, 2.0, 40.0, 7.0];
    const HEADS: [f64; 5] = [1.0, 2.0, 2.0, 5.0, 4.0];

    /// The first and the other parts of an index of the amounts per head.
    fn index(name: &str, groups: &[Option<usize>]) -> Vec<Value> {
        let index = find(name).unwrap();
        let params = Params::parse(index.card(), &Default::default(), "").unwrap();
        let measure = Grid { width: 1, values: AMOUNTS.map(Ok).to_vec() };
        let heads = HEADS.map(Ok);
        let classes = Classes { of: groups.to_vec(), names: Vec::new() };
        let input = Input::new(&measure).with_regional("weights", &heads[..]);
        let input = input.with_classes("groups", Cow::Owned(classes));
        index.compute(&input, &params).parts.iter().map(|(_, values)| values[0]).collect()
    }

    #[test]
    fn the_indices_of_the_catalogue_say_the_same() {
        let groups = [0, 1, 0, 2, 1].map(Some);
        let ours = Regions::new(&HEADS, groups.to_vec(), 3).measures(&AMOUNTS);
        let theirs = [index("theil_t", &groups), index("sigma", &groups)].concat();
        for (ours, theirs) in ours.iter().zip(theirs) {
            assert!((ours.unwrap() - theirs.unwrap()).abs() < 1e-15, "{ours:?} {theirs:?}");
        }
    }

    #[test]
    fn what_is_undefined_says_why() {
        let of = |amounts: &[f64], groups: &[Option<usize>]| {
            Regions::new(&vec![1.0; amounts.len()], groups.to_vec(), 1).measures(amounts)
        };
        assert_eq!(of(&[1.0], &[Some(0)])[0], Err(Absent::TooFewCategories));
        assert_eq!(of(&[1.0, 0.0], &[Some(0); 2])[3], Err(Absent::OutsideDomain));
        assert!(of(&[1.0, 2.0], &[Some(0), None])[0].is_ok());
        assert_eq!(of(&[1.0, 2.0], &[Some(0), None])[1], Err(Absent::Missing));
    }
}
