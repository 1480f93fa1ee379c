//! Are effects, slopes or all coefficients the same for all units?

use super::panel_design::{is_of_units, pooled};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::f_tail;
use crate::panel::ratio;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::panel::Grouping;
use crate::regression::small_sample::parameters;
use crate::regression::{Figure, Outcome};

/// F tests of pooling.
#[derive(Debug)]
pub(super) struct Poolability;

static CARD: Card = Card {
    id: "poolability",
    aliases: &["chow_panel"],
    title: "F tests that effects, slopes or all coefficients are the same for all units or periods",
    kind: Kind::Test,
    formula: "F = [(SSR_r - SSR_u)/(df_r - df_u)] / (SSR_u/df_u), F(df_r - df_u, df_u) under normal errors of one variance. equal = \
              individual_effects, time_effects, two_way_effects: r pooled, u with those fixed effects; slopes: r with effects of \
              units, u one regression a unit; coefficients: r pooled, u one regression a unit",
    reference: "Chow (1960), Econometrica 28(3); Baltagi (2021), Econometric Analysis of Panel Data, 6th ed., 4.1; as pFtest and \
                pooltest of the R package plm 2.6",
    params: &[EQUAL],
    inference: &[],
    laws: &[],
};

const EQUAL: Param = Param {
    name: "equal",
    doc: "what the null hypothesis takes to be equal",
    domain: Domain::Choice(&["individual_effects", "time_effects", "two_way_effects", "slopes", "coefficients"]),
};

impl Test for Poolability {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let Some(design) = subject.design else { return false };
        let units = Grouping::units(&design.rows);
        subject.fit.estimator == "ols" && design.effects.iter().any(|effect| is_of_units(effect, &units))
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let given = subject.design()?;
        let units = Grouping::units(&given.rows);
        let periods = Grouping::periods(&given.rows);
        let design = pooled(given, &units)?;
        let with = |groups: &[(&Grouping, &str)]| {
            let effects = groups.iter().map(|(grouping, name)| grouping.effect(name)).collect();
            whole(&Design { effects, ..design.clone() }, stop)
        };
        let (unit, period) = ((&units, "unit"), (&periods, "period"));
        let (restricted, free) = match params.text("equal") {
            Some("time_effects") => (with(&[])?, with(&[period])?),
            Some("two_way_effects") => (with(&[])?, with(&[unit, period])?),
            Some("slopes") => (with(&[unit])?, unit_by_unit(&design, &units, stop)?),
            Some("coefficients") => (with(&[])?, unit_by_unit(&design, &units, stop)?),
            _ => (with(&[])?, with(&[unit])?),
        };
        compare(design.y.len(), restricted, free)
    }
}

/// A model's sum of squared residuals and number of parameters.
#[derive(Debug, Clone, Copy)]
struct Model {
    ssr: f64,
    parameters: usize,
}

fn whole(design: &Design, stop: &Stop) -> Result<Model, Error> {
    let estimate = least_squares(design, stop)?;
    Ok(Model { ssr: estimate.ssr, parameters: parameters(estimate.coefficients.len(), design) })
}

/// One regression a unit.
fn unit_by_unit(design: &Design, units: &Grouping, stop: &Stop) -> Result<Model, Error> {
    let mut all = Model { ssr: 0.0, parameters: 0 };
    for rows in units.members() {
        let pick = |column: &Vec<f64>| rows.iter().map(|i| column[*i]).collect::<Vec<f64>>();
        let own = Design {
            y: pick(&design.y),
            x: design.x.iter().map(pick).collect(),
            names: design.names.clone(),
            weights: design.weights.as_ref().map(pick),
            ..Design::default()
        };
        let model = whole(&own, stop)?;
        all = Model { ssr: all.ssr + model.ssr, parameters: all.parameters + model.parameters };
    }
    Ok(all)
}

fn compare(n: usize, restricted: Model, free: Model) -> Result<Outcome, Error> {
    if n <= free.parameters || free.parameters <= restricted.parameters {
        let rule = format!(
            "needs more rows than the {} parameters of the wider model, and more of these than in the other",
            free.parameters
        );
        return Err(Violation::new("", rule, n).into());
    }
    let (df1, df2) = (free.parameters - restricted.parameters, n - free.parameters);
    let statistic = ratio((restricted.ssr - free.ssr) / df1 as f64, free.ssr / df2 as f64);
    let p_value = statistic.map(|f| f_tail(f, df1 as f64, df2 as f64));
    let reading = match p_value {
        Ok(p) if p < 0.05 => "rejected at 5 %: they differ",
        Ok(_) => "not rejected at 5 %",
        Err(_) => "the test has no value in this sample",
    };
    Ok(Outcome {
        id: CARD.id.to_owned(),
        null: "what is put to the test is the same for all units or periods".to_owned(),
        statistic,
        distribution: format!("F({df1}, {df2})"),
        p_value,
        reading: reading.to_owned(),
        figures: vec![Figure::new("ssr_restricted", restricted.ssr), Figure::new("ssr", free.ssr)],
        parts: Vec::new(),
    })
}
