//! `agglo datasets`: the stored datasets of a server.

use super::client::Client;
use super::data::dataset_name;
use super::failure::{Exit, Failure};
use super::print;
use super::upload::format_of;
use crate::api::v1::{
    Dataset, DatasetSource, DeleteDatasetRequest, ExportDatasetRequest, GetDatasetRequest, ListDatasetVersionsRequest,
    ListDatasetsRequest, ListDatasetsResponse, ProfileDatasetRequest, ProfileDatasetResponse, dataset_source::Source,
};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Lists, shows, exports or deletes stored datasets.
#[derive(Debug, clap::Args)]
pub(super) struct DatasetsArgs {
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
    /// Show the coverage, gaps and outliers of this dataset instead of the list.
    #[arg(value_name = "DATASET")]
    dataset: Option<String>,
    /// List the versions of the named dataset.
    #[arg(long, requires = "dataset", conflicts_with_all = ["export", "delete"])]
    versions: bool,
    /// Write the named dataset to this file; its ending says the format.
    #[arg(long, value_name = "FILE", requires = "dataset", conflicts_with = "delete")]
    export: Option<PathBuf>,
    /// Delete the named dataset with all its versions.
    #[arg(long, requires = "dataset")]
    delete: bool,
}

impl DatasetsArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached or the dataset does not exist.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let Some(name) = self.dataset.as_deref().map(dataset_name) else {
            return self.show(list(&client).await?);
        };
        if self.delete {
            let answer = client.datasets().delete_dataset(DeleteDatasetRequest { name: name.clone() }).await?;
            print::answer(&answer.into_inner(), self.json, |_| format!("{name} deleted"))
        } else if let Some(path) = &self.export {
            export(&client, name, path).await
        } else if self.versions {
            self.show(versions(&client, name).await?)
        } else {
            let source = DatasetSource { source: Some(Source::Name(name)) };
            print::answer(&profile(&client, source).await?, self.json, describe_profile)
        }
    }

    fn show(&self, datasets: Vec<Dataset>) -> Result<(), Failure> {
        let answer = ListDatasetsResponse { datasets, next_page_token: String::new() };
        print::answer(&answer, self.json, |answer| describe(&answer.datasets))
    }
}

/// Describes the dataset a request reads.
///
/// # Errors
/// When it does not exist.
pub(super) async fn get(client: &Client, source: &DatasetSource) -> Result<Dataset, Failure> {
    let name = match &source.source {
        Some(Source::Name(name)) => name.clone(),
        _ => String::new(),
    };
    let answer = client.datasets().get_dataset(GetDatasetRequest { name }).await?.into_inner();
    Ok(answer.dataset.unwrap_or_default())
}

/// Coverage, gaps and outliers of a dataset.
///
/// # Errors
/// When it does not exist.
pub(super) async fn profile(client: &Client, dataset: DatasetSource) -> Result<ProfileDatasetResponse, Failure> {
    let request = ProfileDatasetRequest { dataset: Some(dataset) };
    Ok(client.datasets().profile_dataset(request).await?.into_inner())
}

async fn list(client: &Client) -> Result<Vec<Dataset>, Failure> {
    let mut datasets = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListDatasetsRequest { page_size: 0, page_token };
        let page = client.datasets().list_datasets(request).await?.into_inner();
        datasets.extend(page.datasets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(datasets);
        }
    }
}

async fn versions(client: &Client, parent: String) -> Result<Vec<Dataset>, Failure> {
    let mut versions = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListDatasetVersionsRequest { parent: parent.clone(), page_size: 0, page_token };
        let page = client.datasets().list_dataset_versions(request).await?.into_inner();
        versions.extend(page.versions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(versions);
        }
    }
}

/// Writes beside the target first, so that a broken export leaves no half a file.
async fn export(client: &Client, name: String, path: &Path) -> Result<(), Failure> {
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::new(Exit::CannotCreate, format!("{} cannot be written: {e}", path.display()))
    };
    let format = format_of(path)?.into();
    let mut chunks = client.datasets().export_dataset(ExportDatasetRequest { name, format }).await?.into_inner();
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|e| cannot(&e))?;
    while let Some(piece) = chunks.message().await? {
        file.write_all(&piece.chunk).map_err(|e| cannot(&e))?;
    }
    file.persist(path).map_err(|e| cannot(&e))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

fn describe(datasets: &[Dataset]) -> String {
    if datasets.is_empty() {
        return "no datasets are stored; store one with `agglo import FILE --as NAME`".to_owned();
    }
    let header = ["dataset", "regions", "periods", "industries", "rows", "measures"].map(str::to_owned);
    let rows: Vec<Vec<String>> = datasets
        .iter()
        .map(|d| {
            let shape = d.shape.clone().unwrap_or_default();
            let measures: Vec<_> = d.measures.iter().map(|m| m.name.as_str()).collect();
            vec![
                d.name.clone(),
                shape.region_count.to_string(),
                format!("{}–{}", shape.first_period, shape.last_period),
                shape.industry_count.to_string(),
                shape.row_count.to_string(),
                measures.join(", "),
            ]
        })
        .collect();
    print::table(&header, &rows)
}

/// The profile of a dataset as text.
pub(super) fn describe_profile(profile: &ProfileDatasetResponse) -> String {
    let shape = profile.shape.clone().unwrap_or_default();
    let mut text = format!(
        "{} regions × {} periods ({}–{}){}: {} of {} rows",
        shape.region_count,
        shape.period_count,
        shape.first_period,
        shape.last_period,
        if shape.industry_count > 0 { format!(" × {} industries", shape.industry_count) } else { String::new() },
        shape.row_count,
        shape.full_row_count,
    );
    if !shape.gap_periods.is_empty() {
        text.push_str(&format!("\nperiods without any row: {}", shape.gap_periods.join(", ")));
    }
    for table in [&profile.measures, &profile.gaps].into_iter().flatten() {
        if table.columns.iter().any(|c| !print::entries(c).is_empty() || !print::texts(table, &c.name).is_empty()) {
            text.push('\n');
            text.push_str(&print::whole(table));
        }
    }
    text
}
