//! Sigma convergence between two periods, and whether it is more than chance.

use super::change::{Change, PER, SPAN, log_changes, per};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::numeric::distributions::{f_tail, t_two_sided};
use crate::panel::{Absent, Value, finite, ratio};

/// `σ_t − σ_(t−span)`.
#[derive(Debug)]
pub(super) struct SigmaChange;

const PARTS: [&str; 7] = ["value", "now", "earlier", "f", "f_p", "t", "p"];

impl Index for SigmaChange {
    fn card(&self) -> &'static Card {
        &Card {
            id: "sigma_change",
            aliases: &[],
            title: "Sigma convergence between two periods: change of the deviation of logarithms (below 0: \
                    convergence), with tests",
            kind: Kind::Index,
            formula: "value = σ_now − σ_earlier, with σ the standard deviation of ln y over the R regions present in \
                      both periods (ddof 1); f = σ²_earlier/σ²_now with f_p two-sided of F(R − 1, R − 1), which takes \
                      the periods as independent samples; t = r √(R − 2)/√(1 − r²) with p two-sided of t(R − 2), r \
                      the correlation over regions of (ln y_now − ln y_earlier) with (ln y_now + ln y_earlier), which \
                      does not",
            reference: "Barro and Sala-i-Martin (1992), Journal of Political Economy 100, 223–251; paired test of \
                        variances: Pitman (1939), Biometrika 31, 9–12, and Morgan (1939), Biometrika 31, 13–19",
            params: &[SPAN, PER],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text(PER.name).is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![
            format!(
                "natural logarithm; {} periods; regions weigh alike; industries are summed{}",
                params.number("span"),
                per(params)
            ),
            "f is above 1 and t below 0 where regions converge; p-values are two-sided".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let row = log_changes(input, params.number("span") as usize).and_then(|logs| compare(&logs));
        Output::of_rows(Shape::Nation, PARTS, &[row])
    }
}

fn compare(logs: &[Change]) -> Result<[Value; 7], Absent> {
    let (now, earlier) = (deviation(logs, |c| c.now)?, deviation(logs, |c| c.earlier)?);
    let f = ratio(earlier.powi(2), now.powi(2));
    let t = paired(logs);
    let (df, half) = ((logs.len() - 1) as f64, |tail: f64| (2.0 * tail).min(1.0));
    let f_p = f.map(|f| half(f_tail(f, df, df).min(f_tail(1.0 / f, df, df))));
    let p = t.map(|t| t_two_sided(t, df - 1.0));
    Ok([finite(now - earlier), Ok(now), Ok(earlier), f, f_p, t, p])
}

/// The deviation of logarithms; none where they differ by rounding only.
fn deviation(logs: &[Change], of: impl Fn(&Change) -> f64) -> Value {
    const ROUNDING: f64 = 1e-13;
    let logs: Vec<f64> = logs.iter().map(of).collect();
    let spread = spread(&logs, 1)?;
    Ok(if spread.deviation <= ROUNDING * spread.mean.abs().max(1.0) { 0.0 } else { spread.deviation })
}

/// The t statistic of Pitman and Morgan.
fn paired(logs: &[Change]) -> Value {
    if logs.len() < 3 {
        return Err(Absent::TooFewCategories);
    }
    let n = logs.len() as f64;
    let mean = |of: fn(&Change) -> f64| logs.iter().map(of).sum::<f64>() / n;
    let (difference, sum) = (mean(|c| c.now - c.earlier), mean(|c| c.now + c.earlier));
    let (mut dd, mut ss, mut ds) = (0.0, 0.0, 0.0);
    for c in logs {
        let (d, s) = (c.now - c.earlier - difference, c.now + c.earlier - sum);
        (dd, ss, ds) = (dd + d * d, ss + s * s, ds + d * s);
    }
    ratio(ds * (n - 2.0).sqrt(), (dd * ss - ds * ds).max(0.0).sqrt())
}
