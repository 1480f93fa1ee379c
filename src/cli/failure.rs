//! Errors for people: what, where, what to do, and an exit code for scripts.

use crate::error::Error;
use std::fmt;
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// The exit codes of `sysexits.h`, which shells and service managers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The command line is wrong.
    Usage = 64,
    /// The data or the request are wrong.
    Data = 65,
    /// A file cannot be read.
    NoInput = 66,
    /// The server cannot be reached or refuses for lack of room.
    Unavailable = 69,
    /// A fault of the service.
    Software = 70,
    /// A file cannot be written.
    CannotCreate = 73,
}

/// Why a command ended without its result.
#[derive(Debug)]
pub struct Failure {
    /// The code to exit with.
    pub exit: Exit,
    text: String,
}

impl Failure {
    /// A failure with a text that says what went wrong, where, and what to do.
    pub fn new(exit: Exit, text: impl Into<String>) -> Self {
        Self { exit, text: text.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let exit = match status.code() {
            Code::InvalidArgument | Code::NotFound | Code::AlreadyExists | Code::FailedPrecondition => Exit::Data,
            Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled => Exit::Unavailable,
            _ => Exit::Software,
        };
        Self::new(exit, describe(&status))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(Exit::Software, error.to_string())
    }
}

/// The message of a status; for a refused request, every violation with the flag it came from.
fn describe(status: &Status) -> String {
    let Some(bad_request) = status.get_details_bad_request() else {
        return match status.code() {
            Code::Unavailable => format!("the server cannot be reached ({}); is --endpoint right?", status.message()),
            _ => status.message().to_owned(),
        };
    };
    let told = bad_request.field_violations.len();
    let mut text = if told == 1 { "the request was refused:".to_owned() } else { format!("{told} mistakes:") };
    for violation in &bad_request.field_violations {
        text.push_str(&format!("\n  {}: {}", flag_of(&violation.field), violation.description.replace('\n', "\n    ")));
    }
    let all = status
        .get_details_error_info()
        .and_then(|info| info.metadata.get("violationCount")?.parse::<usize>().ok())
        .unwrap_or(told);
    if all > told {
        text.push_str(&format!("\n  … and {} more", all - told));
    }
    text
}

/// What a person typed for this field of a request; the field itself when there is no flag for it.
fn flag_of(field: &str) -> &str {
    match field {
        "spec.formula" | "formula" => "--formula",
        "given.formula" => "--given, formula",
        "spec.weights" => "--weights",
        "spec.covariance" => "--vcov",
        "header.schema.region_column" => "--region",
        "header.schema.period_column" => "--period",
        "header.schema.industry_column" => "--industry",
        "spec.interval_level" => "--level",
        "first_period" => "--from",
        "last_period" => "--to",
        "header.dataset_id" => "--as",
        "model_name" => "--model",
        "save_as" => "--save-as",
        "horizon" => "--horizon",
        "draws" => "--draws",
        "group_attribute" => "--group",
        "population_measure" => "--population",
        _ if field.starts_with("spec.covariance.") => "--vcov",
        _ if field.starts_with("interval_levels") => "--band",
        _ if field.starts_with("drivers") => "--driver",
        _ => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn violations_name_the_flag_they_came_from() {
        let mut details = ErrorDetails::new();
        details.add_bad_request_violation("spec.formula", "unknown measure gdpp; did you mean gdp?");
        let status = Status::with_error_details(Code::InvalidArgument, "invalid request", details);
        let failure = Failure::from(status);
        assert_eq!(failure.exit, Exit::Data);
        assert_eq!(
            failure.to_string(),
            "the request was refused:\n  --formula: unknown measure gdpp; did you mean gdp?"
        );
    }
}
