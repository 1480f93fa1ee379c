//! Regions, the groups they belong to, and the nation.

/// What adds up to what: the nation is the sum of all regions, a group that of the regions in it.
///
/// Nodes stand in the order nation, groups, regions. A region may belong to no group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchy {
    groups: Vec<Option<usize>>,
    classes: usize,
}

impl Hierarchy {
    /// Regions of these groups, which are numbered below `classes`.
    pub fn new(groups: &[Option<usize>], classes: usize) -> Self {
        Self { groups: groups.to_vec(), classes }
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.aggregates() + self.groups.len()
    }

    /// Number of nodes that are sums: the nation and the groups. They come first.
    pub fn aggregates(&self) -> usize {
        1 + self.classes
    }

    /// Number of regions.
    pub fn regions(&self) -> usize {
        self.groups.len()
    }

    /// The aggregates that a region is part of.
    pub(super) fn above(&self, region: usize) -> impl Iterator<Item = usize> {
        [Some(0), self.groups[region].map(|group| group + 1)].into_iter().flatten()
    }

    /// The levels of all nodes from those of the regions.
    pub fn add_up(&self, regions: &[f64]) -> Vec<f64> {
        let mut nodes = Vec::with_capacity(self.nodes());
        nodes.extend(self.sums(regions, |_| true));
        nodes.extend(regions);
        nodes
    }

    /// By aggregate: its level less the sum of its regions, as far as these are `counted`.
    pub(super) fn excess(&self, levels: &[f64], counted: impl Fn(usize) -> bool) -> Vec<f64> {
        let (aggregates, regions) = levels.split_at(self.aggregates());
        let mut excess = self.sums(regions, counted);
        excess.iter_mut().zip(aggregates).for_each(|(sum, level)| *sum = level - *sum);
        excess
    }

    /// The sums of the regions that are `counted`, by aggregate.
    fn sums(&self, regions: &[f64], counted: impl Fn(usize) -> bool) -> Vec<f64> {
        let mut sums = vec![0.0; self.aggregates()];
        for (region, (level, group)) in regions.iter().zip(&self.groups).enumerate() {
            if counted(region) {
                sums[0] += level;
                if let Some(group) = group {
                    sums[group + 1] += level;
                }
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_add_up_by_group() {
        let hierarchy = Hierarchy::new(&[Some(1), None, Some(1)], 2);
        assert_eq!(hierarchy.add_up(&[1.0, 2.0, 4.0]), [7.0, 0.0, 5.0, 1.0, 2.0, 4.0]);
        assert_eq!(hierarchy.excess(&[9.0, 0.0, 5.0, 1.0, 2.0, 4.0], |r| r != 0), [3.0, 0.0, 1.0]);
    }
}
