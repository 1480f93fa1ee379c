//! What a policy of the past has done: methods that compare a treated region with what it would have been.

pub mod synthetic_control;

pub use synthetic_control::{LeftOut, Placebos, Synthetic, synthetic_control};
