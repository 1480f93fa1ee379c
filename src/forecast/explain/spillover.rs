//! Direct and spillover effects: which region's changes act where.

use super::super::answer::AreaKind;
use super::super::change::{Act, Change};
use super::super::study::{Draws, Study};
use super::answer::{DestinationSum, EffectKind, Explained, OriginSum, Player, Spillovers, Split};
use super::players::Players;
use super::{Explainer, levels_add_up};
use crate::error::{Error, Violation, Violations};
use crate::panel::Value;
use std::collections::BTreeMap;

/// Most regions that are origins of their own; with more, their groups are.
const MAX_ORIGINS: usize = 60;

/// The effects on each destination, in the order of the split.
const KINDS: [EffectKind; 3] = [EffectKind::Level, EffectKind::LevelPercent, EffectKind::Growth];

impl Explainer<'_> {
    /// The effects at the step, split by the regions whose measures change, or by their groups.
    pub(super) fn spillovers(&self) -> Result<Spillovers, Error> {
        self.refuse_joint_shares()?;
        let regions = Players::cut(self.scenario, |_, region| (region, region));
        let (players, kind) = if regions.keys.len() <= MAX_ORIGINS {
            (regions, AreaKind::Region)
        } else {
            let classes = self.classes(&regions)?;
            (Players::cut(self.scenario, |_, region| (classes[&region], classes[&region])), AreaKind::Group)
        };
        let areas = self.study.areas();
        let of_kind: Vec<usize> = (0..areas.len()).filter(|area| areas[*area].kind == kind).collect();
        let origins: Vec<usize> = players.keys.iter().map(|key| of_kind[key.1]).collect();
        let names = origins.iter().map(|area| Player { name: areas[*area].name.clone(), policy: None }).collect();
        let splitter = self.splitter("spillovers", players, names, Draws::Point);
        let split = splitter.split(explained(self.study, kind, self.step))?;
        Ok(sums(split, &origins, levels_add_up(self.study)))
    }

    /// A share that several regions take together has no single origin.
    fn refuse_joint_shares(&self) -> Result<(), Violations> {
        let is_joint = |change: &&Change| change.act == Act::Share && change.regions.len() > 1;
        let Some(change) = self.scenario.changes.iter().find(is_joint) else { return Ok(()) };
        let measure = &self.study.engine().panel.measures()[change.measure].name;
        let rule = format!(
            "cannot tell origins: {} regions take a share of {measure} together, so that none has a part of its own",
            change.regions.len()
        );
        Err(Violation::new("spillovers", rule, "").into())
    }

    /// The group of each region that has changes.
    fn classes(&self, regions: &Players<'_>) -> Result<BTreeMap<usize, usize>, Violations> {
        let groups = &self.study.engine().plan.groups;
        let class = |region: usize| Some((region, (*groups.of.get(region)?)?));
        let classes: Option<BTreeMap<usize, usize>> = regions.keys.iter().map(|key| class(key.1)).collect();
        classes.ok_or_else(|| {
            let rule = format!(
                "tells origins for at most {MAX_ORIGINS} changed regions, or for their groups when every one has a group; the \
                 scenario changes {}",
                regions.keys.len()
            );
            Violation::new("spillovers", rule, "").into()
        })
    }
}

/// The numbers of the matrix: every destination of a kind, and the nation last.
fn explained(study: &Study<'_>, kind: AreaKind, step: usize) -> Vec<Explained> {
    let is_destination = |area: &usize| [kind, AreaKind::Nation].contains(&study.areas()[*area].kind);
    let areas = (0..study.areas().len()).filter(is_destination);
    areas.flat_map(|area| KINDS.map(|kind| Explained { kind, area, step })).collect()
}

/// Sums the matrix by origin and by destination; `origins` are the numbers of the players' areas.
fn sums(split: Split, origins: &[usize], levels_add_up: bool) -> Spillovers {
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
