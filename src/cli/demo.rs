//! `agglo demo`: the whole way from data to a what-if answer, on bundled data, over the wire.

mod requests;
mod tell;

use super::client::Client;
use super::failure::Failure;
use super::{datasets, explain, forecast, print, upload};
use crate::api::v1::{DatasetSource, dataset_source::Source};
use crate::report::{Report, Step};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Runs the whole way on bundled data: import, indices, a growth regression, a forecast with and without a policy.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {
    /// Where to write the report with the charts.
    #[arg(long, value_name = "FILE.html", default_value = "report.html")]
    report: PathBuf,
}

impl DemoArgs {
    /// Runs the command. Every number is asked of a server over gRPC; nothing is precomputed.
    ///
    /// # Errors
    /// When the server cannot start, a request is refused, or the report cannot be written.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut clock = Clock::default();
        let client = Client::connect(None).await?;
        print::line(&clock.lap("start a server on a free port, its store in a temporary directory"))?;
        let walked = Box::pin(walk(&client, &mut clock, &self)).await;
        client.close().await;
        walked
    }
}

async fn walk(client: &Client, clock: &mut Clock, args: &DemoArgs) -> Result<(), Failure> {
    let stored = upload::send_bytes(client, requests::header(), requests::PANEL, requests::row_count()).await?;
    let dataset = stored.dataset.unwrap_or_default();
    let source = DatasetSource { source: Some(Source::Name(dataset.name.clone())) };
    print::line(&format!("\n{}\n{}", clock.lap("import the bundled panel"), tell::dataset(&dataset)))?;

    let profile = datasets::profile(client, source.clone()).await?;
    print::line(&format!("\n{}\n{}", clock.lap("profile it"), tell::profile(&profile)))?;

    let indices = client.indices().compute_indices(requests::indices(source.clone())).await?.into_inner();
    print::line(&format!("\n{}\n{}", clock.lap("compute indices"), tell::indices(&indices)?))?;

    let fit = client.regression().fit_model(requests::fit(source.clone())).await?.into_inner();
    print::line(&format!("\n{}\n{}", clock.lap("fit the growth regression"), tell::fit(&fit)))?;

    let question = requests::forecast(source);
    let answer = client.forecast().forecast_growth(question.clone()).await?.into_inner();
    print::line(&format!(
        "\n{}\n{}",
        clock.lap("forecast with and without the policy, 1,000 draws"),
        tell::forecast(&answer)
    ))?;

    let explanations = explain::every(client, &question, &answer).await;
    print::line(&format!("\n{}", clock.lap("explain the policy for the report")))?;

    let steps = clock.steps();
    let report = Report {
        title: "What if Mississippi had more private capital?",
        introduction: requests::SOURCE,
        indices: Some(&indices),
        fit: Some(&fit),
        forecast: Some(&answer),
        explanations: &explanations,
        steps: &steps,
    };
    forecast::write_report(&report, &args.report)?;
    print::line(&format!("\n{}\nThe charts are in {}", clock.lap("write the report"), args.report.display()))?;
    Ok(())
}

/// Numbers the steps and times them.
#[derive(Debug)]
struct Clock {
    began: Instant,
    laps: Vec<(&'static str, Duration)>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { began: Instant::now(), laps: Vec::new() }
    }
}

impl Clock {
    /// Ends the step `name`; its heading.
    fn lap(&mut self, name: &'static str) -> String {
        let took = self.began.elapsed();
        self.laps.push((name, took));
        self.began = Instant::now();
        format!("{}. {name} ({:.1} ms)", self.laps.len(), took.as_secs_f64() * 1e3)
    }

    fn steps(&self) -> Vec<Step<'static>> {
        self.laps.iter().map(|(name, duration)| Step { name, duration: *duration }).collect()
    }
}
