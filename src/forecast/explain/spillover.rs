//! Direct and spillover effects: which region's changes act where.

use super::super::answer::AreaKind;
use super::super::study::Study;
use super::answer::{DestinationSum, EffectKind, Explained, OriginSum, Spillovers, Split};
use crate::panel::Value;

/// Most regions that are origins of their own; with more, their groups are.
pub(super) const MAX_ORIGINS: usize = 60;

/// The effects on each destination, in the order of the split.
const KINDS: [EffectKind; 3] = [EffectKind::Level, EffectKind::LevelPercent, EffectKind::Growth];

/// The numbers of the matrix: every destination of a kind, and the nation last.
pub(super) fn explained(study: &Study<'_>, kind: AreaKind, step: usize) -> Vec<Explained> {
    let is_destination = |area: &usize| [kind, AreaKind::Nation].contains(&study.areas()[*area].kind);
    let areas = (0..study.areas().len()).filter(is_destination);
    areas.flat_map(|area| KINDS.map(|kind| Explained { kind, area, step })).collect()
}

/// Sums the matrix by origin and by destination; `origins` are the numbers of the players' areas.
pub(super) fn spillovers(split: Split, origins: &[usize], levels_add_up: bool) -> Spillovers {
    let count = split.explained.len();
    let nation = count - KINDS.len();
    let place = |area: usize| split.explained.iter().position(|explained| explained.area == area);
    let point = |player: usize, number: usize| split.contributions[player].shapley[number].point;
    let by_origin = origins.iter().enumerate().map(|(player, area)| {
        let direct = place(*area).map_or(Ok(0.0), |number| point(player, number));
        let nation = point(player, nation);
        let spillover = || nation.and_then(|nation| Ok(nation - direct?));
        OriginSum { area: *area, direct, nation, spillover: levels_add_up.then(spillover) }
    });
    let by_destination = (0..count).step_by(KINDS.len()).map(|level| {
        let (area, percent) = (split.explained[level].area, level + 1);
        let player = origins.iter().position(|origin| *origin == area);
        let own: Value = player.map_or(Ok(0.0), |player| point(player, percent));
        let total = split.total[percent].point;
        DestinationSum { area, own, total, received: total.and_then(|total| Ok(total - own?)) }
    });
    Spillovers { origins: by_origin.collect(), destinations: by_destination.collect(), split }
}
