//! `agglo methods`: the catalogue.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::print;
use crate::api::v1::{ListMethodsRequest, ListMethodsResponse, Method};

/// Lists every index, estimator, covariance and driver, or the whole card of one.
#[derive(Debug, clap::Args)]
pub(super) struct MethodsArgs {
    /// Show the card of this method.
    #[arg(value_name = "ID")]
    id: Option<String>,
    /// The server to ask; without it the catalogue of this program.
    #[arg(long, value_name = "URL", env = "AGGLO_ENDPOINT")]
    endpoint: Option<String>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

impl MethodsArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached or there is no such method.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(self.endpoint.as_deref()).await?;
        let answer = client.catalog().list_methods(ListMethodsRequest::default()).await;
        client.close().await;
        let mut methods = answer?.into_inner().methods;
        if let Some(id) = &self.id {
            methods.retain(|m| m.id == *id || m.aliases.contains(id));
        }
        if let (Some(id), []) = (&self.id, methods.as_slice()) {
            return Err(Failure::new(Exit::Data, format!("there is no method {id}; `agglo methods` lists all")));
        }
        let answer = ListMethodsResponse { methods, next_page_token: String::new() };
        print::answer(&answer, self.json, |answer| match self.id {
            None => list(&answer.methods),
            Some(_) => answer.methods.iter().map(card).collect::<Vec<_>>().join("\n"),
        })
    }
}

fn list(methods: &[Method]) -> String {
    let width = methods.iter().map(|m| m.id.len()).max().unwrap_or(0);
    let lines: Vec<_> = methods.iter().map(|m| format!("{:width$}  {:10}  {}", m.id, kind(m), m.title)).collect();
    lines.join("\n")
}

fn kind(method: &Method) -> String {
    method.kind().as_str_name().trim_start_matches("METHOD_KIND_").to_ascii_lowercase()
}

fn card(method: &Method) -> String {
    let mut lines = vec![
        format!("{} ({}): {}", method.id, kind(method), method.title),
        format!("formula    {}", method.formula),
        format!("reference  {}", method.reference),
    ];
    if !method.aliases.is_empty() {
        lines.push(format!("also       {}", method.aliases.join(", ")));
    }
    for p in &method.parameters {
        let default =
            if p.default_value.is_empty() { String::new() } else { format!("; {} when left out", p.default_value) };
        lines.push(format!("{} = {}{default}\n    {}", p.name, p.domain, p.description));
    }
    if !method.laws.is_empty() {
        lines.push(format!("laws       {}", method.laws.join(", ")));
    }
    lines.join("\n")
}
