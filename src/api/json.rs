//! Messages as text, in the canonical protobuf JSON mapping.

use crate::error::{Error, Violation};
use crate::suggest;
use prost::{Message, Name};
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};
use prost_types::FileDescriptorSet;
use serde::Serialize;
use std::sync::LazyLock;

/// Every message of the contract, and the error details that Google defines and a `google.rpc.Status` may carry.
static POOL: LazyLock<Result<DescriptorPool, String>> = LazyLock::new(|| {
    let mut pool = DescriptorPool::decode(super::v1::DESCRIPTORS).map_err(|e| e.to_string())?;
    let mut details = FileDescriptorSet::decode(tonic_types::pb::FILE_DESCRIPTOR_SET).map_err(|e| e.to_string())?;
    // `Status` is in the contract's own `google/rpc/status.proto`.
    details.file.retain(|file| file.name() != "status.proto" && pool.get_file_by_name(file.name()).is_none());
    pool.add_file_descriptor_set(details).map_err(|e| e.to_string())?;
    Ok(pool)
});

fn descriptor<M: Name>() -> Result<MessageDescriptor, Error> {
    let pool = POOL.as_ref().map_err(|text| Error::Internal(format!("the descriptors are damaged: {text}")))?;
    let name = M::full_name();
    pool.get_message_by_name(&name).ok_or_else(|| Error::Internal(format!("{name} is not part of the contract")))
}

/// A message as indented JSON.
///
/// # Errors
/// `Internal` when the message is not part of the contract or carries an unknown `Any`.
pub fn to_json<M: Message + Name>(message: &M) -> Result<String, Error> {
    let fault = |text: String| Error::Internal(format!("{} as JSON: {text}", M::full_name()));
    let mut dynamic = DynamicMessage::new(descriptor::<M>()?);
    dynamic.transcode_from(message).map_err(|e| fault(e.to_string()))?;
    let mut text = Vec::new();
    dynamic.serialize(&mut serde_json::Serializer::pretty(&mut text)).map_err(|e| fault(e.to_string()))?;
    String::from_utf8(text).map_err(|e| fault(e.to_string()))
}

/// The message that a JSON text stands for. Unknown fields are refused.
///
/// # Errors
/// `Invalid` with the field's path, the line and column, and the line's text.
pub fn from_json<M: Message + Name + Default>(text: &str) -> Result<M, Error> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let dynamic = DynamicMessage::deserialize(descriptor::<M>()?, &mut deserializer)
        .and_then(|message| deserializer.end().map(|()| message))
        .map_err(|error| violation(descriptor::<M>().ok(), text, &error))?;
    dynamic.transcode_to().map_err(|e| Error::Internal(format!("{} from JSON: {e}", M::full_name())))
}

/// Where in the text reading stopped, and why.
fn violation(of: Option<MessageDescriptor>, text: &str, error: &serde_json::Error) -> Violation {
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let column = line.floor_char_boundary(error.column().min(line.len()));
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // The place goes into the field, so it is cut off the message.
    let message = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let rule = message.strip_suffix(&place).unwrap_or(&message);
    let path = path_at(&text[..line_start + column]);
    let hint = of.map_or_else(String::new, |of| hint(of, &path, rule));
    Violation::new(format!("{path}{place}").trim_start(), format!("{rule}{hint}"), excerpt(line, column))
}

/// The names that may stand where an unknown one does, at `path` within the message.
fn hint(mut message: MessageDescriptor, path: &str, rule: &str) -> String {
    let Some(unknown) = rule.split(['\'', '`']).nth(1) else { return String::new() };
    let mut field = None;
    for segment in path.split('.').filter(|segment| !segment.is_empty()) {
        let name = segment.split('[').next().unwrap_or(segment);
        let Some(found) = message.get_field_by_json_name(name).or_else(|| message.get_field_by_name(name)) else {
            return String::new();
        };
        if let Kind::Message(inner) = found.kind() {
            message = inner;
        }
        field = Some(found);
    }
    let names: Vec<String> = match field.map(|field| field.kind()) {
        Some(Kind::Enum(names)) => names.values().map(|value| value.name().to_owned()).collect(),
        Some(Kind::Message(_)) | None => message.fields().map(|field| field.json_name().to_owned()).collect(),
        Some(_) => Vec::new(),
    };
    suggest::hint(unknown, names.iter().map(String::as_str))
}

/// At most 80 bytes of a line around a position.
fn excerpt(line: &str, at: usize) -> &str {
    let start = line.floor_char_boundary(at.saturating_sub(60));
    let end = line.floor_char_boundary((start + 80).min(line.len()));
    line[start..end].trim()
}

/// One level of a JSON text that is still open.
enum Open {
    /// An object, and the key read last.
    Object(String),
    /// An array, and the position of the element being read.
    Array(usize),
}

/// The path of the field at the end of the beginning of a JSON text, as in `scenarios[0].changes[2].add`.
fn path_at(beginning: &str) -> String {
    let mut open: Vec<Open> = Vec::new();
    let mut word = String::new();
    let mut chars = beginning.chars();
    while let Some(c) = chars.next() {
        match (c, open.last_mut()) {
            ('"', _) => word = quoted(&mut chars),
            (':', Some(Open::Object(key))) => *key = std::mem::take(&mut word),
            (',', Some(Open::Object(key))) => key.clear(),
            (',', Some(Open::Array(position))) => *position += 1,
            ('{', _) => open.push(Open::Object(String::new())),
            ('[', _) => open.push(Open::Array(0)),
            ('}' | ']', Some(_)) => drop(open.pop()),
            _ => {}
        }
    }
    let mut path = String::new();
    for level in open {
        match level {
            Open::Object(key) if key.is_empty() => {}
            Open::Object(key) if path.is_empty() => path = key,
            Open::Object(key) => path = format!("{path}.{key}"),
            Open::Array(position) => path = format!("{path}[{position}]"),
        }
    }
    path
}

/// The rest of a string whose opening quote has been read.
fn quoted(chars: &mut std::str::Chars<'_>) -> String {
    let mut word = String::new();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => word.extend(chars.next()),
            _ => word.push(c),
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::v1;
    use tonic_types::pb;

    #[test]
    fn what_is_written_is_read_back() {
        let scenario = v1::Scenario {
            name: "more \"firms\"".into(),
            changes: vec![v1::Change {
                measure: "firms".into(),
                regions: vec!["a".into()],
                action: Some(v1::change::Action::Scale(1.1)),
                ..Default::default()
            }],
            closure: v1::Closure::RelocateFrom.into(),
            relocate_from: vec!["b".into()],
        };
        let text = to_json(&scenario).unwrap();
        assert!(text.contains("\"closure\": \"CLOSURE_RELOCATE_FROM\""), "{text}");
        assert!(text.contains("\"relocateFrom\""), "{text}");
        assert_eq!(from_json::<v1::Scenario>(&text).unwrap(), scenario);
    }

    #[test]
    fn errors_within_an_answer_are_written_with_their_details() {
        let violation = pb::bad_request::FieldViolation { field: "indices[0].index".into(), ..Default::default() };
        let detail = pb::BadRequest { field_violations: vec![violation] };
        let type_url = "type.googleapis.com/google.rpc.BadRequest".to_owned();
        let details = vec![prost_types::Any { type_url, value: detail.encode_to_vec() }];
        let error = tonic_types::Status { code: 3, message: "unknown".into(), details };
        let outcome =
            v1::IndexOutcome { outcome: Some(v1::index_outcome::Outcome::Error(error)), ..Default::default() };
        assert!(to_json(&outcome).unwrap().contains("\"field\": \"indices[0].index\""));
    }

    #[test]
    fn what_cannot_be_read_is_told_with_field_line_and_text() {
        let text =
            "{\n  \"scenarios\": [{\"name\": \"a\"}, {\"name\": \"b\",\n    \"changes\": [{\"add\": \"many\"}]}]}";
        let Err(Error::Invalid(violations)) = from_json::<v1::ForecastGrowthRequest>(text) else { panic!() };
        let told = &violations.told()[0];
        assert!(told.field.starts_with("scenarios[1].changes[0].add at line 3 column "), "{told}");
        assert_eq!(told.value, "\"changes\": [{\"add\": \"many\"}]}]}");
        let told = |text: &str| from_json::<v1::Scenario>(text).unwrap_err().to_string();
        assert!(told("{\"changes\": [{\"scal\": 1.1}]}").contains("did you mean scale?"));
        let closure = told("{\"closure\": \"RELOCATE_PRO_RATA\"}");
        assert!(closure.contains("CLOSURE_RELOCATE_PRO_RATA"), "{closure}");
        for broken in ["", "{", "[]", "{\"draws\": 1}}", "{\"drows\": 1}", "{\"draws\": 1.5}", "{\"é\": \"é"] {
            assert!(from_json::<v1::ForecastGrowthRequest>(broken).is_err(), "{broken:?}");
        }
    }
}
