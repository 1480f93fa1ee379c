//! Interactive use over the wire: a fit on 31 regions × 20 years, as a planner's screen asks for it; forecasts have a
//! bench of their own.
//!
//! `cargo bench --bench interactive` prints the median and the extremes of repeated calls to a server in this process.

#[path = "support/mod.rs"]
mod support;

use agglo::api::v1::{Covariance, FitModelRequest, ModelSpec, regression_service_client::RegressionServiceClient};
use agglo::simulate::{Spec, simulate};
use std::time::Instant;
use support::{Outcome, Served, report};

const REPEATS: usize = 30;

#[tokio::main]
async fn main() -> Outcome<()> {
    let served = Served::start(0).await?;
    let simulated = simulate(&Spec::default())?;
    let dataset = served.upload("simulated", &simulated.panel, &["macro_region", "area", "origin"]).await?;
    let spec = ModelSpec {
        formula: simulated.truth.formula,
        covariance: Some(Covariance {
            method: "cluster".into(),
            clusters: vec!["region".into()],
            ..Covariance::default()
        }),
        ..ModelSpec::default()
    };
    let mut fits = Vec::new();
    let mut regression = RegressionServiceClient::new(served.channel.clone());
    for _ in 0..REPEATS {
        let request =
            FitModelRequest { dataset: Some(dataset.clone()), spec: Some(spec.clone()), ..FitModelRequest::default() };
        let start = Instant::now();
        regression.fit_model(request).await?;
        fits.push(start.elapsed());
    }
    report("fit, two-way effects, clustered errors, 31 regions x 20 years", fits);
    served.server.stop().await;
    Ok(())
}
