//! One origin: everyone forecasts, and what came is compared.

use super::super::answer::{Area, AreaKind};
use super::super::request::Request;
use super::super::score::{Case, Predictive};
use super::super::series::Series;
use super::ahead::{Ahead, with_known_drivers};
use super::answer::{Backtest, Key, Quantity, Scored, Told};
use super::observed::{Observed, growth, percent};
use super::request::{Chosen, Plan};
use super::rival::Dice;
use super::{AtOrigin, DRIVERS_KNOWN, MODEL};
use crate::error::Error;
use crate::numeric::Stop;
use crate::panel::{Absent, Panel, Period, Value};
use rayon::prelude::*;

/// What an origin needs to be told.
pub(super) struct Teller<'a> {
    pub(super) at_origin: AtOrigin<'a>,
    pub(super) panel: &'a Panel,
    pub(super) request: &'a Request,
    pub(super) plan: &'a Plan,
    pub(super) period: Period,
    pub(super) stop: &'a Stop,
}

/// Levels by step that a contender forecasts for an area.
type Levels = Result<Vec<Series>, Absent>;

impl Teller<'_> {
    /// Scores the forecasts of the origin and adds them to the answer; gives back which contenders failed, and why.
    ///
    /// # Errors
    /// What the model fails with.
    pub(super) fn tell(&self, number: usize, answer: &mut Backtest) -> Result<Vec<(usize, String)>, Error> {
        let Some(steps) = self.steps() else {
            return Ok(vec![(MODEL, format!("the data have no period {}", self.period))]);
        };
        let known = self.panel.until(self.period);
        let fitted = (self.at_origin)(&known)?;
        let (program, link) = fitted.program()?;
        let request = Request { horizon: steps, ..self.request.clone() };
        let forecast = Ahead::run(&fitted.models(), &known, &request, self.stop)?;
        let with_drivers = with_known_drivers(&request, &fitted, self.panel, self.period);
        let told = Ahead::run(&fitted.models_of_outcome(), &known, &with_drivers, self.stop);
        if let Err(fatal @ (Error::Cancelled | Error::Limit { .. })) = told {
            return Err(fatal);
        }
        let room = (self.plan.origins.len(), self.request.memory_limit_bytes);
        answer.prepare((program, link), self.panel, &forecast.areas, room)?;
        let observed = Observed::new(program, link, self.panel);
        let scored = self.score(number, &observed, &forecast, told.as_ref().ok())?;
        scored.into_iter().flatten().for_each(|(key, scored)| answer.push(key, scored));
        Ok(told.err().map(|error| (DRIVERS_KNOWN, error.to_string())).into_iter().collect())
    }

    /// Steps ahead that are in the data; `None` for an origin that is not.
    fn steps(&self) -> Option<usize> {
        let periods = self.panel.periods();
        let ahead = periods[self.panel.find_period(self.period).map(|_| periods.len() - 1)?].ordinal;
        Some(self.request.horizon.min((ahead - self.period.ordinal) as usize))
    }

    fn score(
        &self,
        number: usize,
        observed: &Observed,
        forecast: &Ahead,
        told: Option<&Ahead>,
    ) -> Result<Vec<Vec<(Key, Scored)>>, Error> {
        let now = observed.place(self.period);
        let dice = Dice::new(self.request.seed, self.request.draws, forecast.levels[0].first().map_or(0, Vec::len));
        let nation = forecast.areas.iter().find(|area| area.kind == AreaKind::Nation);
        let nation = nation.map_or(Vec::new(), |nation| observed.levels(nation));
        let area = |(place, area): (usize, &Area)| {
            self.stop.check()?;
            let levels = observed.levels(area);
            let model = |ahead: &Ahead| Ok(ahead.levels[0][place].clone());
            let mut contenders: Vec<Option<Levels>> = vec![Some(model(forecast)), told.map(model)];
            let rivals = self.plan.rivals.iter();
            contenders.extend(rivals.map(|rival| Some(rival.levels(&levels[..=now], &nation[..=now], &dice))));
            let known = Known { levels: &levels, growth: &growth(&levels), now };
            let each = contenders.iter().enumerate().filter_map(|(i, levels)| Some((i, levels.as_ref()?)));
            Ok(each
                .flat_map(|(contender, levels)| self.contender((contender, place, number), levels, &known))
                .collect())
        };
        forecast.areas.par_iter().enumerate().map(area).collect()
    }

    /// The cases of one contender in one area, by quantity and step.
    fn contender(
        &self,
        (contender, area, origin): (usize, usize, usize),
        levels: &Levels,
        known: &Known<'_>,
    ) -> Vec<(Key, Scored)> {
        let steps = 1..=known.steps(self.request.horizon);
        let numbers = steps.flat_map(|step| Quantity::ALL.map(|quantity| (quantity, step)));
        let case = |(quantity, step): (Quantity, usize)| {
            let forecast = levels.as_ref().map_err(|reason| *reason).map(|levels| known.series(levels, quantity, step));
            let (history, actual) = known.of(quantity, step);
            let key = Key { contender, quantity, area, step };
            (key, scored(origin, forecast, (history, actual), &self.plan.scores))
        };
        numbers.map(case).collect()
    }
}

/// An area's past and what came, over the whole panel.
struct Known<'a> {
    levels: &'a [Value],
    growth: &'a [Value],
    /// Place of the origin.
    now: usize,
}

impl Known<'_> {
    fn steps(&self, horizon: usize) -> usize {
        horizon.min(self.levels.len() - 1 - self.now)
    }

    /// What was known at the origin, and what came.
    fn of(&self, quantity: Quantity, step: usize) -> (&[Value], Value) {
        let values = match quantity {
            Quantity::Level => self.levels,
            Quantity::Growth => self.growth,
        };
        (&values[..=self.now], values[self.now + step])
    }

    /// The forecast of a quantity from those of the levels.
    fn series(&self, levels: &[Series], quantity: Quantity, step: usize) -> Series {
        let now = &levels[step - 1];
        match (quantity, step) {
            (Quantity::Level, _) => now.clone(),
            (Quantity::Growth, 1) => {
                let draws = now.draws.as_ref().map_or(0, Vec::len);
                now.zip(&Series::constant(self.levels[self.now], draws), |now, before| percent(Ok(before), Ok(now)))
            }
            (Quantity::Growth, _) => now.zip(&levels[step - 2], |now, before| percent(Ok(before), Ok(now))),
        }
    }
}

/// The scores of one case; one without a forecast or an outcome has none, with the reason.
fn scored(
    origin: usize,
    forecast: Result<Series, Absent>,
    (history, actual): (&[Value], Value),
    scores: &[Chosen],
) -> Scored {
    let both = forecast.and_then(|series| Ok((Predictive::new(series.point?, series.draws?), actual?)));
    match both {
        Err(reason) => Scored { origin, scores: vec![Err(reason); scores.len()], told: Err(reason) },
        Ok((forecast, actual)) => {
            let case = Case { forecast: &forecast, actual, history };
            let told = Told::of(&case);
            let scores = scores.iter().map(|chosen| chosen.score.of_case(&case, &chosen.params)).collect();
            Scored { origin, scores, told: Ok(told) }
        }
    }
}
