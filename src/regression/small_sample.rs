//! How many parameters a covariance counts: the rules of the R package fixest 0.14 with `K.exact = FALSE`.

use super::design::{Design, Effect, Groups};

/// All parameters: slopes, every level of every effect, less one for each effect with intercepts after the first.
pub(super) fn parameters(slopes: usize, design: &Design) -> usize {
    let count = |e: &Effect| e.groups.levels.len() * (usize::from(e.intercept) + usize::from(e.slope.is_some()));
    let levels: usize = design.effects.iter().map(count).sum();
    slopes + levels - design.effects.iter().filter(|e| e.intercept).count().saturating_sub(1)
}

/// The parameters K that a clustered covariance counts: the intercepts of an effect nested in a cluster
/// count as one, and those of all nested effects together as one. Varying slopes count in full.
pub(super) fn parameters_not_nested(slopes: usize, design: &Design) -> usize {
    let in_cluster = |e: &&Effect| e.intercept && design.clusters.iter().any(|c| is_nested(&e.groups, c));
    let nested = design.effects.iter().filter(in_cluster);
    parameters(slopes, design) - nested.map(|e| e.groups.levels.len() - 1).sum::<usize>()
}

/// Whether every level of `effect` lies in one class of `cluster`.
pub(super) fn is_nested(effect: &Groups, cluster: &Groups) -> bool {
    let mut class = vec![u32::MAX; effect.levels.len()];
    effect.codes.iter().zip(&cluster.codes).all(|(level, cluster)| {
        let class = &mut class[*level as usize];
        let first = *class == u32::MAX;
        if first {
            *class = *cluster;
        }
        *class == *cluster
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(name: &str, levels: u32, codes: impl Iterator<Item = u32>) -> Groups {
        let levels = (0..levels).map(|g| g.to_string()).collect();
        Groups { name: name.into(), codes: codes.collect(), levels }
    }

    /// Grunfeld's 10 firms × 20 years with two slopes; the counts fixest 0.14.2 reports.
    #[test]
    fn the_counts_are_those_of_fixest() {
        let firm = groups("firm", 10, (0..200).map(|i| i / 20));
        let year = groups("year", 20, (0..200).map(|i| i % 20));
        let effects = [&firm, &year]
            .map(|g| Effect { name: String::new(), groups: g.clone(), intercept: true, slope: None })
            .to_vec();
        let mut design = Design { effects, ..Design::default() };
        assert_eq!(parameters(2, &design), 31);
        design.clusters = vec![firm.clone()];
        assert_eq!(parameters_not_nested(2, &design), 22);
        design.clusters = vec![firm, year];
        assert_eq!(parameters_not_nested(2, &design), 3);
    }
}
