//! Goal seek: which change reaches a target.

use super::super::answer::Band;
use super::super::area::region_of;
use super::super::change::Act;
use super::super::honesty::Honesty;
use super::super::request::Request;
use super::super::study::{Study, Target};
use super::super::warning::{Code, Warning};
use super::free::{Free, Ground, Number, OfStudy, Span, limits};
use super::question::{Asked, bands};
use super::range::Range;
use super::seek::{self, Goal, Instrument, Outcome, Sought, seek};
use super::subject::Subject;
use crate::error::{Error, Violation, Violations};
use crate::formula::Program;
use crate::panel::Panel;

/// Which change of these instruments reaches a target.
#[derive(Debug, Clone, PartialEq)]
pub struct SeekTarget {
    /// The number that has a target.
    pub subject: Subject,
    /// The target.
    pub goal: Goal,
    /// Changes whose amounts are free, and the weight of each one's squared change, measured in its range.
    pub instruments: Vec<(Free, f64)>,
}

/// The answer to [`SeekTarget`].
#[derive(Debug, Clone)]
pub struct TargetAnswer {
    /// The amounts, one an instrument, and how they were found.
    pub sought: Sought,
    /// The number without the instruments: at the amounts where the search starts.
    pub start: Band,
    /// The number with them.
    pub found: Band,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

impl SeekTarget {
    /// Checks the question against the formulas of the outcome and of drivers and the data, without computing anything.
    ///
    /// # Errors
    /// Everything wrong with the forecast and the question: at `instruments[i]`, `subject` and `target`.
    pub fn check(
        &self,
        programs: (&[&Program], &[&Program]),
        panel: &Panel,
        request: &Request,
    ) -> Result<(), Violations> {
        let mut violations = Violations::default();
        violations.keep("", self.read(&Ground::of_programs(programs, panel)?, request));
        if self.goal.probability.is_some() && request.draws == 0 {
            violations.push(Violation::new("target.probability", "needs draws", "draws = 0"));
        }
        let instruments: Vec<Instrument> =
            self.instruments.iter().map(|(free, weight)| instrument(free, *weight)).collect();
        let found = seek::check(&instruments, &self.goal);
        let on_changes = |field: &str| field.replace(".start", ".change.amount");
        violations.keep("", found.map_err(|found| found.renamed(on_changes)));
        violations.into_result(())
    }

    fn read(&self, ground: &Ground<'_>, request: &Request) -> Result<Asked, Violations> {
        let free: Vec<Free> = self.instruments.iter().map(|(free, _)| free.clone()).collect();
        Asked::read(ground, request, &free, &self.subject, ("instruments", false))
    }

    /// Answers the question on the draws of a study, whose request holds at most the scenario that is in place anyway.
    ///
    /// # Errors
    /// As [`SeekTarget::check`]; [`Error::Cancelled`].
    pub fn answer(&self, study: &Study<'_>) -> Result<TargetAnswer, Error> {
        let request = &study.request;
        let asked = self.read(&Ground::of_study(study), request)?;
        let response = OfStudy { study, free: &asked.free, numbers: &asked.numbers };
        let instruments: Vec<Instrument> = self
            .instruments
            .iter()
            .zip(&asked.free.changes)
            .map(|((free, weight), change)| Instrument {
                limits: limits(free),
                promise: promise(&self.subject, asked.numbers[0], change, study),
                ..instrument(free, *weight)
            })
            .collect();
        let sought = seek(&response, &instruments, &self.goal, study.stop)?;
        let start: Vec<f64> = self.instruments.iter().map(|(free, _)| free.change.amount).collect();
        let band = |amounts: &[f64]| Ok::<_, Error>(bands(&response, amounts, request)?.swap_remove(0));
        let (start, found) = (band(&start)?, band(&sought.amounts)?);
        let mut warnings = study.warnings();
        warnings.extend(self.warnings(&sought));
        warnings.extend(Honesty::new(study).of_scenario("answer", &asked.free.with(&sought.amounts))?);
        Ok(TargetAnswer { sought, start, found, warnings })
    }

    fn warnings(&self, sought: &Sought) -> Vec<Warning> {
        let mut warnings = Vec::new();
        for i in &sought.perverse {
            let change = &self.instruments[*i].0.change;
            let [start, amount, slope] = [change.amount, sought.amounts[*i], sought.slopes[*i]].map(short);
            let answer = if sought.amounts[*i].to_bits() == change.amount.to_bits() {
                "it stays as it is".to_owned()
            } else {
                format!("the answer takes it from {start} to {amount}")
            };
            let message = format!(
                "raising {} moves the number by {slope} a unit, against what its name promises: {answer}",
                change.measure
            );
            warnings.push(Warning::new(Code::SignPerverse, format!("instruments[{i}]"), message));
        }
        if let Outcome::OutOfReach { within, beyond } = &sought.outcome {
            let message = format!(
                "no amounts within the bounds reach {}: the furthest is {}, with the bounds let go {}{}",
                self.goal.value,
                short(within.value),
                short(beyond.value),
                if sought.slopes.iter().all(|slope| *slope == 0.0) {
                    "; the instruments do not move the number at all (an index of shares stays when all regions change alike)"
                } else {
                    ""
                }
            );
            warnings.push(Warning::new(Code::OutOfReach, "target", message));
        }
        let is_reached = !matches!(sought.outcome, Outcome::OutOfReach { .. });
        if is_reached && sought.monotone == Some(false) {
            let message = "the number both rises and falls between the bounds: other amounts may reach the target too; the \
                           nearest to the start is told";
            warnings.push(Warning::new(Code::SeveralSolutions, "instruments[0]", message));
        }
        if !sought.converged {
            warnings.push(Warning::new(
                Code::SearchNotConverged,
                "",
                "the search ended before nothing smaller or nearer could be found",
            ));
        }
        warnings
    }
}

/// A number with six significant digits.
fn short(x: f64) -> f64 {
    format!("{x:.5e}").parse().unwrap_or(x)
}

fn instrument(free: &Free, weight: f64) -> Instrument {
    let range = Range { start: free.change.amount, low: free.low, high: free.high };
    Instrument { range, weight, limits: (free.low, free.high), promise: 0.0 }
}

/// What raising an amount is meant to do to a number: more of a measure where it is raised, and so more growth there.
fn promise(subject: &Subject, number: Number, span: &Span, study: &Study<'_>) -> f64 {
    if subject.quantity.is_inequality() {
        return 0.0;
    }
    let regions_of = |target: Target| -> Vec<usize> {
        let area = &study.areas[target.area];
        area.rows.iter().map(|row| region_of(study.engine(), *row)).collect()
    };
    let touches = |regions: &[usize], target: Target| regions_of(target).iter().any(|r| regions.contains(r));
    let Number(one, less) = number;
    let sides = |regions: &[usize]| {
        f64::from(u8::from(touches(regions, one)))
            - less.map_or(0.0, |less| f64::from(u8::from(touches(regions, less))))
    };
    match (span.low.first().map(|change| &change.act), less) {
        (Some(Act::Move(to)), _) => sides(to) - sides(span.regions()),
        (_, Some(_)) => sides(span.regions()),
        (_, None) => 1.0,
    }
}
