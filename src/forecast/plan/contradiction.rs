//! Changes that cannot both hold.

use super::super::change::{Act, Change, Margin};
use super::super::request;
use super::Reader;

/// Why two changes that meet in some cell and period contradict each other.
pub(super) fn contradiction(a: &Change, b: &Change) -> Option<&'static str> {
    if a.measure != b.measure || !a.timing.meets(&b.timing) || !overlap(&a.industries, &b.industries) {
        return None;
    }
    let shares = [a, b].map(|change| change.act == Act::Share);
    if shares == [true, true] && a.industries != b.industries {
        return Some("shares of overlapping but different industries cannot be met at once");
    }
    let places = |change: &Change| change.places().collect::<Vec<_>>();
    if !overlap(&places(a), &places(b)) {
        return None;
    }
    let either = |is: &dyn Fn(&Change) -> bool, other: &dyn Fn(&Change) -> bool| is(a) && other(b) || is(b) && other(a);
    let sets = |change: &Change| change.act == Act::Set;
    if sets(a) && sets(b) {
        Some("both set the same cells in one period")
    } else if shares.contains(&true) {
        Some("a share leaves no room for another change of the same cells in one period")
    } else if either(&sets, &|change| change.margin != Margin::Other) {
        Some("one sets the cells in which the other adds to what is there")
    } else if either(&nothing_left, &|change| matches!(change.act, Act::Set | Act::Add)) {
        Some("one multiplies by 0 the cells that the other sets or adds to, in one period")
    } else {
        None
    }
}

/// Whether a change multiplies a region by zero.
fn nothing_left(change: &Change) -> bool {
    change.act == Act::Scale && change.amounts.contains(&0.0)
}

/// Whether two lists have an entry in common.
fn overlap(a: &[usize], b: &[usize]) -> bool {
    a.iter().any(|x| b.contains(x))
}

impl Reader<'_> {
    /// Shares in force together must leave something to the regions they do not name.
    pub(super) fn shares_leave_room(&mut self, field: &str, scenario: &request::Scenario, changes: &[Change]) {
        let shares: Vec<&Change> = changes.iter().filter(|change| change.act == Act::Share).collect();
        for change in &shares {
            let field = format!("{field}.changes[{}]", change.number);
            let start = change.timing.first;
            let same = |other: &&&Change| {
                (other.measure, &other.industries) == (change.measure, &change.industries)
                    && other.timing.force(start) > 0.0
                    && (other.timing.first, other.number) <= (start, change.number)
            };
            let (sum, regions) = shares
                .iter()
                .filter(same)
                .fold((0.0, 0), |(sum, regions), other| (sum + other.amounts[0], regions + other.regions.len()));
            if regions >= self.panel.regions().len() {
                self.refuse(format!("{field}.regions"), "must leave regions that have the rest of the nation", "");
            } else if sum >= 1.0 {
                self.refuse(format!("{field}.amount"), "the shares in force together must stay below 1", sum);
            }
            let whole = change.industries.len() == self.panel.width();
            if scenario.closure == request::Closure::FixedNationalTotal && !whole {
                let rule = "a national total that is fixed over all industries says nothing of the total of some: \
                            choose all industries, or a closure that relocates within each";
                self.refuse(format!("{field}.industries"), rule, "");
            }
        }
    }
}
