//! Whether coefficients change at some unknown period.

use super::chow::break_at;
use super::sample::{LeastSquares, is_least_squares};
use super::series::periods;
use super::verdict::Question;
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{Value, finite};
use crate::regression::{Outcome, Part};
use statrs::function::gamma::ln_gamma;

/// The largest of Chow's statistics over the periods.
#[derive(Debug)]
pub(super) struct AndrewsQuandt;

static CARD: Card = Card {
    id: "andrews_quandt",
    aliases: &["sup_f", "quandt_likelihood_ratio"],
    title: "Coefficients that change at an unknown period",
    kind: Kind::Test,
    formula: "the largest q F of chow over the periods with a share of at least `trim` of the rows on either side, shares g0 and g1 \
              of rows before the first and the last of them; p = x^(q/2) e^(-x/2) / (2^(q/2) G(q/2)) ((1 - q/x) L + 2/x), \
              L = ln(g1 (1-g0) / (g0 (1-g1))), exact as p goes to 0. Errors of one variance, not correlated",
    reference: "Andrews (1993), Econometrica 61(4); p-value by Estrella (2003), Econometric Theory 19(6), and DeLong (1981), \
                Communications in Statistics A 10(21)",
    params: &[Param {
        name: "trim",
        doc: "The least share of the rows on either side of a break",
        domain: Domain::Number { min: 0.02, max: 0.45, default: 0.15 },
    }],
    inference: &[],
    laws: &[],
};

/// Periods below which an unknown break is not looked for in a diagnosis.
const FEWEST: usize = 8;

impl Test for AndrewsQuandt {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        is_least_squares(subject.fit) && subject.has_levels() && periods(&subject.fit.rows).len() >= FEWEST
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let model = LeastSquares::of_levels(subject, stop)?;
        let breaks = Breaks::look(&model, params.number("trim"), stop)?;
        let Some((best, statistic, q)) = breaks.largest() else {
            let rule = "leaves no period with enough rows on either side to estimate all terms";
            return Err(Violation::new("parameters.trim", rule, params.number("trim")).into());
        };
        let facts = &model.design.facts;
        let at = facts.period(breaks.periods[best]);
        let question = Question::new(
            "all coefficients are the same in every period",
            format!("the break that fits best is at {at}; estimate the spans before and after apart"),
            "one model for all periods is fine",
        );
        let p_value = finite(tail(statistic, q, breaks.odds()));
        let distribution = format!("sup of chi2({q}) over {} periods", breaks.periods.len());
        let mut outcome = question.with_p_value(&CARD, finite(statistic), distribution, p_value);
        outcome.parts = vec![Part {
            name: "breaks".to_owned(),
            title: "The statistic of a break at each period".to_owned(),
            keys: vec![("period".to_owned(), breaks.periods.iter().map(|p| facts.period(*p).to_string()).collect())],
            columns: vec![(
                "statistic".to_owned(),
                breaks.statistics.iter().copied().map(finite).collect::<Vec<Value>>(),
            )],
        }];
        Ok(outcome)
    }
}

/// The statistic q·F of a break at each period.
#[derive(Debug, Default)]
struct Breaks {
    periods: Vec<i32>,
    /// Shares of rows before each of the periods.
    shares: Vec<f64>,
    statistics: Vec<f64>,
    q: f64,
}

impl Breaks {
    fn look(model: &LeastSquares, trim: f64, stop: &Stop) -> Result<Self, Error> {
        let mut found = Self::default();
        for period in periods(&model.design.rows) {
            let before = model.design.rows.iter().filter(|row| row.period < period).count();
            let share = before as f64 / model.rows() as f64;
            if share < trim || share > 1.0 - trim {
                continue;
            }
            let Some((f, q, _)) = break_at(model, period, stop)? else { continue };
            // Every break must be one of as many coefficients.
            if q > found.q {
                found = Self { q, ..Self::default() };
            }
            if q >= found.q {
                found.periods.push(period);
                found.shares.push(share);
                found.statistics.push(q * f);
            }
        }
        Ok(found)
    }

    /// The place of the largest statistic, the statistic and the number of coefficients.
    fn largest(&self) -> Option<(usize, f64, f64)> {
        let places = 0..self.statistics.len();
        let best = places.reduce(|best, i| if self.statistics[i] > self.statistics[best] { i } else { best })?;
        Some((best, self.statistics[best], self.q))
    }

    /// g1(1 − g0)/(g0(1 − g1)) of the first and the last share.
    fn odds(&self) -> f64 {
        let odds = |share: f64| share / (1.0 - share);
        match (self.shares.first(), self.shares.last()) {
            (Some(first), Some(last)) => odds(*last) / odds(*first),
            _ => 1.0,
        }
    }
}

/// P(sup > x) for q coefficients; a single period has the chi-squared tail, below which the sum never lies.
fn tail(x: f64, q: f64, odds: f64) -> f64 {
    let alone = crate::numeric::distributions::chi_squared_tail(x, q);
    if x <= q {
        return 1.0;
    }
    let density = (0.5 * q * (0.5 * x).ln() - 0.5 * x - ln_gamma(0.5 * q)).exp();
    (density * ((1.0 - q / x) * odds.ln() + 2.0 / x)).clamp(alone, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 5 % critical values for 15 % trimming of Andrews (2003), Econometrica 71(1), table 1.
    #[test]
    fn the_tail_is_that_of_the_tables() {
        let odds = (0.85_f64 / 0.15).powi(2);
        for (q, critical) in [(1.0, 8.68), (2.0, 11.72), (3.0, 14.13), (5.0, 18.35)] {
            let p = tail(critical, q, odds);
            assert!((p - 0.05).abs() < 0.004, "q {q}: {p}");
        }
        assert!(tail(0.5, 1.0, odds) > 0.99);
    }
}
