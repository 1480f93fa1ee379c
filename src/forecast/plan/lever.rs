//! The two levers of an agglomeration policy: more enterprises, and more per enterprise.

use super::super::change::{Act, Margin};
use super::super::request::{self, Companion, Entrants};
use super::Reader;
use super::action::{MAX_FACTOR, Part};
use super::change::Place;

impl Reader<'_> {
    /// Entrants at a rate a multiply their number by 1 + a and what they bring by 1 + κ a, κ the size of an entrant
    /// relative to the average incumbent.
    pub(super) fn extensive(
        &mut self,
        field: &str,
        change: &request::Change,
        (entrants, companions): (Entrants, &[Companion]),
        place: Option<&Place>,
    ) -> Option<Vec<Part>> {
        let sizes = self.sizes(field, change, companions);
        let rates = self.rates(field, change, entrants, place);
        Some(self.factors(field, change.amount, &sizes?, &rates?))
    }

    /// The measures that entrants bring, the enterprises first, and how much of each relative to the average incumbent.
    fn sizes(&mut self, field: &str, change: &request::Change, companions: &[Companion]) -> Option<Vec<(usize, f64)>> {
        let at = format!("{field}.measure");
        // A formula may read what enterprises bring and not their number.
        let counted = self.measure(&at, &change.measure);
        let read = counted.filter(|m| self.movable.contains(m));
        if counted.is_some() && (counted == Some(self.link.measure) || (read.is_none() && companions.is_empty())) {
            self.driver_measure(&at, &change.measure);
        }
        self.stock(field, &change.measure, counted, "a rate does not count enterprises");
        let mut sizes: Vec<(usize, f64)> = read.into_iter().map(|measure| (measure, 1.0)).collect();
        let mut complete = counted.is_some();
        for (i, companion) in companions.iter().enumerate() {
            let at = format!("{field}.action.companions[{i}]");
            if !(0.0..=MAX_FACTOR).contains(&companion.relative_size) {
                let rule = format!("must be in [0, {MAX_FACTOR}]");
                self.refuse(format!("{at}.relative_size"), rule, companion.relative_size);
            }
            let measure = self.driver_measure(&format!("{at}.measure"), &companion.measure);
            let Some(measure) = measure else {
                complete = false;
                continue;
            };
            self.stock(&at, &companion.measure, Some(measure), "entrants bring no rate with them");
            if Some(measure) == counted || sizes.iter().any(|(known, _)| *known == measure) {
                self.refuse(format!("{at}.measure"), "is named twice", &companion.measure);
            }
            sizes.push((measure, companion.relative_size));
        }
        complete.then_some(sizes)
    }

    /// Entrants per incumbent, one a region.
    fn rates(
        &mut self,
        field: &str,
        change: &request::Change,
        entrants: Entrants,
        place: Option<&Place>,
    ) -> Option<Vec<f64>> {
        if !change.amount.is_finite() {
            self.refuse(format!("{field}.amount"), "must be a finite number", change.amount);
            return None;
        }
        if entrants == Entrants::Rate {
            return Some(vec![change.amount; place?.regions.len()]);
        }
        let measure = self.panel.find_measure(&change.measure)?;
        let mut rates = Vec::new();
        let place = place?;
        for (region, incumbents) in place.regions.iter().zip(self.observed(measure, place)) {
            match incumbents {
                Ok(incumbents) if incumbents > 0.0 => rates.push(change.amount / incumbents),
                _ => {
                    let name = self.panel.regions().name(*region);
                    let rule = "has no enterprises in the last period of the data to compare entrants with";
                    self.refuse(format!("{field}.regions"), rule, name);
                }
            }
        }
        (rates.len() == place.regions.len()).then_some(rates)
    }

    /// Multiplies each measure by 1 + κ a, κ the size of entrants and a the rate of entry of each region.
    fn factors(&mut self, field: &str, amount: f64, sizes: &[(usize, f64)], rates: &[f64]) -> Vec<Part> {
        let part = |(measure, size): &(usize, f64)| {
            let amounts: Vec<f64> = rates.iter().map(|rate| 1.0 + size * rate).collect();
            Part { measure: *measure, act: Act::Scale, margin: Margin::Extensive, amounts, pace: 1.0 }
        };
        let parts: Vec<Part> = sizes.iter().map(part).collect();
        let factors = parts.iter().flat_map(|part| &part.amounts);
        if let Some(factor) = factors.copied().find(|factor| !(0.0..=MAX_FACTOR).contains(factor)) {
            let rule = format!("multiplies a measure by {factor}, which is not in [0, {MAX_FACTOR}]");
            self.refuse(format!("{field}.amount"), rule, amount);
        }
        parts
    }

    /// Multiplies each measure by 1 + b.
    pub(super) fn intensive(
        &mut self,
        field: &str,
        change: &request::Change,
        companions: &[String],
        place: Option<&Place>,
    ) -> Option<Vec<Part>> {
        let factor = 1.0 + change.amount;
        if !(0.0..=MAX_FACTOR).contains(&factor) {
            self.refuse(format!("{field}.amount"), "the rate must be in [-1, 999]", change.amount);
        }
        let companions =
            companions.iter().enumerate().map(|(i, name)| (format!("{field}.action.companions[{i}]"), name));
        let mut measures: Vec<usize> = Vec::new();
        let mut complete = true;
        for (field, name) in [(format!("{field}.measure"), &change.measure)].into_iter().chain(companions) {
            match self.driver_measure(&field, name) {
                Some(measure) if measures.contains(&measure) => self.refuse(field, "is named twice", name),
                Some(measure) => measures.push(measure),
                None => complete = false,
            }
        }
        let amounts = vec![factor; place?.regions.len()];
        let part = |measure| {
            let (act, margin, amounts) = (Act::Scale, Margin::Intensive, amounts.clone());
            Part { measure, act, margin, amounts, pace: 1.0 }
        };
        complete.then(|| measures.into_iter().map(part).collect())
    }
}
