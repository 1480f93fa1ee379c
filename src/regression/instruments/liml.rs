//! Limited-information maximum likelihood, and Fuller's correction of it.

use super::model::Model;
use super::{TAKES, k_class, overidentification};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::regression::design::Design;
use crate::regression::instruments::k_class::coordinates;
use crate::regression::{Estimated, Estimator, Figure, Takes};

/// The k-class estimator whose kappa maximises the likelihood.
#[derive(Debug)]
pub(in crate::regression) struct Liml;

static CARD: Card = Card {
    id: "liml",
    aliases: &["limited_information_maximum_likelihood", "fuller"],
    title: "Limited-information maximum likelihood, with Fuller's correction on demand",
    kind: Kind::Estimator,
    formula: "the k-class estimate with kappa the smallest eigenvalue of (Y'M_1 Y)(Y'M_Z Y)^-1, Y = outcome and endogenous \
              terms, M_1 and M_Z without exogenous terms and without those and the instruments; less fuller/(n-L), L the \
              number of exogenous terms, instruments and fixed effects",
    reference: "Anderson and Rubin (1949), Annals of Mathematical Statistics 20(1); Fuller (1977), Econometrica 45(4), eq. 4",
    params: &[Param {
        name: "fuller",
        doc: "Fuller's constant: 1 makes the estimate nearly unbiased, 4 makes its mean squared error small, 0 is LIML",
        domain: Domain::Number { min: 0.0, max: 100.0, default: 0.0 },
    }],
    inference: &[],
    laws: &[],
};

impl Estimator for Liml {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        TAKES
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let model = Model::new(&design, stop)?;
        let kappa = kappa(&model, stop)?;
        let fuller = params.number("fuller");
        let used = kappa - fuller / model.instrument_df(&design) as f64;
        let mut estimate = k_class::estimate(&model, &design, used, stop)?;
        if fuller > 0.0 {
            estimate.figures.push(Figure::new("kappa_liml", kappa));
        }
        estimate.tests.extend(overidentification::of_liml(&model, &design, kappa));
        Ok(Estimated { design, estimate })
    }
}

/// One plus the smallest eigenvalue of (Y'M_Z Y)⁻¹·H'H, H the coordinates of Y on the instruments; exactly one when there
/// are no more instruments than needed.
fn kappa(model: &Model, stop: &Stop) -> Result<f64, Error> {
    if model.surplus() == 0 {
        return Ok(1.0);
    }
    let columns = || std::iter::once(&model.y).chain(model.endogenous.iter().map(|i| &model.x[*i]));
    let left = Orthogonal::new(columns().map(|c| c.outside.clone()).collect(), stop)?;
    if !left.dependent.is_empty() {
        let rule =
            "an endogenous term or the outcome is a combination of instruments and other terms; LIML is not defined";
        return Err(Violation::new("formula", rule, "").into());
    }
    let inside = coordinates(&columns().map(|c| model.excluded(c).to_vec()).collect::<Vec<_>>());
    let values = (inside * left.inverse_triangle()).singular_values();
    Ok(1.0 + values.min().powi(2))
}
