//! Fixed effects by level, with what several effects share given to the first.

use super::design::Effect;
use crate::numeric::absorb::LevelEffects;

/// Shifts intercepts from each later effect to the first so that the first level of the later one, in each
/// connected component, is zero. Fitted values do not change.
#[derive(Debug)]
pub(super) struct Normalisation {
    /// Number of the first effect with intercepts.
    first: usize,
    /// Numbers of the later effects with intercepts.
    later: Vec<(usize, Components)>,
}

/// The connected components of two factors' levels that occur together.
#[derive(Debug)]
struct Components {
    /// For each level of the first factor, the reference level of the other.
    of_first: Vec<u32>,
    /// For each level of the other, the first level of the other in its component.
    of_other: Vec<u32>,
}

impl Normalisation {
    /// Finds which levels occur together.
    pub(super) fn new(effects: &[Effect]) -> Self {
        let mut with_intercepts = (0..effects.len()).filter(|q| effects[*q].intercept);
        let first = with_intercepts.next().unwrap_or(0);
        let later = with_intercepts.map(|q| (q, Components::new(&effects[first], &effects[q])));
        Self { first, later: later.collect() }
    }

    /// Applies the shifts to the effects of one column.
    pub(super) fn apply(&self, effects: &mut [LevelEffects]) {
        for (q, components) in &self.later {
            let reference = effects[*q].intercepts.clone();
            for (value, level) in effects[*q].intercepts.iter_mut().zip(&components.of_other) {
                *value -= reference[*level as usize];
            }
            for (value, level) in effects[self.first].intercepts.iter_mut().zip(&components.of_first) {
                *value += reference[*level as usize];
            }
        }
    }

    /// The rule in words; empty without effects.
    pub(super) fn describe(&self, effects: &[Effect]) -> String {
        let Some(first) = effects.get(self.first) else { return String::new() };
        let mut text = format!("the effects of {} are as they are, without an intercept", first.name);
        for (q, _) in &self.later {
            let name = &effects[*q].name;
            let set = format!("in each set of rows that {} and {name} connect", first.name);
            text += &format!("; those of {name} are relative to its first level, which is 0 {set}");
        }
        text
    }
}

impl Components {
    fn new(first: &Effect, other: &Effect) -> Self {
        let others = other.groups.levels.len() as u32;
        // Levels of the other factor come first, so that the smallest member of a component is one of them.
        let mut parent: Vec<u32> = (0..others + first.groups.levels.len() as u32).collect();
        for (a, b) in first.groups.codes.iter().zip(&other.groups.codes) {
            let (x, y) = (root(&mut parent, others + a), root(&mut parent, *b));
            parent[x.max(y) as usize] = x.min(y);
        }
        let mut roots: Vec<u32> = (0..parent.len() as u32).map(|level| root(&mut parent, level)).collect();
        let of_first = roots.split_off(others as usize);
        Self { of_first, of_other: roots }
    }
}

/// The smallest member of the component, halving paths on the way.
fn root(parent: &mut [u32], mut level: u32) -> u32 {
    while parent[level as usize] != level {
        parent[level as usize] = parent[parent[level as usize] as usize];
        level = parent[level as usize];
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::regression::design::Groups;

    fn effect(codes: &[u32], levels: usize) -> Effect {
        let levels = (0..levels).map(|g| g.to_string()).collect();
        let groups = Groups { name: "g".into(), codes: codes.to_vec(), levels };
        Effect { name: "g".into(), groups, intercept: true, slope: None }
    }

    #[test]
    fn the_first_level_of_each_component_is_zero() {
        let effects = [effect(&[0, 0, 1, 1, 2, 2], 3), effect(&[0, 1, 1, 0, 2, 3], 4)];
        let mut values = [
            LevelEffects { intercepts: vec![1.0, 2.0, 3.0], slopes: None },
            LevelEffects { intercepts: vec![10.0, 20.0, 30.0, 50.0], slopes: None },
        ];
        Normalisation::new(&effects).apply(&mut values);
        assert_eq!(values[1].intercepts, [0.0, 10.0, 0.0, 20.0]);
        assert_eq!(values[0].intercepts, [11.0, 12.0, 33.0]);
    }
}
