//! Skill over another method.

use crate::card::{Card, Kind};
use crate::panel::{Value, ratio};

/// Its card.
pub static CARD: Card = Card {
    id: "skill_score",
    aliases: &["skill"],
    title: "Skill over a rival",
    kind: Kind::Score,
    formula: "1 − S/S_r; S and S_r the scores of the method and of the rival on the same cases; one is perfect, zero no better, \
              below zero worse",
    reference: "Murphy (1988), Skill scores based on the mean square error and their relationships to the correlation coefficient, \
                equation 4",
    params: &[],
    inference: &[],
    laws: &[],
};

/// Skill of a method with this score over a rival with that one; less is better in both.
///
/// # Errors
/// [`crate::panel::Absent::ZeroDenominator`] of a rival that never errs.
pub fn skill(score: f64, rival: f64) -> Value {
    Ok(1.0 - ratio(score, rival)?)
}
