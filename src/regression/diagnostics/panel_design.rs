//! The design of a panel test: pooled, without the effects of units.

use crate::error::{Violation, Violations};
use crate::regression::design::{Design, Effect};
use crate::regression::panel::{Grouping, INTERCEPT};

/// Levels of a fixed effect up to which a test makes columns of them.
const MOST_LEVELS: usize = 500;

/// The design with an intercept in place of the effects of units, and with columns in place of other fixed effects.
///
/// # Errors
/// Instruments, varying slopes and effects of very many levels, for which tests of panels are not defined; one row a unit.
pub(super) fn pooled(design: &Design, units: &Grouping) -> Result<Design, Violations> {
    let mut violations = Violations::default();
    let mut refuse = |wrong: bool, rule: &str, what: &str| {
        if wrong {
            violations.push(Violation::new("", rule, what));
        }
    };
    refuse(!design.endogenous.is_empty(), "is not defined for models with instruments", "");
    refuse(units.len() == design.y.len(), "needs units that are observed more than once", "");
    let mut pooled = Design { effects: Vec::new(), clusters: Vec::new(), ..design.clone() };
    if !design.effects.is_empty() && !design.names.iter().any(|name| name == INTERCEPT) {
        pooled.names.insert(0, INTERCEPT.to_owned());
        pooled.x.insert(0, vec![1.0; design.y.len()]);
    }
    for effect in design.effects.iter().filter(|effect| !is_of_units(effect, units)) {
        let levels = &effect.groups.levels;
        refuse(effect.slope.is_some(), "is not defined for models with varying slopes", &effect.name);
        refuse(
            levels.len() > MOST_LEVELS,
            "takes fixed effects of at most 500 levels beside those of units",
            &effect.name,
        );
        if levels.len() <= MOST_LEVELS {
            for (level, name) in levels.iter().enumerate().skip(1) {
                let dummy = effect.groups.codes.iter().map(|g| f64::from(u8::from(*g as usize == level))).collect();
                pooled.names.push(format!("{}::{name}", effect.name));
                pooled.x.push(dummy);
            }
        }
    }
    violations.into_result(pooled)
}

/// Whether an effect has one intercept a unit.
pub(super) fn is_of_units(effect: &Effect, units: &Grouping) -> bool {
    let mut unit_of = vec![None; effect.groups.levels.len()];
    let one = |(level, unit): (&u32, &u32)| *unit_of[*level as usize].get_or_insert(*unit) == *unit;
    effect.slope.is_none()
        && effect.groups.levels.len() == units.len()
        && effect.groups.codes.iter().zip(&units.codes).all(one)
}

/// Refuses weights, with which the test is not defined.
pub(super) fn refuse_weights(design: &Design) -> Result<(), Violation> {
    match design.weights {
        None => Ok(()),
        Some(_) => Err(Violation::new("", "is not defined for weighted models", "")),
    }
}
