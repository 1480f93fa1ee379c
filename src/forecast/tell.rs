//! Runs the futures one after the other and tells what they are.

use super::answer::{AreaKind, Band, Effect, Forecast, Outlook, Row, VarianceShares};
use super::future::Future;
use super::honesty::Honesty;
use super::model::Model;
use super::negative::Below;
use super::request::Request;
use super::rest::Disturbances;
use super::shares::shares;
use super::simulate::{Engine, Equation};
use super::study::{Draws, Study};
use super::summary::Summary;
use super::warning::{Code, Doubt, Warning};
use super::{moved, plausible};
use crate::error::{Error, Violation, Violations};
use crate::formula::{Predictors, Program};
use crate::panel::{Absent, Value};
use std::collections::BTreeMap;

impl Study<'_> {
    /// Runs the scenarios of the request and tells everything.
    ///
    /// # Errors
    /// As [`super::forecast`].
    pub fn tell(&self) -> Result<Forecast, Error> {
        Teller { study: self, request: &self.request, warnings: self.warnings() }.tell()
    }

    /// What models and data leave out.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let of_models = self.members.iter().flat_map(|member| {
            let Equation { program, model, .. } = member.engine.main;
            model_warnings(program, model, &self.request)
        });
        of_models.chain(self.warnings.clone()).collect()
    }
}

/// A study on its way to an answer.
#[derive(Debug)]
struct Teller<'a> {
    study: &'a Study<'a>,
    request: &'a Request,
    warnings: Vec<Warning>,
}

impl Teller<'_> {
    /// Runs the scenarios and tells them beside the baseline.
    ///
    /// # Errors
    /// At `formula`: a term that has no value in the first period; what a scenario's run refuses, at its place;
    /// [`Error::Cancelled`].
    fn tell(mut self) -> Result<Forecast, Error> {
        let study = self.study;
        for (member, baseline) in study.members.iter().zip(&study.baseline) {
            terms_have_values(&member.engine, &baseline.point.predictors)?;
        }
        self.warn_left_out(&study.rows);
        let without = self.totals_absent(&study.rows, &study.mixture.points(&study.baseline, |run| &run.level));
        self.warnings.extend(without.as_ref().map(|message| Warning::new(Code::TotalsAbsent, "baseline", message)));
        self.warn_few_draws();
        let honesty = Honesty::new(study);
        let baseline = honesty.judge("baseline", None, &study.baseline)?;
        let mut known: BTreeMap<_, _> = baseline.doubts.into_iter().collect();
        let mut judged = vec![(baseline.distances, Vec::new(), Vec::new())];
        let settled = |name: &str, futures: &[Future]| unsettled(name, futures, self.request.draws);
        self.warnings.extend(settled("baseline", &study.baseline));
        let (mut found, mut levels, mut number) = (Vec::new(), Vec::new(), 0);
        let summary = Summary { study, quantiles: &self.request.quantiles };
        let told = summary.outlooks(study.scenarios(), |scenario| {
            let place = format!("scenarios[{number}]");
            number += 1;
            let futures = study.run(scenario, Draws::All).map_err(|error| at(&place, error))?;
            let settled = settled(&scenario.name, &futures);
            levels.push(study.mixture.points(&futures, |run| &run.level));
            let found_in = honesty.judge(&scenario.name, Some(scenario), &futures)?;
            let warnings = settled.into_iter().chain(found_in.warnings).collect::<Vec<_>>();
            found.push((scenario.name.clone(), found_in.doubts, warnings));
            judged.push((found_in.distances, found_in.imposed, moved::drivers(study, &futures)));
            Ok(futures)
        })?;
        let (mut outlooks, below): (Vec<Outlook>, Vec<Below>) = told.into_iter().unzip();
        for (outlook, (distances, imposed, drivers)) in outlooks.iter_mut().zip(judged) {
            (outlook.distances, outlook.imposed, outlook.drivers) = (distances, imposed, drivers);
        }
        known.extend(below[0].doubt(study, "baseline"));
        self.warnings.extend(known.values().cloned());
        let nation = study.areas.iter().position(|area| area.kind == AreaKind::Nation);
        self.warnings.extend(nation.and_then(|nation| {
            let levels: Vec<_> = outlooks[0].areas[nation].level.iter().map(|band| band.point).collect();
            plausible::warning(study.engine(), &study.areas[nation], &levels)
        }));
        for ((name, doubts, settled), below) in found.into_iter().zip(&below[1..]) {
            let all = doubts.into_iter().chain(below.doubt(study, &name));
            let new = all.filter(|(doubt, _): &Doubt| !known.contains_key(doubt));
            self.warnings.extend(new.map(|(_, warning)| warning).chain(settled));
        }
        for (scenario, level) in study.scenarios().iter().zip(&levels) {
            let message = self.totals_absent(&study.rows, level).filter(|message| Some(message) != without.as_ref());
            self.warnings.extend(message.map(|message| Warning::new(Code::TotalsAbsent, &scenario.name, message)));
        }
        self.warn_reallocation(&outlooks);
        self.warn_idle(&outlooks);
        let shares = if self.request.variance_shares && self.request.draws > 0 { shares(study)? } else { Vec::new() };
        Ok(self.answer(outlooks, shares))
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
    fn totals_absent(&self, rows: &[Row], level: &[Value]) -> Option<String> {
        let counted = |row: &usize| rows[*row].left_out.is_none();
        let absent = |h: &usize| {
            let reasons = (0..rows.len())
                .filter(counted)
                .filter_map(|row| level[h * rows.len() + row].err().map(|reason| (row, reason)));
            reasons.collect::<Vec<_>>()
        };
        let h = (0..self.study.engine().plan.periods.len()).find(|h| !absent(h).is_empty())?;
        let absent = absent(&h);
        let labels: Vec<_> = absent.iter().map(|(row, _)| rows[*row].label()).collect();
        Some(format!(
            "no level in {} ({}), so totals of that period are absent: {}",
            self.study.engine().plan.periods[h],
            absent[0].1,
            Self::places(rows, &labels)
        ))
    }

    /// Of fewer than 1/p − 1 draws the p-quantile is the least or the largest one.
    fn warn_few_draws(&mut self) {
        let rarest = self.request.quantiles.iter().map(|p| p.min(1.0 - p)).fold(0.5, f64::min);
        // Rounding of 1 − p must not ask for one more.
        let needed = (1.0 / rarest - 1.0 - 1e-9).ceil();
        if self.request.draws > 0 && (self.request.draws as f64) < needed {
            let message = format!(
                "{} draws are too few for the widest interval, whose ends are then the least and the largest of them: ask \
                 for at least {needed}",
                self.request.draws
            );
            self.warnings.push(Warning::new(Code::FewDraws, "", message));
        }
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

    /// Says why a scenario that has no effect has none.
    fn warn_idle(&mut self, outlooks: &[Outlook]) {
        let is_zero = |bands: &[Band]| bands.iter().all(|band| band.point == Ok(0.0));
        let is_idle = |effect: &Effect| {
            let told = effect.areas.iter().zip(&self.study.areas).filter(|(_, area)| area.left_out.is_none());
            told.into_iter().all(|(effect, _)| is_zero(&effect.outcome) && is_zero(&effect.level))
        };
        for outlook in outlooks.iter().filter(|outlook| outlook.effect.as_ref().is_some_and(is_idle)) {
            let message = if outlook.drivers.is_empty() {
                "the scenario leaves every measure that the model reads as it is, so it has no effect"
            } else {
                "the scenario moves measures but no term of the model, so it has no effect: a share or an index of \
                 shares, such as agglomeration, stays when all regions change alike"
            };
            self.warnings.push(Warning::new(Code::NoEffect, &outlook.name, message));
        }
    }

    fn answer(self, outlooks: Vec<Outlook>, variance_shares: Vec<VarianceShares>) -> Forecast {
        let engine = self.study.engine();
        let name = |measure: usize| engine.panel.measures()[measure].name.as_str();
        let measure = name(engine.main.link.measure);
        let by_model = |measure: &str| engine.drivers.iter().any(|equation| name(equation.link.measure) == measure);
        Forecast {
            outcome: engine.main.program.outcome().to_owned(),
            level: engine.main.link.divisor.map_or_else(|| measure.to_owned(), |d| format!("{measure}/{}", name(d))),
            periods: engine.plan.periods.clone(),
            quantiles: self.request.quantiles.clone(),
            draws: self.request.draws,
            terms: self.study.terms(),
            rounds: self.study.baseline.iter().map(|future| future.point.rounds).max().unwrap_or(0),
            rows: self.study.rows.clone(),
            areas: self.study.areas.clone(),
            outlooks,
            reconciliation: self.study.coherent.as_ref().map_or_else(String::new, |coherent| coherent.told.clone()),
            drivers: engine.projected.told.iter().filter(|driver| !by_model(&driver.measure)).cloned().collect(),
            variance_shares,
            warnings: self.warnings,
        }
    }
}

/// Every term must have a value somewhere in the first period.
fn terms_have_values(engine: &Engine<'_>, predictors: &[Predictors]) -> Result<(), Violations> {
    let mut violations = Violations::default();
    for (term, column) in engine.main.program.regressors().iter().zip(&predictors[0].regressors) {
        let Some(reason) = column.iter().try_fold(None, |_, x| x.err().map(Some)).flatten() else { continue };
        let measure = &engine.panel.measures()[engine.main.link.measure].name;
        let period = engine.plan.periods[0];
        let mut rule = format!("{term} has no value in {period} in any region ({reason})");
        if reason == Absent::NoPeriod {
            rule += &format!("; a term that reads {measure} of the period being forecast needs a lag, as in l(…)");
        }
        violations.push(Violation::new("formula", rule, term));
    }
    violations.into_result(())
}

/// Tells of a system of equations that did not settle in some draw.
fn unsettled(name: &str, futures: &[Future], draws: usize) -> Option<Warning> {
    let count: usize = futures.iter().map(|future| future.unsettled).sum();
    let message = format!(
        "the equations did not come to agree within a period in {count} of {} runs; their last round is answered",
        futures.len() * (draws + 1)
    );
    (count > 0).then(|| Warning::new(Code::NotConverged, name, message))
}

/// An error of a scenario at its place in the request.
fn at(place: &str, error: Error) -> Error {
    match error {
        Error::Invalid(found) => Error::Invalid(found.renamed(|field| format!("{place}.{field}"))),
        other => other,
    }
}

/// What the model itself leaves out.
fn model_warnings(program: &Program, model: &Model, request: &Request) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |code, message: &str| warnings.push(Warning::new(code, program.formula(), message));
    if !model.rest.cohorts.is_empty() {
        warn(
            Code::PeriodEffectsAbsorb,
            "effects of the period take up whatever moves all regions alike: the coefficients tell how growth \
             moves between regions, not how much there is of it",
        );
    }
    if request.draws > 0 && request.uncertainty.coefficients && model.root.is_none() {
        warn(
            Code::NoCoefficientUncertainty,
            "the coefficients came without a covariance: intervals take them as known",
        );
    }
    if request.draws > 0 && request.uncertainty.residuals && matches!(model.rest.disturbances, Disturbances::None) {
        let message = "the model has no disturbances, or too few dates to draw them from: intervals leave them out";
        warn(Code::NoResidualUncertainty, message);
    }
    warnings
}
