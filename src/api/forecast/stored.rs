//! Scenarios in the store: kept under a name, never changed, run by name.

use super::fields::{self, Places};
use super::scenario::scenarios;
use crate::api::provenance::request_sha256 as sha256;
use crate::api::{State, decode, names, page, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::check_scenario;
use crate::numeric::Stop;
use crate::store::{Blob, Kind, check_id};
use bytes::Bytes;
use prost::Message;
use prost_types::Timestamp;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// What the notes of a stored scenario say beside its content.
const REQUEST_ID: &str = "request_id";
const PARENT_SHA256: &str = "parent_sha256";
const CREATED: &str = "created";

/// Most stored scenarios in one forecast.
const MOST: usize = 100;
/// Characters of a description.
const DESCRIPTION_CHARS: usize = 2000;

/// A scenario to be stored, checked.
#[derive(Debug)]
struct Draft {
    id: String,
    /// Scenario, parent and description as they are stored.
    bytes: Bytes,
    /// Id of the scenario it was derived from.
    parent: Option<String>,
    request_id: String,
}

impl Draft {
    /// # Errors
    /// Everything wrong with the request.
    fn read(request: v1::CreateScenarioRequest, stop: &Stop) -> Result<Self, Error> {
        let mut violations = Violations::default();
        let v1::CreateScenarioRequest { scenario_id, scenario, parent, description, request_id } = request;
        let id = decode::some(&scenario_id).map(str::to_owned);
        if let Some(id) = &id {
            violations.keep("", check_id("scenario_id", id).map_err(Into::into));
        }
        let checked = match &scenario {
            Some(scenario) => check(scenario, stop),
            None => Err(Violation::new("scenario", "is required", "").into()),
        };
        decode::keep(&mut violations, checked)?;
        let parent_id = decode::some(&parent).map(|name| names::scenario(name, "parent").map_err(Into::into));
        let parent_id = parent_id.and_then(|read| violations.keep("", read));
        violations.keep("", check_description(&description).map_err(Into::into));
        decode::request_id(&request_id, &mut violations);
        let scenario = decode::all(violations, scenario)?;
        let id = id.unwrap_or_else(|| Kind::Scenario.id_of(&scenario.encode_to_vec()));
        let content = v1::StoredScenario { scenario: Some(scenario), parent, description, ..Default::default() };
        Ok(Self { id, bytes: content.encode_to_vec().into(), parent: parent_id, request_id })
    }
}

fn check_description(text: &str) -> Result<(), Violation> {
    let is_unprintable = |c: char| c.is_control() && c != '\n';
    if text.chars().count() <= DESCRIPTION_CHARS && !text.contains(is_unprintable) {
        return Ok(());
    }
    let rule = format!("has at most {DESCRIPTION_CHARS} characters, none of them a control character but line breaks");
    Err(Violation::new("description", rule, text.chars().take(80).collect::<String>()))
}

/// Checks what can be told of a scenario without data.
fn check(scenario: &v1::Scenario, stop: &Stop) -> Result<(), Error> {
    let alone = std::slice::from_ref(scenario);
    let mut violations = Violations::default();
    for read in scenarios(alone, &mut violations) {
        let mut found = Violations::default();
        decode::keep(&mut found, check_scenario(&read, stop).map_err(|error| decode::at("scenarios[0]", error)))?;
        fields::add_new(&mut violations, fields::on_the_wire(found, &Places::default(), alone));
    }
    Ok(violations.renamed(|field| field.replacen("scenarios[0]", "scenario", 1)).into_result(())?)
}

/// Stores a scenario, or finds it stored.
///
/// # Errors
/// Everything wrong with the request; `NotFound` for a parent that is not there; `AlreadyExists` when the id has other
/// content, `Precondition` when the same request stored it.
pub(super) async fn create(state: &State, request: v1::CreateScenarioRequest) -> Result<v1::StoredScenario, Error> {
    let draft = state.compute().run(0, move |stop| Draft::read(request, stop)).await?;
    match state.store().blob(Kind::Scenario, &draft.id).await {
        Ok((blob, bytes)) if bytes == draft.bytes => return message(&blob, &bytes),
        Ok((blob, _)) => return Err(other_content(&blob, &draft.request_id)),
        Err(Error::NotFound(_)) => {}
        Err(error) => return Err(error),
    }
    let parent_sha256 = match &draft.parent {
        Some(parent) => get(state, parent).await?.sha256,
        None => String::new(),
    };
    let notes = BTreeMap::from([
        (REQUEST_ID.to_owned(), draft.request_id),
        (PARENT_SHA256.to_owned(), parent_sha256),
        (CREATED.to_owned(), Timestamp::from(SystemTime::now()).to_string()),
    ]);
    let blob = state.store().put_blob(Kind::Scenario, &draft.id, draft.bytes.clone(), notes).await?;
    message(&blob, &draft.bytes)
}

fn other_content(there: &Blob, request_id: &str) -> Error {
    let is_same_request = there.notes.get(REQUEST_ID).is_some_and(|id| !id.is_empty() && id == request_id);
    if is_same_request {
        return Error::Precondition(format!("request {request_id:?} was seen before with other content"));
    }
    Error::AlreadyExists(names::of_scenario(&there.id))
}

/// The scenario with this id.
///
/// # Errors
/// `NotFound`, `DataLoss`.
pub(super) async fn get(state: &State, id: &str) -> Result<v1::StoredScenario, Error> {
    let (blob, bytes) = state.store().blob(Kind::Scenario, id).await?;
    message(&blob, &bytes)
}

fn message(blob: &Blob, bytes: &[u8]) -> Result<v1::StoredScenario, Error> {
    let name = names::of_scenario(&blob.id);
    let content = v1::StoredScenario::decode(bytes);
    let content = content.map_err(|e| Error::DataLoss(format!("{name} is no stored scenario: {e}")))?;
    let note = |key: &str| blob.notes.get(key).cloned().unwrap_or_default();
    Ok(v1::StoredScenario {
        name,
        sha256: content.scenario.as_ref().map(sha256).unwrap_or_default(),
        create_time: note(CREATED).parse().ok(),
        parent_sha256: note(PARENT_SHA256),
        ..content
    })
}

/// A page of scenarios in the order of their ids, without their changes.
///
/// # Errors
/// At `page_size` and `page_token`; `DataLoss`.
pub(super) async fn list(
    state: &State,
    request: &v1::ListScenariosRequest,
) -> Result<v1::ListScenariosResponse, Error> {
    let position = |token: &str| check_id("page_token", token).is_ok().then(|| token.to_owned());
    let asked = page::asked(request.page_size, 100, &request.page_token, position)?;
    let page = state.store().blobs(Kind::Scenario, asked.size, asked.after.as_deref()).await?;
    let mut scenarios = Vec::with_capacity(page.items.len());
    for item in page.items {
        let mut stored = match get(state, &item.id).await {
            // Deleted since the page was read.
            Err(Error::NotFound(_)) => continue,
            read => read?,
        };
        stored.scenario.iter_mut().for_each(|scenario| scenario.changes.clear());
        scenarios.push(stored);
    }
    Ok(v1::ListScenariosResponse { scenarios, next_page_token: page.next.unwrap_or_default() })
}

/// Deletes the scenario of this name, if it is there.
///
/// # Errors
/// At `name`.
pub(super) async fn delete(state: &State, name: &str) -> Result<(), Error> {
    let id = names::scenario(name, "name").map_err(Error::from)?;
    match state.store().delete_blob(Kind::Scenario, &id).await {
        Ok(()) | Err(Error::NotFound(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

/// The scenarios of these names, in order; none, and violations at `scenario_names`, when one of them is no name.
///
/// # Errors
/// `NotFound`, `DataLoss`.
pub(super) async fn named(
    state: &State,
    names: &[String],
    violations: &mut Violations,
) -> Result<Vec<v1::StoredScenario>, Error> {
    if names.len() > MOST {
        violations.push(Violation::new("scenario_names", format!("holds at most {MOST} names"), names.len()));
        return Ok(Vec::new());
    }
    let read = names.iter().enumerate().map(|(i, name)| {
        let id = names::scenario(name, &format!("scenario_names[{i}]"));
        violations.keep("", id.map_err(Into::into))
    });
    let ids: Vec<String> = read.flatten().collect();
    let mut stored = Vec::with_capacity(ids.len());
    for id in ids.iter().filter(|_| ids.len() == names.len()) {
        stored.push(get(state, id).await?);
    }
    Ok(stored)
}
