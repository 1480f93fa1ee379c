//! Whether one method's losses are smaller than another's by more than chance.

use crate::card::{Card, Domain, Kind, Param};
use crate::numeric::distributions::t_two_sided;
use crate::panel::{Absent, finite};

/// Its card.
pub static CARD: Card = Card {
    id: "diebold_mariano",
    aliases: &["dm_test"],
    title: "Diebold–Mariano test of equal accuracy",
    kind: Kind::Score,
    formula: "d̄ / √(V/n) · √((n − h)(n − h + 1))/n ~ t(n − 1); d_t the loss of the method less that of the rival in forecast t of \
              n, h steps ahead, V = γ_0 + 2 Σ_{k<h} w_k γ_k of its autocovariances γ; below zero where the method is better",
    reference: "Diebold and Mariano (1995), Comparing predictive accuracy, equation 4; small samples: Harvey, Leybourne and Newbold \
                (1997), Testing the equality of prediction mean squared errors, equation 9",
    params: &[
        Param {
            name: "horizon",
            doc: "Steps ahead h: errors of overlapping forecasts correlate over h − 1 of them.",
            domain: Domain::Integer { min: 1, max: 1000, default: 1 },
        },
        Param {
            name: "kernel",
            doc: "Weights w_k of the autocovariances: rectangular, all one, as published; bartlett, 1 − k/h, whose V is never \
                  negative. Where the rectangular V is not positive, bartlett takes its place.",
            domain: Domain::Choice(&["rectangular", "bartlett"]),
        },
    ],
    inference: &[],
    laws: &[],
};

/// Weights of the autocovariances of loss differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// All one.
    Rectangular,
    /// Falling linearly.
    Bartlett,
}

impl Kernel {
    /// The kernel's name in requests and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rectangular => "rectangular",
            Self::Bartlett => "bartlett",
        }
    }

    fn weight(self, lag: usize, horizon: usize) -> f64 {
        match self {
            Self::Rectangular => 1.0,
            Self::Bartlett => 1.0 - lag as f64 / horizon as f64,
        }
    }
}

/// The test of one series of loss differences.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DieboldMariano {
    /// Mean loss of the method less that of the rival.
    pub difference: f64,
    /// The corrected statistic.
    pub statistic: f64,
    /// Two-sided, from the t distribution with one degree of freedom less than forecasts.
    pub p_value: f64,
    /// The kernel behind it.
    pub kernel: Kernel,
    /// Number of forecasts compared.
    pub forecasts: usize,
}

/// Compares two methods by the losses of the one less those of the other, in the order of time.
///
/// # Errors
/// [`Absent::NoPeriod`]: no more forecasts than steps ahead; [`Absent::ZeroDenominator`]: the difference is always the same.
pub fn test(differences: &[f64], horizon: usize, kernel: Kernel) -> Result<DieboldMariano, Absent> {
    let (count, h) = (differences.len(), horizon as f64);
    if count <= horizon || count < 2 {
        return Err(Absent::NoPeriod);
    }
    let n = count as f64;
    let difference = finite(differences.iter().sum::<f64>() / n)?;
    let deviations: Vec<f64> = differences.iter().map(|d| d - difference).collect();
    let largest = differences.iter().fold(0.0_f64, |m, d| m.max(d.abs()));
    if deviations.iter().all(|d| d.abs() <= 4.0 * f64::EPSILON * largest) {
        return Err(Absent::ZeroDenominator);
    }
    let variance = |kernel: Kernel| {
        let terms = (1..horizon).map(|lag| 2.0 * kernel.weight(lag, horizon) * autocovariance(&deviations, lag));
        autocovariance(&deviations, 0) + terms.sum::<f64>()
    };
    let positive = variance(kernel) > 0.0;
    let kernel = if positive { kernel } else { Kernel::Bartlett };
    let correction = ((n - h) * (n - h + 1.0)).sqrt() / n;
    let statistic = finite(difference / (variance(kernel) / n).sqrt() * correction)?;
    Ok(DieboldMariano { difference, statistic, p_value: t_two_sided(statistic, n - 1.0), kernel, forecasts: count })
}

/// With divisor n, as the kernels' sign needs it.
fn autocovariance(deviations: &[f64], lag: usize) -> f64 {
    let products = deviations.iter().zip(&deviations[lag..]).map(|(a, b)| a * b);
    products.sum::<f64>() / deviations.len() as f64
}
