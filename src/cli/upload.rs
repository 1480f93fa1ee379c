//! Sends a file to the server as a client stream, with a progress bar on a terminal.

use super::client::Client;
use super::data::RoleArgs;
use super::failure::{Exit, Failure};
use crate::api::v1::{
    DataFormat, ImportDatasetRequest, ImportDatasetResponse, ImportFinish, ImportHeader, import_dataset_request::Frame,
};
use bytes::Bytes;
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

const CHUNK: usize = 1 << 20;

/// Uploads the bytes of `path` under `header` and commits them; says aloud on stderr what had to be guessed.
///
/// # Errors
/// When the file cannot be read or the server refuses it.
pub(super) async fn send_file(
    client: &Client,
    mut header: ImportHeader,
    roles: &RoleArgs,
    path: &Path,
) -> Result<ImportDatasetResponse, Failure> {
    let format = format_of(path)?;
    header.format = format.into();
    header.schema = Some(roles.schema(path, format)?);
    let file = File::open(path).map_err(|e| unreadable(path, &e))?;
    let bar = progress_bar(file.metadata().map_or(0, |m| m.len()));
    let row_count = super::rows::count(path, format)?;
    let (sender, receiver) = mpsc::channel(4);
    let reader = tokio::task::spawn_blocking({
        let (bar, path) = (bar.clone(), path.to_owned());
        move || send_frames(file, &path, Opening { header, row_count }, &sender, &bar)
    });
    let answer = client.datasets().import_dataset(ReceiverStream::new(receiver)).await;
    bar.finish_and_clear();
    // A file that broke off while it was read explains a refusal better than the refusal itself.
    reader.await.map_err(|e| Failure::new(Exit::Software, e.to_string()))??;
    let answer = answer?.into_inner();
    // Kinds are guessed by the same rule here and there, and the command has told its guesses.
    for warning in answer.warnings.iter().filter(|warning| warning.code != "MEASURE_KIND_GUESSED") {
        eprintln!("{}", warning.message);
    }
    Ok(answer)
}

/// Sends `bytes` as the file of `header`, in one chunk.
///
/// # Errors
/// When the server refuses them.
pub(super) async fn send_bytes(
    client: &Client,
    header: ImportHeader,
    bytes: &'static [u8],
    row_count: i64,
) -> Result<ImportDatasetResponse, Failure> {
    let finish = ImportFinish { row_count, sha256: hex::encode(Sha256::digest(bytes)) };
    let frames = [Frame::Header(header), Frame::Chunk(Bytes::from_static(bytes)), Frame::Finish(finish)];
    let frames = frames.map(|frame| ImportDatasetRequest { frame: Some(frame) });
    Ok(client.datasets().import_dataset(tokio_stream::iter(frames)).await?.into_inner())
}

/// What the first and the last frame say.
struct Opening {
    header: ImportHeader,
    row_count: i64,
}

fn send_frames(
    mut file: File,
    path: &Path,
    opening: Opening,
    sender: &mpsc::Sender<ImportDatasetRequest>,
    bar: &ProgressBar,
) -> Result<(), Failure> {
    let send = |frame| sender.blocking_send(ImportDatasetRequest { frame: Some(frame) }).is_ok();
    let mut digest = Sha256::new();
    let mut buffer = vec![0; CHUNK];
    let mut open = send(Frame::Header(opening.header));
    while open {
        let read = file.read(&mut buffer).map_err(|e| unreadable(path, &e))?;
        if read == 0 {
            let sha256 = hex::encode(digest.finalize());
            send(Frame::Finish(ImportFinish { row_count: opening.row_count, sha256 }));
            break;
        }
        digest.update(&buffer[..read]);
        bar.inc(read as u64);
        open = send(Frame::Chunk(Bytes::copy_from_slice(&buffer[..read])));
    }
    Ok(())
}

/// The format by the file's ending.
///
/// # Errors
/// When the ending is none of csv, tsv, txt, parquet, arrow, ipc and feather.
pub(super) fn format_of(path: &Path) -> Result<DataFormat, Failure> {
    match path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase().as_str() {
        "csv" | "tsv" | "txt" => Ok(DataFormat::Csv),
        "parquet" => Ok(DataFormat::Parquet),
        "arrow" | "arrows" | "ipc" | "feather" => Ok(DataFormat::ArrowIpc),
        _ => {
            let text = format!("{} is neither .csv, .parquet nor .arrow; rename or convert it", path.display());
            Err(Failure::new(Exit::Usage, text))
        }
    }
}

/// A failure to read `path`.
pub(super) fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::new(Exit::NoInput, format!("{} cannot be read: {error}", path.display()))
}

/// Waits for an answer with a turning wheel on a terminal, and nothing elsewhere.
pub(super) async fn waiting<T>(what: &'static str, answer: impl Future<Output = T>) -> T {
    let wheel = ProgressBar::new_spinner().with_message(what);
    wheel.enable_steady_tick(Duration::from_millis(200));
    let answer = answer.await;
    wheel.finish_and_clear();
    answer
}

fn progress_bar(bytes: u64) -> ProgressBar {
    // A file that goes up in an instant needs no bar.
    if bytes < 8 * CHUNK as u64 {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("sending {bar:30} {bytes}/{total_bytes} {eta}");
    let bar = ProgressBar::new(bytes);
    style.map_or(ProgressBar::hidden(), |style| bar.with_style(style))
}
