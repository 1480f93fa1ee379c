//! What difference and system GMM have in common.

use super::equations::{Equations, Transformation};
use super::gmm::{Step, System, Weights};
use super::instruments::Instruments;
use super::serial::Tested;
use super::terms::{Roles, roles};
use super::{effects, overidentification};
use crate::card::{Domain, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::{DEPENDENT, Orthogonal};
use crate::numeric::vector::{dot, norm};
use crate::regression::design::{Design, LeftOut};
use crate::regression::{
    Collinear, Estimate, Estimated, Figure, Outcome, Own, Part, Remark, Response, Sandwich, Scores, Takes, ols,
};

/// Parameters of both.
pub(super) const ENDOGENOUS: Param = Param {
    name: "endogenous",
    doc: "Terms that the disturbance of their own period and later ones may be correlated with: instrumented by their \
          lags from min_lag on; their lags in the formula need no mention.",
    domain: Domain::Terms { required: false },
};
pub(super) const PREDETERMINED: Param = Param {
    name: "predetermined",
    doc: "Terms that only later disturbances may be correlated with: instrumented by their lags from min_lag - 1 on. \
          l(x) where growth(x) is the outcome is one.",
    domain: Domain::Terms { required: false },
};
pub(super) const MIN_LAG: Param = Param {
    name: "min_lag",
    doc: "The latest lag, in periods, of outcome and endogenous terms that is an instrument; 2 when the disturbances of \
          levels are not serially correlated.",
    domain: Domain::Integer { min: 2, max: 1_000, default: 2 },
};
pub(super) const MAX_LAG: Param = Param {
    name: "max_lag",
    doc: "The earliest lag, in periods, that is an instrument; left out, all are.",
    domain: Domain::Lags { max: 1_000 },
};
pub(super) const COLLAPSE: Param = Param {
    name: "collapse",
    doc: "With yes one instrument a lag, with no one a lag and period.",
    domain: Domain::Choice(&["no", "yes"]),
};
pub(super) const STEPS: Param = Param {
    name: "steps",
    doc: "With two, the weights are estimated from the residuals of the first step.",
    domain: Domain::Choice(&["two", "one"]),
};
pub(super) const TRANSFORMATION: Param = Param {
    name: "transformation",
    doc: "How the effects of units are taken out: by the difference from the period before or from the mean of later rows.",
    domain: Domain::Choice(&["first_differences", "orthogonal_deviations"]),
};
pub(super) const ERRORS: Param = Param {
    name: "errors",
    doc: "What iid means: robust to any correlation and variance within units, with Windmeijer's correction after two \
          steps, or conventional: one variance after one step, no correction after two.",
    domain: Domain::Choice(&["robust", "conventional"]),
};

/// What both take.
pub(super) const TAKES: Takes =
    Takes { effects: true, instruments: false, weights: false, past: true, any_units: false };

/// Above this sum of the outcome's own coefficients its past levels tell little of its differences.
const PERSISTENT: f64 = 0.8;

/// The parts of a problem.
struct Problem {
    design: Design,
    roles: Roles,
    equations: Equations,
    table: Part,
    kept: Vec<usize>,
    collinear: Vec<Collinear>,
    system: System,
    x: Vec<Vec<f64>>,
}

/// Estimates a dynamic panel, with equations in levels beside the transformed ones where asked for.
///
/// # Errors
/// As [`Estimator::estimate`](crate::regression::Estimator::estimate).
pub(super) fn estimate(design: Design, params: &Params, levels: bool, stop: &Stop) -> Result<Estimated, Error> {
    let problem = Problem::new(design, params, levels, stop)?;
    let system = &problem.system;
    let apart = params.chooses("first_weights", "apart");
    let first = system.first_root(&problem.equations, problem.design.rows.len(), apart);
    let one = system.solve(&Weights::new(first, stop)?, stop)?;
    let is_one = params.chooses("steps", "one");
    let two = match system.solve(&Weights::new(system.second_root(&one.residuals), stop)?, stop) {
        // Too few units for weights of their own leave one step as it is, without Hansen's test.
        Err(Error::Invalid(_)) if is_one => None,
        two => Some(two?),
    };
    let sigma2 = problem.sigma2(&one, params);
    let own = own(system, &one, two.as_ref().filter(|_| !is_one), sigma2, params);
    let step = two.as_ref().filter(|_| !is_one).unwrap_or(&one);
    let tested = Tested { design: &problem.design, kept: &problem.kept, system, step, covariance: &own.matrix };
    let mut tests: Vec<Outcome> = vec![tested.serial_correlation(1), tested.serial_correlation(2)];
    tests.extend(overidentification::sargan(&one, sigma2));
    tests.extend(two.as_ref().and_then(overidentification::hansen));
    let remarks = problem.remarks(&one, two.as_ref(), step, &tests, levels);
    let step = two.filter(|_| !is_one).unwrap_or(one);
    Ok(problem.estimated(step, own, sigma2, tests, remarks))
}

/// The covariance that is told as `iid`, of the second step where it is asked for.
fn own(system: &System, one: &Step, two: Option<&Step>, sigma2: f64, params: &Params) -> Own {
    let plain = |step: &Step| &step.bread_root * step.bread_root.transpose();
    let (matrix, rule) = match (two, params.chooses("errors", "conventional")) {
        (None, false) => (system.robust(one), "one step, robust to correlation and variance within units"),
        (None, true) => (plain(one) * sigma2, "one step, disturbances independent and of one variance"),
        (Some(two), false) => (system.windmeijer(one, two), "two steps, with the correction of Windmeijer (2005)"),
        (Some(two), true) => {
            (plain(two), "two steps, without correction for the estimated weights: too small in small samples")
        }
    };
    let matrix = (&matrix + matrix.transpose()) * 0.5;
    Own { matrix, rule: format!("{rule}; asymptotic") }
}

impl Problem {
    fn new(mut design: Design, params: &Params, levels: bool, stop: &Stop) -> Result<Self, Error> {
        effects::replace(&mut design)?;
        if !levels {
            drop_intercept(&mut design);
        }
        let mut roles = roles(&design, params)?;
        let transformation = match params.chooses("transformation", "first_differences") {
            true => Transformation::FirstDifferences,
            false => Transformation::OrthogonalDeviations,
        };
        let equations = Equations::new(&design, transformation, levels);
        if equations.all.iter().all(|equation| equation.level) {
            let rule = "no unit has complete rows in two consecutive periods, so there are no differences";
            return Err(Violation::new("formula", rule, "").into());
        }
        let x: Vec<Vec<f64>> = design.x.iter().map(|column| equations.apply(column)).collect();
        let vanishes = |j: &usize| norm(&x[*j]) <= DEPENDENT * norm(&design.x[*j]);
        let (absorbed, candidates): (Vec<_>, Vec<_>) = (0..x.len()).partition(vanishes);
        let qr = Orthogonal::new(candidates.iter().map(|j| x[*j].clone()).collect(), stop)?;
        let kept: Vec<usize> = qr.kept.iter().map(|i| candidates[*i]).collect();
        roles.exogenous.retain(|j| kept.contains(j));
        let instruments = Instruments::new(&design, &roles, &equations, &x, params.chooses("collapse", "yes"));
        let table = instruments.table();
        let system = System {
            y: equations.apply(&design.y),
            x: kept.iter().map(|j| x[*j].clone()).collect(),
            z: instruments.columns,
            units: equations.units.clone(),
        };
        let collinear = ols::collinear(&absorbed, &candidates, &qr.dependent);
        Ok(Self { design, roles, equations, table, kept, collinear, system, x })
    }

    /// The variance of a disturbance of levels from the transformed equations: differences have twice as much.
    fn sigma2(&self, one: &Step, params: &Params) -> f64 {
        let transformed = one.residuals.iter().zip(&self.equations.all).filter(|(_, equation)| !equation.level);
        let squares: Vec<f64> = transformed.map(|(u, _)| u * u).collect();
        let times = if params.chooses("transformation", "first_differences") { 2.0 } else { 1.0 };
        let df = squares.len().saturating_sub(self.kept.len()).max(1);
        squares.iter().sum::<f64>() / (times * df as f64)
    }

    fn groups(&self) -> usize {
        self.equations.units.iter().filter(|unit| !unit.is_empty()).count()
    }

    fn remarks(&self, one: &Step, two: Option<&Step>, step: &Step, tests: &[Outcome], levels: bool) -> Vec<Remark> {
        let (instruments, groups) = (one.rank, self.groups());
        let mut remarks = Vec::new();
        let mut remark = |wrong: bool, code: &str, message: String| {
            if wrong {
                remarks.push(Remark { code: code.to_owned(), message });
            }
        };
        let none = "no term is a lag of the outcome, so its past is no instrument".to_owned();
        remark(self.roles.lagged.is_empty(), "NO_LAGGED_OUTCOME", none);
        let many = format!(
            "{instruments} instruments for {groups} units: estimates lean towards those without instruments and Hansen's test \
             says little; collapse=yes or a max_lag make them fewer"
        );
        remark(instruments > groups, "MANY_INSTRUMENTS", many);
        let second = two.map_or(instruments, |two| two.rank);
        let singular = format!(
            "{} of {instruments} instruments have no weight in the second step, because the units' moments depend on each other",
            instruments - second
        );
        remark(second < instruments, "SINGULAR_WEIGHTS", singular);
        let hansen = tests.iter().find(|test| test.id == "hansen").and_then(|test| test.p_value.ok());
        let near_one = "Hansen's test has a p-value next to one, as it has with too many instruments".to_owned();
        remark(hansen.is_some_and(|p| p > 0.95), "HANSEN_NEAR_ONE", near_one);
        let own = |(j, _): &(&usize, &f64)| self.roles.lagged.contains(j);
        let persistence: f64 = self.kept.iter().zip(&step.coefficients).filter(own).map(|(_, b)| b).sum();
        let weak = format!(
            "the outcome is persistent (its own coefficients sum to {persistence:.3}), so past levels are weak instruments for \
             differences; blundell_bond adds equations in levels"
        );
        remark(!levels && persistence > PERSISTENT, "WEAK_INSTRUMENTS", weak);
        remarks
    }

    fn estimated(self, step: Step, own: Own, sigma2: f64, tests: Vec<Outcome>, remarks: Vec<Remark>) -> Estimated {
        let groups = self.groups();
        let rows: Vec<usize> = self.equations.all.iter().map(|equation| equation.row).collect();
        let transformed = self.equations.all.iter().filter(|equation| !equation.level).count();
        let mut design = self.design;
        let left_out = design.rows.len().saturating_sub(rows.len());
        if left_out > 0 {
            *design.left_out.entry(LeftOut::NotUsable).or_default() += left_out;
        }
        design.keep(&rows);
        design.x = self.x;
        design.y = self.system.y;
        let figures = [
            ("instruments", step.rank as f64),
            ("groups", groups as f64),
            ("transformed_equations", transformed as f64),
            ("level_equations", (rows.len() - transformed) as f64),
            ("sigma2", sigma2),
        ];
        let estimate = Estimate {
            kept: self.kept,
            collinear: self.collinear,
            coefficients: step.coefficients,
            ssr: dot(&step.residuals, &step.residuals),
            ssr_effects: dot(&design.y, &design.y),
            sandwich: Sandwich {
                bread_root: step.bread_root,
                scores: Scores::products(step.loadings, step.residuals.clone()),
                leverages: Vec::new(),
            },
            u_hat: step.residuals,
            own: Some(own),
            asymptotic: true,
            response: Response::Joint,
            figures: figures.map(|(name, value)| Figure::new(name, value)).to_vec(),
            parts: vec![self.table],
            tests,
            remarks,
            ..Estimate::default()
        };
        Estimated { design, estimate }
    }
}

/// Differences have no intercept.
fn drop_intercept(design: &mut Design) {
    while let Some(j) = design.names.iter().position(|name| name == "(Intercept)") {
        design.names.remove(j);
        design.x.remove(j);
        design.incomplete.iter_mut().for_each(|other| _ = other.x.remove(j));
    }
}
