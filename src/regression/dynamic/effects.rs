//! The effects of a formula in a dynamic panel: those of units are differenced away, those of periods become dummies.

use crate::error::{Violation, Violations};
use crate::regression::design::{Design, Effect};
use std::collections::HashMap;
use std::hash::Hash;

/// Whether levels and keys determine each other.
fn one_to_one<K: Hash + Eq + Copy>(effect: &Effect, keys: impl Iterator<Item = K>) -> bool {
    let (mut key_of, mut level_of) = (HashMap::new(), HashMap::new());
    effect.groups.codes.iter().zip(keys).all(|(level, key)| {
        *key_of.entry(*level).or_insert(key) == key && *level_of.entry(key).or_insert(*level) == *level
    })
}

/// Takes the effects out of a design: dummies of all periods but the first for those of periods, beside an intercept.
///
/// # Errors
/// At `formula`: effects of anything else.
pub(super) fn replace(design: &mut Design) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for effect in std::mem::take(&mut design.effects) {
        let units = design.rows.iter().map(|row| (row.region, row.industry));
        let is_plain = effect.slope.is_none();
        if is_plain && one_to_one(&effect, design.rows.iter().map(|row| row.period)) {
            add_dummies(design, &effect);
        } else if !is_plain || !one_to_one(&effect, units) {
            let rule = "takes no fixed effects but those of periods, and of the observed units, which are in the model \
                        anyhow; write others as i(...)";
            violations.push(Violation::new("formula", rule, &effect.name));
        }
    }
    violations.into_result(())
}

fn add_dummies(design: &mut Design, effect: &Effect) {
    let n = design.y.len();
    // Histories tell of incomplete rows too, but dummies instrument themselves and need none.
    let mut add = |name: String, column: Vec<f64>| {
        design.names.push(name);
        design.x.push(column);
        design.incomplete.iter_mut().for_each(|other| other.x.push(Err(crate::panel::Absent::Missing)));
    };
    add("(Intercept)".to_owned(), vec![1.0; n]);
    for (code, level) in effect.groups.levels.iter().enumerate().skip(1) {
        let is_here = |c: &u32| f64::from(u8::from(*c == code as u32));
        add(format!("{}::{level}", effect.groups.name), effect.groups.codes.iter().map(is_here).collect());
    }
}
