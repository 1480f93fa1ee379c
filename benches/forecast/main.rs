//! Forecasts over the wire, in one process with the server: what a planner's screen asks for, a country of 3,000 regions
//! and 40 industries, an explanation, a goal seek, the bits of one and of two threads, how soon a call that nobody
//! waits for stops working, and the methods of drivers by themselves.
//!
//! `cargo bench --bench forecast` needs Python 3.11 or newer for its peer, the same simulation in numpy
//! (`benches/peers/forecast.py`), and does without it where there is none. `cargo bench --bench forecast -- screen large`
//! runs these tasks alone: `screen`, `large`, `explain`, `seek`, `threads`, `cancel`,
//! `drivers`.

#[path = "../support/mod.rs"]
mod support;

use agglo::api::v1::{
    Change, Covariance, DatasetSource, ExplainScenarioRequest, ForecastGrowthRequest, ForecastNumber, ForecastPlace,
    ForecastQuantity, Instrument, ModelSpec, Scenario, SeekOutcome, SeekTargetRequest, SplitBy, Target, TargetSense,
    UncertaintySource, change::Action, column::Values, forecast_growth_request,
    forecast_service_client::ForecastServiceClient,
};
use agglo::card::Params;
use agglo::forecast::driver::{ALL, Past};
use agglo::numeric::Stop;
use agglo::numeric::random::stream;
use agglo::panel::Panel;
use agglo::simulate::{DRIVERS, Spec, simulate};
use prost::Message;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use support::{Outcome, Served, peers, report, status};
use tonic::transport::Channel;

const REPEATS: usize = 31;

#[tokio::main]
async fn main() -> Outcome<()> {
    let asked: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let wanted = |task: &str| asked.is_empty() || asked.iter().any(|word| word == task);
    let served = Served::start(0).await?;
    if wanted("large") {
        large(&served).await?;
    }
    let panel = simulate(&Spec::default())?.panel;
    let dataset = served.upload("screen", &panel, &["macro_region"]).await?;
    if wanted("screen") {
        screen(&served, &dataset, &panel).await?;
    }
    if wanted("explain") {
        explain(&served, &dataset).await?;
    }
    if wanted("seek") {
        seek(&served, &dataset).await?;
    }
    if wanted("cancel") {
        cancel(&served, &dataset).await?;
    }
    served.server.stop().await;
    if wanted("threads") {
        threads(&panel).await?;
    }
    if wanted("drivers") {
        drivers()?;
    }
    Ok(())
}

fn client(channel: &Channel) -> ForecastServiceClient<Channel> {
    ForecastServiceClient::new(channel.clone()).max_decoding_message_size(1 << 30)
}

/// Growth on the four agglomeration indices, with effects of region and year.
fn spec() -> ModelSpec {
    let terms = DRIVERS.map(|driver| format!("agglomeration({driver})"));
    ModelSpec {
        formula: format!("growth(gdp) ~ {} | region + period", terms.join(" + ")),
        covariance: Some(Covariance {
            method: "cluster".into(),
            clusters: vec!["region".into()],
            ..Covariance::default()
        }),
        ..ModelSpec::default()
    }
}

fn scale(measure: &str, region: &str, factor: f64) -> Change {
    Change {
        measure: measure.into(),
        action: Some(Action::Scale(factor)),
        regions: vec![region.into()],
        phase_period_count: 3,
        ..Change::default()
    }
}

/// So many years with one policy, on 1,000 draws.
fn what_if(dataset: &DatasetSource, horizon: i32, seed: i64, region: &str) -> ForecastGrowthRequest {
    let changes = vec![scale("firms", region, 1.1)];
    ForecastGrowthRequest {
        dataset: Some(dataset.clone()),
        model: Some(forecast_growth_request::Model::Spec(spec())),
        horizon,
        draws: 1000,
        seed,
        scenarios: vec![Scenario { name: "more firms".into(), changes, ..Scenario::default() }],
        ..ForecastGrowthRequest::default()
    }
}

fn known_drivers(request: ForecastGrowthRequest) -> ForecastGrowthRequest {
    ForecastGrowthRequest { fixed_sources: vec![UncertaintySource::Drivers.into()], ..request }
}

async fn screen(served: &Served, dataset: &DatasetSource, panel: &Panel) -> Outcome<()> {
    let mut client = client(&served.channel);
    let mut medians = Vec::new();
    for (drivers, known) in [("known", true), ("forecast", false)] {
        let mut times = Vec::new();
        for seed in 0..REPEATS {
            let request = what_if(dataset, 15, seed as i64, "R001");
            let request = if known { known_drivers(request) } else { request };
            let start = Instant::now();
            client.forecast_growth(request).await?;
            times.push(start.elapsed());
        }
        let what = format!("31 regions x 15 years x 1,000 draws, one scenario, drivers {drivers}");
        medians.push((drivers, report(&what, times)));
    }
    let folder = tempfile::tempdir()?;
    write(panel, folder.path())?;
    match peers("forecast.py", folder.path()) {
        Ok(peers) => {
            for ((name, peer, seconds), (_, ours)) in
                peers.iter().filter_map(|peer| Some((peer, medians.iter().find(|(drivers, _)| *drivers == peer.0)?)))
            {
                let told = seconds.map_or("failed".to_owned(), |s| format!("{:.1} ms, {:.1}x ours", 1e3 * s, s / ours));
                println!("  {peer}, drivers {name}: {told}");
            }
        }
        Err(error) => println!("no peers: {error}"),
    }
    Ok(())
}

/// The panel for the peer: one file a measure, period by period.
fn write(panel: &Panel, folder: &Path) -> Outcome<()> {
    for measure in DRIVERS.iter().chain(&["gdp"]) {
        let number = panel.measures().iter().position(|m| m.name == *measure).ok_or("no such measure")?;
        let mut bytes = Vec::new();
        for period in panel.periods() {
            let grid = panel.grid(number, *period).ok_or("no such period")?;
            grid.values.iter().for_each(|x| bytes.extend(x.unwrap_or(f64::NAN).to_le_bytes()));
        }
        std::fs::write(folder.join(format!("{measure}.f64")), bytes)?;
    }
    std::fs::write(folder.join("shape"), format!("{} {}", panel.periods().len(), panel.regions().len()))?;
    Ok(())
}

async fn large(served: &Served) -> Outcome<()> {
    let panel = simulate(&Spec { regions: 3000, industries: 40, years: 11, ..Spec::default() })?.panel;
    let dataset = served.upload("large", &panel, &[]).await?;
    drop(panel);
    for (drivers, known) in [("known", true), ("forecast", false)] {
        let request = what_if(&dataset, 10, 1, "R0001");
        let request = if known { known_drivers(request) } else { request };
        std::fs::write("/proc/self/clear_refs", "5")?;
        let before = status("VmRSS:").unwrap_or(f64::NAN);
        let start = Instant::now();
        let answer = client(&served.channel).forecast_growth(request).await?.into_inner();
        let seconds = start.elapsed().as_secs_f64();
        let peak = status("VmHWM:").unwrap_or(f64::NAN);
        println!(
            "3,000 regions x 40 industries x 10 years x 1,000 draws, drivers {drivers}: {seconds:.1} s, answer {:.0} MB, \
             peak {:.0} MB of which {:.0} MB were held before",
            answer.encoded_len() as f64 / 1e6,
            peak / 1e6,
            before / 1e6
        );
    }
    Ok(())
}

/// Six policies, all 2⁶ coalitions.
async fn explain(served: &Served, dataset: &DatasetSource) -> Outcome<()> {
    let mut times = Vec::new();
    for seed in 0..9 {
        let places = [("firms", "R001"), ("capital", "R002"), ("employees", "R003"), ("value_added", "R004")];
        let places = places.into_iter().chain([("firms", "R005"), ("capital", "R006")]);
        let changes = places
            .enumerate()
            .map(|(i, (measure, region))| Change { policy: format!("policy {i}"), ..scale(measure, region, 1.1) });
        let scenario = Scenario { name: "six".into(), changes: changes.collect(), ..Scenario::default() };
        let request = ExplainScenarioRequest {
            forecast: Some(ForecastGrowthRequest { scenarios: vec![scenario], ..what_if(dataset, 10, seed, "R001") }),
            splits: vec![SplitBy::Policy.into()],
            ..ExplainScenarioRequest::default()
        };
        let start = Instant::now();
        client(&served.channel).explain_scenario(request).await?;
        times.push(start.elapsed());
    }
    report("Shapley values of six policies on 31 regions, 10 years, gains on 1,000 draws", times);
    Ok(())
}

/// How much capital brings a region three per cent above its baseline, at the point and with a probability.
async fn seek(served: &Served, dataset: &DatasetSource) -> Outcome<()> {
    let level = Some(ForecastNumber {
        quantity: ForecastQuantity::Level.into(),
        place: Some(ForecastPlace { region: "R001".into(), ..ForecastPlace::default() }),
        ..ForecastNumber::default()
    });
    let value = 1.03 * last_level(served, dataset, "R001").await?;
    for (what, probability) in [("at the point forecast", 0.0), ("with a probability of 0.8, 1,000 draws", 0.8)] {
        let mut times = Vec::new();
        for seed in 0..9 {
            let forecast = ForecastGrowthRequest { scenarios: Vec::new(), ..what_if(dataset, 10, seed, "R001") };
            let forecast = if probability > 0.0 { forecast } else { ForecastGrowthRequest { draws: 0, ..forecast } };
            let instrument = Instrument {
                change: Some(scale("capital", "R001", 1.0)),
                low: 1.0,
                high: 10.0,
                ..Instrument::default()
            };
            let request = SeekTargetRequest {
                forecast: Some(forecast),
                number: level.clone(),
                target: Some(Target { value, sense: TargetSense::AtLeast.into(), probability }),
                instruments: vec![instrument],
            };
            let start = Instant::now();
            let answer = client(&served.channel).seek_target(request).await?.into_inner();
            times.push(start.elapsed());
            if answer.outcome() != SeekOutcome::Reached {
                return Err(format!("the target is not reached: {:?}", answer.outcome()).into());
            }
        }
        report(&format!("goal seek on 31 regions, 10 years, {what}"), times);
    }
    Ok(())
}

/// The level of a region in the last year of the baseline's point forecast.
async fn last_level(served: &Served, dataset: &DatasetSource, region: &str) -> Outcome<f64> {
    let request = ForecastGrowthRequest { draws: 0, scenarios: Vec::new(), ..what_if(dataset, 10, 0, region) };
    let answer = client(&served.channel).forecast_growth(request).await?.into_inner();
    let table = answer.baseline.and_then(|baseline| baseline.regions).ok_or("no table of regions")?;
    let values = |name: &str| table.columns.iter().find(|column| column.name == name).and_then(|c| c.values.as_ref());
    let (Some(Values::Texts(regions)), Some(Values::Numbers(levels))) = (values("region"), values("level")) else {
        return Err("no levels of regions".into());
    };
    let row = regions.values.iter().rposition(|name| name == region).ok_or("no such region")?;
    Ok(levels.values[row])
}

async fn threads(panel: &Panel) -> Outcome<()> {
    let mut answers = Vec::new();
    for workers in [1, 2] {
        let served = Served::start(workers).await?;
        let dataset = served.upload("screen", panel, &["macro_region"]).await?;
        let request = what_if(&dataset, 10, 7, "R001");
        let mut answer = client(&served.channel).forecast_growth(request).await?.into_inner();
        // The provenance names the call.
        answer.provenance = None;
        answers.push(answer.encode_to_vec());
        served.server.stop().await;
    }
    println!("same bits for 1 and 2 threads: {} ({} bytes)", answers[0] == answers[1], answers[0].len());
    Ok(())
}

/// What each method of drivers takes by itself, 120,000 cells of 20 years.
fn drivers() -> Outcome<()> {
    let panel = simulate(&Spec { regions: 3000, industries: 40, years: 20, ..Spec::default() })?.panel;
    let past = Past::new(&panel, 0);
    for driver in ALL.iter().filter(|driver| !driver.reads_given_levels()) {
        let params = Params::parse(driver.card(), &BTreeMap::new(), "params").map_err(|found| found.to_string())?;
        let start = Instant::now();
        let fitted = driver.fit(&past, &params, 10, &Stop::default())?;
        let fitting = start.elapsed().as_secs_f64();
        let Some(simulator) = &fitted.simulator else { continue };
        let start = Instant::now();
        let drawn = simulator.draw(&mut stream(1, 1));
        let ns = start.elapsed().as_secs_f64() * 1e9 / (drawn.len() * drawn[0].values.len()) as f64;
        println!("{:18} fit {fitting:6.2} s, one draw {ns:5.1} ns a cell and year", driver.card().id);
    }
    Ok(())
}

/// Time from the end of the wait for a long call until this process rests.
async fn cancel(served: &Served, dataset: &DatasetSource) -> Outcome<()> {
    const REST: Duration = Duration::from_millis(20);
    let mut times = Vec::new();
    for seed in 0..9 {
        let request = ForecastGrowthRequest { draws: 20_000, ..what_if(dataset, 50, seed, "R001") };
        let mut client = client(&served.channel);
        let call = tokio::spawn(async move { client.forecast_growth(request).await });
        tokio::time::sleep(Duration::from_millis(400)).await;
        if call.is_finished() {
            return Err("the call is over before it could be cancelled".into());
        }
        let start = Instant::now();
        call.abort();
        loop {
            let (before, at) = (cpu()?, start.elapsed());
            tokio::time::sleep(REST).await;
            if cpu()? == before {
                times.push(at);
                break;
            }
        }
    }
    report("from cancellation until the process rests", times);
    Ok(())
}

/// Clock ticks of a hundredth of a second that this process has worked.
fn cpu() -> Outcome<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}
