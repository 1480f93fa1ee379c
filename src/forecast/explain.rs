//! Why a scenario does what it does.

mod shapley;
