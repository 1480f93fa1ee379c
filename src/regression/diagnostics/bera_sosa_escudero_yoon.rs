//! Whether pooled errors hide effects of the units or correlation over time, each in presence of the other.

use super::sample::{LeastSquares, is_plain};
use super::series::Series;
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::ratio;
use crate::regression::Outcome;

/// The locally robust tests of Bera, Sosa-Escudero and Yoon.
#[derive(Debug)]
pub(super) struct BeraSosaEscuderoYoon;

static CARD: Card = Card {
    id: "bera_sosa_escudero_yoon",
    aliases: &["bsy", "pbsytest", "baltagi_li"],
    title: "Effects of units and correlation over time in pooled errors, each in presence of the other",
    kind: Kind::Test,
    formula: "e = sqrt(w) u of the model without effects, n units, N rows, a = sum_r T_r^2, A = 1 - sum_r (sum_t e_rt)^2 / \
              sum e^2, B = sum e_rt e_r,t-1 / sum_{t>1} e_rt^2, c = a - 3N + 2n. joint: N^2 ((A+2B)^2/(2c) + B^2/(N-n)), \
              chi2(2) (Baltagi and Li); serial: (B + A (N-n)/(a-N))^2 (a-N) N^2/((N-n) c), chi2(1); effects: -sqrt(N^2/(2c)) \
              (A+2B), N(0,1), one-sided",
    reference: "Bera, Sosa-Escudero and Yoon (2001), Journal of Econometrics 101(1); Baltagi and Li (1991), Statistics and \
                Probability Letters 11(3); unbalanced as in Sosa-Escudero and Bera (2008), Stata Journal 8(1)",
    params: &[Param {
        name: "form",
        doc: "joint tests both, serial the correlation over time, effects the variance of the units' effects",
        domain: Domain::Choice(&["joint", "serial", "effects"]),
    }],
    inference: &[],
    laws: &[],
};

impl Test for BeraSosaEscuderoYoon {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        is_plain(fit) && fit.effects.is_empty() && subject.has_within() && Series::new(&fit.rows).repeated() > 0
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let refuse = |rule: &str| Err(Violation::new("id", rule, CARD.id).into());
        if !subject.fit.effects.is_empty() {
            return refuse("is defined for pooled models; leave the fixed effects out of the formula");
        }
        let model = LeastSquares::plain(subject, stop)?;
        let series = Series::new(&model.design.rows);
        if series.has_gaps(&model.design.rows) {
            return refuse("is not defined for units with gaps in their periods");
        }
        let Moments { a, b, rows, units, squares } = Moments::new(&series, &model.errors());
        let c = squares - 3.0 * rows + 2.0 * units;
        if c <= 0.0 {
            return refuse("needs units with rows in more than two periods");
        }
        Ok(match params.text("form") {
            Some("serial") => {
                let robust = b + a * (rows - units) / (squares - rows);
                let statistic = robust.powi(2) * (squares - rows) * rows * rows / ((rows - units) * c);
                super::breusch_godfrey::question().answer(&CARD, ratio(statistic, 1.0), Law::Chi2(1.0))
            }
            Some("effects") => {
                let statistic = -(rows * rows / (2.0 * c)).sqrt() * (a + 2.0 * b);
                effects_question().answer(&CARD, ratio(statistic, 1.0), Law::NormalAbove)
            }
            _ => {
                let statistic = rows * rows * ((a + 2.0 * b).powi(2) / (2.0 * c) + b * b / (rows - units));
                joint_question().answer(&CARD, ratio(statistic, 1.0), Law::Chi2(2.0))
            }
        })
    }
}

fn effects_question() -> Question {
    Question::new(
        "units do not differ for good beyond what the terms say",
        "add fixed effects of the units, or random effects",
        "pooling the units is fine on this account",
    )
}

fn joint_question() -> Question {
    Question::new(
        "units do not differ for good and errors are not correlated over time",
        "add fixed effects of the units and cluster by region",
        "pooling the units with the classical covariance is fine on this account",
    )
}

/// The sums that the tests are made of.
struct Moments {
    a: f64,
    b: f64,
    rows: f64,
    units: f64,
    /// Σ T².
    squares: f64,
}

impl Moments {
    fn new(series: &Series, e: &[f64]) -> Self {
        let of_units = |f: &dyn Fn(&[f64]) -> f64| -> f64 {
            let unit = |rows: &Vec<usize>| f(&rows.iter().map(|i| e[*i]).collect::<Vec<f64>>());
            series.units.iter().map(unit).sum()
        };
        let sums = of_units(&|e| e.iter().sum::<f64>().powi(2));
        let all = of_units(&|e| e.iter().map(|e| e * e).sum());
        let later = of_units(&|e| e[1..].iter().map(|e| e * e).sum());
        let products = of_units(&|e| e.windows(2).map(|pair| pair[0] * pair[1]).sum());
        Self {
            a: 1.0 - sums / all,
            b: products / later,
            rows: e.len() as f64,
            units: series.units.len() as f64,
            squares: of_units(&|e| (e.len() * e.len()) as f64),
        }
    }
}
