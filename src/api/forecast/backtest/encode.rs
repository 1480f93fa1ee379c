//! A backtest as tables.

use crate::api::table::{counts, numbers, table, texts};
use crate::api::v1::{Column, Table};
use crate::error::Error;
use crate::forecast::backtest::{Backtest, MODEL, Place, Quantity, Scored};
use crate::forecast::{Area, AreaKind};
use crate::numeric::Stop;
use crate::panel::Value;

/// Bins of the histograms.
const BINS: usize = 10;

/// Makes the tables of one backtest.
pub(super) struct Sheets<'a> {
    pub(super) told: &'a Backtest,
    pub(super) by_area: bool,
    pub(super) stop: &'a Stop,
}

/// What a row is about.
#[derive(Clone, Copy)]
struct Head {
    contender: usize,
    place: Place,
}

impl Sheets<'_> {
    /// The origins and what failed at them.
    pub(super) fn origins(&self) -> Table {
        let whole = vec![(usize::MAX, String::new())];
        let each = self.told.origins.iter().flat_map(|origin| {
            let failures = if origin.failures.is_empty() { &whole } else { &origin.failures };
            failures.iter().map(|(contender, reason)| (origin.period.to_string(), *contender, reason.clone()))
        });
        let rows: Vec<(String, usize, String)> = each.collect();
        let name = |contender: usize| self.told.contenders.get(contender).cloned().unwrap_or_default();
        table(vec![
            texts("origin", rows.iter().map(|row| row.0.as_str())),
            texts("contender", rows.iter().map(|row| name(row.1))),
            texts("failure", rows.iter().map(|row| row.2.as_str())),
        ])
    }

    /// The scores of every contender.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn scores(&self) -> Result<Table, Error> {
        let heads = self.heads(0..self.told.contenders.len());
        let mut columns = self.head_columns(&heads);
        let sizes: Vec<(usize, usize)> = heads.iter().map(|head| self.told.size(head.contender, head.place)).collect();
        columns.push(counts("cases", sizes.iter().map(|size| size.0)));
        columns.push(counts("without", sizes.iter().map(|size| size.1)));
        for (score, label) in self.told.scores.iter().enumerate() {
            self.stop.check()?;
            let values = heads.iter().map(|head| self.told.total(head.contender, score, head.place).value);
            columns.push(numbers(label, "", values));
        }
        Ok(table(columns))
    }

    /// The model against every other contender by every loss.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn comparisons(&self) -> Result<Table, Error> {
        let heads = self.heads(MODEL + 1..self.told.contenders.len());
        let losses: Vec<usize> = (0..self.told.scores.len()).filter(|score| self.told.is_loss(*score)).collect();
        let rows: Vec<(Head, usize)> =
            heads.iter().flat_map(|head| losses.iter().map(move |score| (*head, *score))).collect();
        let mut compared = Vec::with_capacity(rows.len());
        for (head, score) in &rows {
            self.stop.check()?;
            compared.push(self.told.comparison((MODEL, head.contender), *score, head.place));
        }
        let heads: Vec<Head> = rows.iter().map(|row| row.0).collect();
        let mut columns = self.head_columns(&heads);
        columns.push(texts("score", rows.iter().map(|row| self.told.scores[row.1].as_str())));
        columns.push(counts("cases", compared.iter().map(|comparison| comparison.cases)));
        columns.push(numbers("skill", "", compared.iter().map(|comparison| comparison.skill)));
        columns.push(numbers("difference", "", compared.iter().map(|c| Ok(c.test?.difference))));
        columns.push(numbers("statistic", "", compared.iter().map(|c| Ok(c.test?.statistic))));
        columns.push(numbers("p_value", "", compared.iter().map(|c| Ok(c.test?.p_value))));
        columns.push(texts("kernel", compared.iter().map(|c| c.test.map_or("", |test| test.kernel.name()))));
        Ok(table(columns))
    }

    /// Where outcomes fell in the distributions of every contender.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    pub(super) fn calibration(&self) -> Result<Table, Error> {
        let heads = self.heads(0..self.told.contenders.len());
        let mut told = Vec::with_capacity(heads.len());
        for head in &heads {
            self.stop.check()?;
            told.push(self.told.calibration(head.contender, head.place, BINS));
        }
        let mut columns = self.head_columns(&heads);
        for bin in 0..BINS {
            columns.push(counts(&format!("bin_{}", bin + 1), told.iter().map(|c| c.histogram[bin])));
        }
        columns.push(numbers("statistic", "", told.iter().map(|c| Ok(c.uniformity?.statistic))));
        columns.push(numbers("p_value", "", told.iter().map(|c| Ok(c.uniformity?.p_value))));
        Ok(table(columns))
    }

    /// Every case.
    pub(super) fn cases(&self) -> Table {
        let mut rows: Vec<(Head, &Scored)> = Vec::new();
        for contender in 0..self.told.contenders.len() {
            for quantity in Quantity::ALL {
                for area in 0..self.told.areas.len() {
                    for step in 1..=self.told.horizon {
                        let place = Place { quantity, area: Some(area), horizon: Some(step) };
                        let cases = self.told.cases(contender, quantity, area, step).iter();
                        rows.extend(cases.map(|case| (Head { contender, place }, case)));
                    }
                }
            }
        }
        let heads: Vec<Head> = rows.iter().map(|row| row.0).collect();
        let mut columns = self.head_columns(&heads);
        columns.insert(0, texts("origin", rows.iter().map(|row| self.told.origins[row.1.origin].period.to_string())));
        let mut push = |name: &str, of: fn(&Scored) -> Value| {
            columns.push(numbers(name, "", rows.iter().map(|row| of(row.1))));
        };
        push("point", |case| Ok(case.told?.point));
        push("lower_95", |case| Ok(case.told?.interval?.0));
        push("upper_95", |case| Ok(case.told?.interval?.1));
        push("actual", |case| Ok(case.told?.actual));
        push("pit", |case| case.told?.pit);
        table(columns)
    }

    /// The rows of a table: pooled regions and the nation, and with `by_area` every area; all horizons pooled, then each.
    fn heads(&self, contenders: std::ops::Range<usize>) -> Vec<Head> {
        let told = |area: &usize| self.by_area || self.told.areas[*area].kind == AreaKind::Nation;
        let areas: Vec<Option<usize>> =
            std::iter::once(None).chain((0..self.told.areas.len()).filter(told).map(Some)).collect();
        let horizons: Vec<Option<usize>> = std::iter::once(None).chain((1..=self.told.horizon).map(Some)).collect();
        let mut heads = Vec::new();
        for contender in contenders {
            for quantity in Quantity::ALL {
                for area in &areas {
                    let places = horizons.iter().map(|horizon| Place { quantity, area: *area, horizon: *horizon });
                    heads.extend(places.map(|place| Head { contender, place }));
                }
            }
        }
        heads
    }

    fn head_columns(&self, heads: &[Head]) -> Vec<Column> {
        let area = |head: &Head| head.place.area.map(|area| &self.told.areas[area]);
        let kind = |area: &Area| match area.kind {
            AreaKind::Cell => "cell",
            AreaKind::Region => "region",
            AreaKind::Group => "group",
            AreaKind::Nation => "nation",
        };
        let mut columns = vec![
            texts("contender", heads.iter().map(|head| self.told.contenders[head.contender].as_str())),
            texts("quantity", heads.iter().map(|head| head.place.quantity.name())),
            texts("area_kind", heads.iter().map(|head| area(head).map_or("regions", kind))),
            texts("area", heads.iter().map(|head| area(head).map_or("", |area| area.name.as_str()))),
        ];
        if self.told.areas.iter().any(|area| area.industry.is_some()) {
            let industry = |head: &Head| area(head).and_then(|area| area.industry.clone()).unwrap_or_default();
            columns.push(texts("industry", heads.iter().map(industry)));
        }
        columns.push(counts("horizon", heads.iter().map(|head| head.place.horizon.unwrap_or(0))));
        columns
    }
}
