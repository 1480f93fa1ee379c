//! Errors on the wire: the only place where the service decides on a status code.
//!
//! Every status carries a `google.rpc.ErrorInfo` of the domain `agglo` whose reason is the name
//! of an [`ErrorReason`]. Statuses travel in HTTP/2 trailers, which widely used clients refuse
//! above 8 KiB, so violations are told as far as they fit and always counted.

use crate::api::v1::ErrorReason;
use crate::error::{Error, Violation, Violations};
use prost::Message;
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, QuotaViolation, StatusExt};

const DOMAIN: &str = "agglo";
/// Bytes that the violations of one status may take; base64 makes a third more of them.
const VIOLATION_BYTES: usize = 5_400;
/// Bytes of a violation's message beside its texts.
const FIELD_OVERHEAD: usize = 8;
/// Characters of a status message; a character outside ASCII travels as up to twelve bytes.
const MESSAGE_CHARS: usize = 300;
/// Characters of one violation's text.
const VIOLATION_CHARS: usize = 600;
const RETRY_DELAY: Duration = Duration::from_secs(1);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        match &error {
            Error::Invalid(violations) => invalid(violations),
            Error::NotFound(resource) => about(Code::NotFound, ErrorReason::NotFound, &error, resource),
            Error::AlreadyExists(resource) => about(Code::AlreadyExists, ErrorReason::AlreadyExists, &error, resource),
            Error::DataLoss(resource) => {
                tracing::error!(detail = %error, "stored data are damaged");
                about(Code::DataLoss, ErrorReason::DataLoss, &error, resource)
            }
            Error::Precondition(_) => told(Code::FailedPrecondition, ErrorReason::Precondition, &error, []),
            Error::Cancelled => told(Code::Cancelled, ErrorReason::Cancelled, &error, []),
            Error::Limit { what, needed, limit, unit } => limited(&error, what, *needed, *limit, unit),
            Error::Busy { limit } => busy(&error, *limit),
            Error::Internal(detail) => {
                tracing::error!(detail, "internal error");
                internal()
            }
        }
    }
}

/// The same error as a message, for the items of a batch.
pub fn to_message(error: Error) -> tonic_types::Status {
    let status = Status::from(error);
    tonic_types::Status::decode(status.details()).unwrap_or_else(|_| tonic_types::Status {
        code: status.code().into(),
        message: status.message().to_owned(),
        details: Vec::new(),
    })
}

/// The status of a fault of the service: its text is fixed, the log has the details.
pub fn internal() -> Status {
    let text = "the service failed; its log has the details under the request id";
    told(Code::Internal, ErrorReason::Internal, &text, [])
}

/// The status of a call whose deadline has passed.
pub fn deadline_exceeded(after: Duration) -> Status {
    let text = format!("the deadline of {} ms has passed; the calculation was stopped", after.as_millis());
    told(Code::DeadlineExceeded, ErrorReason::Cancelled, &text, [])
}

/// The status of a call that was cut because the service ends.
pub fn shutting_down() -> Status {
    told(Code::Unavailable, ErrorReason::Cancelled, &"the service is shutting down; the call was stopped", [])
}

/// Puts the service's own code and details in place of those of a status that the protocol's library made.
///
/// The library calls an oversized message OUT_OF_RANGE and an undecodable one INTERNAL; both are the caller's.
pub fn mend(status: Status) -> Status {
    let text = status.message();
    if !status.details().is_empty() {
        status
    } else if let Some((needed, limit)) = oversize(text) {
        Error::Limit { what: "message", needed, limit, unit: "bytes" }.into()
    } else if status.code() == Code::Internal && text.contains("failed to decode Protobuf message") {
        invalid(&Violation::new("", "the bytes are no such message", text).into())
    } else {
        status
    }
}

/// The sizes told in the library's "message length too large: found 9 bytes, the limit is: 4 bytes".
fn oversize(text: &str) -> Option<(u64, u64)> {
    let (_, sizes) = text.split_once("message length too large: found ")?;
    let mut numbers = sizes.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok());
    Some((numbers.next()?, numbers.next()?))
}

fn invalid(violations: &Violations) -> Status {
    let full: Vec<_> = violations.told().iter().map(describe).collect();
    let mut fields = that_fit(violations, &full);
    if fields.len() < full.len() {
        fields = that_fit(violations, &abbreviated(violations));
    }
    let mut text = violations.told().first().map_or_else(|| "invalid request".to_owned(), ToString::to_string);
    text = clip(&text, MESSAGE_CHARS);
    if violations.count() > 1 {
        text = format!("{text} (one of {} violations)", violations.count());
    }
    let metadata = [("violationCount", violations.count().to_string())];
    let mut details = info(ErrorReason::InvalidRequest, metadata);
    details.set_bad_request(fields);
    Status::with_error_details(Code::InvalidArgument, text, details)
}

/// The violations with these descriptions, as many as there is room for.
fn that_fit(violations: &Violations, descriptions: &[String]) -> Vec<FieldViolation> {
    let mut room = VIOLATION_BYTES;
    let told = violations.told().iter().zip(descriptions);
    let fields = told.map(|(violation, text)| FieldViolation::new(&violation.field, clip(text, VIOLATION_CHARS)));
    let fits = fields.take_while(|field| {
        let size = field.field.len() + field.description.len() + FIELD_OVERHEAD;
        room.checked_sub(size).inspect(|left| room = *left).is_some()
    });
    fits.collect()
}

/// Descriptions in which a rule that an earlier one tells is not told again.
fn abbreviated(violations: &Violations) -> Vec<String> {
    let mut seen = HashSet::new();
    let described = violations.told().iter().map(|violation| {
        let is_new = seen.insert(&violation.rule);
        if is_new { describe(violation) } else { format!("the same; got {:?}", violation.value) }
    });
    described.collect()
}

/// The rule and the offending value, without the field.
fn describe(violation: &Violation) -> String {
    let text = Violation { field: String::new(), ..violation.clone() }.to_string();
    text.trim_start_matches(": ").to_owned()
}

fn about(code: Code, reason: ErrorReason, error: &Error, resource: &str) -> Status {
    told(code, reason, error, [("resource", resource.to_owned())])
}

fn limited(error: &Error, what: &str, needed: u64, limit: u64, unit: &str) -> Status {
    let metadata = [
        ("what", what.to_owned()),
        ("needed", needed.to_string()),
        ("limit", limit.to_string()),
        ("unit", unit.to_owned()),
    ];
    let mut details = info(ErrorReason::LimitExceeded, metadata);
    let mut violation = QuotaViolation::new(what, error.to_string());
    violation.quota_value = i64::try_from(limit).unwrap_or(i64::MAX);
    details.set_quota_failure(vec![violation]);
    Status::with_error_details(Code::ResourceExhausted, error.to_string(), details)
}

fn busy(error: &Error, limit: usize) -> Status {
    let mut details = info(ErrorReason::Busy, [("limit", limit.to_string())]);
    details.set_retry_info(Some(RETRY_DELAY));
    Status::with_error_details(Code::ResourceExhausted, error.to_string(), details)
}

fn told<const N: usize>(
    code: Code,
    reason: ErrorReason,
    text: &dyn std::fmt::Display,
    metadata: [(&str, String); N],
) -> Status {
    Status::with_error_details(code, clip(&text.to_string(), MESSAGE_CHARS), info(reason, metadata))
}

fn info<const N: usize>(reason: ErrorReason, metadata: [(&str, String); N]) -> ErrorDetails {
    let metadata: HashMap<_, _> = metadata.map(|(name, value)| (name.to_owned(), clip(&value, MESSAGE_CHARS))).into();
    ErrorDetails::with_error_info(reason.as_str_name(), DOMAIN, metadata)
}

/// At most `most` characters of a text.
fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn violations_keep_field_rule_and_value_apart() {
        let error = Error::from(Violation::new("horizon", "must be in [1, 200]", 0));
        let status = Status::from(error);
        assert_eq!(status.code(), Code::InvalidArgument);
        let field = &status.get_details_bad_request().unwrap().field_violations[0];
        assert_eq!((field.field.as_str(), field.description.as_str()), ("horizon", "must be in [1, 200]; got \"0\""));
        let info = status.get_details_error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("ERROR_REASON_INVALID_REQUEST", "agglo"));
        assert_eq!(info.metadata["violationCount"], "1");
    }

    #[test]
    fn a_status_fits_into_trailers_however_much_is_wrong() {
        for (length, is_repeated, told_at_least) in [(8, false, 100), (90, true, 100), (10_000, false, 8)] {
            let mut violations = Violations::default();
            for row in 0..5_000 {
                let rule = format!("{} {}", if is_repeated { 0 } else { row }, "x".repeat(length));
                violations.push(Violation::new(format!("row {row}, column gdp"), rule, "n.v."));
            }
            let status = Status::from(Error::Invalid(violations));
            let told = status.get_details_bad_request().unwrap().field_violations.len();
            assert!(told >= told_at_least, "{told} told");
            assert_eq!(status.get_details_error_info().unwrap().metadata["violationCount"], "5000");
            let size = status.details().len() * 4 / 3 + status.message().len();
            assert!(size < 8_000, "{size} bytes");
        }
    }

    #[test]
    fn internal_details_stay_in_the_log() {
        let status = Status::from(Error::Internal("secret path".to_owned()));
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("secret") && !String::from_utf8_lossy(status.details()).contains("secret"));
    }

    #[test]
    fn busy_says_when_to_come_again_and_a_limit_does_not() {
        let busy = Status::from(Error::Busy { limit: 3 });
        assert_eq!(busy.get_details_retry_info().unwrap().retry_delay, Some(RETRY_DELAY));
        let limit = Status::from(Error::Limit { what: "memory", needed: 9, limit: 5, unit: "bytes" });
        assert_eq!((busy.code(), limit.code()), (Code::ResourceExhausted, Code::ResourceExhausted));
        assert!(limit.get_details_retry_info().is_none());
        assert_eq!(limit.get_details_quota_failure().unwrap().violations[0].quota_value, 5);
        assert_eq!(limit.get_details_error_info().unwrap().metadata["needed"], "9");
    }

    #[test]
    fn the_librarys_own_statuses_are_mended() {
        let large = "Error, decoded message length too large: found 9 bytes, the limit is: 4 bytes";
        assert_eq!(mend(Status::out_of_range(large)).get_details_error_info().unwrap().metadata["needed"], "9");
        let bad = Status::internal("failed to decode Protobuf message: invalid tag value: 0");
        assert_eq!(mend(bad).code(), Code::InvalidArgument);
        assert_eq!(mend(Status::internal("other")).code(), Code::Internal);
    }

    #[test]
    fn items_of_a_batch_carry_the_same_details() {
        let message = to_message(Error::NotFound("datasets/x".to_owned()));
        assert_eq!((message.code, message.details.len()), (Code::NotFound as i32, 1));
    }
}
