//! A policy request checked against the data.

use super::super::super::names::{find, find_all};
use super::super::super::request::{Action, Scenario};
use super::super::request::{Chosen, Wanted, chosen};
use super::PolicyRequest;
use crate::error::{Violation, Violations};
use crate::panel::{AttributeData, Panel, Period};

/// A request whose names are known.
pub(super) struct Plan {
    pub(super) origin: Period,
    pub(super) treated: usize,
    pub(super) donors: Vec<usize>,
    pub(super) scores: Vec<Chosen>,
}

impl Plan {
    /// Checks a request.
    ///
    /// # Errors
    /// Every violation, with field paths into the request.
    pub(super) fn read(request: &PolicyRequest, panel: &Panel) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let regions = || panel.regions().names().iter().map(String::as_str);
        let treated = violations.keep("", find("region", regions(), &request.treated, "treated"));
        let origin = origin(request.first_period, panel, &mut violations);
        let named = violations.keep("", find_all("region", panel.regions(), &request.donors, "donors"));
        if let Some(treated) = treated.filter(|treated| named.as_ref().is_some_and(|named| named.contains(treated))) {
            violations.push(Violation::new(
                "donors",
                "the treated region is no donor of its own",
                panel.regions().name(treated),
            ));
        }
        let usual = Wanted::usual();
        let wanted = if request.scores.is_empty() { &usual } else { &request.scores };
        let scores = wanted.iter().enumerate().filter_map(|(i, wanted)| chosen(i, wanted, &mut violations)).collect();
        let [scenario] = &request.forecast.scenarios[..] else {
            let rule = "the policy must be the only scenario";
            violations.push(Violation::new("forecast.scenarios", rule, request.forecast.scenarios.len()));
            return Err(violations);
        };
        let untouched = |region: &usize| Some(*region) != treated && !touches(scenario, panel, *region);
        let donors = match named {
            Some(named) if !request.donors.is_empty() => named,
            _ => (0..panel.regions().len()).filter(untouched).collect(),
        };
        if donors.is_empty() {
            violations.push(Violation::new(
                "donors",
                "the scenario changes every region, so that none is left to compare with",
                "",
            ));
        }
        match (treated, origin) {
            (Some(treated), Some(origin)) => violations.into_result(Self { origin, treated, donors, scores }),
            _ => Err(violations),
        }
    }
}

/// The period before the policy, which must be in the data with at least two before it.
fn origin(first_period: Period, panel: &Panel, violations: &mut Violations) -> Option<Period> {
    let (start, end) = (panel.periods().first()?, panel.periods().last()?);
    let origin = first_period.plus(-1);
    let inside = (start.ordinal + 2..=end.ordinal).contains(&first_period.ordinal);
    if inside && panel.find_period(origin).is_some() {
        return Some(origin);
    }
    let rule = format!("must be a period from {} to {end} whose predecessor is in the data", start.plus(2));
    violations.push(Violation::new("first_period", rule, first_period));
    None
}

/// Whether a change of the scenario names a region.
fn touches(scenario: &Scenario, panel: &Panel, region: usize) -> bool {
    let name = panel.regions().name(region);
    scenario.changes.iter().any(|change| {
        let to = matches!(&change.action, Action::Move { to } if to.iter().any(|r| r == name));
        let grouped =
            change.group.as_ref().is_some_and(|group| match panel.find_attribute(&group.attribute).map(|a| &a.data) {
                Some(AttributeData::Text(entries)) => entries[region].as_ref() == Some(&group.value),
                _ => false,
            });
        let everywhere = change.regions.is_empty() && change.group.is_none();
        everywhere || grouped || to || change.regions.iter().any(|r| r == name)
    })
}
