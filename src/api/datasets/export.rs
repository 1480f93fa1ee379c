//! `ExportDataset`: a thread writes the file, block by block, as fast as the caller reads it.

use crate::api::names;
use crate::api::state::State;
use crate::api::v1::{DataFormat, ExportDatasetRequest, ExportDatasetResponse};
use crate::error::{Error, Violation, Violations};
use crate::ingest::{Export, Format};
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Bytes of one message, well below what clients accept.
const CHUNK: usize = 1 << 20;
/// Chunks that wait for the caller.
const AHEAD: usize = 2;
/// What stands for a withheld value in CSV; among the markers that imports know.
const SUPPRESSED: &str = "(D)";

type Chunk = Result<ExportDatasetResponse, Status>;

pub(super) async fn export(
    state: &State,
    request: ExportDatasetRequest,
) -> Result<impl Stream<Item = Chunk> + Send + use<>, Error> {
    let mut violations = Violations::default();
    let name = names::dataset_or_version(&request.name, "name").map_err(Violations::from);
    let name = violations.keep("", name);
    let format = match DataFormat::try_from(request.format) {
        Ok(DataFormat::Unspecified | DataFormat::Csv) => Format::Csv,
        Ok(DataFormat::Parquet) => Format::Parquet,
        Ok(DataFormat::ArrowIpc) => Format::ArrowIpc,
        Err(_) => {
            violations.push(Violation::new("format", "is a DataFormat", request.format));
            Format::Csv
        }
    };
    let Some(name) = violations.into_result(name)? else { unreachable!("a name that is not there left a violation") };
    let place = state.transfer()?;
    let version = state.store().version(&name.dataset, name.version).await?;
    let panel = state.version_data(&version).await?.panel;
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let _place = place;
        let blocks = match Export::new(&panel, format, SUPPRESSED) {
            Ok(blocks) => blocks,
            // A caller that has gone needs no status.
            Err(error) => return drop(sender.blocking_send(Err(error.into()))),
        };
        for block in blocks {
            if !send(&sender, block) {
                return;
            }
        }
    });
    Ok(ReceiverStream::new(receiver))
}

/// Sends a block in chunks; whether to go on.
fn send(sender: &mpsc::Sender<Chunk>, block: Result<Vec<u8>, Error>) -> bool {
    let mut rest = match block {
        Ok(bytes) => Bytes::from(bytes),
        Err(error) => {
            // A caller that has gone needs no status.
            let _ = sender.blocking_send(Err(error.into()));
            return false;
        }
    };
    while !rest.is_empty() {
        let chunk = rest.split_to(rest.len().min(CHUNK));
        if sender.blocking_send(Ok(ExportDatasetResponse { chunk })).is_err() {
            return false;
        }
    }
    true
}
