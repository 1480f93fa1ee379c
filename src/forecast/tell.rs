//! Runs the futures one after the other and tells what they are.

use super::answer::{Area, AreaKind, Forecast, Outlook, Row};
use super::future::Step;
use super::request::Request;
use super::shock::Shock;
use super::simulate::{Engine, Run};
use super::summary::{Paths, Summary};
use super::warning::{Code, Warning};
use super::{area, extrapolation, negative, plausible};
use crate::error::{Error, Violation, Violations};
use crate::formula::Predictors;
use crate::numeric::Stop;
use crate::panel::Absent;
use std::collections::BTreeMap;

/// What the futures share.
#[derive(Debug)]
pub(super) struct Teller<'a> {
    pub(super) engine: &'a Engine<'a>,
    pub(super) request: &'a Request,
    /// The first is none at all and gives the point forecast.
    pub(super) shocks: &'a [Shock],
    pub(super) stop: &'a Stop,
    pub(super) warnings: Vec<Warning>,
}

impl Teller<'_> {
    /// Runs the baseline and the scenarios, whose drivers are given.
    ///
    /// # Errors
    /// At `formula`: a term that has no value in the first period; [`Error::Cancelled`].
    pub(super) fn tell(mut self, drivers: Vec<Vec<Step>>) -> Result<Forecast, Error> {
        let engine = self.engine;
        let future = engine.future(engine.projected.to_vec(), None);
        let runs = engine.run_all(&future, self.shocks, None, self.stop)?;
        let predictors = engine.predictors(&future, &runs[0]);
        self.terms_have_values(predictors)?;
        let rows = area::rows(engine, &runs[0], engine.projected);
        let areas = area::areas(engine, &rows);
        let summary =
            Summary { engine, rows: &rows, areas: &areas, quantiles: &self.request.quantiles, stop: self.stop };
        let ranges = extrapolation::ranges(engine);
        self.warn_left_out(&rows);
        self.warn_totals(&rows, &runs[0]);
        let doubts = |name: &str, predictors: &[Predictors], runs: &[Run]| {
            let negative = negative::doubt(engine, &rows, (name, runs));
            let extrapolation = extrapolation::doubts(engine, (&rows, &ranges), (name, predictors));
            extrapolation.into_iter().chain(negative)
        };
        let known: BTreeMap<_, _> = doubts("baseline", predictors, &runs).collect();
        self.warnings.extend(known.values().cloned());
        let baseline = summary.paths(&runs, predictors, engine.projected);
        let nation = areas.iter().find(|area| area.kind == AreaKind::Nation);
        self.warnings.extend(nation.and_then(|nation| plausible::warning(engine, nation, &baseline)));
        let compared = (!engine.plan.feedback.is_empty()).then_some(runs);
        let mut outlooks = vec![outlook("baseline", &summary, &baseline, None)?];
        for (scenario, drivers) in engine.plan.scenarios.iter().zip(drivers) {
            self.stop.check()?;
            let future = engine.future(drivers, Some(scenario));
            let runs = engine.run_all(&future, self.shocks, compared.as_deref(), self.stop)?;
            let predictors = engine.predictors(&future, &runs[0]);
            let new = doubts(&scenario.name, predictors, &runs).filter(|(doubt, _)| !known.contains_key(doubt));
            self.warnings.extend(new.map(|(_, warning)| warning));
            let paths = summary.paths(&runs, predictors, &future.drivers);
            drop(runs);
            outlooks.push(outlook(&scenario.name, &summary, &paths, Some(&baseline))?);
        }
        self.warn_reallocation(&outlooks);
        Ok(self.answer(rows, areas, outlooks))
    }

    /// Every term must have a value somewhere in the first period.
    fn terms_have_values(&self, predictors: &[Predictors]) -> Result<(), Violations> {
        let mut violations = Violations::default();
        for (term, column) in self.engine.program.regressors().iter().zip(&predictors[0].regressors) {
            let Some(reason) = column.iter().try_fold(None, |_, x| x.err().map(Some)).flatten() else { continue };
            let measure = &self.engine.panel.measures()[self.engine.link.measure].name;
            let period = self.engine.plan.periods[0];
            let mut rule = format!("{term} has no value in {period} in any region ({reason})");
            if reason == Absent::NoPeriod {
                rule += &format!("; a term that reads {measure} of the period being forecast needs a lag, as in l(…)");
            }
            violations.push(Violation::new("formula", rule, term));
        }
        violations.into_result(())
    }

    fn warn_left_out(&mut self, rows: &[Row]) {
        let mut reasons: BTreeMap<Absent, Vec<String>> = BTreeMap::new();
        for row in rows {
            if let Some(reason) = row.left_out {
                reasons.entry(reason).or_default().push(row.label());
            }
        }
        for (reason, labels) in reasons {
            let message = format!("no baseline ({reason}), so left out of every sum: {}", Self::places(rows, &labels));
            self.warnings.push(Warning::new(Code::RowsLeftOut, "baseline", message));
        }
    }

    /// Says from when on totals are absent because a row that counts in them has no level any more.
    fn warn_totals(&mut self, rows: &[Row], point: &Run) {
        let counted = |row: &usize| rows[*row].left_out.is_none();
        let absent = |h: &usize| {
            let reasons = (0..rows.len())
                .filter(counted)
                .filter_map(|row| point.level[h * rows.len() + row].err().map(|reason| (row, reason)));
            reasons.collect::<Vec<_>>()
        };
        let first = (0..self.engine.plan.periods.len()).find(|h| !absent(h).is_empty());
        let Some(h) = first else { return };
        let absent = absent(&h);
        let labels: Vec<_> = absent.iter().map(|(row, _)| rows[*row].label()).collect();
        let message = format!(
            "no baseline in {} ({}), so totals of that period are absent: {}",
            self.engine.plan.periods[h],
            absent[0].1,
            Self::places(rows, &labels)
        );
        self.warnings.push(Warning::new(Code::TotalsAbsent, "baseline", message));
    }

    /// How many regions or cells, and the first of them.
    fn places(rows: &[Row], labels: &[String]) -> String {
        let kind = if rows.iter().any(|row| row.industry.is_some()) { "cell" } else { "region" };
        let plural = if labels.len() == 1 { "" } else { "s" };
        let more = if labels.len() > 5 { ", …" } else { "" };
        format!("{} {kind}{plural} ({}{more})", labels.len(), labels[..labels.len().min(5)].join(", "))
    }

    fn warn_reallocation(&mut self, outlooks: &[Outlook]) {
        for outlook in outlooks.iter().filter(|o| o.effect.as_ref().is_some_and(|e| e.pure_reallocation)) {
            let message = "the unweighted sum of the effects on the outcome (for growth, percentage points) over the \
                           regions or cells is zero in every period: the scenario moves growth rates between them; \
                           the nation's level may still move because they differ in size";
            self.warnings.push(Warning::new(Code::PureReallocation, &outlook.name, message));
        }
    }

    fn answer(self, rows: Vec<Row>, areas: Vec<Area>, outlooks: Vec<Outlook>) -> Forecast {
        let engine = self.engine;
        let name = |measure: usize| engine.panel.measures()[measure].name.as_str();
        let measure = name(engine.link.measure);
        let slopes = (0..engine.model.rest.anchor.slopes.len()).filter_map(|j| {
            engine.program.effects().iter().find(|effect| effect.slope == Some(j)).map(|effect| &effect.name)
        });
        Forecast {
            outcome: engine.program.outcome().to_owned(),
            level: engine.link.divisor.map_or_else(|| measure.to_owned(), |d| format!("{measure}/{}", name(d))),
            periods: engine.plan.periods.clone(),
            quantiles: self.request.quantiles.clone(),
            draws: self.request.draws,
            terms: engine.program.regressors().iter().chain(slopes).cloned().collect(),
            rows,
            areas,
            outlooks,
            warnings: self.warnings,
        }
    }
}

fn outlook(name: &str, summary: &Summary<'_>, paths: &Paths, baseline: Option<&Paths>) -> Result<Outlook, Error> {
    Ok(Outlook {
        name: name.to_owned(),
        areas: summary.areas(paths)?,
        inequality: summary.inequality_path(paths)?,
        effect: baseline.map(|baseline| summary.effect(paths, baseline)).transpose()?,
    })
}
