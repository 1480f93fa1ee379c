//! Uploads as a client writes them.

#![allow(dead_code, reason = "every test program uses some of it")]

use agglo::api::v1::dataset_service_client::DatasetServiceClient;
use agglo::api::v1::import_dataset_request::Frame;
use agglo::api::v1::{
    DataFormat, Dataset, DatasetSchema, ImportDatasetRequest, ImportDatasetResponse, ImportFinish, ImportHeader,
    ListDatasetsRequest,
};
use bytes::Bytes;
use sha2::{Digest, Sha256};
use tonic::Status;
use tonic::transport::Channel;

pub(crate) type Client = DatasetServiceClient<Channel>;

/// Three states in two years, with an unemployment rate and a withheld value.
pub(crate) const SMALL: &str = "state,year,gsp,unemployment,division\n\
    Ohio,1990,10,5,East\nOhio,1991,11,(D),East\nIowa,1990,5,3,West\nIowa,1991,,4,West\nUtah,1991,0,2,West\n";

pub(crate) fn header(id: &str) -> ImportHeader {
    ImportHeader {
        dataset_id: id.to_owned(),
        schema: Some(DatasetSchema {
            region_column: "state".into(),
            period_column: "year".into(),
            attribute_columns: vec!["division".into()],
            ..DatasetSchema::default()
        }),
        format: DataFormat::Csv.into(),
        ..ImportHeader::default()
    }
}

pub(crate) fn finish(bytes: &[u8], rows: i64) -> Frame {
    Frame::Finish(ImportFinish { row_count: rows, sha256: hex::encode(Sha256::digest(bytes)) })
}

pub(crate) fn chunk(bytes: &[u8]) -> Frame {
    Frame::Chunk(Bytes::copy_from_slice(bytes))
}

pub(crate) fn request(frame: Frame) -> ImportDatasetRequest {
    ImportDatasetRequest { frame: Some(frame) }
}

/// Sends these frames and ends the stream.
pub(crate) async fn send(client: &mut Client, frames: Vec<Frame>) -> Result<ImportDatasetResponse, Status> {
    let frames: Vec<_> = frames.into_iter().map(request).collect();
    Ok(client.import_dataset(tokio_stream::iter(frames)).await?.into_inner())
}

/// Sends a whole table in two chunks; its rows are its lines but the first.
pub(crate) async fn import(client: &mut Client, header: ImportHeader, text: &str) -> Result<Dataset, Status> {
    let rows = text.lines().count() as i64 - 1;
    let (head, tail) = text.as_bytes().split_at(text.len() / 2);
    let frames = vec![Frame::Header(header), chunk(head), chunk(tail), finish(text.as_bytes(), rows)];
    Ok(send(client, frames).await?.dataset.unwrap())
}

/// The names of the newest versions of all datasets.
pub(crate) async fn stored(client: &mut Client) -> Vec<String> {
    let page = client.list_datasets(ListDatasetsRequest::default()).await.unwrap().into_inner();
    page.datasets.into_iter().map(|dataset| dataset.name).collect()
}
