//! Whether coefficients obey linear equations.

use super::restrictions::read;
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::regression::{Fit, Outcome, wald};
use nalgebra::{DMatrix, DVector};

/// The test of linear restrictions.
#[derive(Debug)]
pub(super) struct LinearRestrictions;

static CARD: Card = Card {
    id: "linear_restrictions",
    aliases: &["restrictions", "linear_hypothesis", "lincom"],
    title: "Linear equations that coefficients obey",
    kind: Kind::Test,
    formula: "(Rb-r)'(RVR')^-1 (Rb-r) of the q equations Rb = r with the model's own covariance V: over q, F(q, df of its t); \
              chi2(q) where tests are asymptotic",
    reference: "Wald (1943), Transactions of the American Mathematical Society 54(3); Greene (2018), Econometric Analysis, \
                8th ed., eq. 5-16",
    params: &[Param {
        name: "restrictions",
        doc: "Equations of terms, numbers, + - * and brackets, separated by semicolons, such as x1 = x2; 2*x3 + x4 = 1; an \
              expression without = is zero. Terms are named as the model prints them, in backquotes if need be",
        domain: Domain::Terms { required: true },
    }],
    inference: &[],
    laws: &[],
};

/// The equations Rb = r of the coefficients b.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Restrictions {
    /// One row an equation.
    pub(super) left: DMatrix<f64>,
    /// The right-hand sides.
    pub(super) right: DVector<f64>,
}

impl Restrictions {
    /// Each of the `chosen` coefficients is zero.
    pub(super) fn zero(chosen: &[usize], coefficients: usize) -> Self {
        let one = |i: usize, j: usize| f64::from(u8::from(chosen[i] == j));
        let left = DMatrix::from_fn(chosen.len(), coefficients, one);
        Self { left, right: DVector::zeros(chosen.len()) }
    }
}

impl Test for LinearRestrictions {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, _: &Subject<'_>) -> bool {
        false
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let text = params.text("restrictions").unwrap_or_default();
        let names: Vec<&str> = subject.fit.names().collect();
        let (restrictions, told) = read(text, &names)?;
        let rows = restrictions.left.row_iter().map(|row| row.iter().copied().collect()).collect();
        if let Some((dependent, _)) = Orthogonal::new(rows, stop)?.dependent.first() {
            let rule = "follows from the equations before it, or contradicts them";
            return Err(Violation::new("parameters.restrictions", rule, &told[*dependent]).into());
        }
        answer(&CARD, subject.fit, &restrictions, told.join(" and "))
    }
}

/// The test of restrictions, said in the words of `null`.
pub(super) fn answer(card: &Card, fit: &Fit, restrictions: &Restrictions, null: String) -> Result<Outcome, Error> {
    let k = fit.coefficients.len();
    let b = DVector::from_column_slice(&fit.coefficients);
    let v = DMatrix::from_fn(k, k, |i, j| fit.vcov[i][j]);
    let Restrictions { left, right } = restrictions;
    let wald = wald::Wald::new(&(left * b - right), &(left * v * left.transpose()), fit.covariance.t_df);
    let wald = if fit.statistics.degenerate.is_some() { wald.of_constant() } else { wald };
    let q = wald.df1 as f64;
    let question = Question::new(
        null,
        "the coefficients are told apart from that",
        "they may be so, which is no proof that they are",
    );
    Ok(match wald.df2 {
        Some(df2) => question.answer(card, wald.statistic, Law::F(q, df2 as f64)),
        None => question.answer(card, wald.statistic.map(|f| f * q), Law::Chi2(q)),
    })
}
