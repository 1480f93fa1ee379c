//! Numerical tools shared by the methods: distributions, random streams, fixed-effect absorption,
//! least squares, cancellation. Everything here gives the same bits for any number of threads.

pub mod random;
mod stop;

pub use stop::Stop;
