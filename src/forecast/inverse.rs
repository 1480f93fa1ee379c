//! Inverse questions: the amounts that bring about what is wanted.
//!
//! * [`fn@seek`] finds the least change of one or several instruments that reaches a target, or proves how far they reach;
//! * [`fn@allocate`] spends a budget where it brings most, and [`frontier`] trades one aim for another.
//!
//! [`SeekTarget`] and [`AllocateBudget`] put these questions to a [`Study`](super::Study). All see the forecast as a function of the amounts, a [`Response`]: cheap point forecasts lead the way, the few
//! runs of all draws tell the probability. Every amount is measured by its [`Range`], so that nothing depends on units.

mod allocate;
mod ascent;
mod budget;
mod free;
mod projection;
mod question;
mod range;
mod reach;
mod response;
mod root;
mod seek;
mod subject;
mod target;

pub use allocate::{Allocation, Comparison, Item, Tradeoff, allocate, compare, equal_split, frontier};
pub use budget::{AllocateBudget, BudgetAnswer, BudgetItem, BudgetPlan};
pub use free::Free;
pub use range::Range;
pub use reach::Extreme;
pub use response::Response;
pub use seek::{Goal, Instrument, Outcome, Sense, Sought, seek};
pub use subject::{Place, Subject};
pub use target::{SeekTarget, TargetAnswer};
