//! `ImportDataset`: a header, chunks, an explicit finish.
//!
//! The end of a stream never commits: a cancelled upload ends like a finished one. Only a finish
//! whose row count and digest are right does. The bytes are read on a thread of their own while they
//! arrive; the channel between is short, so that a fast sender waits for the reader.

use super::describe;
use crate::api::provenance::warning;
use crate::api::state::State;
use crate::api::v1::import_dataset_request::Frame as Message;
use crate::api::v1::{
    DataFormat, ImportDatasetRequest, ImportDatasetResponse, ImportFinish, ImportHeader, ImportMode, MeasureKind,
    Warning,
};
use crate::api::{schema, status};
use crate::error::{Error, Violation, Violations};
use crate::ingest::{Finish, Format, Frame, Imported, Layout, Receipt, Upload, bytes_of_rows, check_rows, read};
use crate::panel::Labels;
use crate::store::{Mode, Notes, Request, check_id, merge};
use bytes::Bytes;
use prost::Message as _;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::SystemTime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::{Status, Streaming};

/// Chunks that wait for the reader.
const AHEAD: usize = 4;
/// Bytes of an upload for each byte of memory it may take; a number in text is seldom longer.
const BYTES_PER_MEMORY: u64 = 4;
const REQUEST_ID_CHARS: usize = 128;
const TITLE_CHARS: usize = 1_000;
const SOURCE_NOTE_CHARS: usize = 10_000;
/// Regions that a warning names; the others are counted.
const NAMED: usize = 5;

/// Takes an upload and stores it.
pub(super) async fn import(
    state: &State,
    mut stream: Streaming<ImportDatasetRequest>,
) -> Result<ImportDatasetResponse, Status> {
    let _place = state.transfer()?;
    let memory = state.compute().limits().call_memory;
    let mut upload = Upload::new(memory.saturating_mul(BYTES_PER_MEMORY));
    let header = read_header(&mut stream, &mut upload).await?;
    let plan = Plan::read(&header)?;
    let (sender, receiver) = mpsc::channel(AHEAD);
    let reader = plan.start_reader(receiver, memory);
    let ended = receive(&mut stream, &mut upload, sender).await?;
    let imported = reader.await.map_err(|error| Error::Internal(format!("the reader of an upload failed: {error}")))?;
    let imported = imported.map_err(renamed);
    let receipt = match ended {
        Ended::Stream => Some(upload.close()?),
        Ended::Reader => None,
        Ended::Refused(finish, violations) => return Err(refusal(&finish, violations, imported).into()),
    };
    let imported = imported?;
    let receipt = receipt.ok_or_else(|| Error::Internal("a reader stopped before the upload did".to_owned()))?;
    check_rows(receipt.rows, imported.panel.rows()).map_err(field_of_finish).map_err(Error::from)?;
    schema::check_names(&imported.panel, "header.schema").map_err(Error::from)?;
    Ok(plan.store(state, &header, &receipt, imported).await?)
}

/// The first frame, which must be the header.
async fn read_header(
    stream: &mut Streaming<ImportDatasetRequest>,
    upload: &mut Upload,
) -> Result<ImportHeader, Status> {
    let first = stream.message().await.map_err(status::mend)?.and_then(|request| request.frame);
    match first {
        Some(Message::Header(header)) => {
            upload.accept(Frame::Header)?;
            Ok(header)
        }
        _ => Err(Error::from(Violation::new("header", "an upload begins with its header", "")).into()),
    }
}

/// What ended first.
enum Ended {
    /// The stream of frames.
    Stream,
    /// The reader, which has an error to tell.
    Reader,
    /// A finish that does not fit the bytes.
    Refused(ImportFinish, Violations),
}

/// Passes the chunks on to the reader.
async fn receive(
    stream: &mut Streaming<ImportDatasetRequest>,
    upload: &mut Upload,
    sender: mpsc::Sender<Bytes>,
) -> Result<Ended, Status> {
    while let Some(request) = stream.message().await.map_err(status::mend)? {
        match request.frame {
            Some(Message::Header(_)) => upload.accept(Frame::Header)?,
            Some(Message::Chunk(bytes)) => {
                upload.accept(Frame::Chunk(&bytes))?;
                if sender.send(bytes).await.is_err() {
                    return Ok(Ended::Reader);
                }
            }
            Some(Message::Finish(finish)) => match accept_finish(upload, &finish) {
                Err(Error::Invalid(violations)) => return Ok(Ended::Refused(finish, violations)),
                accepted => accepted?,
            },
            None => return Err(Error::from(Violation::new("frame", "a frame is header, chunk or finish", "")).into()),
        }
    }
    Ok(Ended::Stream)
}

fn accept_finish(upload: &mut Upload, finish: &ImportFinish) -> Result<(), Error> {
    upload.accept(Frame::Finish(Finish { rows: finish.row_count, sha256: &finish.sha256 }))
}

/// What is wrong with a finish, and what the reader found in the rows.
fn refusal(finish: &ImportFinish, mut violations: Violations, imported: Result<Imported, Error>) -> Error {
    match imported {
        Ok(imported) => {
            let checked = check_rows(finish.row_count, imported.panel.rows()).map_err(field_of_finish);
            violations.keep("", checked);
        }
        Err(Error::Invalid(found)) => violations.absorb("", found),
        Err(error) => return error,
    }
    violations.into()
}

/// A header that passed its checks.
struct Plan {
    format: Format,
    layout: Arc<Layout>,
    mode: Mode,
}

impl Plan {
    /// Everything that is wrong with a header, at once.
    fn read(header: &ImportHeader) -> Result<Self, Error> {
        let mut violations = Violations::default();
        if let Err(violation) = check_id("header.dataset_id", &header.dataset_id) {
            violations.push(violation);
        }
        let empty = Default::default();
        let layout = schema::layout(header.schema.as_ref().unwrap_or(&empty), "header.schema");
        let layout = violations.keep("", layout).map(Arc::new);
        let format = match DataFormat::try_from(header.format) {
            Ok(DataFormat::Csv) => Format::Csv,
            Ok(DataFormat::Parquet) => Format::Parquet,
            Ok(DataFormat::ArrowIpc) => Format::ArrowIpc,
            Ok(DataFormat::Unspecified) | Err(_) => {
                let rule = "is DATA_FORMAT_CSV, DATA_FORMAT_PARQUET or DATA_FORMAT_ARROW_IPC";
                violations.push(Violation::new("header.format", rule, header.format));
                Format::Csv
            }
        };
        let mode = match ImportMode::try_from(header.mode) {
            Ok(ImportMode::Unspecified | ImportMode::Replace) => Mode::Replace,
            Ok(ImportMode::Append) => Mode::Append,
            Err(_) => {
                violations.push(Violation::new("header.mode", "is an ImportMode", header.mode));
                Mode::Replace
            }
        };
        for (field, text, most) in [
            ("title", &header.title, TITLE_CHARS),
            ("source_note", &header.source_note, SOURCE_NOTE_CHARS),
            ("request_id", &header.request_id, REQUEST_ID_CHARS),
        ] {
            let length = text.chars().count();
            if length > most {
                let rule = format!("has at most {most} characters, here {length}");
                violations.push(Violation::new(format!("header.{field}"), rule, length));
            }
        }
        violations.into_result(())?;
        let Some(layout) = layout else { unreachable!("a layout that is not there left violations") };
        Ok(Self { format, layout, mode })
    }

    /// Reads the chunks on a thread of its own; it ends when the channel does.
    fn start_reader(&self, mut chunks: mpsc::Receiver<Bytes>, memory: u64) -> JoinHandle<Result<Imported, Error>> {
        let (layout, format) = (self.layout.clone(), self.format);
        tokio::task::spawn_blocking(move || {
            let chunks = std::iter::from_fn(|| chunks.blocking_recv().map(Ok));
            read(chunks, format, &layout, memory)
        })
    }

    /// Publishes the version and tells what was noticed on the way.
    async fn store(
        &self,
        state: &State,
        header: &ImportHeader,
        receipt: &Receipt,
        imported: Imported,
    ) -> Result<ImportDatasetResponse, Error> {
        let warnings = warnings(header, &self.layout, &imported);
        let panel = Arc::new(imported.panel);
        let compute = state.compute();
        let encode = async |base: Option<crate::store::Stored>| {
            let base_rows = base.as_ref().map_or(0, |base| base.version.contents.rows);
            let needed = bytes_of_rows(base_rows + panel.rows() as u64, panel.measures().len());
            let panel = panel.clone();
            compute.run(needed, move |_| merge(base.as_ref(), &panel)).await
        };
        let version = state.store().import(&header.dataset_id, self.mode, &notes(header, receipt), encode).await?;
        Ok(ImportDatasetResponse { dataset: Some(describe::dataset(&version)), warnings })
    }
}

fn notes(header: &ImportHeader, receipt: &Receipt) -> Notes {
    let mut said = Sha256::new();
    said.update(header.encode_to_vec());
    said.update(&receipt.sha256);
    let request = Request { id: header.request_id.clone(), digest: hex::encode(said.finalize()) };
    Notes {
        label: header.title.clone(),
        source: header.source_note.clone(),
        created: prost_types::Timestamp::from(SystemTime::now()).to_string(),
        request: Some(request).filter(|request| !request.id.is_empty()),
    }
}

/// What was guessed, and what of the table and the facts has found no place.
fn warnings(header: &ImportHeader, layout: &Layout, imported: &Imported) -> Vec<Warning> {
    let panel = &imported.panel;
    let mut warnings = Vec::new();
    let schema = header.schema.clone().unwrap_or_default();
    for measure in schema::guessed_kinds(&schema, panel) {
        let kind = MeasureKind::try_from(schema::write_measure(measure).kind).unwrap_or_default();
        let kind = kind.as_str_name().trim_start_matches("MEASURE_KIND_").to_lowercase();
        let text = format!("the measure {} is taken for a {kind}, by its name", measure.name);
        warnings.push(warning("MEASURE_KIND_GUESSED", text, &measure.name));
    }
    for column in &imported.unused {
        let text = format!("the column {column} is no column of numbers and has no role; it was left out");
        warnings.push(warning("COLUMN_LEFT_OUT", text, column));
    }
    let (facts, neighbours, industries) =
        (layout.facts.regions(), layout.facts.neighbours(), layout.facts.industries());
    let regions = Some(panel.regions());
    warnings.extend(without_rows(regions, &facts, "FACTS_WITHOUT_ROWS", "facts of regions"));
    warnings.extend(without_rows(regions, &neighbours, "NEIGHBOURS_WITHOUT_ROWS", "neighbours of regions"));
    warnings.extend(without_rows(panel.industries(), &industries, "FACTS_WITHOUT_ROWS", "facts of industries"));
    warnings
}

/// The warning that something is known of names that the rows do not have.
fn without_rows(labels: Option<&Labels>, names: &BTreeSet<&str>, code: &str, what: &str) -> Option<Warning> {
    let is_unknown = |name: &&str| labels.and_then(|labels| labels.find(name)).is_none();
    let unknown: Vec<&str> = names.iter().copied().filter(is_unknown).collect();
    let first = *unknown.first()?;
    let mut names = unknown[..unknown.len().min(NAMED)].join(", ");
    if unknown.len() > NAMED {
        names.push_str(", …");
    }
    let text = format!("{what} without rows were left out, {} in all: {names}", unknown.len());
    Some(warning(code, text, first))
}

/// The reader's error with its fields as the protocol calls them.
fn renamed(error: Error) -> Error {
    match error {
        Error::Invalid(violations) => violations.renamed(field_of_header).into(),
        error => error,
    }
}

/// `layout.measures[0].name` is `header.schema.measures[0].name`; rows and columns stay what they are.
fn field_of_header(field: &str) -> String {
    let Some(role) = field.strip_prefix("layout.") else { return field.to_owned() };
    let role = match role {
        "region" | "period" | "industry" => format!("{role}_column"),
        _ if role.starts_with("attributes[") => {
            role.trim_end_matches(".name").replace("attributes[", "attribute_columns[")
        }
        _ => role.replace("suppressed[", "suppressed_markers[").replace("missing[", "missing_markers["),
    };
    format!("header.schema.{role}")
}

/// The violation with the finish's fields as the protocol calls them.
fn field_of_finish(violation: Violation) -> Violations {
    Violations::from(violation).renamed(|field| field.replace("finish.rows", "finish.row_count"))
}
