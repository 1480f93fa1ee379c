//! Estimators with instruments against other people's numbers, and the laws they keep.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

mod instruments {
    mod golden;
    mod laws;
    mod recovery;
}
