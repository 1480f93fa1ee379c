//! Whether errors of different units move together.

use super::series::Series;
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::panel::{Value, ratio};
use crate::regression::{Figure, Fit, Outcome};
use rayon::prelude::*;

/// Pesaran's test and those of the Lagrange multiplier kind.
#[derive(Debug)]
pub(super) struct PesaranCd;

static CARD: Card = Card {
    id: "pesaran_cd",
    aliases: &["pcdtest", "cross_section_dependence"],
    title: "Errors of different units that move together",
    kind: Kind::Test,
    formula: "r_ij correlation of the errors sqrt(w) u of units i and j over the T_ij periods with both, N units, P pairs with \
              T_ij >= 3. cd: sum sqrt(T_ij) r_ij / sqrt(P), N(0,1); lm: sum T_ij r_ij^2, chi2(P), for few units and many \
              periods; scaled_lm: sum (T_ij r_ij^2 - 1) / sqrt(2P), N(0,1); bias_corrected: scaled_lm - N/(2(T-1)), N(0,1), \
              for balanced panels with fixed effects of units",
    reference: "Pesaran (2015), Econometric Reviews 34(6-10), eq. 8 and 10 (P = N(N-1)/2 in a full panel); Breusch and Pagan \
                (1980), Review of Economic Studies 47(1); Baltagi, Feng and Kao (2012), Journal of Econometrics 170(1), eq. 6",
    params: &[Param {
        name: "form",
        doc: "cd sees correlations of one sign, the others those of any sign",
        domain: Domain::Choice(&["cd", "lm", "scaled_lm", "bias_corrected"]),
    }],
    inference: &[],
    laws: &[],
};

/// Periods that a correlation needs.
const FEWEST: usize = 3;

impl Test for PesaranCd {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let series = Series::new(&subject.fit.rows);
        subject.fit.statistics.degenerate.is_none()
            && series.units.iter().filter(|unit| unit.len() >= FEWEST).count() > 1
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let fit = subject.fit;
        let series = Series::new(&fit.rows);
        let sums = Sums::of(fit, &series, stop)?;
        if sums.pairs == 0.0 {
            let rule = "needs two units with rows in the same three periods";
            return Err(Violation::new("id", rule, CARD.id).into());
        }
        let Sums { pairs, signed, squared, .. } = sums;
        let scaled = (squared - pairs) / (2.0 * pairs).sqrt();
        let (statistic, law) = match params.text("form") {
            Some("lm") => (squared, Law::Chi2(pairs)),
            Some("scaled_lm") => (scaled, Law::Normal),
            Some("bias_corrected") => (scaled - bias(&series)?, Law::Normal),
            _ => (signed / pairs.sqrt(), Law::Normal),
        };
        let question = Question::new(
            "the errors of different units have nothing in common",
            "use driscoll_kraay or conley, add effects of the periods, or model the links between regions",
            "no correction for links between units is needed on this account",
        );
        let mut outcome = question.answer(&CARD, ratio(statistic, 1.0), law);
        outcome.figures = vec![
            Figure::new("pairs", pairs),
            Figure::new("mean_correlation", sums.correlation / pairs),
            Figure::new("mean_absolute_correlation", sums.absolute / pairs),
        ];
        Ok(outcome)
    }
}

/// N/(2(T−1)) of a balanced panel.
fn bias(series: &Series) -> Result<f64, Violation> {
    let length = series.units[0].len();
    if series.units.iter().any(|unit| unit.len() != length) {
        return Err(Violation::new("parameters.form", "needs a balanced panel", "bias_corrected"));
    }
    Ok(series.units.len() as f64 / (2.0 * (length as f64 - 1.0)))
}

/// Sums over the pairs of units.
#[derive(Default)]
struct Sums {
    pairs: f64,
    correlation: f64,
    absolute: f64,
    /// Σ √T·r.
    signed: f64,
    /// Σ T·r².
    squared: f64,
}

impl Sums {
    fn of(fit: &Fit, series: &Series, stop: &Stop) -> Result<Self, Error> {
        let error = |i: usize| fit.residuals[i] * fit.weights.as_ref().map_or(1.0, |weights| weights[i].sqrt());
        let errors: Vec<Vec<(i32, f64)>> =
            series.units.iter().map(|unit| unit.iter().map(|i| (fit.rows[*i].period, error(*i))).collect()).collect();
        let of_unit = |i: usize| {
            stop.check()?;
            let mut sums = Self::default();
            for other in &errors[i + 1..] {
                sums.add(correlation(&errors[i], other));
            }
            Ok(sums)
        };
        let by_unit = (0..errors.len()).into_par_iter().map(of_unit).collect::<Result<Vec<Self>, Error>>()?;
        Ok(by_unit.into_iter().fold(Self::default(), Self::plus))
    }

    fn add(&mut self, found: Option<(f64, Value)>) {
        let Some((periods, Ok(r))) = found else { return };
        *self = std::mem::take(self).plus(Self {
            pairs: 1.0,
            correlation: r,
            absolute: r.abs(),
            signed: periods.sqrt() * r,
            squared: periods * r * r,
        });
    }

    fn plus(self, other: Self) -> Self {
        Self {
            pairs: self.pairs + other.pairs,
            correlation: self.correlation + other.correlation,
            absolute: self.absolute + other.absolute,
            signed: self.signed + other.signed,
            squared: self.squared + other.squared,
        }
    }
}

/// The number of periods that two series share, and their correlation over these; `None` for too few.
fn correlation(a: &[(i32, f64)], b: &[(i32, f64)]) -> Option<(f64, Value)> {
    let mut rest = b.iter().peekable();
    let mut shared = Vec::with_capacity(a.len().min(b.len()));
    for (period, x) in a {
        while rest.next_if(|(other, _)| other < period).is_some() {}
        shared.extend(rest.next_if(|(other, _)| other == period).map(|(_, y)| (*x, *y)));
    }
    if shared.len() < FEWEST {
        return None;
    }
    let n = shared.len() as f64;
    let (mean_x, mean_y) = shared.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let product = |f: fn(f64, f64) -> f64| shared.iter().map(|(x, y)| f(x - mean_x, y - mean_y)).sum::<f64>();
    let (xy, xx, yy) = (product(|x, y| x * y), product(|x, _| x * x), product(|_, y| y * y));
    Some((n, ratio(xy, xx.sqrt() * yy.sqrt())))
}
