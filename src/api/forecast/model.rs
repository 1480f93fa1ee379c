//! The model of growth that a request names, specifies or gives.

use crate::api::data::Data;
use crate::api::regression::encode;
use crate::api::regression::models::Kept;
use crate::api::regression::spec::{self, Compiled};
use crate::api::{decode, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::{Given, Model};
use crate::formula::{Options, Program, parse};
use crate::numeric::Stop;
use crate::panel::Panel;
use crate::regression::{self, Fit, Spec};
use v1::forecast_growth_request::Model as WireModel;
use v1::model_choice::Model as Choice;

/// A model compiled for the history.
#[derive(Debug)]
pub(super) struct Chosen {
    /// Where it stands in the request, with a dot behind; empty for the request's own.
    at: String,
    pub(super) program: Program,
    pub(super) source: Source,
}

/// Where the coefficients come from.
#[derive(Debug)]
pub(super) enum Source {
    /// A stored model.
    Stored(Box<Kept>),
    /// A fit to the history.
    Fitted(Box<Compiled>),
    /// The caller.
    Given(Given),
}

/// A model ready to forecast, as it is answered, and what to know about it.
#[derive(Debug)]
pub(super) struct Ready {
    pub(super) model: Model,
    pub(super) message: v1::Model,
    pub(super) warnings: Vec<v1::Warning>,
}

/// A model as a request chooses it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wire<'a> {
    Name(&'a str),
    Spec(&'a v1::ModelSpec),
    Given(&'a v1::GivenModel),
}

/// A model of a request and where its fields stand, with a dot behind; `""` for the request's own.
pub(super) type At<'a> = (String, Option<Wire<'a>>);

/// The models of a request: that of the outcome, its rivals, and those of drivers, by the number of the driver.
#[derive(Debug)]
pub(super) struct Choices<'a> {
    pub(super) main: At<'a>,
    pub(super) rivals: Vec<At<'a>>,
    pub(super) drivers: Vec<(usize, At<'a>)>,
}

impl<'a> Choices<'a> {
    /// What a request chooses.
    pub(super) fn of(request: &'a v1::ForecastGrowthRequest) -> Self {
        let main = request.model.as_ref().map(|model| match model {
            WireModel::ModelName(name) => Wire::Name(name),
            WireModel::Spec(spec) => Wire::Spec(spec),
            WireModel::Given(given) => Wire::Given(given),
        });
        let choice = |choice: Option<&'a v1::ModelChoice>| {
            choice.and_then(|choice| choice.model.as_ref()).map(|model| match model {
                Choice::ModelName(name) => Wire::Name(name),
                Choice::Spec(spec) => Wire::Spec(spec),
                Choice::Given(given) => Wire::Given(given),
            })
        };
        let rival = |(i, rival): (usize, &'a v1::WeightedModel)| {
            (format!("rival_models[{i}].model."), choice(rival.model.as_ref()))
        };
        let driver = |(i, driver): (usize, &'a v1::Driver)| {
            driver.model.as_ref().map(|model| (i, (format!("drivers[{i}].model."), choice(Some(model)))))
        };
        Self {
            main: (String::new(), main),
            rivals: request.rival_models.iter().enumerate().map(rival).collect(),
            drivers: request.drivers.iter().enumerate().filter_map(driver).collect(),
        }
    }

    /// All of them: the outcome's, its rivals, the drivers'.
    pub(super) fn all(&self) -> impl Iterator<Item = &At<'a>> {
        std::iter::once(&self.main).chain(&self.rivals).chain(self.drivers.iter().map(|(_, at)| at))
    }
}

impl Chosen {
    /// Reads a model of a request; without data it is only checked.
    ///
    /// # Errors
    /// Everything wrong with it, at its fields; with data, what does not fit them too.
    pub(super) fn read(
        (at, wire): &At<'_>,
        stored: Option<Kept>,
        panel: Option<&Panel>,
    ) -> Result<Option<Self>, Violations> {
        let mut violations = Violations::default();
        let chosen = match (wire, stored, panel) {
            (None, ..) => {
                let rule = "one of model_name, spec and given is required";
                return Err(Violation::new(format!("{at}model"), rule, "").into());
            }
            (Some(Wire::Name(_)), Some(kept), Some(panel)) => {
                let found = of_stored(kept, panel).map_err(|found| found.renamed(|field| format!("{at}{field}")));
                violations.keep("", found).map(Some)
            }
            (Some(Wire::Name(_)), ..) => Some(None),
            (Some(Wire::Spec(spec)), _, panel) => violations.keep(&format!("{at}spec"), of_spec(spec, panel)),
            (Some(Wire::Given(given)), _, panel) => violations.keep(&format!("{at}given"), of_given(given, panel)),
        };
        decode::all(violations, chosen.map(|chosen| chosen.map(|chosen| Self { at: at.clone(), ..chosen })))
    }

    /// The field of the request that brought the formula.
    pub(super) fn formula_field(&self) -> String {
        let field = match self.source {
            Source::Stored(_) => "model_name",
            Source::Fitted(_) => "spec.formula",
            Source::Given(_) => "given.formula",
        };
        format!("{}{field}", self.at)
    }

    /// Bytes that getting the coefficients may take.
    pub(super) fn predicted_bytes(&self, panel: &Panel) -> u64 {
        match self.source {
            Source::Fitted(_) => spec::predicted_bytes(&self.program, panel),
            Source::Stored(_) | Source::Given(_) => 0,
        }
    }

    /// The model on the data up to an origin, estimated anew unless its coefficients are given.
    ///
    /// # Errors
    /// What it cannot be compiled or estimated for. `Cancelled`.
    pub(super) fn at_origin(&self, panel: &Panel, wild: bool, stop: &Stop) -> Result<(Program, Model), Error> {
        let (weights, spec) = match &self.source {
            Source::Stored(kept) => (kept.record.weights.as_str(), kept.record.fit.spec()),
            Source::Fitted(compiled) => {
                let subset = compiled.subsets.first().cloned().flatten();
                (compiled.weights.as_str(), Spec { subset, ..compiled.spec.clone() })
            }
            Source::Given(_) => ("", Spec::default()),
        };
        let options = Options { unit: Some(self.program.unit()), weights: decode::some(weights), ..Options::default() };
        let formulas = parse(self.program.formula())?;
        let program = Program::compile_with(&formulas[0], panel, options)?;
        if let Source::Given(given) = &self.source {
            let model = Model::given(&program, given)?;
            return Ok((program, model));
        }
        let fit = regression::fit(&program, panel, &spec, stop)?;
        let model = Model::fitted(&program, panel, &fit, stop)?;
        let model = if wild { model.wild(&fit)? } else { model };
        Ok((program, model))
    }

    /// Whether its coefficients can be estimated, where that is soon told: asked when something else is wrong, so that
    /// this is told with it.
    ///
    /// # Errors
    /// At the fields of the request: data that it cannot be estimated on. `Cancelled`.
    pub(super) fn identify(&self, panel: &Panel, stop: &Stop) -> Result<(), Error> {
        /// Most bytes of a fit that is made only to see whether it can be.
        const SOON_BYTES: u64 = 32 << 20;
        match &self.source {
            Source::Fitted(compiled) if self.predicted_bytes(panel) <= SOON_BYTES => {
                let subset = compiled.subsets.first().cloned().flatten();
                let spec = Spec { subset, ..compiled.spec.clone() };
                let fit = regression::fit(&self.program, panel, &spec, stop);
                fit.map(drop).map_err(|error| decode::at(&format!("{}spec", self.at), error))
            }
            _ => Ok(()),
        }
    }

    /// The coefficients: fitted now, read back or as given; `wild` draws those of a fit by a wild bootstrap.
    ///
    /// # Errors
    /// At the fields of the request: data that the model cannot be estimated on or does not fit. `Cancelled`.
    pub(super) fn ready(&self, data: &Data, wild: bool, stop: &Stop) -> Result<Ready, Error> {
        let (program, panel) = (&self.program, &*data.panel);
        let at = |name: &str| format!("{}{name}", self.at);
        let of_fit = |fit: &Fit| -> Result<Model, Error> {
            let model = Model::fitted(program, panel, fit, stop)?;
            if wild { model.wild(fit).map_err(Error::from) } else { Ok(model) }
        };
        match &self.source {
            Source::Stored(kept) => Ok(Ready {
                model: of_fit(&kept.record.fit).map_err(|error| decode::all_at(&at("model_name"), error))?,
                message: kept.message(),
                warnings: kept.record.unit_warnings(panel),
            }),
            Source::Fitted(compiled) => {
                let at_spec = |error| decode::at(&at("spec"), error);
                let record =
                    spec::fit(program, compiled.subsets.first().and_then(Option::as_ref), compiled, data, stop)
                        .map_err(at_spec)?;
                Ok(Ready {
                    model: of_fit(&record.fit).map_err(at_spec)?,
                    message: encode::model(&record),
                    warnings: encode::warnings(&record),
                })
            }
            Source::Given(given) => Ok(Ready {
                model: Model::given(program, given)?,
                message: message_of_given(program, given),
                warnings: Vec::new(),
            }),
        }
    }
}

fn of_stored(kept: Kept, panel: &Panel) -> Result<Chosen, Violations> {
    match kept.record.program(panel, false) {
        Ok(program) => Ok(Chosen { at: String::new(), program, source: Source::Stored(Box::new(kept)) }),
        Err(violations) => Err(violations.renamed(|_| "model_name".to_owned())),
    }
}

fn of_spec(wire: &v1::ModelSpec, panel: Option<&Panel>) -> Result<Option<Chosen>, Violations> {
    let mut compiled = spec::compile(wire, panel)?;
    let count = compiled.programs.len() * compiled.subsets.len();
    let program = compiled.programs.pop();
    if count > 1 {
        return Err(several(&wire.formula, count).into());
    }
    Ok(program.map(|program| Chosen { at: String::new(), program, source: Source::Fitted(Box::new(compiled)) }))
}

fn several(formula: &str, count: usize) -> Violation {
    Violation::new("formula", format!("stands for {count} models; a forecast runs one"), formula)
}

fn of_given(wire: &v1::GivenModel, panel: Option<&Panel>) -> Result<Option<Chosen>, Violations> {
    let mut violations = Violations::default();
    let given = given(wire, &mut violations);
    let formulas = violations.keep("", parse(&wire.formula)).unwrap_or_default();
    if formulas.len() > 1 {
        violations.push(several(&wire.formula, formulas.len()));
    }
    let (Some(formula), Some(panel)) = (formulas.first(), panel) else { return violations.into_result(None) };
    let program = violations.keep("", Program::compile(formula, panel));
    if let Some(program) = &program
        && let Err(found) = Model::given(program, &given)
    {
        violations.absorb(
            "",
            found.renamed(|field| match field {
                "covariance" => "covariance_matrix".to_owned(),
                other => other.to_owned(),
            }),
        );
    }
    decode::all(
        violations,
        program.map(|program| Some(Chosen { at: String::new(), program, source: Source::Given(given) })),
    )
}

/// The coefficients in the words of the engine; a covariance of another size than theirs is left out.
fn given(wire: &v1::GivenModel, violations: &mut Violations) -> Given {
    let coefficients: Vec<_> = wire.coefficients.iter().map(|c| (c.term.clone(), c.estimate)).collect();
    let (k, matrix) = (coefficients.len(), &wire.covariance_matrix);
    let mut covariance = None;
    if matrix.len() != k * k && !matrix.is_empty() {
        let rule = format!("must be empty or hold {k} × {k} numbers, as there are {k} coefficients");
        violations.push(Violation::new("covariance_matrix", rule, matrix.len()));
    } else if k > 0 && !matrix.is_empty() {
        covariance = Some(matrix.chunks(k).map(<[f64]>::to_vec).collect());
    }
    Given { coefficients, covariance, residual_standard_deviation: Some(wire.residual_standard_deviation) }
}

/// A given model as it is answered; its terms stand in the order they were given in.
fn message_of_given(program: &Program, given: &Given) -> v1::Model {
    let variance = |i: usize| given.covariance.as_ref().map_or(0.0, |rows| rows[i][i]);
    let coefficient = |(i, (term, estimate)): (usize, &(String, f64))| {
        let standard_error = variance(i).sqrt();
        let t_value = (standard_error > 0.0).then(|| estimate / standard_error);
        v1::Coefficient {
            term: term.clone(),
            estimate: *estimate,
            standard_error,
            t_value,
            ..v1::Coefficient::default()
        }
    };
    v1::Model {
        formula: program.formula().to_owned(),
        outcome: program.outcome().to_owned(),
        coefficients: given.coefficients.iter().enumerate().map(coefficient).collect(),
        covariance_matrix: given.covariance.as_ref().map_or_else(Vec::new, |rows| rows.concat()),
        ..v1::Model::default()
    }
}
