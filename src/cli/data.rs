//! Where the data of a command come from: a file, through a server of the command's own, or a stored dataset.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::{facts, roles, upload};
use crate::api::v1::{
    DataFormat, DatasetSchema, DatasetSource, ImportHeader, Measure, MeasureKind, dataset_source::Source,
};
use std::path::{Path, PathBuf};

/// The data a command reads.
#[derive(Debug, clap::Args)]
pub(super) struct DataArgs {
    /// A file (CSV, Parquet or Arrow IPC), or with --endpoint the name of a stored dataset.
    #[arg(value_name = "DATA")]
    pub data: String,
    /// What the columns of the file mean.
    #[command(flatten)]
    pub roles: RoleArgs,
    /// The server to ask, as in http://127.0.0.1:50551; without it the command starts one of its own for the call.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT")]
    pub endpoint: Option<String>,
}

/// What the columns of a file mean.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct RoleArgs {
    /// The column that names the region; guessed when left out.
    #[arg(long, value_name = "COLUMN")]
    pub region: Option<String>,
    /// The column that holds the period; guessed when left out.
    #[arg(long, value_name = "COLUMN")]
    pub period: Option<String>,
    /// The column that names the industry; guessed when left out.
    #[arg(long, value_name = "COLUMN")]
    pub industry: Option<String>,
    /// A column that describes the region and does not change over time; may be repeated.
    #[arg(long = "attribute", value_name = "COLUMN")]
    pub attributes: Vec<String>,
    /// The kind of a measure, as in unemployment=rate (stock, flow, count or rate); may be repeated.
    #[arg(long = "kind", value_name = "MEASURE=KIND", value_parser = parse_kind)]
    pub kinds: Vec<(String, MeasureKind)>,
    /// A CSV of facts about the regions: the region's name first, then one column an attribute.
    #[arg(long, value_name = "FILE")]
    pub facts: Option<PathBuf>,
    /// A CSV of facts about the industries, such as the class they belong to: the industry's name first.
    #[arg(long, value_name = "FILE")]
    pub industry_facts: Option<PathBuf>,
    /// A CSV of pairs of neighbouring regions, with a header line.
    #[arg(long, value_name = "FILE")]
    pub neighbours: Option<PathBuf>,
    /// A text that stands for a missing value; may be repeated.
    #[arg(long = "missing", value_name = "TEXT")]
    pub missing_markers: Vec<String>,
    /// A text that stands for a value withheld by the publisher, such as (D); may be repeated.
    #[arg(long = "suppressed", value_name = "TEXT")]
    pub suppressed_markers: Vec<String>,
}

fn parse_kind(text: &str) -> Result<(String, MeasureKind), String> {
    let (name, kind) = text.split_once('=').ok_or("write it as MEASURE=KIND")?;
    let kind = match kind {
        "stock" => MeasureKind::Stock,
        "flow" => MeasureKind::Flow,
        "count" => MeasureKind::Count,
        "rate" => MeasureKind::Rate,
        other => return Err(format!("{other:?} is none of stock, flow, count and rate")),
    };
    Ok((name.to_owned(), kind))
}

/// A connected client and what a request should read from it.
#[derive(Debug)]
pub(super) struct Ready {
    /// The connection.
    pub client: Client,
    /// The data on that server.
    pub source: DatasetSource,
}

impl DataArgs {
    /// Connects; a file is uploaded to a server of the command's own first.
    ///
    /// # Errors
    /// When the file cannot be read or is refused, or the server cannot be reached.
    pub(super) async fn open(&self) -> Result<Ready, Failure> {
        let path = Path::new(&self.data);
        // An environment variable that is set to nothing is not set.
        let endpoint = self.endpoint.as_deref().filter(|endpoint| !endpoint.is_empty());
        if endpoint.is_some() && path.is_file() {
            let text = format!(
                "with --endpoint (or AGGLO_ENDPOINT) DATA names a stored dataset, and {} is a file; store it with \
                 `agglo import {0}`, or leave the endpoint out",
                self.data
            );
            return Err(Failure::new(Exit::Usage, text));
        }
        if endpoint.is_none() && !path.is_file() {
            let text = format!("{} is no file; to name a stored dataset, give --endpoint too", self.data);
            return Err(Failure::new(Exit::NoInput, text));
        }
        let client = Client::connect(endpoint).await?;
        let name = if client.owns_server() {
            let header = ImportHeader { dataset_id: "data".to_owned(), ..ImportHeader::default() };
            let stored = upload::send_file(&client, header, &self.roles, path).await?;
            stored.dataset.map(|dataset| dataset.name).unwrap_or_default()
        } else {
            dataset_name(&self.data)
        };
        Ok(Ready { client, source: DatasetSource { source: Some(Source::Name(name)) } })
    }
}

/// `datasets/{dataset}` from either form a person may type.
pub(super) fn dataset_name(name: &str) -> String {
    if name.starts_with("datasets/") { name.to_owned() } else { format!("datasets/{name}") }
}

impl RoleArgs {
    /// The schema of a file: what the flags say, and for the rest what the file suggests, said aloud on stderr.
    ///
    /// # Errors
    /// When the file, the facts or the neighbours cannot be read.
    pub(super) fn schema(&self, path: &Path, format: DataFormat) -> Result<DatasetSchema, Failure> {
        let mut schema = roles::guess(self, path, format)?;
        for (name, kind) in &self.kinds {
            match schema.measures.iter_mut().find(|measure| measure.name == *name) {
                Some(measure) => measure.set_kind(*kind),
                None => {
                    schema.measures.push(Measure { name: name.clone(), unit: String::new(), kind: (*kind).into() });
                }
            }
        }
        if let Some(path) = &self.facts {
            schema.region_facts = Some(facts::table(path, &schema.region_column)?);
        }
        if let Some(path) = &self.industry_facts {
            schema.industry_facts = Some(facts::table(path, &schema.industry_column)?);
        }
        if let Some(path) = &self.neighbours {
            schema.neighbours = facts::pairs(path)?;
        }
        schema.missing_markers.clone_from(&self.missing_markers);
        schema.suppressed_markers.clone_from(&self.suppressed_markers);
        Ok(schema)
    }
}
