//! The memory an explanation takes, predicted from its shape.

use super::super::request::Request;
use super::Options;
use super::shapley::{BLOCK, MAX_COALITIONS, MAX_PLAYERS};

/// Numbers that are held of each player: its value, its effect alone and the one lost without it.
const PER_PLAYER: u64 = 3;
/// Most players of whom all coalitions are run.
const FEW: u64 = MAX_COALITIONS.ilog2() as u64;

/// Bytes that explaining scenario number `scenario` of a forecast of `rows` rows may take beside its study.
pub fn predict(request: &Request, rows: usize, scenario: usize, options: &Options) -> u64 {
    // Cells have regions beside them, and there are no more groups than regions.
    let areas = (3 * rows + 1) as u64;
    let draws = request.draws as u64 + 1;
    let gains = 4 * 3 * areas * draws;
    let parts = request.scenarios.get(scenario).map_or(0, |scenario| scenario.changes.len());
    let split = |players: usize, draws: u64| {
        let players = players.min(MAX_PLAYERS) as u64;
        let numbers = 3 * areas + 2 * request.horizon as u64;
        // A coalition has a number of each, a pair of orders one of each player.
        let at_once = if players > FEW { players } else { 1 };
        (PER_PLAYER * players + BLOCK as u64 * at_once).saturating_mul(numbers).saturating_mul(draws)
    };
    let splits = if options.splits.is_empty() { 0 } else { split(parts, if options.intervals { draws } else { 1 }) };
    let spillovers = if options.spillovers { split(MAX_PLAYERS, 1) } else { 0 };
    // One is made after the other.
    gains.saturating_add(splits.max(spillovers)).saturating_mul(size_of::<f64>() as u64)
}
