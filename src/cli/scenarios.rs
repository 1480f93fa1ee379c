//! `agglo scenarios`: the stored scenarios of a server.

use super::client::Client;
use super::failure::Failure;
use super::{forecast, print};
use crate::api::json;
use crate::api::v1::{
    CreateScenarioRequest, DeleteScenarioRequest, GetScenarioRequest, ListScenariosRequest, ListScenariosResponse,
    StoredScenario,
};
use std::path::PathBuf;

/// Lists, shows, saves or deletes stored scenarios.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct ScenariosArgs {
    /// The server to ask.
    #[arg(long, global = true, value_name = "URL", env = "AGGLO_ENDPOINT", default_value = "http://127.0.0.1:50551")]
    endpoint: String,
    /// Print the response message as JSON and nothing else.
    #[arg(long, global = true)]
    json: bool,
    /// Show this scenario instead of the list.
    #[arg(value_name = "SCENARIO")]
    scenario: Option<String>,
    #[command(subcommand)]
    act: Option<Act>,
}

#[derive(Debug, clap::Subcommand)]
enum Act {
    /// Save a scenario under a name; what is saved never changes.
    Save(SaveArgs),
    /// Delete a scenario.
    Delete {
        /// Its name.
        name: String,
    },
}

#[derive(Debug, clap::Args)]
struct SaveArgs {
    /// The name.
    name: String,
    /// A JSON file that holds a Scenario message.
    #[arg(value_name = "FILE.json")]
    file: PathBuf,
    /// The stored scenario that this one was derived from.
    #[arg(long, value_name = "NAME")]
    parent: Option<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
}

/// `scenarios/{scenario}` from either form a person may type.
pub(super) fn scenario_name(name: &str) -> String {
    if name.starts_with("scenarios/") { name.to_owned() } else { format!("scenarios/{name}") }
}

impl ScenariosArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the server cannot be reached, the file cannot be read, the scenario is refused or does not exist.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = Client::connect(Some(&self.endpoint)).await?;
        let mut service = client.forecast();
        match (self.act, self.scenario) {
            (Some(Act::Save(save)), _) => {
                let answer = service.create_scenario(save.request()?).await?.into_inner();
                print::answer(&answer, self.json, |a| a.scenario.as_ref().map(about).unwrap_or_default())
            }
            (Some(Act::Delete { name }), _) => {
                let name = scenario_name(&name);
                let answer = service.delete_scenario(DeleteScenarioRequest { name: name.clone() }).await?;
                print::answer(&answer.into_inner(), self.json, |_| format!("{name} is not stored any more"))
            }
            (None, Some(name)) => {
                let request = GetScenarioRequest { name: scenario_name(&name) };
                let answer = service.get_scenario(request).await?.into_inner();
                print::answer(&answer, self.json, |a| a.scenario.as_ref().map(describe).unwrap_or_default())
            }
            (None, None) => {
                let answer = ListScenariosResponse { scenarios: list(&client).await?, next_page_token: String::new() };
                print::answer(&answer, self.json, |answer| table(&answer.scenarios))
            }
        }
    }
}

impl SaveArgs {
    fn request(&self) -> Result<CreateScenarioRequest, Failure> {
        Ok(CreateScenarioRequest {
            scenario_id: self.name.trim_start_matches("scenarios/").to_owned(),
            scenario: Some(forecast::read_message(&self.file)?),
            parent: self.parent.as_deref().map(scenario_name).unwrap_or_default(),
            description: self.description.clone(),
            request_id: String::new(),
        })
    }
}

/// Every stored scenario, page after page.
async fn list(client: &Client) -> Result<Vec<StoredScenario>, Failure> {
    let mut scenarios = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListScenariosRequest { page_size: 0, page_token };
        let page = client.forecast().list_scenarios(request).await?.into_inner();
        scenarios.extend(page.scenarios);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(scenarios);
        }
    }
}

/// What is known about a scenario.
fn about(stored: &StoredScenario) -> String {
    let created = stored.create_time.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut lines = vec![stored.name.clone(), format!("stored {created}, SHA-256 {}", stored.sha256)];
    if !stored.parent.is_empty() {
        lines.push(format!("derived from {}, SHA-256 {}", stored.parent, stored.parent_sha256));
    }
    lines.extend((!stored.description.is_empty()).then(|| stored.description.clone()));
    lines.join("\n")
}

/// A scenario with its changes, as a file would hold them.
fn describe(stored: &StoredScenario) -> String {
    let scenario = stored.scenario.as_ref().and_then(|scenario| json::to_json(scenario).ok());
    format!("{}\n\n{}", about(stored), scenario.unwrap_or_default())
}

fn table(scenarios: &[StoredScenario]) -> String {
    if scenarios.is_empty() {
        return "no scenarios are stored; store one with `agglo scenarios save NAME FILE.json`".to_owned();
    }
    let header = ["scenario", "policy", "derived from", "description"].map(str::to_owned);
    let row = |stored: &StoredScenario| {
        let policy = stored.scenario.as_ref().map(|scenario| scenario.name.clone()).unwrap_or_default();
        let description = stored.description.lines().next().unwrap_or_default().to_owned();
        vec![stored.name.clone(), policy, stored.parent.clone(), description]
    };
    print::table(&header, &scenarios.iter().map(row).collect::<Vec<_>>())
}
