//! What to fit and how: from the wire to compiled programs.

use super::record::Record;
use crate::api::data::Data;
use crate::api::{decode, v1};
use crate::error::{Error, Violation, Violations};
use crate::formula::{self, Formula, Options, Program, Unit};
use crate::numeric::Stop;
use crate::panel::Panel;
use crate::regression::covariance::Choice;
use crate::regression::{self, Spec, Subset};

/// Models that one call may fit.
const MOST_MODELS: usize = 1_000;
/// The estimator of a formula with instruments when none is named.
const WITH_INSTRUMENTS: &str = "two_stage_least_squares";

/// The models of a specification, compiled for one panel.
#[derive(Debug)]
pub(in crate::api) struct Compiled {
    /// One program a model.
    pub(in crate::api) programs: Vec<Program>,
    /// Estimator and covariance.
    pub(in crate::api) spec: Spec,
    /// The parts of the data that each program is fitted to; `None` is all of them.
    pub(in crate::api) subsets: Vec<Option<Subset>>,
    /// The weights' expression; empty without weights.
    pub(in crate::api) weights: String,
    /// The level of the coefficients' intervals.
    pub(in crate::api) interval_level: f64,
}

/// Checks a specification, against the data too where there are any, and compiles its models.
///
/// # Errors
/// Everything that is wrong, at the fields of the specification.
pub(in crate::api) fn compile(wire: &v1::ModelSpec, panel: Option<&Panel>) -> Result<Compiled, Violations> {
    let mut violations = Violations::default();
    let formulas = violations.keep("", formula::parse(&wire.formula)).unwrap_or_default();
    let spec = spec(wire, formulas.iter().any(Formula::has_instruments));
    violations.keep("", spec.check().map_err(on_the_wire));
    let interval_level = decode::interval_level(wire.interval_level, "interval_level", &mut violations);
    let subsets = violations.keep("", subsets(wire, panel)).unwrap_or_default();
    if formulas.len() * subsets.len() > MOST_MODELS {
        let rule = format!(
            "asks for {} models with its split; a call fits at most {MOST_MODELS}",
            formulas.len() * subsets.len()
        );
        violations.push(Violation::new("formula", rule, &wire.formula));
    }
    let mut programs = Vec::with_capacity(formulas.len());
    if let Some(panel) = panel {
        for (i, cluster) in spec.covariance.clusters.iter().enumerate() {
            let field = format!("covariance.clusters[{i}]");
            let classes = formula::classes(panel, cluster);
            violations.keep("", classes.map_err(|violation| Violation { field, ..violation }.into()));
        }
        let options = Options { weights: decode::some(&wire.weights), unit: unit(wire), ..Options::default() };
        for formula in &formulas {
            match Program::compile_with(formula, panel, options) {
                Ok(program) => programs.push(program),
                // The other models share its terms and would repeat what is wrong with them.
                Err(found) => {
                    violations.absorb("", found);
                    break;
                }
            }
        }
    }
    violations.into_result(Compiled { programs, spec, subsets, weights: wire.weights.clone(), interval_level })
}

/// What a row is, where the caller says so; an enum value of a later contract counts as not said.
fn unit(wire: &v1::ModelSpec) -> Option<Unit> {
    match wire.observation_unit() {
        v1::ObservationUnit::Unspecified => None,
        v1::ObservationUnit::Region => Some(Unit::Region),
        v1::ObservationUnit::Cell => Some(Unit::Cell),
    }
}

/// The parts of the data that models are fitted to.
fn subsets(wire: &v1::ModelSpec, panel: Option<&Panel>) -> Result<Vec<Option<Subset>>, Violations> {
    if wire.split.is_empty() {
        if wire.split_and_all {
            return Err(Violation::new("split_and_all", "goes with split, which is empty", "true").into());
        }
        let subset = |subset: &v1::Subset| Subset { by: subset.by.clone(), class: subset.class.clone() };
        return Ok(vec![wire.subset.as_ref().map(subset)]);
    }
    if let Some(subset) = &wire.subset {
        return Err(Violation::new("subset", "cannot be combined with split", &subset.by).into());
    }
    let Some(panel) = panel else { return Ok(Vec::new()) };
    let at_split = |violation| Violation { field: "split".to_owned(), ..violation };
    let classes = formula::classes(panel, &wire.split).map_err(at_split)?;
    if classes.len() > MOST_MODELS {
        let rule = format!("has {} classes; a call fits at most {MOST_MODELS} models", classes.len());
        return Err(Violation::new("split", rule, &wire.split).into());
    }
    let class = |code| Some(Subset { by: wire.split.clone(), class: classes.level(code) });
    Ok(wire.split_and_all.then_some(None).into_iter().chain((0..classes.len()).map(class)).collect())
}

/// Estimator and covariance, with the defaults of the contract.
fn spec(wire: &v1::ModelSpec, has_instruments: bool) -> Spec {
    let default = Spec::default();
    let usual = if has_instruments { WITH_INSTRUMENTS.to_owned() } else { default.estimator };
    let estimator = decode::some(&wire.estimator).map_or(usual, str::to_owned);
    let covariance = covariance(wire.covariance.as_ref());
    Spec { estimator, parameters: decode::parameters(&wire.estimator_parameters), covariance, subset: None }
}

/// The covariance asked for; iid where none is.
pub(super) fn covariance(wire: Option<&v1::Covariance>) -> Choice {
    let default = Spec::default().covariance;
    wire.map_or(default.clone(), |covariance| Choice {
        id: decode::some(&covariance.method).map_or(default.id, str::to_owned),
        clusters: covariance.clusters.clone(),
        parameters: decode::parameters(&covariance.parameters),
    })
}

/// The fields of a specification as the contract names them.
pub(super) fn on_the_wire(violations: Violations) -> Violations {
    violations.renamed(|field| match field {
        "covariance" => "covariance.method".to_owned(),
        other => other.to_owned(),
    })
}

/// Fits one of the models to a part of the data it was compiled for.
///
/// # Errors
/// At the fields of the specification: data that do not let the model be estimated. `Cancelled`.
pub(in crate::api) fn fit(
    program: &Program,
    subset: Option<&Subset>,
    compiled: &Compiled,
    data: &Data,
    stop: &Stop,
) -> Result<Record, Error> {
    let mut records = fit_several(&[(program, subset)], compiled, data, stop)?;
    records.pop().ok_or_else(|| Error::Internal("a model asked for was not fitted".to_owned()))
}

/// Fits some of the models to parts of the data they were compiled for.
///
/// # Errors
/// As [`fit`].
pub(super) fn fit_several(
    models: &[(&Program, Option<&Subset>)],
    compiled: &Compiled,
    data: &Data,
    stop: &Stop,
) -> Result<Vec<Record>, Error> {
    let fits = regression::fit_several(models, &data.panel, &compiled.spec, stop).map_err(|error| match error {
        Error::Invalid(violations) => Error::Invalid(on_the_wire(violations)),
        other => other,
    })?;
    Ok(fits.into_iter().zip(models).map(|(fit, (program, _))| Record::new(fit, program, compiled, data)).collect())
}

/// Bytes that fitting a program to a panel may take.
pub(in crate::api) fn predicted_bytes(program: &Program, panel: &Panel) -> u64 {
    let cells = panel.periods().len() * panel.regions().len() * panel.width();
    let history = 16 * cells * panel.measures().len();
    // The design, its absorbed and weighted copies, scores and orthogonal columns; and the same of each effect.
    let columns = 8 * program.regressors().len() + 12 * program.effects().len() + 16;
    (history + 8 * columns * panel.periods().len() * program.rows()) as u64
}
