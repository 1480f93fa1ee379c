//! Over the wire: an upload of the two-way panel, then fits of it.

use super::library;
use super::support::{Outcome, Served};
use agglo::api::v1::{Covariance, FitModelRequest, ModelSpec, regression_service_client::RegressionServiceClient};
use std::time::Instant;

const REPEATS: usize = 5;

/// Uploads and fits, and prints the seconds of each.
///
/// # Errors
/// The server does not start, or refuses.
#[tokio::main]
pub(super) async fn run() -> Outcome<()> {
    let served = Served::start(0).await?;
    let (panel, formula) = library::two_way()?;
    let start = Instant::now();
    let dataset = served.upload("two-way", &panel, &[]).await?;
    println!("upload of {} rows: {:.3} s", panel.rows(), start.elapsed().as_secs_f64());
    let covariance = Covariance { method: "cluster".into(), clusters: vec!["region".into()], ..Covariance::default() };
    let spec = ModelSpec { formula, covariance: Some(covariance), ..ModelSpec::default() };
    let mut regression = RegressionServiceClient::new(served.channel.clone()).max_decoding_message_size(1 << 30);
    let mut seconds = Vec::new();
    for _ in 0..REPEATS {
        let request =
            FitModelRequest { dataset: Some(dataset.clone()), spec: Some(spec.clone()), ..FitModelRequest::default() };
        let start = Instant::now();
        regression.fit_model(request).await?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    seconds.sort_by(f64::total_cmp);
    println!("fit over the wire: median {:.3} s, from {:.3} s", seconds[REPEATS / 2], seconds[0]);
    served.server.stop().await;
    Ok(())
}
