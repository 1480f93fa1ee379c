//! How related two industries are, by the regions that are specialised in both.

use super::network::Network;
use crate::card::{Domain, Param, Params};
use crate::indices::Refusal;
use crate::panel::{Absent, Value, ratio};
use rayon::prelude::*;

/// The parameter that says what relatedness means.
pub(super) const KIND: Param = Param {
    name: "kind",
    doc: "With C_ij the regions specialised in both, k_i those specialised in i, s the `size` and T its total: \
          `conditional` C_ij/max(k_i, k_j), the proximity; `cosine` C_ij/√(s_i s_j); `jaccard` C_ij/(s_i + s_j − C_ij); \
          `association` C_ij T/(s_i s_j); `probability` C_ij/(T/2 (s_i/T s_j/(T−s_i) + s_j/T s_i/(T−s_j))), of \
          co-occurrences whatever the size; `z` (C_ij − μ)/σ with μ = k_i k_j/N and σ² = μ (1 − k_i/N) (N − k_j)/(N − 1), \
          N regions that are specialised in anything.",
    domain: Domain::Choice(&["conditional", "cosine", "jaccard", "association", "probability", "z"]),
};

/// The parameter that says how large an industry is.
pub(super) const SIZE: Param = Param {
    name: "size",
    doc: "Of `cosine`, `jaccard` and `association`. `ubiquity`: s_i = k_i and T = N. `cooccurrences`: \
          s_i = Σ_{j≠i} C_ij and T = Σ_i s_i, as in EconGeo.",
    domain: Domain::Choice(&["ubiquity", "cooccurrences"]),
};

/// The parameter that says how related an industry is to itself.
pub(super) const DIAGONAL: Param = Param {
    name: "diagonal",
    doc: "`included`: an industry's relatedness with itself is 1, as in the Growth Lab's software. `excluded`: an \
          industry does not count among those it is related to, as in economic-complexity and EconGeo.",
    domain: Domain::Choice(&["included", "excluded"]),
};

/// Refuses the diagonal of kinds whose scale does not end at 1.
pub(super) fn check_diagonal(params: &Params) -> Result<(), Refusal> {
    let ends_at_one = ["conditional", "cosine", "jaccard"].iter().any(|kind| params.chooses("kind", kind));
    if params.chooses("diagonal", "included") && (!ends_at_one || params.chooses("size", "cooccurrences")) {
        return Err(Refusal {
            param: "diagonal",
            rule: "must be excluded unless kind is conditional, cosine or jaccard by ubiquity: no other is 1 for an \
                   industry with itself",
        });
    }
    Ok(())
}

/// For each industry a bit a region: whether the region is specialised in it.
#[derive(Debug, Clone)]
pub(super) struct Bits {
    words: usize,
    bits: Vec<u64>,
}

impl Bits {
    /// From the industries of each region.
    pub(super) fn of<'l>(regions: impl ExactSizeIterator<Item = &'l [u32]>, width: usize) -> Self {
        let words = regions.len().div_ceil(64);
        let mut bits = vec![0; width * words];
        for (region, industries) in regions.enumerate() {
            for industry in industries {
                bits[*industry as usize * words + region / 64] |= 1 << (region % 64);
            }
        }
        Self { words, bits }
    }

    /// Number of industries.
    pub(super) fn width(&self) -> usize {
        self.bits.len().checked_div(self.words).unwrap_or(0)
    }

    /// The number of regions that industry `i` shares with each industry after it.
    pub(super) fn shared(&self, i: usize) -> impl Iterator<Item = u32> {
        let of = |industry: usize| &self.bits[industry * self.words..(industry + 1) * self.words];
        let own = of(i);
        (i + 1..self.width()).map(move |j| own.iter().zip(of(j)).map(|(a, b)| (a & b).count_ones()).sum())
    }
}

/// The industries' relatedness of one kind.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    kind: Kind,
    /// k_i, and the reason why an industry has none.
    ubiquity: Vec<Value>,
    /// s_i.
    size: Vec<f64>,
    /// T.
    total: f64,
    /// N.
    regions: f64,
    bits: Bits,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Conditional,
    Cosine,
    Jaccard,
    Association,
    Probability,
    Z,
}

impl Kind {
    fn of(params: &Params) -> Self {
        match params.text(KIND.name) {
            Some("cosine") => Self::Cosine,
            Some("jaccard") => Self::Jaccard,
            Some("association") => Self::Association,
            Some("probability") => Self::Probability,
            Some("z") => Self::Z,
            _ => Self::Conditional,
        }
    }
}

impl Relation {
    /// The relatedness that the parameters ask for; without any, the proximity.
    pub(super) fn of(network: &Network, params: &Params) -> Self {
        let (kind, width) = (Kind::of(params), network.regions.len());
        let bits = Bits::of(network.industries.rows(), width);
        let regions = network.active_regions() as f64;
        let mut size: Vec<f64> = (0..width).map(|industry| network.regions.count(industry)).collect();
        let mut total = regions;
        if kind == Kind::Probability || params.chooses(SIZE.name, "cooccurrences") {
            // Every region that is specialised in i shares its other industries with it.
            size = network
                .regions
                .map(|row| row.iter().map(|region| network.industries.count(*region as usize) - 1.0).sum());
            total = size.iter().sum();
        }
        let ubiquity = network.per_industry(|industry| Ok(network.regions.count(industry)));
        Self { kind, ubiquity, size, total, regions, bits }
    }

    /// The number of regions industry `i` shares with each industry after it, and how related that makes them.
    pub(super) fn row(&self, i: usize) -> impl Iterator<Item = (Value, Value)> {
        self.bits.shared(i).zip(i + 1..).map(move |(count, j)| {
            let both = self.ubiquity[i].and(self.ubiquity[j]).map(|_| f64::from(count));
            (both, self.relatedness(i, j, f64::from(count)))
        })
    }

    fn relatedness(&self, i: usize, j: usize, count: f64) -> Value {
        let (ki, kj) = (self.ubiquity[i]?, self.ubiquity[j]?);
        let (si, sj, total) = (self.size[i], self.size[j], self.total);
        match self.kind {
            Kind::Conditional => ratio(count, ki.max(kj)),
            Kind::Cosine => ratio(count, (si * sj).sqrt()),
            Kind::Jaccard => ratio(count, si + sj - count),
            Kind::Association => ratio(count * total, si * sj),
            Kind::Probability => {
                let chance = ratio(si / total * sj, total - si)? + ratio(sj / total * si, total - sj)?;
                ratio(count, total / 2.0 * chance)
            }
            Kind::Z => {
                let n = self.regions;
                let mean = ki * kj / n;
                let variance = mean * (1.0 - ki / n) * (n - kj) / (n - 1.0);
                if variance > 0.0 { Ok((count - mean) / variance.sqrt()) } else { Err(Absent::ZeroDenominator) }
            }
        }
    }

    /// width × width numbers, undefined relatedness as 0, with `diagonal` on the diagonal of the industries that have
    /// regions.
    pub(super) fn matrix(&self, diagonal: f64) -> Matrix {
        let width = self.ubiquity.len();
        let rows: Vec<Vec<f64>> = (0..width)
            .into_par_iter()
            .map(|i| self.row(i).map(|(_, related)| related.unwrap_or(0.0)).collect())
            .collect();
        let mut numbers = vec![0.0; width * width];
        for (i, row) in rows.iter().enumerate() {
            numbers[i * width + i] = if self.ubiquity[i].is_ok() { diagonal } else { 0.0 };
            for (j, related) in (i + 1..).zip(row) {
                numbers[i * width + j] = *related;
                numbers[j * width + i] = *related;
            }
        }
        Matrix { width, numbers }
    }
}

/// A symmetric matrix of industries.
#[derive(Debug, Clone)]
pub(super) struct Matrix {
    width: usize,
    numbers: Vec<f64>,
}

impl Matrix {
    /// Bytes of the matrix and of its making.
    pub(super) fn bytes(width: usize) -> u64 {
        (width as u64).pow(2) * 12
    }

    /// The relatedness of one industry with each.
    pub(super) fn row(&self, industry: usize) -> &[f64] {
        &self.numbers[industry * self.width..(industry + 1) * self.width]
    }

    /// Each industry's sum of its relatedness with `industries`, those weighted by `weight`.
    pub(super) fn sums(&self, industries: impl Iterator<Item = usize>, weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut sums = vec![0.0; self.width];
        for industry in industries {
            let weight = weight(industry);
            for (sum, related) in sums.iter_mut().zip(self.row(industry)) {
                *sum += weight * related;
            }
        }
        sums
    }

    /// Each industry's sum of its relatedness with all.
    pub(super) fn totals(&self) -> Vec<f64> {
        self.sums(0..self.width, |_| 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Raw;
    use crate::indices::complexity::network::tests::network;
    use std::collections::BTreeMap;

    /// The upper triangle of the network of Hidalgo and Hausmann (2009), fig. S4.
    fn related(kind: &str, size: &str) -> Vec<f64> {
        let network = network(&[&[1, 1, 1, 1], &[0, 1, 0, 0], &[0, 0, 1, 1], &[0, 0, 0, 1]]);
        let given = [("kind", kind), ("size", size)].map(|(name, word)| (name.into(), Raw::Text(word.into())));
        let card = crate::indices::find("relatedness").unwrap().card();
        let params = Params::parse(card, &BTreeMap::from(given), "").unwrap();
        let relation = Relation::of(&network, &params);
        (0..4).flat_map(|i| relation.row(i).map(|(_, related)| related.unwrap()).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn kinds_of_six_pairs() {
        let third = 1.0 / 3.0;
        assert_eq!(related("conditional", "ubiquity"), [0.5, 0.5, third, 0.5, third, 2.0 * third]);
        let last_of = |kind, size| related(kind, size)[5];
        let [jaccard, lift, counts] =
            [("jaccard", "ubiquity"), ("association", "ubiquity"), ("association", "cooccurrences")]
                .map(|(kind, size)| last_of(kind, size));
        assert!(
            (jaccard - 2.0 * third).abs() < 1e-15
                && (lift - 4.0 * third).abs() < 1e-15
                && (counts - 1.75).abs() < 1e-15
        );
    }
}
