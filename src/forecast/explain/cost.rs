//! The memory an explanation takes, predicted from its shape.

use super::super::check_formula;
use super::super::plan::Plan;
use super::super::request::Request;
use super::players::Players;
use super::shapley::{BLOCK, MAX_COALITIONS};
use super::{By, Options};
use crate::error::Violations;
use crate::formula::Program;
use crate::panel::Panel;

/// Numbers that are held of each player: its value, its effect alone and the one lost without it.
const PER_PLAYER: u64 = 3;

/// Most players of whom all coalitions are run.
const FEW: u64 = MAX_COALITIONS.ilog2() as u64;

/// Bytes that explaining scenario number `scenario` may take beside its study.
///
/// # Errors
/// All that the study would refuse of the request.
pub fn predict(
    program: &Program,
    panel: &Panel,
    request: &Request,
    scenario: usize,
    options: &Options,
) -> Result<u64, Violations> {
    let plan = Plan::read(request, panel, &[(program, check_formula(program)?)], &[])?;
    let Some(scenario) = plan.scenarios.get(scenario) else { return Ok(0) };
    // Cells have regions beside them.
    let areas = (2 * program.rows() + plan.groups.names.len() + 1) as u64;
    let draws = request.draws as u64 + 1;
    let gains = 4 * 3 * areas * draws;
    let split = |by: &By| {
        let players = Players::by(scenario, *by, options.within_policies).keys.len() as u64;
        let numbers = 3 * areas + 2 * request.horizon as u64;
        let draws = if options.intervals && *by != By::Origin { draws } else { 1 };
        // A coalition has a number of each, a pair of orders one of each player.
        let at_once = if players > FEW { players } else { 1 };
        (PER_PLAYER * players + BLOCK as u64 * at_once).saturating_mul(numbers).saturating_mul(draws)
    };
    // Splits are made one after the other.
    let largest = options.splits.iter().map(split).max().unwrap_or(0);
    Ok(gains.saturating_add(largest).saturating_mul(size_of::<f64>() as u64))
}
