//! `agglo methods`: the catalogue.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::print;
use crate::api::v1::{ListMethodsRequest, ListMethodsResponse, Method};
use crate::suggest::nearest;

/// Lists every index, estimator, covariance, test and driver, or the whole card of one.
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
            let near = meant(id, &methods);
            methods.retain(|m| m.id == *id || m.aliases.contains(id));
            if methods.is_empty() {
                let text = format!("there is no method {id}{near}; `agglo methods` lists all");
                return Err(Failure::new(Exit::Data, text));
            }
        }
        let answer = ListMethodsResponse { methods, next_page_token: String::new() };
        print::answer(&answer, self.json, |answer| match self.id {
            None => list(&answer.methods),
            Some(_) => answer.methods.iter().map(card).collect::<Vec<_>>().join("\n\n"),
        })
    }
}

/// One line a method, the indices family by family.
fn list(methods: &[Method]) -> String {
    let width = methods.iter().map(|m| m.id.len()).max().unwrap_or(0);
    let mut lines = Vec::new();
    let mut heading = String::new();
    for method in methods {
        let of_method = if method.family.is_empty() { kind(method) } else { format!("index: {}", method.family) };
        if of_method != heading {
            lines.push(format!("{}{of_method}", if lines.is_empty() { "" } else { "\n" }));
            heading = of_method;
        }
        lines.push(format!("  {:width$}  {}", method.id, method.title));
    }
    lines.join("\n")
}

fn kind(method: &Method) -> String {
    method.kind().as_str_name().trim_start_matches("METHOD_KIND_").to_ascii_lowercase()
}

/// Columns that the labels of a page take.
const LABEL: usize = 11;

/// A card as a page to read.
fn card(method: &Method) -> String {
    let family = if method.family.is_empty() { String::new() } else { format!(", {}", method.family) };
    let mut lines = vec![format!("{} ({}{family})", method.id, kind(method)), String::new()];
    for (label, text) in [
        ("", method.title.clone()),
        ("formula", method.formula.clone()),
        ("reference", method.reference.clone()),
        ("also", method.aliases.join(", ")),
        ("laws", method.laws.join("; ")),
        ("inference", method.inference.join(", ")),
    ] {
        lines.extend(paragraph(label, &text));
    }
    for p in &method.parameters {
        let default = match (p.default_value.as_str(), p.required) {
            ("", true) => "; required".to_owned(),
            ("", false) => "; may be left out".to_owned(),
            (default, _) => format!("; {default} when left out"),
        };
        lines.push(format!("\n{} = {}{default}", p.name, p.domain));
        lines.extend(paragraph("", &p.description));
    }
    lines.join("\n")
}

/// A text after its label, broken into lines; nothing for an empty text.
fn paragraph(label: &str, text: &str) -> Vec<String> {
    let label = |i: usize| if i == 0 { label } else { "" };
    let lines = print::wrapped(text, print::PAGE - LABEL);
    lines.into_iter().enumerate().map(|(i, line)| format!("{:LABEL$}{line}", label(i))).collect()
}

/// The id that a person may have meant.
fn meant(id: &str, methods: &[Method]) -> String {
    let names = methods.iter().flat_map(|m| std::iter::once(&m.id).chain(&m.aliases)).map(String::as_str);
    nearest(id, names).map_or_else(String::new, |near| format!(" (did you mean {near}?)"))
}
