//! `agglo models`: the stored models of a server.

use super::client::Client;
use super::failure::Failure;
use super::{fit, print};
use crate::api::v1::{
    Covariance, DeleteModelRequest, GetModelRequest, ListModelsRequest, ListModelsResponse, Model, RefitModelRequest,
    ReviseCovarianceRequest,
};

/// Lists, shows or deletes stored models.
#[derive(Debug, clap::Args)]
pub(super) struct ModelsArgs {
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
    /// Show this model instead of the list.
    #[arg(value_name = "MODEL")]
    model: Option<String>,
    /// Delete the named model.
    #[arg(long, requires = "model")]
    delete: bool,
    /// Show the named model with another covariance, from what is stored with it, as in cluster:region.
    #[arg(long, value_name = "METHOD", requires = "model", conflicts_with = "delete", value_parser = fit::parse_covariance)]
    vcov: Option<Covariance>,
    /// Fit the named model anew to the newest version of its dataset.
    #[arg(long, requires = "model", conflicts_with_all = ["delete", "vcov"])]
    refit: bool,
    /// With --vcov or --refit, keep the new model under this name.
    #[arg(long, value_name = "NAME", default_value = "")]
    save_as: String,
}

/// `models/{model}` from either form a person may type.
pub(super) fn model_name(name: &str) -> String {
    if name.starts_with("models/") { name.to_owned() } else { format!("models/{name}") }
}

impl ModelsArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached or the model does not exist.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        match &self.model {
            Some(name) if self.delete => {
                let name = model_name(name);
                let answer = client.regression().delete_model(DeleteModelRequest { name: name.clone() }).await?;
                print::answer(&answer.into_inner(), self.json, |_| format!("{name} deleted"))
            }
            Some(name) if self.refit => {
                let request = RefitModelRequest {
                    model: model_name(name),
                    save_as: self.save_as.clone(),
                    ..RefitModelRequest::default()
                };
                let answer = client.regression().refit_model(request).await?.into_inner();
                print::answer(&answer, self.json, |a| a.model.as_ref().map(fit::model).unwrap_or_default())
            }
            Some(name) if self.vcov.is_some() => {
                let request = ReviseCovarianceRequest {
                    model: model_name(name),
                    covariance: self.vcov.clone(),
                    save_as: self.save_as.clone(),
                    ..ReviseCovarianceRequest::default()
                };
                let answer = client.regression().revise_covariance(request).await?.into_inner();
                print::answer(&answer, self.json, |a| a.model.as_ref().map(fit::model).unwrap_or_default())
            }
            Some(name) => {
                let request = GetModelRequest { name: model_name(name) };
                let answer = client.regression().get_model(request).await?.into_inner();
                print::answer(&answer, self.json, |a| a.model.as_ref().map(fit::model).unwrap_or_default())
            }
            None => {
                let answer = ListModelsResponse { models: list(&client).await?, next_page_token: String::new() };
                print::answer(&answer, self.json, |answer| describe(&answer.models))
            }
        }
    }
}

/// Every stored model, page after page.
async fn list(client: &Client) -> Result<Vec<Model>, Failure> {
    let mut models = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListModelsRequest { page_size: 0, page_token };
        let page = client.regression().list_models(request).await?.into_inner();
        models.extend(page.models);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(models);
        }
    }
}

fn describe(models: &[Model]) -> String {
    if models.is_empty() {
        return "no models are stored; store one with `agglo fit … --save-as NAME --endpoint URL`".to_owned();
    }
    let header = ["model", "observations", "formula"].map(str::to_owned);
    let rows: Vec<Vec<String>> = models
        .iter()
        .map(|m| {
            let n = m.sample.as_ref().map_or(0, |s| s.observation_count);
            vec![m.name.clone(), n.to_string(), m.formula.clone()]
        })
        .collect();
    print::table(&header, &rows)
}
