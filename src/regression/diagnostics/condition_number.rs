//! How near the regressors are to depending on each other, and which ones do.

use super::sample::regressors;
use super::verdict::measure;
use super::{Subject, Test};
use crate::card::{Card, Kind, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::Absorber;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::norm;
use crate::panel::finite;
use crate::regression::design::{Design, Effect};
use crate::regression::units::Units;
use crate::regression::{Outcome, Part, Response};
use nalgebra::DMatrix;

/// Condition indices with variance-decomposition proportions.
#[derive(Debug)]
pub(super) struct ConditionNumber;

static CARD: Card = Card {
    id: "condition_number",
    aliases: &["collinearity", "belsley_kuh_welsch"],
    title: "Condition number of the regressors and the terms behind it",
    kind: Kind::Test,
    formula: "X without fixed effects, each column weighted and of unit length, X = U diag(m) V'; condition indices m_1/m_k, the \
              largest one the statistic; share of the variance of coefficient j that belongs to k: (v_jk/m_k)^2 / sum_k \
              (v_jk/m_k)^2. A measure, not a test: no p-value",
    reference: "Belsley, Kuh and Welsch (1980), Regression Diagnostics, eq. 3.20 to 3.23",
    params: &[],
    inference: &[],
    laws: &[],
};

/// The index above which Belsley, Kuh and Welsch (p. 105) speak of moderate to strong dependence.
const HIGH: f64 = 30.0;

/// Two shares above this at one index tell the terms that depend on each other (p. 112).
const INVOLVED: f64 = 0.5;

impl Test for ConditionNumber {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        subject.has_within() && subject.fit.response != Response::Joint && subject.fit.coefficients.len() > 1
    }

    fn run(&self, subject: &Subject<'_>, _: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let (mut design, kept) = regressors(subject)?;
        Units::take(&mut design);
        let qr = Orthogonal::new(unit_columns(&design, &kept, stop)?, stop)?;
        let names: Vec<&str> = qr.kept.iter().map(|i| design.names[kept[*i]].as_str()).collect();
        let decomposition = Decomposition::new(&qr);
        let (Some(decomposition), true) = (decomposition, names.len() > 1) else {
            return Err(Violation::new("id", "needs at least two terms that differ", CARD.id).into());
        };
        let largest = decomposition.indices.last().copied().unwrap_or(1.0);
        let involved = decomposition.involved(&names);
        let mut outcome = measure(&CARD, finite(largest), reading(largest, &involved));
        outcome.parts = vec![decomposition.part(&names)];
        Ok(outcome)
    }
}

fn reading(largest: f64, involved: &[&str]) -> String {
    if largest <= HIGH {
        return format!("The condition number {largest:.1} is below {HIGH}: coefficients can be told apart well.");
    }
    let terms = if involved.len() > 1 { involved.join(", ") } else { "some terms".to_owned() };
    format!(
        "The condition number {largest:.1} is above {HIGH}: {terms} nearly depend on each other, so small changes of the data \
         move their coefficients much; drop, combine or centre them."
    )
}

/// The regressors without fixed effects, weighted, each of unit length.
fn unit_columns(design: &Design, kept: &[usize], stop: &Stop) -> Result<Vec<Vec<f64>>, Error> {
    let factors: Vec<_> = design.effects.iter().map(Effect::factor).collect();
    let absorber = Absorber::new(design.y.len(), &factors, design.weights.as_deref(), stop);
    let unit = |j: &usize| {
        let column = design.weighted(&absorber.absorb(&design.x[*j])?.residual);
        let length = norm(&column);
        Ok(column.iter().map(|x| x / length).collect())
    };
    kept.iter().map(unit).collect()
}

/// Condition indices, ascending, and the shares of each coefficient's variance that belong to them.
struct Decomposition {
    indices: Vec<f64>,
    /// One row a coefficient, one column an index.
    shares: DMatrix<f64>,
}

impl Decomposition {
    /// Of columns of unit length by the singular values of R⁻¹, which are those of X upside down.
    fn new(qr: &Orthogonal) -> Option<Self> {
        let inverse = qr.inverse_triangle();
        if inverse.is_empty() || !inverse.iter().all(|x| x.is_finite()) {
            return None;
        }
        let svd = inverse.svd(true, false);
        let (u, inverse) = (svd.u?, svd.singular_values);
        let mut order: Vec<usize> = (0..inverse.len()).collect();
        order.sort_by(|a, b| inverse[*a].total_cmp(&inverse[*b]));
        let smallest = inverse[*order.first()?];
        let part = |j: usize, k: usize| (u[(j, order[k])] * inverse[order[k]]).powi(2);
        let k = order.len();
        let variance: Vec<f64> = (0..k).map(|j| (0..k).map(|i| part(j, i)).sum()).collect();
        Some(Self {
            indices: order.iter().map(|i| inverse[*i] / smallest).collect(),
            shares: DMatrix::from_fn(k, k, |j, i| part(j, i) / variance[j]),
        })
    }

    /// The terms with most of their variance at the largest index.
    fn involved<'a>(&self, names: &[&'a str]) -> Vec<&'a str> {
        let last = self.indices.len() - 1;
        names.iter().enumerate().filter(|(j, _)| self.shares[(*j, last)] > INVOLVED).map(|(_, name)| *name).collect()
    }

    fn part(&self, names: &[&str]) -> Part {
        let index = ("condition_index".to_owned(), self.indices.iter().copied().map(finite).collect());
        let share =
            |(j, name): (usize, &&str)| ((*name).to_owned(), self.shares.row(j).iter().copied().map(finite).collect());
        let shares = names.iter().enumerate().map(share);
        Part {
            name: "variance_shares".to_owned(),
            title: "Share of the variance of each coefficient that belongs to each condition index".to_owned(),
            keys: vec![("dimension".to_owned(), (1..=self.indices.len()).map(|k| k.to_string()).collect())],
            columns: std::iter::once(index).chain(shares).collect(),
        }
    }
}
