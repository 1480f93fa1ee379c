//! Random effects of which some regressors are correlated with, instrumented from within the model.

use super::components::{Components, is_balanced};
use super::quasi_demeaned::QuasiDemeaning;
use super::random_effects::report;
use super::{Grouping, INTERCEPT};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::distributions::chi_squared_tail;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::finite;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::{Estimate, Estimated, Estimator, Outcome, Sandwich, Scores, Takes};
use std::collections::BTreeMap;

/// Hausman and Taylor's estimator, and those with more instruments.
#[derive(Debug)]
pub(in crate::regression) struct HausmanTaylor;

static CARD: Card = Card {
    id: "hausman_taylor",
    aliases: &["ht"],
    title: "Random effects with regressors that are correlated with the effects (Hausman and Taylor)",
    kind: Kind::Estimator,
    formula: "y_it = x1_it'b1 + x2_it'b2 + z1_i'g1 + z2_i'g2 + u_i + e_it, where x2 and z2, the terms of `endogenous`, go with u; a \
              term is z if it never changes within a unit. s2_e = SSR within / (n - N); s2_1 = sum_i T_i r_i^2/N with r_i the \
              residuals of the within effects from z by two-stage least squares with instruments x1 and z1; s2_u = (s2_1 - s2_e) \
              N/n. Then two-stage least squares of quasi-demeaned data with the instruments x1 and x2 less unit \
              means, unit means of x1, and z1 (hausman_taylor); also x1 less unit means of every period (amemiya_macurdy); also \
              those of x2 (breusch_mizon_schmidt). Periods that a unit lacks count as 0",
    reference: "Hausman and Taylor (1981), Econometrica 49(6); Amemiya and MaCurdy (1986), Econometrica 54(4); Breusch, Mizon and \
                Schmidt (1989), Econometrica 57(3); as in the R package plm 2.6 (random.method = \"ht\")",
    params: &[ENDOGENOUS, INSTRUMENTS],
    inference: &[],
    laws: &[],
};

const ENDOGENOUS: Param = Param {
    name: "endogenous",
    doc: "terms that are correlated with the effects of the units; none of them means random effects",
    domain: Domain::Terms { required: false },
};

const INSTRUMENTS: Param = Param {
    name: "instruments",
    doc: "which set of instruments, from the smallest to the largest; larger ones need stronger assumptions",
    domain: Domain::Choice(&["hausman_taylor", "amemiya_macurdy", "breusch_mizon_schmidt"]),
};

impl Estimator for HausmanTaylor {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, mut design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let units = Grouping::units(&design.rows);
        let roles = Roles::new(&design, &units, &params.list("endogenous"))?;
        let components = roles.components(&design, &units, stop)?;
        let instruments = roles.instruments(&design, &units, params);
        let groups = [units];
        QuasiDemeaning::new(&groups, &components, stop)?.transform(&mut design);
        let mut estimate = two_stage(&design, instruments, stop)?;
        estimate.asymptotic = true;
        report(&mut estimate, &components, &groups, &["unit"], is_balanced(&design));
        Ok(Estimated { design, estimate })
    }
}

/// Numbers of the regressors by what they are.
struct Roles {
    /// Changing within units, exogenous: x1.
    x1: Vec<usize>,
    /// Changing within units, endogenous: x2.
    x2: Vec<usize>,
    /// The same in all periods, exogenous: z1.
    z1: Vec<usize>,
    /// The same in all periods, endogenous: z2.
    z2: Vec<usize>,
}

impl Roles {
    fn new(design: &Design, units: &Grouping, endogenous: &[&str]) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        let field = "estimator_parameters.endogenous";
        for name in endogenous.iter().filter(|name| !design.names.iter().any(|known| known == *name)) {
            let near = crate::suggest::nearest(name, design.names.iter().map(String::as_str));
            let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
            violations.push(Violation::new(field, format!("must name terms of the formula{hint}"), name));
        }
        if endogenous.contains(&INTERCEPT) {
            violations.push(Violation::new(field, "the intercept is not correlated with anything", INTERCEPT));
        }
        let mut roles = Self { x1: Vec::new(), x2: Vec::new(), z1: Vec::new(), z2: Vec::new() };
        for (j, name) in design.names.iter().enumerate() {
            match (units.varies(&design.x[j]), endogenous.contains(&name.as_str())) {
                (true, false) => roles.x1.push(j),
                (true, true) => roles.x2.push(j),
                (false, false) => roles.z1.push(j),
                (false, true) => roles.z2.push(j),
            }
        }
        if roles.x1.len() < roles.z2.len() {
            let rule = "needs at least as many exogenous terms that change over time as endogenous ones that do not";
            violations.push(Violation::new(field, rule, endogenous.join("; ")));
        }
        violations.into_result(roles)
    }

    /// The variances of effects and errors.
    fn components(&self, design: &Design, units: &Grouping, stop: &Stop) -> Result<Components, Error> {
        let within = least_squares(&Design { effects: vec![units.effect("")], ..design.clone() }, stop)?;
        let mut rest = design.y.clone();
        for (j, b) in within.kept.iter().zip(&within.coefficients) {
            add_scaled(&mut rest, -b, &design.x[*j]);
        }
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        rest.iter_mut().for_each(|r| *r -= mean);
        let pick = |numbers: [&[usize]; 2]| numbers.concat().iter().map(|j| design.x[*j].clone()).collect::<Vec<_>>();
        let between = Design {
            y: units.spread(&units.means(&rest)),
            x: pick([&self.z1, &self.z2]),
            names: [&self.z1[..], &self.z2].concat().iter().map(|j| design.names[*j].clone()).collect(),
            rows: design.rows.clone(),
            ..Design::default()
        };
        let (n, count) = (design.y.len() as f64, units.len() as f64);
        let idiosyncratic = within.ssr / (n - count);
        if !(idiosyncratic.is_finite() && idiosyncratic > 0.0) {
            return Err(Violation::new("formula", "the residuals within units have no variance", "").into());
        }
        let outside = two_stage(&between, pick([&self.x1, &self.z1]), stop)?.ssr / count;
        let effect = (outside - idiosyncratic) * count / n;
        Ok(Components { idiosyncratic, effects: vec![effect.max(0.0)], was_negative: vec![effect < 0.0] })
    }

    fn instruments(&self, design: &Design, units: &Grouping, params: &Params) -> Vec<Vec<f64>> {
        let inside = |j: &usize| units.less_means(&design.x[*j], |_| 1.0);
        let mut columns: Vec<Vec<f64>> = self.x1.iter().chain(&self.x2).map(inside).collect();
        let exogenous = self.x1.iter().chain(&self.z1);
        columns.extend(exogenous.map(|j| units.spread(&units.means(&design.x[*j]))));
        let by_period: &[&[usize]] = match params.text("instruments") {
            Some("amemiya_macurdy") => &[&self.x1],
            Some("breusch_mizon_schmidt") => &[&self.x1, &self.x2],
            _ => &[],
        };
        columns.extend(
            by_period
                .iter()
                .flat_map(|numbers| numbers.iter())
                .flat_map(|j| of_every_period(design, units, &inside(j))),
        );
        columns
    }
}

/// One column a period: the value that the row's unit has in that period, 0 where it has none.
fn of_every_period(design: &Design, units: &Grouping, column: &[f64]) -> Vec<Vec<f64>> {
    let mut by_period: BTreeMap<i32, Vec<f64>> = BTreeMap::new();
    for (i, row) in design.rows.iter().enumerate() {
        by_period.entry(row.period).or_insert_with(|| vec![0.0; units.len()])[units.codes[i] as usize] = column[i];
    }
    by_period.values().map(|values| units.spread(values)).collect()
}

/// Two-stage least squares with Sargan's test.
fn two_stage(design: &Design, instruments: Vec<Vec<f64>>, stop: &Stop) -> Result<Estimate, Error> {
    let pooled = least_squares(design, stop)?;
    let instruments = Orthogonal::new(instruments, stop)?;
    let projected = |column: &[f64]| {
        let mut rest = column.to_vec();
        instruments.project(&mut rest);
        column.iter().zip(rest).map(|(x, r)| x - r).collect::<Vec<f64>>()
    };
    let qr = Orthogonal::new(pooled.kept.iter().map(|j| projected(&design.x[*j])).collect(), stop)?;
    if let Some((lost, _)) = qr.dependent.first() {
        let rule = "the instruments do not tell this term from the others; name fewer endogenous terms or drop it";
        return Err(Violation::new("formula", rule, &design.names[pooled.kept[*lost]]).into());
    }
    let coefficients = qr.solve(qr.project(&mut design.y.clone()));
    let mut u_hat = design.y.clone();
    for (j, b) in pooled.kept.iter().zip(&coefficients) {
        add_scaled(&mut u_hat, -b, &design.x[*j]);
    }
    let ssr = dot(&u_hat, &u_hat);
    let explained = projected(&u_hat);
    let spare = instruments.basis.len() - qr.basis.len();
    let tests = (spare > 0).then(|| sargan(dot(&explained, &explained) / (ssr / u_hat.len() as f64), spare));
    Ok(Estimate {
        ssr,
        coefficients,
        sandwich: Sandwich {
            bread_root: qr.inverse_triangle(),
            scores: Scores::products(qr.basis, u_hat.clone()),
            leverages: Vec::new(),
        },
        u_hat,
        tests: tests.into_iter().collect(),
        ..pooled
    })
}

fn sargan(statistic: f64, df: usize) -> Outcome {
    let p_value = finite(statistic).map(|chi2| chi_squared_tail(chi2, df as f64));
    let reading = match p_value {
        Ok(p) if p < 0.05 => "rejected at 5 %: some term taken for exogenous goes with the effects or errors",
        _ => "not rejected at 5 %",
    };
    Outcome {
        id: "sargan".to_owned(),
        null: "all instruments are uncorrelated with effects and errors".to_owned(),
        statistic: finite(statistic),
        distribution: format!("chi2({df})"),
        p_value,
        reading: reading.to_owned(),
        figures: Vec::new(),
        parts: Vec::new(),
    }
}
