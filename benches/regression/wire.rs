//! Over the wire: an upload of the two-way panel, then fits of it.

use super::library;
use agglo::api::v1::{
    Covariance, DataFormat, DatasetSchema, DatasetSource, FitModelRequest, ImportDatasetRequest, ImportFinish,
    ImportHeader, ModelSpec, dataset_service_client::DatasetServiceClient, dataset_source::Source,
    import_dataset_request::Frame, regression_service_client::RegressionServiceClient,
};
use agglo::config::Config;
use agglo::ingest::{Export, Format};
use agglo::panel::Panel;
use agglo::server;
use sha2::{Digest, Sha256};
use std::error::Error;
use std::time::Instant;
use tonic::transport::Channel;

const REPEATS: usize = 5;
/// Bytes of one frame of an upload.
const FRAME: usize = 1 << 20;

/// Uploads and fits, and prints the seconds of each.
///
/// # Errors
/// The server does not start, or refuses.
#[tokio::main]
pub(super) async fn run() -> Result<(), Box<dyn Error>> {
    let store = tempfile::tempdir()?;
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        store: store.path().to_owned(),
        ..Config::from_environment().map_err(|e| e.to_string())?
    };
    let server = server::start(&config).await?;
    let channel = Channel::from_shared(format!("http://{}", server.address()))?.connect().await?;
    let (panel, formula) = library::two_way()?;
    let start = Instant::now();
    let dataset = upload(&channel, &panel).await?;
    println!("upload of {} rows: {:.3} s", panel.rows(), start.elapsed().as_secs_f64());
    let covariance = Covariance { method: "cluster".into(), clusters: vec!["region".into()], ..Covariance::default() };
    let spec = ModelSpec { formula, covariance: Some(covariance), ..ModelSpec::default() };
    let mut regression = RegressionServiceClient::new(channel).max_decoding_message_size(1 << 30);
    let mut seconds = Vec::new();
    for _ in 0..REPEATS {
        let request =
            FitModelRequest { dataset: Some(dataset.clone()), spec: Some(spec.clone()), ..FitModelRequest::default() };
        let start = Instant::now();
        regression.fit_model(request).await?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("fit over the wire: median {:.3} s, from {:.3} s", seconds[REPEATS / 2], seconds[0]);
    server.stop().await;
    Ok(())
}

async fn upload(channel: &Channel, panel: &Panel) -> Result<DatasetSource, Box<dyn Error>> {
    let csv: Vec<u8> = Export::new(panel, Format::Csv, "(D)")?.collect::<Result<Vec<_>, _>>()?.concat();
    let keys = panel.key_names();
    let schema = DatasetSchema {
        region_column: keys.region.clone(),
        period_column: keys.period.clone(),
        ..DatasetSchema::default()
    };
    let header = ImportHeader {
        dataset_id: "two-way".into(),
        schema: Some(schema),
        format: DataFormat::Csv.into(),
        ..ImportHeader::default()
    };
    let finish = ImportFinish { row_count: panel.rows() as i64, sha256: hex::encode(Sha256::digest(&csv)) };
    let chunks = csv.chunks(FRAME).map(|chunk| Frame::Chunk(chunk.to_vec().into()));
    let frames: Vec<_> = std::iter::once(Frame::Header(header)).chain(chunks).chain([Frame::Finish(finish)]).collect();
    let frames = tokio_stream::iter(frames.into_iter().map(|frame| ImportDatasetRequest { frame: Some(frame) }));
    let stored = DatasetServiceClient::new(channel.clone()).import_dataset(frames).await?.into_inner();
    let name = stored.dataset.map(|dataset| dataset.name).unwrap_or_default();
    Ok(DatasetSource { source: Some(Source::Name(name)) })
}
