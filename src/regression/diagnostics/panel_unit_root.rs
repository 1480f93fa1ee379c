//! Whether series drift without returning.

use super::sample::unknown;
use super::series::Series;
use super::unit_root_tables::{dickey_fuller_tail, ips_moments, llc_moments};
use super::verdict::{Law, Question};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::normal_quantile;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot, magnitude, norm};
use crate::panel::finite;
use crate::regression::{Figure, Outcome};
use std::f64::consts::PI;

/// Tests for unit roots in panels.
#[derive(Debug)]
pub(super) struct PanelUnitRoot;

static CARD: Card = Card {
    id: "panel_unit_root",
    aliases: &["purtest", "unit_root", "im_pesaran_shin", "levin_lin_chu"],
    title: "Series of a panel that drift without returning",
    kind: Kind::Test,
    formula: "t_r that of y_t-1 in the regression of y_t - y_t-1 on it, p lagged differences and the deterministic terms, for each \
              unit r of N over its longest span without gap; p_r its p-value. im_pesaran_shin: sqrt(N) (mean t - mean E) / \
              sqrt(mean V), tabled E and V, N(0,1). maddala_wu: -2 sum ln p_r, chi2(2N). choi: sum (-2 ln p_r - 2)/(2 sqrt(N)), \
              N(0,1); choi_normal: sum of normal quantiles of p_r / sqrt(N), N(0,1); choi_logit: sum ln(p_r/(1-p_r)) \
              sqrt(3(5N+4)/(pi^2 N (5N+2))), t(5N+4). levin_lin_chu: the pooled t with tabled adjustment for spans of one \
              length, N(0,1), long-run variance with Bartlett weights up to round(3.21 T^(1/3))",
    reference: "Im, Pesaran and Shin (2003), Journal of Econometrics 115(1), eq. 4.10; Levin, Lin and Chu (2002), ibid. 108(1); \
                Maddala and Wu (1999), Oxford Bulletin of Economics and Statistics 61(S1); Choi (2001), Journal of \
                International Money and Finance 20(2)",
    params: &[
        Param {
            name: "method",
            doc: "levin_lin_chu takes all units to return at one speed and rejects too often unless there are hundreds of \
                  periods; the others let some return and others not",
            domain: Domain::Choice(&[
                "im_pesaran_shin",
                "maddala_wu",
                "choi",
                "choi_normal",
                "choi_logit",
                "levin_lin_chu",
            ]),
        },
        Param {
            name: "deterministic",
            doc: "What the series return to: a constant, a trend, or none, which is zero",
            domain: Domain::Choice(&["constant", "trend", "none"]),
        },
        Param { name: "lags", doc: "Lagged differences p", domain: Domain::Integer { min: 0, max: 8, default: 1 } },
        Param {
            name: "of",
            doc: "A term of the model, outcome or residuals; left out, outcome",
            domain: Domain::Terms { required: false },
        },
    ],
    inference: &[],
    laws: &[],
};

/// Periods running from which a series takes part in the diagnosis, and how many such units there must be.
const DIAGNOSED: (usize, usize) = (15, 5);

impl Test for PanelUnitRoot {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let spans = spans(subject.fit.rows.iter().map(|row| (*row, 0.0)).collect());
        subject.has_within() && spans.iter().filter(|span| span.len() >= DIAGNOSED.0).count() >= DIAGNOSED.1
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let lags = params.number("lags") as usize;
        let deterministic = Deterministic::of(params);
        let (told, spans) = variable(subject, params)?;
        let mut units = Vec::new();
        for span in &spans {
            stop.check()?;
            units.extend(Augmented::new(span, deterministic, lags, stop)?);
        }
        if units.len() < 2 {
            let rule = format!("needs two units that vary over {} periods running", lags + 4 + deterministic.columns());
            return Err(Violation::new("parameters.lags", rule, lags).into());
        }
        let method = params.text("method").unwrap_or_default();
        let (statistic, law) = match method {
            "im_pesaran_shin" => im_pesaran_shin(&units, deterministic, lags)?,
            "levin_lin_chu" => levin_lin_chu(&units, deterministic)?,
            method => combined(method, &units, deterministic),
        };
        let left_out = spans.len() - units.len();
        let mut outcome = question(&told, method).answer(&CARD, finite(statistic), law);
        outcome.figures = vec![
            Figure::new("units", units.len() as f64),
            Figure::new("units_left_out", left_out as f64),
            Figure::new("mean_t", units.iter().map(|unit| unit.t).sum::<f64>() / units.len() as f64),
        ];
        Ok(outcome)
    }
}

fn question(told: &str, method: &str) -> Question {
    let rejected = match method {
        "levin_lin_chu" => "all units return to their level or trend, so levels may be used",
        _ => "at least some units return to their level or trend, so levels may be used with care",
    };
    let kept = "take growth rates or differences, or look for cointegration, before trusting a regression in levels";
    Question::new(format!("{told} of every unit drifts without returning (a unit root)"), rejected, kept)
}

/// What a series may return to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deterministic {
    /// Zero.
    None,
    /// A constant.
    Constant,
    /// A trend.
    Trend,
}

impl Deterministic {
    fn of(params: &Params) -> Self {
        match params.text("deterministic") {
            Some("none") => Self::None,
            Some("trend") => Self::Trend,
            _ => Self::Constant,
        }
    }

    const fn columns(self) -> usize {
        match self {
            Self::None => 0,
            Self::Constant => 1,
            Self::Trend => 2,
        }
    }

    /// The terms over `rows` periods.
    fn terms(self, rows: usize) -> Vec<Vec<f64>> {
        let trend = (0..rows).map(|t| t as f64 - 0.5 * (rows as f64 - 1.0)).collect();
        [vec![1.0; rows], trend].into_iter().take(self.columns()).collect()
    }
}

/// What is tested, in words, and its spans by unit.
fn variable(subject: &Subject<'_>, params: &Params) -> Result<(String, Vec<Vec<f64>>), Violation> {
    let fit = subject.fit;
    let of = params.text("of").unwrap_or("outcome");
    if of == "residuals" {
        let values = fit.rows.iter().copied().zip(fit.residuals.iter().copied()).collect();
        return Ok(("the error".to_owned(), spans(values)));
    }
    let design = if of == "outcome" { subject.within()? } else { subject.levels()? };
    let (told, column) = match design.names.iter().position(|name| name == of) {
        Some(j) => (of, &design.x[j]),
        None if of == "outcome" => (if fit.outcome.is_empty() { of } else { &fit.outcome }, &design.y),
        None => {
            let known: Vec<&str> = design.names.iter().map(String::as_str).chain(["outcome", "residuals"]).collect();
            return Err(Violation::new("parameters.of", unknown(of, &known), of));
        }
    };
    Ok((told.to_owned(), spans(design.rows.iter().copied().zip(column.iter().copied()).collect())))
}

/// The longest span without gap of each unit; of equally long ones the last.
fn spans(values: Vec<(crate::regression::design::RowId, f64)>) -> Vec<Vec<f64>> {
    let rows: Vec<_> = values.iter().map(|(row, _)| *row).collect();
    let next = |a: &usize, b: &usize| rows[*b].period == rows[*a].period + 1;
    let longest = |unit: &Vec<usize>| {
        let span = unit.chunk_by(next).max_by_key(|span| span.len()).unwrap_or_default();
        span.iter().map(|i| values[*i].1).collect()
    };
    Series::new(&rows).units.iter().map(longest).collect()
}

/// The augmented Dickey–Fuller regression of one unit.
struct Augmented {
    /// The t of the lagged level, with degrees of freedom.
    t: f64,
    /// Rows of the regression.
    rows: usize,
    /// Differences without lagged differences and deterministic terms, over the standard deviation of the errors.
    difference: Vec<f64>,
    /// The same of the lagged level.
    level: Vec<f64>,
    /// Long-run standard deviation of the differences over that of the errors.
    ratio: f64,
}

impl Augmented {
    /// The regression; `None` for a series that is too short or does not vary.
    fn new(y: &[f64], deterministic: Deterministic, lags: usize, stop: &Stop) -> Result<Option<Self>, Error> {
        let used = lags + deterministic.columns() + 1;
        let rows = y.len().saturating_sub(lags + 1);
        if rows < used + 2 {
            return Ok(None);
        }
        let unit = magnitude(y);
        let differences: Vec<f64> = y.windows(2).map(|pair| (pair[1] - pair[0]) / unit).collect();
        let lagged = |lag: usize| differences[lags - lag..differences.len() - lag].to_vec();
        let controls = (1..=lags).map(lagged).chain(deterministic.terms(rows)).collect();
        let qr = Orthogonal::new(controls, stop)?;
        let mut difference = lagged(0);
        let mut level: Vec<f64> = y[lags..y.len() - 1].iter().map(|y| y / unit).collect();
        let whole = norm(&level);
        qr.project(&mut difference);
        qr.project(&mut level);
        let squares = dot(&level, &level);
        if squares.sqrt() <= 1e-9 * whole {
            return Ok(None);
        }
        let slope = dot(&level, &difference) / squares;
        let mut error = difference.clone();
        add_scaled(&mut error, -slope, &level);
        let ssr = dot(&error, &error);
        let sigma = (ssr / rows as f64).sqrt();
        if sigma <= 1e-9 * norm(&difference) {
            return Ok(None);
        }
        let t = slope / (ssr / (rows - used) as f64 / squares).sqrt();
        let ratio = long_run_variance(&differences, deterministic, stop)?.max(0.0).sqrt() / sigma;
        [&mut difference, &mut level].into_iter().flatten().for_each(|x| *x /= sigma);
        Ok(Some(Self { t, rows, difference, level, ratio }))
    }
}

/// Long-run variance of differences about their deterministic part (Levin, Lin and Chu 2002, eq. 6).
fn long_run_variance(differences: &[f64], deterministic: Deterministic, stop: &Stop) -> Result<f64, Error> {
    let n = differences.len();
    let mut deviations = differences.to_vec();
    Orthogonal::new(deterministic.terms(n), stop)?.project(&mut deviations);
    let longest = (3.21 * (n as f64 + 1.0).cbrt()).round() as usize;
    let covariance = |lag: usize| dot(&deviations[..n - lag], &deviations[lag..]) / n as f64;
    let weighted = |lag: usize| (1.0 - lag as f64 / (longest + 1) as f64) * covariance(lag);
    Ok(covariance(0) + 2.0 * (1..=longest.min(n - 1)).map(weighted).sum::<f64>())
}

fn im_pesaran_shin(units: &[Augmented], deterministic: Deterministic, lags: usize) -> Result<(f64, Law), Violation> {
    let n = units.len() as f64;
    let (mut mean, mut variance) = (0.0, 0.0);
    for unit in units {
        let Some(moments) = ips_moments(deterministic, lags, unit.rows) else {
            let (field, rule) = match deterministic {
                Deterministic::None => ("parameters.deterministic", "im_pesaran_shin needs a constant or a trend"),
                _ => ("parameters.lags", "has no tabled moments for series that short; take fewer lags or maddala_wu"),
            };
            return Err(Violation::new(field, rule, lags));
        };
        mean += moments.0 / n;
        variance += moments.1 / n;
    }
    let t = units.iter().map(|unit| unit.t).sum::<f64>() / n;
    Ok((n.sqrt() * (t - mean) / variance.sqrt(), Law::NormalBelow))
}

fn levin_lin_chu(units: &[Augmented], deterministic: Deterministic) -> Result<(f64, Law), Violation> {
    let rows = units[0].rows;
    if units.iter().any(|unit| unit.rows != rows) {
        let rule = "levin_lin_chu needs spans without gap of one length; take im_pesaran_shin or maddala_wu";
        return Err(Violation::new("parameters.method", rule, "levin_lin_chu"));
    }
    let sum = |f: &dyn Fn(&Augmented) -> f64| units.iter().map(f).sum::<f64>();
    let squares = sum(&|unit| dot(&unit.level, &unit.level));
    let slope = sum(&|unit| dot(&unit.level, &unit.difference)) / squares;
    let differences = sum(&|unit| dot(&unit.difference, &unit.difference));
    let n = (units.len() * rows) as f64;
    let variance = (differences - slope * slope * squares) / n;
    let error = (variance / squares).sqrt();
    let ratio = sum(&|unit| unit.ratio) / units.len() as f64;
    let (mean, deviation) = llc_moments(deterministic, rows as f64);
    Ok(((slope / error - n * ratio / variance * error * mean) / deviation, Law::NormalBelow))
}

/// The tests that put the units' p-values together.
fn combined(method: &str, units: &[Augmented], deterministic: Deterministic) -> (f64, Law) {
    // A p-value of 1 would count without bound.
    let p_value = |unit: &Augmented| dickey_fuller_tail(deterministic, unit.t).min(1.0 - 1e-15);
    let sum = |f: fn(f64) -> f64| units.iter().map(|unit| f(p_value(unit))).sum::<f64>();
    let n = units.len() as f64;
    match method {
        "maddala_wu" => (-2.0 * sum(f64::ln), Law::Chi2(2.0 * n)),
        "choi" => (sum(|p| -2.0 * p.ln() - 2.0) / (2.0 * n.sqrt()), Law::NormalAbove),
        "choi_normal" => (sum(normal_quantile) / n.sqrt(), Law::NormalBelow),
        _ => {
            let scale = (3.0 * (5.0 * n + 4.0) / (PI * PI * n * (5.0 * n + 2.0))).sqrt();
            (scale * sum(|p| (p / (1.0 - p)).ln()), Law::TBelow(5.0 * n + 4.0))
        }
    }
}
