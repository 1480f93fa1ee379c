//! Beta convergence: whether regions that start lower grow faster.

use super::change::{Change, PER, SPAN, log_changes, per};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Alternative, Ask, Extra, Index, Input, Output, Shape};
use crate::numeric::distributions::{t_critical, t_two_sided};
use crate::numeric::least_squares::DEPENDENT;
use crate::panel::{Absent, Value, finite, ln, ratio};
use std::collections::BTreeMap;

/// The slope of growth on the logarithm of the initial level, by least squares over regions.
#[derive(Debug)]
pub(super) struct BetaConvergence;

const PARTS: [&str; 8] = ["beta", "se", "t", "p", "r2", "lambda", "half_life", "n"];

impl Index for BetaConvergence {
    fn card(&self) -> &'static Card {
        &Card {
            id: "beta_convergence",
            aliases: &[],
            title: "Beta convergence: growth of regions regressed on the logarithm of their initial level (below 0: \
                    convergence)",
            kind: Kind::Index,
            formula: "(ln y_r,t − ln y_r,t−T)/T = α_g + β ln y_r,t−T + u_r, by least squares over regions, with T the \
                      span, α one constant or (conditional) one for each group; lambda = −ln(1 + βT)/T the speed of \
                      convergence per period, as β is per period already (not −ln(1 + β)/T); half_life = ln 2/lambda; \
                      se, t, p (two-sided, t distribution with n − k degrees of freedom, k constants and slope), r2, \
                      n",
            reference: "Barro and Sala-i-Martin (1992), Journal of Political Economy 100, 223–251; \
                        heteroskedasticity: MacKinnon and White (1985), Journal of Econometrics 29, 305–325 (HC1)",
            params: &[
                SPAN,
                PER,
                Param {
                    name: "groups",
                    doc: "A text attribute of the regions, such as the macro-region: convergence is then conditional \
                          on a constant for each group. Left out, it is absolute.",
                    domain: Domain::Groups { required: false },
                },
                Param {
                    name: "covariance",
                    doc: "Standard error: `iid`, or `hc1`, robust to heteroskedasticity.",
                    domain: Domain::Choice(&["iid", "hc1"]),
                },
            ],
            inference: &[Infer::Analytic, Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text(PER.name).is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let constant = params.text("groups").map_or("one constant".to_owned(), |g| format!("a constant for each {g}"));
        let covariance = params.text("covariance").unwrap_or_default();
        vec![
            format!(
                "annualised growth over {} periods; natural logarithm; industries are summed{}",
                params.number("span"),
                per(params)
            ),
            format!("{constant}; standard error {covariance}; regions weigh alike"),
            "absent: lambda where β ≤ −1/span, half_life where there is no convergence".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let span = params.number("span");
        let row = fit(input, params).map(|fit| {
            let (t, lambda) = (fit.t(), speed(fit.beta, span));
            let p = t.map(|t| t_two_sided(t, fit.df));
            let half_life =
                lambda.and_then(|l| if l > 0.0 { finite(2.0_f64.ln() / l) } else { Err(Absent::OutsideDomain) });
            [Ok(fit.beta), fit.se, t, p, fit.r2, lambda, half_life, Ok(fit.n)]
        });
        Output::of_rows(Shape::Nation, PARTS, &[row])
    }

    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        (ask.infer == Infer::Analytic).then(|| extras(fit(input, params), params.number("span"), ask))
    }
}

/// What least squares tell.
#[derive(Debug, Clone, Copy)]
struct Fit {
    beta: f64,
    se: Value,
    r2: Value,
    /// Degrees of freedom.
    df: f64,
    /// Number of regions.
    n: f64,
}

impl Fit {
    fn t(&self) -> Value {
        ratio(self.beta, self.se?)
    }
}

fn fit(input: &Input<'_>, params: &Params) -> Result<Fit, Absent> {
    let span = params.number("span");
    let logs = log_changes(input, span as usize)?;
    let group = |c: &Change| input.classes("groups").map_or(Ok(0), |groups| groups.of[c.region].ok_or(Absent::Missing));
    let points = logs.iter().map(|c| Ok(Point { x: c.earlier, y: (c.now - c.earlier) / span, group: group(c)? }));
    regress(&points.collect::<Result<Vec<_>, Absent>>()?, params.chooses("covariance", "hc1"))
}

#[derive(Debug, Clone, Copy)]
struct Point {
    x: f64,
    y: f64,
    group: usize,
}

/// Least squares of y on x with a constant for each group: of what is left when the means of the groups are taken out
/// (Frisch and Waugh 1933).
fn regress(points: &[Point], robust: bool) -> Result<Fit, Absent> {
    let square = |of: fn(&Point) -> f64, points: &[Point]| points.iter().map(|p| of(p).powi(2)).sum::<f64>();
    // What is left of a square, where it is more than rounding.
    let left = |square: f64, whole: f64| if square <= DEPENDENT.powi(2) * whole { 0.0 } else { square };
    let whole = square(|p| p.y, points);
    let (within, groups) = demeaned(points, |p| p.group);
    let sst = left(square(|p| p.y, &demeaned(points, |_| 0).0), whole);
    let n = points.len() as f64;
    let df = n - groups as f64 - 1.0;
    let sxx = left(square(|p| p.x, &within), square(|p| p.x, points));
    let beta = ratio(within.iter().map(|p| p.x * p.y).sum(), sxx)?;
    let residual = |p: &Point| p.y - beta * p.x;
    let ssr = left(within.iter().map(|p| residual(p).powi(2)).sum(), whole);
    let variance = match (df > 0.0, robust && ssr > 0.0) {
        (false, _) => Err(Absent::TooFewCategories),
        (true, false) => Ok(ssr / df / sxx),
        (true, true) => Ok(n / df * within.iter().map(|p| (p.x * residual(p)).powi(2)).sum::<f64>() / sxx / sxx),
    };
    Ok(Fit { beta, se: variance.map(f64::sqrt), r2: ratio(ssr, sst).map(|share| 1.0 - share), df, n })
}

/// The points less the means of their groups, and the number of groups.
fn demeaned(points: &[Point], group: impl Fn(&Point) -> usize) -> (Vec<Point>, usize) {
    let mut sums: BTreeMap<usize, (f64, f64, f64)> = BTreeMap::new();
    for p in points {
        let sum = sums.entry(group(p)).or_default();
        *sum = (sum.0 + 1.0, sum.1 + p.x, sum.2 + p.y);
    }
    let less = |p: &Point| {
        let (n, x, y) = sums[&group(p)];
        Point { x: p.x - x / n, y: p.y - y / n, ..*p }
    };
    (points.iter().map(less).collect(), sums.len())
}

/// The speed of convergence that a slope per period means.
fn speed(beta: f64, span: f64) -> Value {
    ln(1.0 + beta * span).and_then(|_| finite(-(beta * span).ln_1p() / span))
}

/// The interval and p-value of the slope, and the interval of the speed, which falls as the slope rises.
fn extras(fit: Result<Fit, Absent>, span: f64, ask: &Ask) -> Vec<Extra> {
    let se = fit.and_then(|fit| fit.se);
    let bound = |side: f64| {
        let (fit, se) = (fit?, se?);
        finite(fit.beta + side * t_critical(1.0 - ask.level, fit.df) * se)
    };
    let p = fit.and_then(|fit| {
        let (t, both) = (fit.t()?, t_two_sided(fit.t()?, fit.df));
        let tail = |beyond: bool| if beyond { both / 2.0 } else { 1.0 - both / 2.0 };
        Ok(match ask.alternative {
            Alternative::TwoSided => both,
            Alternative::Greater => tail(t > 0.0),
            Alternative::Less => tail(t < 0.0),
        })
    });
    let of_speed = |bound: Value| bound.and_then(|beta| speed(beta, span));
    // The delta method; no speed, no error.
    let lambda_se = fit.and_then(|fit| speed(fit.beta, span).and(ratio(se?, 1.0 + fit.beta * span)));
    let columns = [
        ("beta_se", se),
        ("beta_lower", bound(-1.0)),
        ("beta_upper", bound(1.0)),
        ("beta_p", p),
        ("lambda_se", lambda_se),
        ("lambda_lower", of_speed(bound(1.0))),
        ("lambda_upper", of_speed(bound(-1.0))),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), vec![value])).collect()
}
