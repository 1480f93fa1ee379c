//! A forecast that passed its checks, and the study that it makes of the data.

use super::decode::{self, Decoded};
use super::fields::{self, Places};
use super::intervals::Intervals;
use super::model::{Choices, Chosen, Ready};
use crate::api::provenance::request_sha256;
use crate::api::regression::models::Kept;
use crate::api::{Data, decode as read, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::backtest::Estimated;
use crate::forecast::{Models, Request, Study, check, check_stocks, predicted_bytes};
use crate::formula::Program;
use crate::numeric::Stop;
use crate::panel::Panel;

/// A request that passed its checks.
#[derive(Debug)]
pub(super) struct Plan {
    /// The model of the outcome.
    pub(super) chosen: Chosen,
    /// Its rivals.
    rivals: Vec<Chosen>,
    /// Weights of the model and of its rivals.
    weights: Vec<f64>,
    /// The models of drivers.
    equations: Vec<Chosen>,
    pub(super) asked: Request,
    pub(super) intervals: Intervals,
    /// The scenarios as answers tell them.
    pub(super) policies: Vec<Policy>,
    /// Whether coefficients are drawn by a wild bootstrap.
    wild: bool,
    pub(super) places: Places,
}

/// What an answer tells of a scenario beside its effects.
#[derive(Debug)]
pub(super) struct Policy {
    /// The closure in force.
    pub(super) closure: v1::Closure,
    /// The stored scenario that it is; empty for one that the request brought along.
    pub(super) stored_name: String,
    /// Digest of the scenario.
    pub(super) sha256: String,
    /// The scenario.
    pub(super) scenario: v1::Scenario,
}

/// The models of a plan, ready to forecast.
#[derive(Debug)]
pub(super) struct Answered {
    /// The model of the outcome.
    pub(super) model: v1::Model,
    /// Its rivals.
    pub(super) rivals: Vec<v1::Model>,
    /// The models of drivers.
    pub(super) drivers: Vec<v1::Model>,
    /// What to know about them.
    pub(super) warnings: Vec<v1::Warning>,
}

impl Plan {
    /// Checks a request, against the data too where there are any; there is no plan without them. `stored` are the
    /// stored models that its choices name, in the order of [`Choices::all`]; its last scenarios are the stored ones that
    /// `scenario_names` names.
    ///
    /// # Errors
    /// Everything wrong with the request, at its fields; `Cancelled`.
    pub(super) fn read(
        wire: &v1::ForecastGrowthRequest,
        stored: Vec<Option<Kept>>,
        panel: Option<&Panel>,
        memory_limit_bytes: u64,
        stop: &Stop,
    ) -> Result<Option<Self>, Error> {
        let Decoded { request: asked, intervals, mut violations } = decode::decode(wire, panel, memory_limit_bytes);
        let choices = Choices::of(wire);
        let read = choices.all().zip(stored).map(|(at, stored)| violations.keep("", Chosen::read(at, stored, panel)));
        let read: Vec<Option<Option<Chosen>>> = read.collect();
        let mut chosen: Vec<Chosen> = read.into_iter().flatten().flatten().collect();
        let weights = weights(wire, &mut violations);
        let wild = wild(wire, &mut violations);
        let complete = chosen.len() == choices.all().count();
        let Some(panel) = panel.filter(|_| complete) else { return Ok(violations.into_result(None)?) };
        let equations = chosen.split_off(1 + choices.rivals.len());
        let numbers = |with: bool| {
            let drivers = wire.drivers.iter().enumerate().filter(move |(_, driver)| driver.model.is_some() == with);
            drivers.map(|(i, _)| i).collect()
        };
        let places = Places {
            models: chosen.iter().map(Chosen::formula_field).collect(),
            methods: numbers(false),
            equations: numbers(true),
        };
        for (i, chosen) in places.equations.iter().zip(&equations) {
            let named = &wire.drivers[*i].measure;
            if let Ok(link) = chosen.program.link()
                && panel.measures()[link.measure].name != *named
            {
                let rule = format!("must be what its model forecasts, {}", panel.measures()[link.measure].name);
                violations.push(Violation::new(format!("drivers[{i}].measure"), rule, named));
            }
        }
        let programs = |chosen: &'_ [Chosen]| chosen.iter().map(|chosen| chosen.program.clone()).collect::<Vec<_>>();
        let (of_outcome, of_drivers) = (programs(&chosen), programs(&equations));
        let checked =
            check(&of_outcome.iter().collect::<Vec<_>>(), &of_drivers.iter().collect::<Vec<_>>(), panel, &asked);
        if let Err(found) = checked {
            fields::add_new(&mut violations, fields::on_the_wire(found, &places, &wire.scenarios));
        }
        let mut chosen = chosen.into_iter();
        let plan = chosen.next().map(|first| Self {
            chosen: first,
            rivals: chosen.collect(),
            weights,
            equations,
            asked,
            intervals,
            policies: policies(wire),
            wild,
            places,
        });
        if let Some(plan) = &plan
            && !violations.is_empty()
        {
            for chosen in plan.models() {
                match chosen.identify(panel, stop) {
                    Err(Error::Invalid(found)) => fields::add_new(&mut violations, found),
                    other => other?,
                }
            }
            plan.stocks(panel, &wire.scenarios, stop).or_else(|error| into(&mut violations, error))?;
        }
        Ok(violations.into_result(plan)?)
    }

    /// What the scenarios take beyond what there is.
    ///
    /// # Errors
    /// At the fields of the request; `Cancelled`.
    fn stocks(&self, panel: &Panel, scenarios: &[v1::Scenario], stop: &Stop) -> Result<(), Error> {
        let (outcome, drivers) = self.programs();
        check_stocks(&outcome, &drivers, panel, &self.asked, stop).map_err(|error| match error {
            Error::Invalid(found) => Error::Invalid(fields::on_the_wire(found, &self.places, scenarios)),
            other => other,
        })
    }

    /// Every model of the plan: the outcome's, its rivals, those of drivers.
    fn models(&self) -> impl Iterator<Item = &Chosen> {
        std::iter::once(&self.chosen).chain(&self.rivals).chain(&self.equations)
    }

    /// Formulas of the outcome and of drivers.
    pub(super) fn programs(&self) -> (Vec<&Program>, Vec<&Program>) {
        let outcome = std::iter::once(&self.chosen).chain(&self.rivals).map(|chosen| &chosen.program);
        (outcome.collect(), self.equations.iter().map(|chosen| &chosen.program).collect())
    }

    /// Bytes that the study and its models may take.
    pub(super) fn predicted_bytes(&self, panel: &Panel) -> u64 {
        let of = |chosen: &Chosen| {
            chosen.predicted_bytes(panel).saturating_add(predicted_bytes(&self.asked, &chosen.program, panel))
        };
        self.models().map(of).fold(0, u64::saturating_add)
    }

    /// Gets the models ready and tells something of the study that they make of the data; `at` is where the forecast
    /// stands in the request, empty for the request itself.
    ///
    /// # Errors
    /// At the fields of the request: data that a model cannot be estimated on or does not fit, and what the study
    /// refuses; those of `tell` as they are.
    pub(super) fn study<T>(
        &self,
        data: &Data,
        at: &str,
        stop: &Stop,
        tell: impl FnOnce(&Study<'_>, Answered) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (mut ready, mut violations) = (Vec::new(), Violations::default());
        for chosen in self.models() {
            match chosen.ready(data, self.wild, stop) {
                Ok(model) => ready.push(model),
                Err(error) => into(&mut violations, read::at(at, error))?,
            }
        }
        if !violations.is_empty() {
            let stocks = self.stocks(&data.panel, &[], stop).map_err(|error| read::at(at, self.of_stored(error)));
            stocks.or_else(|error| into(&mut violations, error))?;
            return Err(violations.into());
        }
        let (models, mut messages): (Vec<_>, Vec<_>) =
            ready.into_iter().map(|Ready { model, message, warnings }| (model, (message, warnings))).unzip();
        let outcome = std::iter::once(&self.chosen).chain(&self.rivals).zip(&models).zip(&self.weights);
        let drivers = self.equations.iter().zip(&models[1 + self.rivals.len()..]);
        let models = Models {
            outcome: outcome.map(|((chosen, model), weight)| (&chosen.program, model, *weight)).collect(),
            drivers: drivers.map(|(chosen, model)| (&chosen.program, model)).collect(),
        };
        let study = Study::of(&models, &data.panel, &self.asked, stop);
        let study = study.map_err(|error| read::at(at, self.on_the_wire(error)))?;
        let mut warnings: Vec<v1::Warning> = Vec::new();
        let all = messages.iter_mut().flat_map(|(_, warnings)| std::mem::take(warnings));
        all.for_each(|warning| {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        });
        let mut messages = messages.into_iter().map(|(message, _)| message);
        let answered = Answered {
            model: messages.next().unwrap_or_default(),
            rivals: messages.by_ref().take(self.rivals.len()).collect(),
            drivers: messages.collect(),
            warnings,
        };
        tell(&study, answered)
    }

    /// The models on the data up to an origin.
    ///
    /// # Errors
    /// What one of them cannot be compiled or estimated for; `Cancelled`.
    pub(super) fn at_origin(&self, panel: &Panel, stop: &Stop) -> Result<Estimated, Error> {
        let estimated = |chosen: &Chosen| chosen.at_origin(panel, self.wild, stop);
        let outcome = std::iter::once(&self.chosen).chain(&self.rivals).zip(&self.weights);
        let outcome =
            outcome.map(|(chosen, weight)| estimated(chosen).map(|(program, model)| (program, model, *weight)));
        Ok(Estimated {
            outcome: outcome.collect::<Result<_, Error>>()?,
            drivers: self.equations.iter().map(estimated).collect::<Result<_, Error>>()?,
        })
    }

    /// An error of the engine at the fields of the request.
    pub(super) fn on_the_wire(&self, error: Error) -> Error {
        match error {
            Error::Invalid(found) => self.of_stored(Error::Invalid(fields::on_the_wire(found, &self.places, &[]))),
            other => other,
        }
    }

    /// An error at the fields of the request as it came, whose last scenarios were only named.
    fn of_stored(&self, error: Error) -> Error {
        match error {
            Error::Invalid(found) => Error::Invalid(fields::of_stored(found, self.inline())),
            other => other,
        }
    }

    /// The field that brought the scenario of this number.
    pub(super) fn place(&self, scenario: usize) -> String {
        fields::place_of_scenario(scenario, self.inline())
    }

    /// How many scenarios the request brought along; the stored ones follow them.
    fn inline(&self) -> usize {
        self.policies.iter().filter(|policy| policy.stored_name.is_empty()).count()
    }
}

/// Takes what is wrong into `violations`; other errors stay.
fn into(violations: &mut Violations, error: Error) -> Result<(), Error> {
    match error {
        Error::Invalid(found) => {
            violations.absorb("", found);
            Ok(())
        }
        other => Err(other),
    }
}

fn policies(wire: &v1::ForecastGrowthRequest) -> Vec<Policy> {
    let inline = wire.scenarios.len() - wire.scenario_names.len();
    let names = std::iter::repeat_n("", inline).chain(wire.scenario_names.iter().map(String::as_str));
    let told = |(scenario, name): (&v1::Scenario, &str)| Policy {
        closure: match scenario.closure() {
            v1::Closure::Unspecified => v1::Closure::NewActivity,
            closure => closure,
        },
        stored_name: name.to_owned(),
        sha256: request_sha256(scenario),
        scenario: scenario.clone(),
    };
    wire.scenarios.iter().zip(names).map(told).collect()
}

/// The weights of the model and its rivals; 0 of the model means 1.
fn weights(wire: &v1::ForecastGrowthRequest, violations: &mut Violations) -> Vec<f64> {
    let rivals = wire.rival_models.iter().enumerate();
    let rivals = rivals.map(|(i, rival)| (format!("rival_models[{i}].weight"), rival.weight));
    let main = if wire.model_weight == 0.0 { 1.0 } else { wire.model_weight };
    let all: Vec<(String, f64)> = std::iter::once(("model_weight".to_owned(), main)).chain(rivals).collect();
    for (field, weight) in all.iter().filter(|(_, weight)| !(weight.is_finite() && *weight > 0.0)) {
        violations.push(Violation::new(field, "must be a positive number", weight));
    }
    all.into_iter().map(|(_, weight)| weight).collect()
}

fn wild(wire: &v1::ForecastGrowthRequest, violations: &mut Violations) -> bool {
    match v1::CoefficientDraws::try_from(wire.coefficient_draws) {
        Ok(draws) => draws == v1::CoefficientDraws::WildBootstrap,
        Err(_) => {
            violations.push(Violation::new("coefficient_draws", "is not a CoefficientDraws", wire.coefficient_draws));
            false
        }
    }
}
