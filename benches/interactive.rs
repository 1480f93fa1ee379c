//! Interactive use over the wire: a fit and a forecast on 31 regions × 20 years, as a planner's screen asks for them.
//!
//! `cargo bench --bench interactive` prints the median and the extremes of repeated calls to a server in this process.

use agglo::api::v1::{
    Change, Covariance, DataFormat, DatasetSchema, DatasetSource, FitModelRequest, ForecastGrowthRequest,
    ImportDatasetRequest, ImportFinish, ImportHeader, ModelSpec, Scenario, change::Action,
    dataset_service_client::DatasetServiceClient, dataset_source::Source, forecast_growth_request::Model,
    forecast_service_client::ForecastServiceClient, import_dataset_request::Frame,
    regression_service_client::RegressionServiceClient,
};
use agglo::config::Config;
use agglo::ingest::{Export, Format};
use agglo::server;
use agglo::simulate::{Spec, simulate};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::time::{Duration, Instant};
use tonic::transport::Channel;

const REPEATS: usize = 30;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = tempfile::tempdir()?;
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        store: store.path().to_owned(),
        ..Config::from_environment().map_err(|e| e.to_string())?
    };
    let server = server::start(&config).await?;
    let channel = Channel::from_shared(format!("http://{}", server.address()))?.connect().await?;
    let dataset = upload(&channel).await?;
    let spec = ModelSpec {
        formula: "growth(gdp) ~ agglomeration(firms) + agglomeration(value_added) + agglomeration(capital) \
                  + agglomeration(employees) | region + period"
            .into(),
        covariance: Some(Covariance {
            method: "cluster".into(),
            clusters: vec!["region".into()],
            ..Covariance::default()
        }),
        ..ModelSpec::default()
    };

    let mut fits = Vec::new();
    let mut regression = RegressionServiceClient::new(channel.clone());
    for _ in 0..REPEATS {
        let request =
            FitModelRequest { dataset: Some(dataset.clone()), spec: Some(spec.clone()), ..FitModelRequest::default() };
        let start = Instant::now();
        regression.fit_model(request).await?;
        fits.push(start.elapsed());
    }
    report("fit, two-way effects, clustered errors, 31 regions x 20 years", fits);

    let mut forecasts = Vec::new();
    let mut forecast = ForecastServiceClient::new(channel).max_decoding_message_size(1 << 26);
    for seed in 0..REPEATS {
        let request = what_if(&dataset, &spec, seed as i64);
        let start = Instant::now();
        forecast.forecast_growth(request).await?;
        forecasts.push(start.elapsed());
    }
    report("forecast, 10 years, 1,000 draws, one scenario", forecasts);
    server.stop().await;
    Ok(())
}

fn what_if(dataset: &DatasetSource, spec: &ModelSpec, seed: i64) -> ForecastGrowthRequest {
    let change = Change {
        measure: "firms".into(),
        action: Some(Action::Scale(1.1)),
        regions: vec!["R001".into()],
        phase_period_count: 3,
        ..Change::default()
    };
    ForecastGrowthRequest {
        dataset: Some(dataset.clone()),
        model: Some(Model::Spec(spec.clone())),
        horizon: 10,
        draws: 1000,
        seed,
        scenarios: vec![Scenario { name: "more firms".into(), changes: vec![change], ..Scenario::default() }],
        ..ForecastGrowthRequest::default()
    }
}

async fn upload(channel: &Channel) -> Result<DatasetSource, Box<dyn Error>> {
    let simulated = simulate(&Spec::default())?;
    let csv: Vec<u8> = Export::new(&simulated.panel, Format::Csv, "(D)")?.collect::<Result<Vec<_>, _>>()?.concat();
    let keys = simulated.panel.key_names();
    let schema = DatasetSchema {
        region_column: keys.region.clone(),
        period_column: keys.period.clone(),
        attribute_columns: vec!["macro_region".into(), "area".into(), "origin".into()],
        ..DatasetSchema::default()
    };
    let header = ImportHeader {
        dataset_id: "simulated".into(),
        schema: Some(schema),
        format: DataFormat::Csv.into(),
        ..ImportHeader::default()
    };
    let finish = ImportFinish { row_count: simulated.panel.rows() as i64, sha256: hex::encode(Sha256::digest(&csv)) };
    let frames = [Frame::Header(header), Frame::Chunk(csv.into()), Frame::Finish(finish)];
    let frames = tokio_stream::iter(frames.map(|frame| ImportDatasetRequest { frame: Some(frame) }));
    let stored = DatasetServiceClient::new(channel.clone()).import_dataset(frames).await?.into_inner();
    let name = stored.dataset.map(|dataset| dataset.name).unwrap_or_default();
    Ok(DatasetSource { source: Some(Source::Name(name)) })
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1000.0;
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{what}: median {:.1} ms, from {:.1} to {:.1} ms", ms(median), ms(least), ms(most));
}
