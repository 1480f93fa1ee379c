//! What to fit and how: from the wire to compiled programs.

use super::record::Record;
use crate::api::data::Data;
use crate::api::{decode, v1};
use crate::error::{Error, Violation, Violations};
use crate::formula::{self, Options, Program, Unit};
use crate::numeric::Stop;
use crate::panel::Panel;
use crate::regression::covariance::Choice;
use crate::regression::{self, Spec, find_estimator};

/// The models of a specification, compiled for one panel.
#[derive(Debug)]
pub(in crate::api) struct Compiled {
    /// One program a model.
    pub(in crate::api) programs: Vec<Program>,
    /// Estimator and covariance.
    pub(in crate::api) spec: Spec,
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
    let spec = spec(wire);
    if find_estimator(&spec.estimator).is_none() {
        let rule = "must be the id of an estimator from ListMethods";
        violations.push(Violation::new("estimator", rule, &spec.estimator));
    }
    violations.keep("", spec.covariance.find().map_err(on_the_wire));
    let interval_level = decode::interval_level(wire.interval_level, "interval_level", &mut violations);
    let formulas = violations.keep("", formula::parse(&wire.formula)).unwrap_or_default();
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
    violations.into_result(Compiled { programs, spec, weights: wire.weights.clone(), interval_level })
}

/// What a row is, where the caller says so; an enum value of a later contract counts as not said.
fn unit(wire: &v1::ModelSpec) -> Option<Unit> {
    match wire.observation_unit() {
        v1::ObservationUnit::Unspecified => None,
        v1::ObservationUnit::Region => Some(Unit::Region),
        v1::ObservationUnit::Cell => Some(Unit::Cell),
    }
}

/// Estimator and covariance, with the defaults of the contract.
fn spec(wire: &v1::ModelSpec) -> Spec {
    let default = Spec::default();
    let estimator = decode::some(&wire.estimator).map_or(default.estimator, str::to_owned);
    let covariance = wire.covariance.as_ref().map_or(default.covariance.clone(), |covariance| Choice {
        id: decode::some(&covariance.method).map_or(default.covariance.id, str::to_owned),
        clusters: covariance.clusters.clone(),
        parameters: decode::parameters(&covariance.parameters),
    });
    Spec { estimator, covariance }
}

/// The fields of a specification as the contract names them.
fn on_the_wire(violations: Violations) -> Violations {
    violations.renamed(|field| match field {
        "covariance" => "covariance.method".to_owned(),
        other => other.to_owned(),
    })
}

/// Fits one of the models to the data it was compiled for.
///
/// # Errors
/// At the fields of the specification: data that do not let the model be estimated. `Cancelled`.
pub(in crate::api) fn fit(program: &Program, compiled: &Compiled, data: &Data, stop: &Stop) -> Result<Record, Error> {
    let fit = regression::fit(program, &data.panel, &compiled.spec, stop).map_err(|error| match error {
        Error::Invalid(violations) => Error::Invalid(on_the_wire(violations)),
        other => other,
    })?;
    Ok(Record::new(fit, program, compiled, data))
}

/// Bytes that fitting a program to a panel may take.
pub(in crate::api) fn predicted_bytes(program: &Program, panel: &Panel) -> u64 {
    let cells = panel.periods().len() * panel.regions().len() * panel.width();
    let history = 16 * cells * panel.measures().len();
    // The design, its absorbed and weighted copies, scores and orthogonal columns; and the same of each effect.
    let columns = 8 * program.regressors().len() + 12 * program.effects().len() + 16;
    (history + 8 * columns * panel.rows()) as u64
}
