//! Stored scenarios over the wire: kept under a name, never changed, run by name.

#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic")]

#[path = "support/panels.rs"]
mod panels;
#[path = "support/server.rs"]
mod support;

use agglo::api::v1::change::Action;
use agglo::api::v1::forecast_growth_request::Model;
use agglo::api::v1::forecast_service_client::ForecastServiceClient;
use agglo::api::v1::{
    Change, Closure, CreateScenarioRequest, DeleteScenarioRequest, ExplainScenarioRequest, ForecastGrowthRequest,
    GetScenarioRequest, ListScenariosRequest, ModelSpec, Move, Scenario, StoredScenario,
};
use agglo::config::Config;
use agglo::server;
use panels::{fields, munnell};
use prost::Message;
use sha2::Digest;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::TestServer;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt;

type Client = ForecastServiceClient<Channel>;

async fn client(server: &TestServer) -> Client {
    ForecastServiceClient::new(server.channel().await).max_decoding_message_size(64 << 20)
}

fn scale(region: &str, factor: f64) -> Change {
    Change {
        measure: "private_capital".into(),
        action: Some(Action::Scale(factor)),
        regions: vec![region.into()],
        ..Change::default()
    }
}

/// Ten per cent more private capital in a state.
fn invest(region: &str) -> Scenario {
    Scenario { name: format!("invest in {region}"), changes: vec![scale(region, 1.1)], ..Scenario::default() }
}

fn create(id: &str, scenario: Scenario) -> CreateScenarioRequest {
    CreateScenarioRequest { scenario_id: id.into(), scenario: Some(scenario), ..CreateScenarioRequest::default() }
}

async fn store(client: &mut Client, request: CreateScenarioRequest) -> Result<StoredScenario, Status> {
    client.create_scenario(request).await.map(|answer| answer.into_inner().scenario.unwrap())
}

async fn get(client: &mut Client, name: &str) -> Result<StoredScenario, Status> {
    let answer = client.get_scenario(GetScenarioRequest { name: name.into() }).await?;
    Ok(answer.into_inner().scenario.unwrap())
}

async fn delete(client: &mut Client, name: &str) -> Result<(), Status> {
    client.delete_scenario(DeleteScenarioRequest { name: name.into() }).await.map(drop)
}

#[tokio::test]
async fn scenarios_are_stored_read_and_deleted() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let description = "first idea\nof the ministry".to_owned();
    let request = CreateScenarioRequest { description: description.clone(), ..create("ohio", invest("Ohio")) };
    let stored = store(&mut client, request).await.unwrap();
    assert_eq!((stored.name.as_str(), &stored.description), ("scenarios/ohio", &description));
    assert_eq!(stored.scenario, Some(invest("Ohio")));
    assert_eq!(stored.sha256, hex::encode(sha2::Sha256::digest(invest("Ohio").encode_to_vec())));
    assert!(stored.create_time.is_some() && stored.parent.is_empty() && stored.parent_sha256.is_empty());
    assert_eq!(get(&mut client, "scenarios/ohio").await.unwrap(), stored);

    let unnamed = store(&mut client, create("", invest("Ohio"))).await.unwrap();
    assert_eq!(unnamed.name, format!("scenarios/s-{}", &stored.sha256[..16]));
    assert_eq!(unnamed.sha256, stored.sha256, "the name of a scenario is not part of its content");

    let derived = CreateScenarioRequest { parent: stored.name.clone(), ..create("iowa", invest("Iowa")) };
    let child = store(&mut client, derived.clone()).await.unwrap();
    assert_eq!((&child.parent, &child.parent_sha256), (&stored.name, &stored.sha256));
    for _ in 0..2 {
        delete(&mut client, "scenarios/ohio").await.unwrap();
    }
    let status = get(&mut client, "scenarios/ohio").await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert_eq!(status.get_details_error_info().unwrap().metadata["resource"], "scenarios/ohio");
    assert_eq!(store(&mut client, derived.clone()).await.unwrap(), child, "what is stored outlives its parent");
    let orphan = CreateScenarioRequest { scenario_id: "orphan".into(), ..derived };
    assert_eq!(store(&mut client, orphan).await.unwrap_err().code(), Code::NotFound);
    for wrong in ["ohio", "models/ohio", "scenarios/", "scenarios/Ohio", "scenarios/a/b"] {
        assert_eq!(fields(&get(&mut client, wrong).await.unwrap_err()), ["name"], "{wrong}");
        assert_eq!(fields(&delete(&mut client, wrong).await.unwrap_err()), ["name"], "{wrong}");
    }
}

#[tokio::test]
async fn what_is_stored_never_changes() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let request = CreateScenarioRequest { request_id: "a-1".into(), ..create("plan", invest("Ohio")) };
    let stored = store(&mut client, request.clone()).await.unwrap();
    for request_id in ["a-1", "a-2", ""] {
        let again = CreateScenarioRequest { request_id: request_id.into(), ..request.clone() };
        assert_eq!(store(&mut client, again).await.unwrap(), stored);
    }
    store(&mut client, create("base", invest("Utah"))).await.unwrap();
    let others = [
        CreateScenarioRequest { scenario: Some(invest("Iowa")), ..request.clone() },
        CreateScenarioRequest { description: "another".into(), ..request.clone() },
        CreateScenarioRequest { parent: "scenarios/base".into(), ..request.clone() },
    ];
    for other in others {
        assert_eq!(store(&mut client, other.clone()).await.unwrap_err().code(), Code::FailedPrecondition);
        let status =
            store(&mut client, CreateScenarioRequest { request_id: String::new(), ..other }).await.unwrap_err();
        assert_eq!(status.code(), Code::AlreadyExists);
        assert_eq!(status.get_details_error_info().unwrap().metadata["resource"], "scenarios/plan");
    }
    assert_eq!(get(&mut client, "scenarios/plan").await.unwrap(), stored);
    delete(&mut client, "scenarios/plan").await.unwrap();
    let anew = store(&mut client, create("plan", invest("Iowa"))).await.unwrap();
    assert_eq!(get(&mut client, "scenarios/plan").await.unwrap(), anew);

    let writers = ["Ohio", "Iowa", "Utah", "Texas"].map(|region| {
        let (mut client, request) = (client.clone(), create("race", invest(region)));
        tokio::spawn(async move { store(&mut client, request).await })
    });
    let mut won = Vec::new();
    for writer in writers {
        match writer.await.unwrap() {
            Ok(stored) => won.push(stored),
            Err(status) => assert_eq!(status.code(), Code::AlreadyExists),
        }
    }
    assert_eq!(won, [get(&mut client, "scenarios/race").await.unwrap()], "one writer wins");
}

#[tokio::test]
async fn everything_wrong_is_told_at_once() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let action = |action| Change { action: Some(action), ..scale("Ohio", 1.0) };
    let to = |share, regions: &[&str]| {
        let to_regions = regions.iter().map(|region| (*region).to_owned()).collect();
        Action::Move(Move { share, to_regions })
    };
    let changes = vec![
        scale("Ohio", -1.0),
        Change { group_attribute: "division".into(), group: "Pacific".into(), ..action(Action::Add(f64::NAN)) },
        Change { group: "Pacific".into(), regions: Vec::new(), ..action(Action::Add(1.0)) },
        action(to(2.0, &["Ohio"])),
        action(to(0.5, &[])),
        Change { first_period: "soon".into(), action: None, ..scale("Ohio", 1.0) },
        Change { first_period: "2030".into(), last_period: "2029".into(), ..action(Action::Set(1.0)) },
        Change { phase_period_count: 201, measure: String::new(), ..scale("Iowa", 1.0) },
        Change { last_period: "2040Q1".into(), ..scale("Iowa", 1.0) },
        Change { first_period: "2035".into(), ..action(Action::Set(2.0)) },
        Change { first_period: "2036".into(), ..action(Action::Set(2.0)) },
    ];
    let scenario = Scenario {
        name: "baseline".into(),
        changes,
        closure: Closure::RelocateFrom.into(),
        relocate_from: vec!["Utah".into(), "Ohio".into()],
    };
    let request = CreateScenarioRequest {
        scenario_id: "No id".into(),
        scenario: Some(scenario),
        parent: "parent".into(),
        description: "x".repeat(2001),
        request_id: "r".repeat(129),
    };
    let expected = [
        "description",
        "parent",
        "request_id",
        "scenario.changes[0].scale",
        "scenario.changes[10]",
        "scenario.changes[1].add",
        "scenario.changes[1].regions",
        "scenario.changes[2].group_attribute",
        "scenario.changes[3].move.share",
        "scenario.changes[3].move.to_regions",
        "scenario.changes[4].move.to_regions",
        "scenario.changes[5].action",
        "scenario.changes[5].first_period",
        "scenario.changes[6].last_period",
        "scenario.changes[7].measure",
        "scenario.changes[7].phase_period_count",
        "scenario.changes[8].last_period",
        "scenario.name",
        "scenario.relocate_from[1]",
        "scenario_id",
    ];
    assert_eq!(fields(&store(&mut client, request).await.unwrap_err()), expected);
    let empty = store(&mut client, CreateScenarioRequest::default()).await.unwrap_err();
    assert_eq!(fields(&empty), ["scenario"]);
    let unchanging = Scenario { name: "nothing".into(), relocate_from: vec!["Ohio".into()], ..Scenario::default() };
    let status = store(&mut client, create("nothing", unchanging)).await.unwrap_err();
    assert_eq!(fields(&status), ["scenario.changes", "scenario.relocate_from"]);
    let page = client.list_scenarios(ListScenariosRequest::default()).await.unwrap().into_inner();
    assert!(page.scenarios.is_empty(), "nothing refused is stored");
}

#[tokio::test]
async fn pages_follow_the_names() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    for (id, region) in [("c", "Ohio"), ("a", "Iowa"), ("d", "Utah"), ("b", "Texas")] {
        store(&mut client, create(id, invest(region))).await.unwrap();
    }
    delete(&mut client, "scenarios/d").await.unwrap();
    let (mut told, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = ListScenariosRequest { page_size: 2, page_token };
        let page = client.list_scenarios(request).await.unwrap().into_inner();
        told.push(page.scenarios.len());
        for listed in page.scenarios {
            let mut whole = get(&mut client, &listed.name).await.unwrap();
            whole.scenario.as_mut().unwrap().changes.clear();
            assert_eq!(listed, whole);
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(told, [2, 1]);
    let wrong = ListScenariosRequest { page_size: -1, page_token: "No id".into() };
    assert_eq!(fields(&client.list_scenarios(wrong).await.unwrap_err()), ["page_size", "page_token"]);
}

#[tokio::test]
async fn a_restart_keeps_them_and_damage_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        let flags = ["--listen=127.0.0.1:0".to_owned(), format!("--store={}", folder.path().display())];
        server::start(&Config::from_flags(flags.map(Into::into)).unwrap()).await.unwrap()
    };
    let connect = async |address| Client::connect(format!("http://{address}")).await.unwrap();
    let running = start().await;
    let mut client = connect(running.address()).await;
    let stored = store(&mut client, create("plan", invest("Ohio"))).await.unwrap();
    drop(client);
    running.stop().await;
    let running = start().await;
    let mut client = connect(running.address()).await;
    assert_eq!(get(&mut client, "scenarios/plan").await.unwrap(), stored);
    assert_eq!(store(&mut client, create("plan", invest("Ohio"))).await.unwrap(), stored);

    let data = folder.path().join("scenarios/plan/data/0");
    let file = std::fs::read_dir(data).unwrap().next().unwrap().unwrap().path();
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[7] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    assert_eq!(get(&mut client, "scenarios/plan").await.unwrap_err().code(), Code::DataLoss);
    drop(client);
    running.stop().await;
}

/// A server process on this store and address, and a client of it.
async fn serve(store: &Path, address: SocketAddr) -> (Child, Client) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_agglo"))
        .args(["serve", &format!("--listen={address}"), &format!("--store={}", store.display())])
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..1000 {
        if let Ok(client) = Client::connect(format!("http://{address}")).await {
            return (process, client);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    process.kill().unwrap();
    process.wait().unwrap();
    panic!("the server did not start");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut acknowledged: Vec<String> = Vec::new();
    for round in 0..5 {
        let (mut process, mut client) = serve(folder.path(), address).await;
        for stored in &acknowledged {
            assert_eq!(get(&mut client, &format!("scenarios/{stored}")).await.unwrap().scenario, Some(invest(stored)));
        }
        let writer = tokio::spawn(async move {
            let mut written = Vec::new();
            for number in 0.. {
                let id = format!("s-{round}-{number}");
                match store(&mut client, create(&id, invest(&id))).await {
                    Ok(_) => written.push(id),
                    Err(_) => break,
                }
            }
            written
        });
        tokio::time::sleep(Duration::from_millis(100 + 7 * round)).await;
        process.kill().unwrap();
        process.wait().unwrap();
        let written = writer.await.unwrap();
        assert!(!written.is_empty(), "round {round} came before the first scenario");
        acknowledged.extend(written);
    }
    println!("5 kills, {} scenarios acknowledged", acknowledged.len());
    let (mut process, mut client) = serve(folder.path(), address).await;
    for stored in &acknowledged {
        get(&mut client, &format!("scenarios/{stored}")).await.unwrap();
    }
    process.kill().unwrap();
    process.wait().unwrap();
}

fn forecast() -> ForecastGrowthRequest {
    let formula = "growth(gsp) ~ l(agglomeration(private_capital)) + l(ln(gsp/employment)) | state".into();
    ForecastGrowthRequest {
        dataset: Some(munnell()),
        model: Some(Model::Spec(ModelSpec { formula, ..ModelSpec::default() })),
        horizon: 3,
        draws: 50,
        seed: 7,
        ..ForecastGrowthRequest::default()
    }
}

#[tokio::test]
async fn a_forecast_by_name_is_that_of_the_scenario_itself() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    let stored = store(&mut client, create("iowa", invest("Iowa"))).await.unwrap();
    let brought = ForecastGrowthRequest { scenarios: vec![invest("Ohio"), invest("Iowa")], ..forecast() };
    let named = ForecastGrowthRequest {
        scenarios: vec![invest("Ohio")],
        scenario_names: vec![stored.name.clone()],
        ..forecast()
    };
    let expected = client.forecast_growth(brought).await.unwrap().into_inner();
    let answer = client.forecast_growth(named.clone()).await.unwrap().into_inner();
    let told = |answer: &agglo::api::v1::ForecastGrowthResponse| {
        answer.scenarios.iter().map(|s| (s.stored_name.clone(), s.scenario_sha256.clone())).collect::<Vec<_>>()
    };
    let ohio = hex::encode(sha2::Sha256::digest(invest("Ohio").encode_to_vec()));
    assert_eq!(told(&expected), [(String::new(), ohio.clone()), (String::new(), stored.sha256.clone())]);
    assert_eq!(told(&answer), [(String::new(), ohio), (stored.name.clone(), stored.sha256)]);
    let bits = |mut answer: agglo::api::v1::ForecastGrowthResponse| {
        answer.scenarios.iter_mut().for_each(|scenario| scenario.stored_name.clear());
        answer.provenance.as_mut().unwrap().request_sha256.clear();
        answer.encode_to_vec()
    };
    assert_eq!(bits(answer), bits(expected));

    let explain = ExplainScenarioRequest {
        forecast: Some(ForecastGrowthRequest { draws: 0, ..named }),
        scenario: "invest in Iowa".into(),
        ..ExplainScenarioRequest::default()
    };
    let explained = client.explain_scenario(explain).await.unwrap().into_inner();
    assert_eq!(explained.scenario, "invest in Iowa");
}

#[tokio::test]
async fn what_is_wrong_with_a_stored_scenario_is_told_at_its_name() {
    let server = TestServer::start(&[]).await;
    let mut client = client(&server).await;
    store(&mut client, create("ohio", invest("Ohio"))).await.unwrap();
    let changes = vec![scale("Ohio", 1.1), Change { last_period: "1950".into(), ..scale("Atlantis", 1.1) }];
    store(&mut client, create("lost", Scenario { changes, ..invest("Atlantis") })).await.unwrap();
    let mut refused = async |scenarios: Vec<Scenario>, names: &[&str]| {
        let scenario_names = names.iter().map(|name| (*name).to_owned()).collect();
        let request = ForecastGrowthRequest { scenarios, scenario_names, ..forecast() };
        client.forecast_growth(request).await.unwrap_err()
    };
    let lost = refused(vec![invest("Utah")], &["scenarios/ohio", "scenarios/lost"]).await;
    let expected = ["scenario_names[1].changes[1].last_period", "scenario_names[1].changes[1].regions[0]"];
    assert_eq!(fields(&lost), expected);
    let twice = refused(vec![invest("Ohio")], &["scenarios/ohio"]).await;
    assert_eq!(fields(&twice), ["scenario_names[0].name"]);
    let twice = refused(Vec::new(), &["scenarios/ohio", "scenarios/ohio"]).await;
    assert_eq!(fields(&twice), ["scenario_names[1].name"]);
    let wrong = Scenario { changes: vec![scale("Ohio", -1.0)], ..invest("Ohio") };
    let wrong = refused(vec![wrong], &["ohio", "scenarios/ohio"]).await;
    assert_eq!(fields(&wrong), ["scenario_names[0]", "scenarios[0].changes[0].scale"]);
    let many = refused(Vec::new(), &["scenarios/ohio"; 101]).await;
    assert_eq!(fields(&many), ["scenario_names"]);
    let unknown = refused(Vec::new(), &["scenarios/ohio", "scenarios/none"]).await;
    assert_eq!(unknown.code(), Code::NotFound);
    assert_eq!(unknown.get_details_error_info().unwrap().metadata["resource"], "scenarios/none");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_line_saves_shows_runs_and_deletes() {
    let server = TestServer::start(&[]).await;
    panels::import_munnell(server.channel().await).await;
    let agglo = |arguments: &str, code: i32| {
        let run = Command::new(env!("CARGO_BIN_EXE_agglo"))
            .args(arguments.split_whitespace())
            .args(["--endpoint", &server.endpoint()])
            .output()
            .unwrap();
        let texts = [run.stdout, run.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(run.status.code(), Some(code), "{arguments}: {texts:?}");
        texts.concat()
    };
    assert!(agglo("scenarios", 0).contains("no scenarios are stored"));
    let saved = agglo("scenarios save miss examples/scenario.json --description capital", 0);
    assert!(saved.starts_with("scenarios/miss\nstored "), "{saved}");
    let file = server.folder.path().join("ohio.json");
    std::fs::write(&file, agglo::api::json::to_json(&invest("Ohio")).unwrap()).unwrap();
    let saved = agglo(&format!("scenarios save ohio {} --parent miss", file.display()), 0);
    assert!(saved.contains("derived from scenarios/miss, SHA-256 "), "{saved}");
    agglo("scenarios save ohio examples/scenario.json", 65);
    let listed = agglo("scenarios", 0);
    assert!(listed.contains("scenarios/miss") && listed.contains("capital"), "{listed}");
    let shown = agglo("scenarios ohio", 0);
    assert!(shown.contains("\"scale\": 1.1"), "{shown}");
    let formula = "growth(gsp)~l(agglomeration(private_capital))|state";
    let run =
        agglo(&format!("forecast munnell --horizon 2 --draws 0 --formula {formula} --stored-scenario ohio --json"), 0);
    assert!(run.contains("\"storedName\": \"scenarios/ohio\""), "{run}");
    agglo("scenarios delete ohio", 0);
    let gone = agglo("scenarios ohio", 65);
    assert!(gone.contains("scenarios/ohio does not exist"), "{gone}");
}
