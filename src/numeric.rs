//! Numerical tools shared by the methods: distributions, random streams, fixed-effect absorption,
//! least squares, cancellation. Everything here gives the same bits for any number of threads.

pub mod absorb;
pub mod cholesky;
pub mod distributions;
pub mod gram;
pub mod least_squares;
pub mod nelder_mead;
pub mod noncentral;
pub mod normal_equations;
pub mod polynomial;
pub mod random;
pub mod sparse;
mod stop;
pub mod vector;

pub use stop::Stop;
