//! `agglo import`: stores a file as a new version of a dataset.

use super::client::Client;
use super::data::RoleArgs;
use super::failure::Failure;
use super::{print, upload};
use crate::api::v1::{ImportDatasetResponse, ImportHeader, ImportMode};
use std::path::PathBuf;

/// Stores a file as a new version of a dataset.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The file: CSV, Parquet or Arrow IPC.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The dataset to write, as in `munnell`; the file's name when left out.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    roles: RoleArgs,
    /// Add the rows to the newest version instead of replacing it.
    #[arg(long)]
    append: bool,
    /// A title for people.
    #[arg(long, value_name = "TEXT", default_value = "")]
    title: String,
    /// Where the data come from and under which licence.
    #[arg(long, value_name = "TEXT", default_value = "")]
    source: String,
    /// An id for this upload; sent again with the same content it has one effect.
    #[arg(long, value_name = "ID", default_value = "")]
    request_id: String,
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl ImportArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the file cannot be read or is refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let mode = if self.append { ImportMode::Append } else { ImportMode::Replace };
        let header = ImportHeader {
            dataset_id: self.name.clone().unwrap_or_else(|| self.id_of_file()),
            mode: mode.into(),
            title: self.title,
            source_note: self.source,
            request_id: self.request_id,
            ..ImportHeader::default()
        };
        let answer = upload::send_file(&client, header, &self.roles, &self.file).await?;
        print::answer(&answer, self.json, describe)
    }

    /// The file's name without its ending, in letters an id may have.
    fn id_of_file(&self) -> String {
        let stem = self.file.file_stem().and_then(|s| s.to_str()).unwrap_or("data").to_ascii_lowercase();
        stem.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect()
    }
}

fn describe(answer: &ImportDatasetResponse) -> String {
    let dataset = answer.dataset.clone().unwrap_or_default();
    let rows = dataset.shape.map_or(0, |shape| shape.row_count);
    format!("{}: {rows} rows, sha256 {}", dataset.name, dataset.sha256)
}
