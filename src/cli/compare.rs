//! `agglo compare`: stored models side by side.

use super::client::Client;
use super::failure::Failure;
use super::models::model_name;
use super::print;
use crate::api::v1::{CompareModelsRequest, ComparisonFormat};

/// Sets stored models side by side, a column each.
#[derive(Debug, clap::Args)]
pub(super) struct CompareArgs {
    /// The stored models, in the order of the columns.
    #[arg(value_name = "MODEL", required = true)]
    models: Vec<String>,
    /// How the table is written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The caption of a column; once for each model, or never.
    #[arg(long = "caption", value_name = "TEXT")]
    captions: Vec<String>,
    /// Digits after the decimal point.
    #[arg(long, value_name = "N", default_value_t = 4)]
    digits: i32,
    /// The server to ask.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// How a comparison is written.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Plain text.
    Text,
    /// A Markdown table.
    Markdown,
    /// A LaTeX tabular.
    Latex,
    /// An HTML table.
    Html,
}

impl Format {
    fn message(self) -> ComparisonFormat {
        match self {
            Self::Text => ComparisonFormat::Text,
            Self::Markdown => ComparisonFormat::Markdown,
            Self::Latex => ComparisonFormat::Latex,
            Self::Html => ComparisonFormat::Html,
        }
    }
}

impl CompareArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached or a model does not exist.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let request = CompareModelsRequest {
            models: self.models.iter().map(|model| model_name(model)).collect(),
            format: self.format.message().into(),
            captions: self.captions,
            digits: self.digits,
        };
        let answer = client.regression().compare_models(request).await?.into_inner();
        print::answer(&answer, self.json, |answer| answer.text.clone())
    }
}
