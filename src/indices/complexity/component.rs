//! The connected components of the network.

use super::network::{Lists, Network};
use crate::panel::Absent;

/// A part of the network whose members reach each other through regions and industries, numbered anew.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Component {
    /// Its regions.
    pub(super) regions: Vec<u32>,
    /// Its industries.
    pub(super) industries: Vec<u32>,
    /// The component's industries of each of its regions.
    pub(super) rows: Lists,
    /// The component's regions of each of its industries.
    pub(super) columns: Lists,
}

/// The regions and industries of every connected component.
pub(super) fn components(network: &Network) -> Vec<(Vec<u32>, Vec<u32>)> {
    let mut seen = (vec![false; network.industries.len()], vec![false; network.regions.len()]);
    let mut found = Vec::new();
    for first in 0..network.industries.len() {
        if seen.0[first] || network.industries.row(first).is_empty() {
            continue;
        }
        seen.0[first] = true;
        let (mut regions, mut industries, mut waiting) = (vec![first as u32], Vec::new(), vec![first]);
        while let Some(region) = waiting.pop() {
            for industry in network.industries.row(region) {
                if std::mem::replace(&mut seen.1[*industry as usize], true) {
                    continue;
                }
                industries.push(*industry);
                for region in network.regions.row(*industry as usize) {
                    if !std::mem::replace(&mut seen.0[*region as usize], true) {
                        regions.push(*region);
                        waiting.push(*region as usize);
                    }
                }
            }
        }
        regions.sort_unstable();
        industries.sort_unstable();
        found.push((regions, industries));
    }
    found
}

impl Component {
    /// The component of the most specialisations (ones of M).
    ///
    /// # Errors
    /// There is none, or two are equally large.
    pub(super) fn largest(network: &Network) -> Result<Self, Absent> {
        let mut all = components(network);
        let size = |(regions, _): &(Vec<u32>, Vec<u32>)| -> usize {
            regions.iter().map(|region| network.industries.row(*region as usize).len()).sum()
        };
        all.sort_by_key(|component| std::cmp::Reverse(size(component)));
        if all.len() > 1 && size(&all[0]) == size(&all[1]) {
            return Err(Absent::Undetermined);
        }
        let (regions, industries) = all.into_iter().next().ok_or(Absent::TooFewCategories)?;
        Ok(Self::new(network, regions, industries))
    }

    fn new(network: &Network, regions: Vec<u32>, industries: Vec<u32>) -> Self {
        let mut number = vec![0; network.regions.len()];
        for (new, old) in industries.iter().enumerate() {
            number[*old as usize] = new as u32;
        }
        let row = |region: &u32| network.industries.row(*region as usize).iter().map(|old| number[*old as usize]);
        let rows = Lists::new(regions.iter().map(row));
        let columns = rows.transposed(industries.len());
        Self { regions, industries, rows, columns }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indices::complexity::network::tests::network;

    #[test]
    fn the_largest_component_is_numbered_anew() {
        let network = network(&[&[1, 0, 0, 0], &[0, 1, 0, 1], &[0, 0, 0, 1], &[0, 0, 0, 0]]);
        assert_eq!(components(&network), [(vec![0], vec![0]), (vec![1, 2], vec![1, 3])]);
        let largest = Component::largest(&network).unwrap();
        assert_eq!((largest.regions, largest.industries), (vec![1, 2], vec![1, 3]));
        assert_eq!(largest.rows.rows().collect::<Vec<_>>(), [&[0, 1][..], &[1]]);
    }

    #[test]
    fn of_two_that_are_equally_large_none_is_the_largest() {
        assert_eq!(Component::largest(&network(&[&[1, 0], &[0, 1]])), Err(Absent::Undetermined));
        assert_eq!(Component::largest(&network(&[&[0, 0]])), Err(Absent::TooFewCategories));
    }
}
