//! Whether the variance of the errors depends on the regressors.

use super::sample::{Auxiliary, LeastSquares, is_plain, listed};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use crate::panel::ratio;
use crate::regression::Outcome;

/// The test of Breusch and Pagan, as it stands or studentised by Koenker.
#[derive(Debug)]
pub(super) struct BreuschPagan;

static CARD: Card = Card {
    id: "breusch_pagan",
    aliases: &["bptest", "koenker", "het_breuschpagan"],
    title: "Heteroskedasticity that follows the regressors",
    kind: Kind::Test,
    formula: "e_i = sqrt(w_i) u_i; regression of e^2 on a constant and the q terms. studentized: n R^2; original: ESS/(2 s^4), \
              s^2 = sum e_i^2/n, ESS explained sum of squares; either chi2(q). The original assumes normal errors",
    reference: "Breusch and Pagan (1979), Econometrica 47(5), p. 1288; Koenker (1981), Journal of Econometrics 17(1)",
    params: &[
        Param {
            name: "form",
            doc: "studentized holds for errors of any distribution, original for normal ones",
            domain: Domain::Choice(&["studentized", "original"]),
        },
        Param {
            name: "terms",
            doc: "Terms that the variance may depend on; left out, all of them",
            domain: Domain::Terms { required: false },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Test for BreuschPagan {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        is_plain(subject.fit) && subject.has_levels()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::of_levels(subject, stop)?;
        let slopes = model.slopes();
        let names: Vec<&str> = slopes.iter().map(|j| model.design.names[*j].as_str()).collect();
        let chosen = match listed(params, "terms", &names)? {
            Some(chosen) => chosen.into_iter().map(|i| slopes[i]).collect(),
            None => slopes,
        };
        let columns = chosen.iter().map(|j| model.design.x[*j].clone()).collect();
        let (statistic, df) = variance_regression(&model, columns, params.chooses("form", "studentized"), stop)?;
        Ok(question().answer(&CARD, statistic, Law::Chi2(df)))
    }
}

/// What tests of one variance put to the test.
pub(super) fn question() -> Question {
    Question::new(
        "the errors have the same variance in every row",
        "use a covariance that allows for differing variances, such as hc1 or cluster",
        "the classical covariance iid may be used on this account",
    )
}

/// The statistic of the regression of squared errors on a constant and columns, and its degrees of freedom.
pub(super) fn variance_regression(
    model: &LeastSquares,
    columns: Vec<Vec<f64>>,
    studentized: bool,
    stop: &Stop,
) -> Result<(crate::panel::Value, f64), Error> {
    let n = model.rows();
    let squares: Vec<f64> = model.errors().iter().map(|e| e * e).collect();
    let mean = squares.iter().sum::<f64>() / n as f64;
    let deviations: Vec<f64> = squares.iter().map(|s| s / mean - 1.0).collect();
    let with_constant = std::iter::once(vec![1.0; n]).chain(columns).collect();
    let auxiliary = Auxiliary::new(with_constant, &deviations, stop)?;
    let total = dot(&deviations, &deviations);
    let explained = (total - auxiliary.ssr()).max(0.0);
    let statistic = if studentized { ratio(n as f64 * explained, total) } else { Ok(0.5 * explained) };
    Ok((statistic, (auxiliary.rank - 1) as f64))
}
