//! Which rows the estimate hangs on.

use super::sample::{LeastSquares, is_least_squares};
use super::verdict::Question;
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::t_two_sided;
use crate::panel::{Absent, Value, finite};
use crate::regression::covariance::leverage::{NOTHING_LEFT, effect_leverages};
use crate::regression::design::Design;
use crate::regression::{Figure, Outcome, Part};
use nalgebra::{DMatrix, DVector};
use std::cmp::Reverse;

/// Leverage, studentised residuals, Cook's distances and DFBETAS.
#[derive(Debug)]
pub(super) struct Influence;

static CARD: Card = Card {
    id: "influence",
    aliases: &["outliers", "cooks_distance", "leverage"],
    title: "Rows that the estimate hangs on",
    kind: Kind::Test,
    formula: "h_i leverage with the fixed effects' part, e = sqrt(w) u, s^2 = SSR/(n-K), s_i that of the other rows. Studentised \
              residual t_i = e_i/(s_i sqrt(1-h_i)); Cook's distance e_i^2 h_i/(K s^2 (1-h_i)^2); DFFITS t_i sqrt(h_i/(1-h_i)); \
              DFBETAS (b_j - b_j without i)/(s_i sqrt((X'WX)^-1_jj)). The test: the largest |t_i|, p-value of t(n-K-1) times n \
              (Bonferroni)",
    reference: "Belsley, Kuh and Welsch (1980), Regression Diagnostics, ch. 2; Cook (1977), Technometrics 19(1)",
    params: &[Param {
        name: "rows",
        doc: "How many rows to list, from the largest of Cook's distances down",
        domain: Domain::Integer { min: 1, max: 1_000_000, default: 20 },
    }],
    inference: &[],
    laws: &[],
};

impl Test for Influence {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        is_least_squares(subject.fit) && subject.has_within()
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::behind(subject, stop)?;
        if model.residual_df() < 2 {
            return Err(Violation::new("id", "needs at least two degrees of freedom", CARD.id).into());
        }
        let rows = Rows::new(&model, stop)?;
        let mut order: Vec<usize> = (0..model.rows()).collect();
        let key = |value: Value| value.map_or(0, |d| d.max(0.0).to_bits());
        order.sort_by_key(|i| (Reverse(key(rows.cook[*i])), model.design.rows[*i]));
        let n = model.rows();
        let threshold = 4.0 / n as f64;
        let standing_out = rows.cook.iter().filter(|cook| cook.is_ok_and(|cook| cook > threshold)).count();
        order.truncate(params.number("rows") as usize);
        let mut outcome = outlier_test(&model, &rows);
        outcome.figures = vec![
            Figure::new("largest_leverage", rows.leverage.iter().copied().fold(0.0, f64::max)),
            Figure { name: "largest_cooks_distance".to_owned(), value: rows.cook[order[0]] },
            Figure::new("rows_with_cooks_distance_above_4_over_n", standing_out as f64),
        ];
        outcome.parts = vec![rows.part(&model, &order)];
        Ok(outcome)
    }
}

/// The largest studentised residual with Bonferroni's p-value.
fn outlier_test(model: &LeastSquares, rows: &Rows) -> Outcome {
    let defined = rows.studentised.iter().enumerate().filter_map(|(i, t)| t.ok().map(|t| (t, i)));
    let largest = defined.reduce(|a, b| if b.0.abs() > a.0.abs() { b } else { a });
    let df = model.residual_df() as f64 - 1.0;
    let (statistic, p_value, place) = match largest {
        Some((t, i)) => (Ok(t), Ok((model.rows() as f64 * t_two_sided(t, df)).min(1.0)), name(&model.design, i)),
        None => (Err(Absent::ZeroDenominator), Err(Absent::ZeroDenominator), "no row".to_owned()),
    };
    let question = Question::new(
        "no row is too far from what the model expects of it",
        format!("{place} stands out; look at its data, and at the coefficients without it"),
        format!("{place} is farthest off and within chance; see the table for rows that move the coefficients"),
    );
    question.with_p_value(&CARD, statistic, format!("t({df}), largest of {} rows", model.rows()), p_value)
}

/// A row by the names of region, industry and period.
fn name(design: &Design, i: usize) -> String {
    keys(design, &[i]).into_iter().map(|(_, values)| values.concat()).collect::<Vec<_>>().join(" ")
}

/// Region, industry where there are any, and period of rows.
fn keys(design: &Design, rows: &[usize]) -> Vec<(String, Vec<String>)> {
    let facts = &design.facts;
    let label =
        |names: &[String], number: u32| names.get(number as usize).cloned().unwrap_or_else(|| number.to_string());
    let named = |k: usize, usual: &str| if facts.keys[k].is_empty() { usual } else { &facts.keys[k] }.to_owned();
    let column = |f: &dyn Fn(usize) -> String| rows.iter().map(|i| f(*i)).collect::<Vec<_>>();
    let mut keys = vec![(named(0, "region"), column(&|i| label(&facts.regions, design.rows[i].region)))];
    if !facts.industries.is_empty() {
        keys.push((named(1, "industry"), column(&|i| label(&facts.industries, design.rows[i].industry))));
    }
    keys.push((named(2, "period"), column(&|i| facts.period(design.rows[i].period).to_string())));
    keys
}

/// What is told of every row.
struct Rows {
    leverage: Vec<f64>,
    /// Standard deviation of the errors of the other rows.
    others: Vec<Value>,
    studentised: Vec<Value>,
    cook: Vec<Value>,
}

impl Rows {
    fn new(model: &LeastSquares, stop: &Stop) -> Result<Self, Error> {
        let of_effects = effect_leverages(&model.design, stop)?;
        let of_regressors = &model.estimate.sandwich.leverages;
        let leverage: Vec<f64> =
            of_regressors.iter().zip(of_effects).map(|(x, effects)| (x + effects).min(1.0)).collect();
        let (k, df, ssr) = (model.parameters() as f64, model.residual_df() as f64, model.estimate.ssr);
        let mut rows = Self { others: Vec::new(), studentised: Vec::new(), cook: Vec::new(), leverage };
        for (e, h) in model.errors().iter().zip(&rows.leverage) {
            let left = 1.0 - h;
            let defined = if left > NOTHING_LEFT { Ok(()) } else { Err(Absent::ZeroDenominator) };
            let variance = (ssr - e * e / left) / (df - 1.0);
            let others = defined.and(if variance > 0.0 { Ok(variance.sqrt()) } else { Err(Absent::ZeroDenominator) });
            rows.studentised.push(others.and_then(|s| finite(e / (s * left.sqrt()))));
            rows.cook.push(defined.and(finite(e * e * h / (k * (ssr / df) * left * left))));
            rows.others.push(others);
        }
        Ok(rows)
    }

    /// The table of some rows.
    fn part(&self, model: &LeastSquares, order: &[usize]) -> Part {
        let pick = |name: &str, f: &dyn Fn(usize) -> Value| (name.to_owned(), order.iter().map(|i| f(*i)).collect());
        let dffits = |i: usize| {
            let h = self.leverage[i];
            self.studentised[i].map(|t| t * (h / (1.0 - h)).sqrt())
        };
        let mut columns: Vec<(String, Vec<Value>)> = vec![
            pick("leverage", &|i| Ok(self.leverage[i])),
            pick("studentised_residual", &|i| self.studentised[i]),
            pick("cooks_distance", &|i| self.cook[i]),
            pick("dffits", &dffits),
        ];
        let moves = self.moves(model, order);
        for (j, term) in model.estimate.kept.iter().enumerate() {
            let name = format!("dfbetas of {}", model.design.names[*term]);
            columns.push((name, moves.iter().map(|of_row| of_row[j]).collect()));
        }
        Part {
            name: "influence".to_owned(),
            title: "Rows that move the estimate most, by Cook's distance".to_owned(),
            keys: keys(&model.design, order),
            columns,
        }
    }

    /// DFBETAS of rows: B·sᵢ/(1 − hᵢ) with the scores sᵢ, over the standard errors of the other rows.
    fn moves(&self, model: &LeastSquares, order: &[usize]) -> Vec<Vec<Value>> {
        let root: &DMatrix<f64> = &model.estimate.sandwich.bread_root;
        let lengths: Vec<f64> = root.row_iter().map(|row| row.norm()).collect();
        let scores = model.estimate.sandwich.scores.columns();
        let of_row = |i: &usize| {
            let score = DVector::from_iterator(scores.len(), scores.iter().map(|column| column[*i]));
            let change = root * score / (1.0 - self.leverage[*i]);
            let dfbeta = |j: usize| self.others[*i].and_then(|s| finite(change[j] / (s * lengths[j])));
            (0..scores.len()).map(dfbeta).collect()
        };
        order.iter().map(of_row).collect()
    }
}
