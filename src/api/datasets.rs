//! `DatasetService`: keeps datasets, tells what they are like, gives them back.

mod describe;
mod export;
mod import;
mod profile;

use super::v1::dataset_service_server::DatasetService;
use super::v1::{
    DeleteDatasetRequest, DeleteDatasetResponse, ExportDatasetRequest, ExportDatasetResponse, GetDatasetRequest,
    GetDatasetResponse, ImportDatasetRequest, ImportDatasetResponse, ListDatasetVersionsRequest,
    ListDatasetVersionsResponse, ListDatasetsRequest, ListDatasetsResponse, ProfileDatasetRequest,
    ProfileDatasetResponse,
};
use super::{State, names, page};
use crate::error::{Error, Violations};
use crate::store::check_id;
use std::pin::Pin;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming};

const PAGE: usize = 100;

/// The service over the state it shares with the others.
#[derive(Debug, Clone)]
pub struct Datasets {
    state: State,
}

impl Datasets {
    /// The service.
    pub fn new(state: State) -> Self {
        Self { state }
    }
}

#[tonic::async_trait]
impl DatasetService for Datasets {
    async fn import_dataset(
        &self,
        request: Request<Streaming<ImportDatasetRequest>>,
    ) -> Result<Response<ImportDatasetResponse>, Status> {
        Ok(Response::new(import::import(&self.state, request.into_inner()).await?))
    }

    async fn get_dataset(&self, request: Request<GetDatasetRequest>) -> Result<Response<GetDatasetResponse>, Status> {
        let name = names::dataset_or_version(&request.get_ref().name, "name").map_err(Error::from)?;
        let version = self.state.store().version(&name.dataset, name.version).await?;
        Ok(Response::new(GetDatasetResponse { dataset: Some(describe::dataset(&version)) }))
    }

    async fn list_datasets(
        &self,
        request: Request<ListDatasetsRequest>,
    ) -> Result<Response<ListDatasetsResponse>, Status> {
        let request = request.into_inner();
        let position = |token: &str| check_id("page_token", token).is_ok().then(|| token.to_owned());
        let asked = page::asked(request.page_size, PAGE, &request.page_token, position).map_err(Error::from)?;
        let page = self.state.store().datasets(asked.size, asked.after.as_deref()).await?;
        let datasets = page.items.iter().map(describe::dataset).collect();
        Ok(Response::new(ListDatasetsResponse { datasets, next_page_token: page.next.unwrap_or_default() }))
    }

    async fn list_dataset_versions(
        &self,
        request: Request<ListDatasetVersionsRequest>,
    ) -> Result<Response<ListDatasetVersionsResponse>, Status> {
        let request = request.into_inner();
        let mut violations = Violations::default();
        let dataset = names::dataset(&request.parent, "parent").map_err(Violations::from);
        let dataset = violations.keep("", dataset).unwrap_or_default();
        let asked = page::asked(request.page_size, PAGE, &request.page_token, names::number);
        let asked = violations.keep("", asked);
        violations.into_result(()).map_err(Error::from)?;
        let (size, after) = asked.map_or((PAGE, None), |asked| (asked.size, asked.after));
        let page = self.state.store().versions(&dataset, size, after).await?;
        let versions = page.items.iter().map(describe::dataset).collect();
        Ok(Response::new(ListDatasetVersionsResponse { versions, next_page_token: page.next.unwrap_or_default() }))
    }

    async fn delete_dataset(
        &self,
        request: Request<DeleteDatasetRequest>,
    ) -> Result<Response<DeleteDatasetResponse>, Status> {
        let dataset = names::dataset(&request.get_ref().name, "name").map_err(Error::from)?;
        match self.state.store().delete_dataset(&dataset).await {
            Ok(()) | Err(Error::NotFound(_)) => Ok(Response::new(DeleteDatasetResponse {})),
            Err(error) => Err(error.into()),
        }
    }

    async fn profile_dataset(
        &self,
        request: Request<ProfileDatasetRequest>,
    ) -> Result<Response<ProfileDatasetResponse>, Status> {
        Ok(Response::new(profile::profile(&self.state, request.into_inner()).await?))
    }

    type ExportDatasetStream = Pin<Box<dyn Stream<Item = Result<ExportDatasetResponse, Status>> + Send>>;

    async fn export_dataset(
        &self,
        request: Request<ExportDatasetRequest>,
    ) -> Result<Response<Self::ExportDatasetStream>, Status> {
        Ok(Response::new(Box::pin(export::export(&self.state, request.into_inner()).await?)))
    }
}
