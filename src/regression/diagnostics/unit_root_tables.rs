//! Printed tables that unit-root tests are read with.

use super::panel_unit_root::Deterministic;
use crate::numeric::distributions::normal_tail;

/// Rows of the regression at which [`MEAN_CONSTANT`] and its like are printed.
const ROWS: [f64; 10] = [10.0, 15.0, 20.0, 25.0, 30.0, 40.0, 50.0, 60.0, 70.0, 100.0];

/// Mean of the Dickey–Fuller t with a constant, by lags 0 to 8 and [`ROWS`]: Im, Pesaran and Shin (2003), Journal of
/// Econometrics 115(1), table 3.
const MEAN_CONSTANT: [[f64; 10]; 9] = [
    [-1.504, -1.514, -1.522, -1.520, -1.526, -1.523, -1.527, -1.519, -1.524, -1.532],
    [-1.488, -1.503, -1.516, -1.514, -1.519, -1.520, -1.524, -1.519, -1.522, -1.530],
    [-1.319, -1.387, -1.428, -1.443, -1.460, -1.476, -1.493, -1.490, -1.498, -1.514],
    [-1.306, -1.366, -1.413, -1.433, -1.453, -1.471, -1.489, -1.486, -1.495, -1.512],
    [-1.171, -1.260, -1.329, -1.363, -1.394, -1.428, -1.454, -1.458, -1.470, -1.495],
    [f64::NAN, f64::NAN, -1.313, -1.351, -1.384, -1.421, -1.451, -1.454, -1.467, -1.494],
    [f64::NAN, f64::NAN, f64::NAN, -1.289, -1.331, -1.380, -1.418, -1.427, -1.444, -1.476],
    [f64::NAN, f64::NAN, f64::NAN, -1.273, -1.319, -1.371, -1.411, -1.423, -1.441, -1.474],
    [f64::NAN, f64::NAN, f64::NAN, -1.212, -1.266, -1.329, -1.377, -1.393, -1.415, -1.456],
];

/// Variance of the Dickey–Fuller t with a constant, by lags 0 to 8 and [`ROWS`]: Im, Pesaran and Shin (2003), Journal of
/// Econometrics 115(1), table 3.
const VARIANCE_CONSTANT: [[f64; 10]; 9] = [
    [1.069, 0.923, 0.851, 0.809, 0.789, 0.770, 0.760, 0.749, 0.736, 0.735],
    [1.255, 1.011, 0.915, 0.861, 0.831, 0.803, 0.781, 0.770, 0.753, 0.745],
    [1.421, 1.078, 0.969, 0.905, 0.865, 0.830, 0.798, 0.789, 0.766, 0.754],
    [1.759, 1.181, 1.037, 0.952, 0.907, 0.858, 0.819, 0.802, 0.782, 0.761],
    [2.080, 1.279, 1.097, 1.005, 0.946, 0.886, 0.842, 0.819, 0.801, 0.771],
    [f64::NAN, f64::NAN, 1.171, 1.055, 0.980, 0.912, 0.863, 0.839, 0.814, 0.781],
    [f64::NAN, f64::NAN, f64::NAN, 1.114, 1.023, 0.942, 0.886, 0.858, 0.834, 0.795],
    [f64::NAN, f64::NAN, f64::NAN, 1.164, 1.062, 0.968, 0.910, 0.875, 0.851, 0.806],
    [f64::NAN, f64::NAN, f64::NAN, 1.217, 1.105, 0.996, 0.929, 0.896, 0.871, 0.818],
];

/// Mean of the Dickey–Fuller t with a constant and a trend, by lags 0 to 8 and [`ROWS`]: Im, Pesaran and Shin (2003), Journal of
/// Econometrics 115(1), table 3.
const MEAN_TREND: [[f64; 10]; 9] = [
    [-2.166, -2.167, -2.168, -2.167, -2.172, -2.173, -2.176, -2.174, -2.174, -2.177],
    [-2.173, -2.169, -2.172, -2.172, -2.173, -2.177, -2.180, -2.178, -2.176, -2.179],
    [-1.914, -1.999, -2.047, -2.074, -2.095, -2.120, -2.137, -2.143, -2.146, -2.158],
    [-1.922, -1.977, -2.032, -2.065, -2.091, -2.117, -2.137, -2.142, -2.146, -2.158],
    [-1.750, -1.823, -1.911, -1.968, -2.009, -2.057, -2.091, -2.103, -2.114, -2.135],
    [f64::NAN, f64::NAN, -1.888, -1.955, -1.998, -2.051, -2.087, -2.101, -2.111, -2.135],
    [f64::NAN, f64::NAN, f64::NAN, -1.868, -1.923, -1.995, -2.042, -2.065, -2.081, -2.113],
    [f64::NAN, f64::NAN, f64::NAN, -1.851, -1.912, -1.986, -2.036, -2.063, -2.079, -2.112],
    [f64::NAN, f64::NAN, f64::NAN, -1.761, -1.835, -1.925, -1.987, -2.024, -2.046, -2.088],
];

/// Variance of the Dickey–Fuller t with a constant and a trend, by lags 0 to 8 and [`ROWS`]: Im, Pesaran and Shin (2003), Journal of
/// Econometrics 115(1), table 3.
const VARIANCE_TREND: [[f64; 10]; 9] = [
    [1.132, 0.869, 0.763, 0.713, 0.690, 0.655, 0.633, 0.621, 0.610, 0.597],
    [1.453, 0.975, 0.845, 0.769, 0.734, 0.687, 0.654, 0.641, 0.627, 0.605],
    [1.627, 1.036, 0.882, 0.796, 0.756, 0.702, 0.661, 0.653, 0.634, 0.613],
    [2.482, 1.214, 0.983, 0.861, 0.808, 0.735, 0.688, 0.674, 0.650, 0.625],
    [3.947, 1.332, 1.052, 0.913, 0.845, 0.759, 0.705, 0.685, 0.662, 0.629],
    [f64::NAN, f64::NAN, 1.165, 0.991, 0.899, 0.792, 0.730, 0.705, 0.673, 0.638],
    [f64::NAN, f64::NAN, f64::NAN, 1.055, 0.945, 0.828, 0.753, 0.725, 0.689, 0.650],
    [f64::NAN, f64::NAN, f64::NAN, 1.145, 1.009, 0.872, 0.786, 0.747, 0.713, 0.661],
    [f64::NAN, f64::NAN, f64::NAN, 1.208, 1.063, 0.902, 0.808, 0.766, 0.728, 0.670],
];

/// Mean and variance of the Dickey–Fuller t under a unit root, between printed numbers of rows by interpolation and beyond
/// them those of the last; `None` where none are printed.
pub(super) fn ips_moments(deterministic: Deterministic, lags: usize, rows: usize) -> Option<(f64, f64)> {
    let (means, variances) = match deterministic {
        Deterministic::None => return None,
        Deterministic::Constant => (&MEAN_CONSTANT, &VARIANCE_CONSTANT),
        Deterministic::Trend => (&MEAN_TREND, &VARIANCE_TREND),
    };
    let rows = rows as f64;
    let moments = (interpolate(&ROWS, means.get(lags)?, rows), interpolate(&ROWS, variances.get(lags)?, rows));
    (rows >= ROWS[0] && moments.0.is_finite()).then_some(moments)
}

/// Lengths at which [`llc_moments`] are printed; the last stands for any longer one.
const LENGTHS: [f64; 13] = [25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 250.0, 500.0];

/// Mean and standard deviation that adjust the pooled t: Levin, Lin and Chu (2002), Journal of Econometrics 108(1), table 2.
pub(super) fn llc_moments(deterministic: Deterministic, length: f64) -> (f64, f64) {
    let (means, deviations) = match deterministic {
        Deterministic::None => (
            [0.004, 0.003, 0.002, 0.002, 0.001, 0.001, 0.001, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [1.049, 1.035, 1.027, 1.021, 1.017, 1.014, 1.011, 1.008, 1.007, 1.006, 1.005, 1.001, 1.0],
        ),
        Deterministic::Constant => (
            [-0.554, -0.546, -0.541, -0.537, -0.533, -0.531, -0.527, -0.524, -0.521, -0.520, -0.518, -0.509, -0.5],
            [0.919, 0.889, 0.867, 0.850, 0.837, 0.826, 0.810, 0.798, 0.789, 0.782, 0.776, 0.742, 0.707],
        ),
        Deterministic::Trend => (
            [-0.703, -0.674, -0.653, -0.637, -0.624, -0.614, -0.598, -0.587, -0.578, -0.571, -0.566, -0.533, -0.5],
            [1.003, 0.949, 0.906, 0.871, 0.842, 0.818, 0.780, 0.751, 0.728, 0.710, 0.695, 0.603, 0.5],
        ),
    };
    (interpolate(&LENGTHS, &means, length), interpolate(&LENGTHS, &deviations, length))
}

/// The value at `x` on the line between the printed ones on either side, beyond them that of the nearest.
fn interpolate(at: &[f64], values: &[f64], x: f64) -> f64 {
    let after = at.partition_point(|place| *place < x);
    if after == 0 || after == at.len() {
        return values[after.min(at.len() - 1)];
    }
    if at[after] <= x {
        return values[after];
    }
    let share = (x - at[after - 1]) / (at[after] - at[after - 1]);
    values[after - 1] + share * (values[after] - values[after - 1])
}

/// P(t < tau) of the Dickey–Fuller t under a unit root: MacKinnon (1994), Journal of Business & Economic Statistics 12(2),
/// tables 3 and 4; beyond the range of the tables that of its end.
pub(super) fn dickey_fuller_tail(deterministic: Deterministic, tau: f64) -> f64 {
    let (range, turn, small, large) = match deterministic {
        Deterministic::None => {
            ((-19.04, 40.0), -1.04, [0.6344, 1.2378, 0.032_496], [0.4797, 0.935_57, -0.069_99, 0.033_066])
        }
        Deterministic::Constant => {
            ((-18.83, 2.74), -1.61, [2.1659, 1.4412, 0.038_269], [1.7339, 0.932_02, -0.127_45, -0.010_368])
        }
        Deterministic::Trend => {
            ((-16.18, 0.7), -2.89, [3.2512, 1.6047, 0.049_588], [2.5261, 0.616_54, -0.379_56, -0.060_285])
        }
    };
    let tau = tau.clamp(range.0, range.1);
    let polynomial = |c: &[f64]| c.iter().rev().fold(0.0, |sum, c| sum * tau + c);
    normal_tail(-if tau <= turn { polynomial(&small) } else { polynomial(&large) })
}
