//! A policy in words: what it changes, where and when.

use super::words;
use crate::api::v1::change::Action;
use crate::api::v1::extensive::Entry;
use crate::api::v1::{Change, Companion, Scenario};

/// Regions named one by one; of more only some.
const NAMED: usize = 8;

/// One sentence a change.
pub(crate) fn sentences(scenario: &Scenario) -> Vec<String> {
    let is_one_of_several = scenario.changes.iter().any(|change| !change.policy.is_empty());
    let sentence = |change: &Change| {
        let policy = match change.policy.as_str() {
            "" if is_one_of_several => format!("{}: ", scenario.name),
            "" => String::new(),
            policy => format!("{policy}: "),
        };
        format!("{policy}{} {}{}.", what(change), place(change), time(change))
    };
    scenario.changes.iter().map(sentence).collect()
}

fn what(change: &Change) -> String {
    let measure = &change.measure;
    match &change.action {
        None => measure.clone(),
        Some(Action::Set(level)) => format!("{measure} is set to {}", words::number(*level)),
        Some(Action::Scale(factor)) => format!("{measure} is multiplied by {factor} ({})", percent(factor - 1.0)),
        Some(Action::Add(amount)) => format!("{measure} changes by {} a period", signed(*amount)),
        Some(Action::Move(to)) => {
            format!("{} of {measure} moves to {}, away from", words::percent(to.share), names(&to.to_regions))
        }
        Some(Action::SetShare(share)) => format!("{measure} takes {} of the nation's total", words::percent(*share)),
        Some(Action::SetGrowth(rate)) => format!("{measure} grows at {rate} % a period"),
        Some(Action::Extensive(lever)) => {
            let entrants = match lever.entry {
                Some(Entry::Number(number)) => format!("{} enterprises enter", words::number(number)),
                Some(Entry::Rate(rate)) => format!("enterprises change by {} through entry", percent(rate)),
                None => "enterprises enter".to_owned(),
            };
            let bring: Vec<String> = lever.companions.iter().map(companion).collect();
            let bring = if bring.is_empty() { String::new() } else { format!(", each with {}", bring.join(", ")) };
            format!("{entrants} ({measure}{bring})")
        }
        Some(Action::Intensive(lever)) => {
            let all: Vec<&str> = std::iter::once(measure).chain(&lever.companions).map(String::as_str).collect();
            format!("{} per enterprise changes by {}", all.join(" and "), percent(lever.rate))
        }
    }
}

fn companion(companion: &Companion) -> String {
    match companion.relative_size {
        Some(size) if size.to_bits() != 1.0_f64.to_bits() => format!("{size} of an incumbent's {}", companion.measure),
        _ => format!("an incumbent's {}", companion.measure),
    }
}

fn place(change: &Change) -> String {
    let regions = match (change.regions.is_empty(), change.group_attribute.is_empty()) {
        (false, _) => names(&change.regions),
        (true, false) => format!("every region whose {} is {}", change.group_attribute, change.group),
        (true, true) => "every region".to_owned(),
    };
    let classes: Vec<String> =
        change.industry_classes.iter().map(|class| format!("{} = {}", class.attribute, class.value)).collect();
    let industries = match (change.industries.is_empty(), classes.is_empty()) {
        (false, _) => format!(", in {}", names(&change.industries)),
        (true, false) => format!(", in industries with {}", classes.join(" and ")),
        (true, true) => String::new(),
    };
    let word = if matches!(change.action, Some(Action::Move(_))) { "" } else { "in " };
    format!("{word}{regions}{industries}")
}

fn time(change: &Change) -> String {
    let mut text = String::new();
    if !change.first_period.is_empty() {
        text.push_str(&format!(", from {}", change.first_period));
    }
    if !change.last_period.is_empty() {
        text.push_str(&format!(", up to {}", change.last_period));
    }
    if change.phase_period_count > 1 {
        text.push_str(&format!(", phased in over {} periods", change.phase_period_count));
    }
    if change.fade_period_count > 1 {
        text.push_str(&format!(", fading out over {} periods", change.fade_period_count));
    }
    text
}

fn names(names: &[String]) -> String {
    let shown = names[..names.len().min(NAMED)].join(", ");
    if names.len() > NAMED { format!("{shown}, … ({} in all)", names.len()) } else { shown }
}

fn signed(x: f64) -> String {
    words::signed(x, words::decimals([x], 4))
}

fn percent(share: f64) -> String {
    let x = (share * 1e8).round() / 1e6;
    format!("{}{} %", if x < 0.0 { "−" } else { "+" }, x.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::v1::{Extensive, Intensive, Move};

    #[test]
    fn changes_are_told_with_place_and_time() {
        let one = |change: Change| {
            sentences(&Scenario { name: "s".into(), changes: vec![change], ..Scenario::default() }).remove(0)
        };
        let change = |action| Change { measure: "capital".into(), action: Some(action), ..Change::default() };
        let phased = Change { regions: vec!["A".into()], phase_period_count: 3, ..change(Action::Scale(1.1)) };
        assert_eq!(one(phased), "capital is multiplied by 1.1 (+10 %) in A, phased in over 3 periods.");
        let moved = Action::Move(Move { share: 0.25, to_regions: vec!["B".into()] });
        let moved = Change { group_attribute: "east".into(), group: "yes".into(), ..change(moved) };
        assert_eq!(one(moved), "25 % of capital moves to B, away from every region whose east is yes.");
        let companions = vec![Companion { measure: "jobs".into(), relative_size: Some(0.5) }];
        let lever = Action::Extensive(Extensive { entry: Some(Entry::Rate(-0.1)), companions });
        let policy = Change { policy: "exits".into(), last_period: "2030".into(), ..change(lever) };
        let expected = "exits: enterprises change by −10 % through entry (capital, each with 0.5 of an incumbent's jobs) in \
                        every region, up to 2030.";
        assert_eq!(one(policy), expected);
        let lever = Action::Intensive(Intensive { rate: 0.05, companions: vec!["jobs".into()] });
        assert_eq!(one(change(lever)), "capital and jobs per enterprise changes by +5 % in every region.");
    }
}
