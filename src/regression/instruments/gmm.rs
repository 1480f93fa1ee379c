//! The generalised method of moments.

mod continuously_updated;

use super::model::Model;
use super::moments::{Efficient, Rule, one_step, two_steps};
use super::{TAKES, overidentification, strength};
use crate::card::{Card, Domain, Kind, Param, Params, Raw};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::regression::covariance::Choice;
use crate::regression::design::Design;
use crate::regression::{Estimated, Estimator, Own, Takes};
use continuously_updated::continuously_updated;

/// The estimate that makes the instruments' moments small.
#[derive(Debug)]
pub(in crate::regression) struct Gmm;

static CARD: Card = Card {
    id: "gmm",
    aliases: &["iv_gmm", "generalised_method_of_moments"],
    title: "Generalised method of moments with instruments: one step, two steps or continuously updated",
    kind: Kind::Estimator,
    formula: "b minimises m(b)' S^-1 m(b), m = Z'(y - Xb) without fixed effects, S the covariance of m: (Z'Z) in one step, \
              at the residuals of the first step in two, S(b) where continuously updated. The model's own covariance is \
              A^-1 X'Z S^-1 S(b) S^-1 Z'X A^-1, A = X'Z S^-1 Z'X; scores are X'Z S^-1 z_i u_i. Tests are asymptotic",
    reference: "Hansen (1982), Econometrica 50(4); Hansen, Heaton and Yaron (1996), Journal of Business & Economic \
                Statistics 14(3), eq. 3",
    params: &[
        Param {
            name: "steps",
            doc: "How the weights of the moments are found",
            domain: Domain::Choice(&["two", "one", "continuously_updated"]),
        },
        Param {
            name: "weighting",
            doc: "What S assumes of the errors: robust to differing variances, cluster by the one cluster variable of the \
                  covariance, iid, or kernel for correlation over time within a region (Bartlett weights)",
            domain: Domain::Choice(&["robust", "cluster", "iid", "kernel"]),
        },
        Param {
            name: "lag",
            doc: "The longest lag of the kernel in periods; left out, the fourth root of the number of periods, rounded down",
            domain: Domain::Lags { max: 1_000 },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for Gmm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let rule = rule(&design, params)?;
        let model = Model::new(&design, stop)?;
        let steps = params.text("steps").unwrap_or_default();
        let (efficient, search) = match steps {
            "one" => (one_step(&model, stop)?, None),
            "two" => (two_steps(&model, &design, &rule, stop)?, None),
            _ => continuously_updated(&model, &design, &rule, stop).map(|(found, search)| (found, Some(search)))?,
        };
        let s = rule.of_moments(&model, &design, &model.errors(&efficient.coefficients).all, stop)?;
        let matrix = efficient.covariance(&s);
        let (j, columns) = (efficient.j, efficient.columns(&model));
        let Efficient { coefficients, root, .. } = efficient;
        let mut estimate = model.estimate(&design, coefficients, root, columns);
        estimate.own = Some(Own { matrix, rule: own_rule(params) });
        estimate.asymptotic = true;
        if steps != "one" {
            estimate.tests.extend(overidentification::hansen(j, model.surplus()));
        }
        if let Some(search) = search {
            search.tell(&mut estimate);
        }
        estimate.remarks.extend(strength::remark(&model, &design, stop)?);
        Ok(Estimated { design, estimate })
    }
}

fn rule(design: &Design, params: &Params) -> Result<Rule, Error> {
    let refuse = |rule: &str, got: &str| Err(Violation::new("estimator_parameters.weighting", rule, got).into());
    let choice = match params.text("weighting") {
        Some("cluster") => match design.clusters.as_slice() {
            [cluster] => Choice { clusters: vec![cluster.name.clone()], ..Choice::read("cluster") },
            _ => return refuse("cluster needs a covariance clustered by one variable", "cluster"),
        },
        Some("iid") => Choice::read("iid"),
        Some("kernel") => {
            let mut choice = Choice::read("newey_west");
            let lag = params.number_if_given("lag").map(|lag| ("lag".to_owned(), Raw::Number(lag)));
            choice.parameters.extend(lag);
            choice
        }
        _ => Choice::read("hc0"),
    };
    Ok(Rule::find(&choice)?)
}

fn own_rule(params: &Params) -> String {
    let weighting = params.text("weighting").unwrap_or_default();
    format!("sandwich of the moments' covariance at the estimate ({weighting}), no factor; normal distribution")
}
