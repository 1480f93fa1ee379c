//! `agglo test`: tests of a stored model.

use super::client::Client;
use super::failure::Failure;
use super::indices::parse_call;
use super::models::model_name;
use super::{fit, print};
use crate::api::v1::{DatasetSource, TestCall, TestModelRequest, dataset_source::Source};
use prost_types::Value;
use std::collections::BTreeMap;

/// Tests a stored model: with the tests named, or with those that say something about it.
#[derive(Debug, clap::Args)]
pub(super) struct TestArgs {
    /// The stored model.
    #[arg(value_name = "MODEL")]
    model: String,
    /// A test with its parameters, as in pesaran_cd or white; may be repeated. `agglo methods` lists them.
    #[arg(long = "test", value_name = "METHOD", value_parser = parse_call)]
    tests: Vec<(String, BTreeMap<String, Value>)>,
    /// Restrictions to test jointly, as in 'agglomeration(firms) = agglomeration(capital)'; may be repeated.
    #[arg(long = "restrict", value_name = "EQUATION")]
    restrictions: Vec<String>,
    /// The stored dataset that the model was fitted on; the one it names when left out.
    #[arg(long, value_name = "DATASET")]
    dataset: Option<String>,
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl TestArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached, or the model or a test is refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let mut tests: Vec<_> = self.tests.into_iter().map(|(id, parameters)| TestCall { id, parameters }).collect();
        if !self.restrictions.is_empty() {
            let parameters = BTreeMap::from([("restrictions".to_owned(), Value::from(self.restrictions.join("; ")))]);
            tests.push(TestCall { id: "linear_restrictions".to_owned(), parameters });
        }
        let name = |name: String| if name.starts_with("datasets/") { name } else { format!("datasets/{name}") };
        let dataset = self.dataset.map(|dataset| DatasetSource { source: Some(Source::Name(name(dataset))) });
        let request = TestModelRequest { model: model_name(&self.model), tests, dataset };
        let answer = client.regression().test_model(request).await?.into_inner();
        let none = "no test says anything about this model";
        print::answer(&answer, self.json, |answer| fit::tests(&answer.tests).unwrap_or_else(|| none.to_owned()))
    }
}
