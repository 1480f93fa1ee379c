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
              for balanced panels with fixed effects of units. With effects of periods cd is not defined (Juodis and Reese 2022)",
    reference: "Pesaran (2015), Econometric Reviews 34(6-10), eq. 8 and 10 (P = N(N-1)/2 in a full panel); Breusch and Pagan \
                (1980), Review of Economic Studies 47(1); Baltagi, Feng and Kao (2012), Journal of Econometrics 170(1), eq. 6; Juodis and \
                Reese (2022), Journal of Business & Economic Statistics 40(3)",
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

/// Units up to which a diagnosis takes the time for all pairs.
const DIAGNOSED: usize = 10_000;

impl Test for PesaranCd {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let fit = subject.fit;
        let series = Series::new(&fit.rows);
        let long = series.units.iter().filter(|unit| unit.len() >= FEWEST).count();
        fit.statistics.degenerate.is_none() && (2..=DIAGNOSED).contains(&long) && !has_changing_effects(fit, &series)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let fit = subject.fit;
        let series = Series::new(&fit.rows);
        if params.chooses("form", "cd") && has_changing_effects(fit, &series) {
            let rule = "effects of periods make the errors of each period sum to zero, which cd takes for dependence; leave \
                        them out of the formula, or take another form";
            return Err(Violation::new("parameters.form", rule, "cd").into());
        }
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

/// Whether a unit changes its class in some fixed effect, as it does in that of the period.
fn has_changing_effects(fit: &Fit, series: &Series) -> bool {
    let changes = |codes: &[u32]| series.units.iter().any(|unit| unit.iter().any(|i| codes[*i] != codes[unit[0]]));
    fit.effects.iter().any(|effect| changes(&effect.codes))
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
        let errors: Vec<Vec<(i32, f64)>> = series.units.iter().map(|unit| centred(unit, fit, error)).collect();
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

/// Periods of a unit with the errors about their mean.
fn centred(unit: &[usize], fit: &Fit, error: impl Fn(usize) -> f64) -> Vec<(i32, f64)> {
    let mean = unit.iter().map(|i| error(*i)).sum::<f64>() / unit.len() as f64;
    unit.iter().map(|i| (fit.rows[*i].period, error(*i) - mean)).collect()
}

/// The number of periods that two centred series share, and their correlation over these; `None` for too few.
fn correlation(a: &[(i32, f64)], b: &[(i32, f64)]) -> Option<(f64, Value)> {
    let mut rest = b.iter().peekable();
    let (mut count, mut x, mut y, mut xx, mut yy, mut xy) = (0_usize, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (period, u) in a {
        while rest.next_if(|(other, _)| other < period).is_some() {}
        if let Some((_, v)) = rest.next_if(|(other, _)| other == period) {
            count += 1;
            (x, y) = (x + u, y + v);
            (xx, yy, xy) = (xx + u * u, yy + v * v, xy + u * v);
        }
    }
    let n = count as f64;
    let spread = |squares: f64, sum: f64| (squares - sum * sum / n).max(0.0).sqrt();
    (count >= FEWEST).then(|| (n, ratio(xy - x * y / n, spread(xx, x) * spread(yy, y))))
}
