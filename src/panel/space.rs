//! Who neighbours whom.

use super::{Absent, Value};

/// Row-standardised spatial weights: the neighbours of each region share a weight of one.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct SpatialWeights {
    neighbours: Vec<Vec<u32>>,
}

impl SpatialWeights {
    /// Weights of `regions` regions from unordered pairs of neighbours; repeated pairs count once.
    pub fn from_contiguity(regions: usize, pairs: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut neighbours = vec![Vec::new(); regions];
        for (a, b) in pairs {
            neighbours[a].push(b as u32);
            neighbours[b].push(a as u32);
        }
        for list in &mut neighbours {
            list.sort_unstable();
            list.dedup();
        }
        Self { neighbours }
    }

    /// The neighbours of these regions among each other, the regions numbered in the order given, each once.
    #[must_use]
    pub fn among(&self, regions: &[usize]) -> Self {
        let place = |region: usize| regions.iter().position(|kept| *kept == region);
        let pairs = regions.iter().enumerate().flat_map(|(a, region)| {
            let neighbours = self.neighbours(*region).iter();
            neighbours.filter_map(move |neighbour| Some((a, place(*neighbour as usize)?)))
        });
        Self::from_contiguity(regions.len(), pairs)
    }

    /// The neighbours of a region, ascending.
    pub fn neighbours(&self, region: usize) -> &[u32] {
        &self.neighbours[region]
    }

    /// Every unordered pair once, ascending.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        self.neighbours
            .iter()
            .enumerate()
            .flat_map(|(a, list)| list.iter().map(move |b| (a, *b as usize)).filter(|(a, b)| a < b))
    }

    /// The spatial lag W·x: the mean of the neighbours' values.
    ///
    /// A region without neighbours has none; one with an absent neighbour inherits the reason.
    pub fn lag(&self, x: &[Value]) -> Vec<Value> {
        self.neighbours
            .iter()
            .map(|list| {
                if list.is_empty() {
                    return Err(Absent::NoNeighbour);
                }
                let total: f64 = list.iter().map(|r| x[*r as usize]).sum::<Value>()?;
                Ok(total / list.len() as f64)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lag_is_the_mean_of_the_neighbours() {
        let weights = SpatialWeights::from_contiguity(4, [(0, 1), (1, 2), (2, 1)]);
        let lag = weights.lag(&[Ok(1.0), Ok(5.0), Ok(3.0), Ok(9.0)]);
        assert_eq!(lag, vec![Ok(5.0), Ok(2.0), Ok(5.0), Err(Absent::NoNeighbour)]);
        assert_eq!(weights.pairs().collect::<Vec<_>>(), vec![(0, 1), (1, 2)]);
        assert_eq!(weights.among(&[2, 0, 1]).pairs().collect::<Vec<_>>(), vec![(0, 2), (1, 2)]);
    }
}
