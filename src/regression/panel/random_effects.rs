//! Random effects by feasible generalised least squares.

use super::components::{Components, components, is_balanced};
use super::quasi_demeaned::{QuasiDemeaning, theta};
use super::{COMPONENTS, Grouping};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::{Estimate, Estimated, Estimator, Figure, Remark, Takes};

/// Random effects of units, periods or both.
#[derive(Debug)]
pub(in crate::regression) struct RandomEffects;

static CARD: Card = Card {
    id: "random_effects",
    aliases: &["re", "gls"],
    title: "Random effects of units, periods or both, balanced or not",
    kind: Kind::Estimator,
    formula: "y_it = x_it'b + u_i + v_t + e_it with u, v, e independent of each other and of x. b is least squares of \
              quasi-demeaned data: y_it - theta_i ybar_i with theta_i = 1 - sqrt(s2_e/(s2_e + T_i s2_u)); with two effects the \
              exact square root of the inverse covariance, balanced or not. Variances from quadratic forms of residuals with \
              their exact expectations; in balanced panels amemiya and wallace_hussain divide by n - N (n - N - T + 1) and N as \
              the R package plm does. A variance estimated below zero is zero. rho = s2_u/(s2_u + s2_e). Residuals and fitted \
              values are those of the transformed rows; predictions are x'b",
    reference: "Swamy and Arora (1972), Econometrica 40(2); Amemiya (1971), IER 12(1); Wallace and Hussain (1969), Econometrica \
                37(1); Nerlove (1971), Econometrica 39(2); unbalanced: Baltagi and Chang (1994), J. of Econometrics 62(2), and \
                Baltagi, Song and Jung (2002), Econometric Reviews 21(3), as in the R package plm 2.6, ercomp()",
    params: &[COMPONENTS, EFFECT],
    inference: &[],
    laws: &[],
};

const EFFECT: Param = Param {
    name: "effect",
    doc: "whose effects are random: those of units (individual), of periods (time) or of both (two_way)",
    domain: Domain::Choice(&["individual", "time", "two_way"]),
};

impl Estimator for RandomEffects {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let (units, periods) = (Grouping::units(&design.rows), Grouping::periods(&design.rows));
        let groups = match params.text("effect") {
            Some("time") => vec![periods],
            Some("two_way") => vec![units, periods],
            _ => vec![units],
        };
        let names: &[&str] = match params.text("effect") {
            Some("time") => &["period"],
            Some("two_way") => &["unit", "period"],
            _ => &["unit"],
        };
        generalised(design, &groups, names, params, stop)
    }
}

/// Generalised least squares with random effects of `groups`, called `names` in the figures.
pub(in crate::regression) fn generalised(
    mut design: Design,
    groups: &[Grouping],
    names: &[&str],
    params: &Params,
    stop: &Stop,
) -> Result<Estimated, Error> {
    let components = components(&design, groups, params, stop)?;
    QuasiDemeaning::new(groups, &components, stop)?.transform(&mut design);
    let mut estimate = least_squares(&design, stop)?;
    report(&mut estimate, &components, groups, names, is_balanced(&design));
    Ok(Estimated { design, estimate })
}

/// Tells the variances and how much of the means was taken out.
pub(super) fn report(
    estimate: &mut Estimate,
    components: &Components,
    groups: &[Grouping],
    names: &[&str],
    balanced: bool,
) {
    let error = components.idiosyncratic;
    let total = error + components.effects.iter().sum::<f64>();
    estimate.random_variance = components.effects.iter().sum();
    let mut figure = |name: String, value: f64| estimate.figures.push(Figure::new(name, value));
    figure("sigma_e".to_owned(), error.sqrt());
    for ((variance, name), grouping) in components.effects.iter().zip(names).zip(groups) {
        let suffix = if *name == "unit" { String::new() } else { format!("_{name}") };
        figure(if suffix.is_empty() { "sigma_u".to_owned() } else { format!("sigma{suffix}") }, variance.sqrt());
        figure(format!("rho{suffix}"), variance / total);
        let thetas: Vec<f64> = grouping.counts.iter().map(|rows| theta(*variance, error, *rows)).collect();
        if balanced {
            figure(format!("theta{suffix}"), thetas[0]);
            continue;
        }
        figure(format!("theta{suffix}_min"), thetas.iter().copied().fold(f64::INFINITY, f64::min));
        figure(format!("theta{suffix}_mean"), thetas.iter().sum::<f64>() / thetas.len() as f64);
        figure(format!("theta{suffix}_max"), thetas.iter().copied().fold(0.0, f64::max));
    }
    for (name, _) in names.iter().zip(&components.was_negative).filter(|(_, negative)| **negative) {
        let message = format!("the estimated variance of the effects of {name}s is below zero and was set to zero");
        estimate.remarks.push(Remark { code: "NEGATIVE_VARIANCE".to_owned(), message });
    }
}
