//! `agglo fit`: a regression of one dataset.

use super::data::{DataArgs, Ready};
use super::failure::Failure;
use super::forecast::write_report;
use super::indices::parse_call;
use super::print;
use super::upload::waiting;
use crate::api::v1::{
    Covariance, Figure, FitModelRequest, FitModelResponse, Model, ModelPart, ModelSpec, ObservationUnit, Provenance,
    Subset, TestResult,
};
use crate::report::Report;
use prost_types::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Rows of a model's table that a terminal shows; --json has all.
const ROWS_SHOWN: usize = 40;

/// Fits a regression with any number of fixed effects.
#[derive(Debug, clap::Args)]
pub(super) struct FitArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// Keep the model under this name on the server of --endpoint.
    #[arg(long, value_name = "NAME", default_value = "", requires = "endpoint")]
    save_as: String,
    /// Test each model too, with the tests that say something about it.
    #[arg(long)]
    diagnose: bool,
    /// Fit one model to each class of this key or text attribute.
    #[arg(long, value_name = "BY", default_value = "")]
    split: String,
    /// With --split, fit the model to all rows too.
    #[arg(long, requires = "split")]
    split_and_all: bool,
    /// Write a report with a plot of the coefficients to this HTML file.
    #[arg(long, value_name = "FILE.html")]
    report: Option<PathBuf>,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// What to fit and how.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct ModelArgs {
    /// The model, as in 'growth(gdp) ~ agglomeration(firms) + l(ln(gdp)) | region + period'.
    #[arg(long, value_name = "FORMULA")]
    pub formula: String,
    /// The estimator with its parameters, as in random_effects:components=amemiya; least squares when left out, two-stage
    /// least squares for a formula with instruments. `agglo methods` lists them.
    #[arg(long, value_name = "METHOD", default_value = "", value_parser = parse_call)]
    pub estimator: (String, BTreeMap<String, Value>),
    /// The covariance of the coefficients with its clusters and parameters: iid, hc0 to hc3, cluster:VAR+VAR,
    /// newey_west:lag=2, driscoll_kraay, conley:cutoff=500 and others. `agglo methods` lists them.
    #[arg(long, value_name = "METHOD", default_value = "iid", value_parser = parse_covariance)]
    pub vcov: Covariance,
    /// Use one class of a key or text attribute only, as in division=Pacific.
    #[arg(long, value_name = "BY=CLASS", value_parser = parse_subset)]
    pub only: Option<Subset>,
    /// A measure that weights the rows.
    #[arg(long, value_name = "MEASURE", default_value = "")]
    pub weights: String,
    /// What one observation is, for data with industries: a region, or a cell (region and industry); cells where the
    /// formula speaks of industries when left out.
    #[arg(long, value_name = "UNIT", value_enum)]
    pub unit: Option<Unit>,
    /// The level of the coefficients' confidence intervals.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    pub level: f64,
}

/// What one observation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Unit {
    /// A region in a period.
    Region,
    /// A region and an industry in a period.
    Cell,
}

impl Unit {
    fn message(self) -> ObservationUnit {
        match self {
            Self::Region => ObservationUnit::Region,
            Self::Cell => ObservationUnit::Cell,
        }
    }
}

/// Reads `cluster:region+year,g_df=conventional`: clusters, then parameters.
pub(super) fn parse_covariance(text: &str) -> Result<Covariance, String> {
    let (method, rest) = text.split_once(':').unwrap_or((text, ""));
    let (parameters, clusters): (Vec<&str>, Vec<&str>) =
        rest.split(',').filter(|item| !item.is_empty()).partition(|item| item.contains('='));
    let clusters: Vec<_> = clusters.iter().flat_map(|names| names.split('+')).map(|c| c.trim().to_owned()).collect();
    if method == "cluster" && clusters.is_empty() {
        return Err("name the clusters, as in cluster:region".to_owned());
    }
    let (method, parameters) = parse_call(&format!("{method}:{}", parameters.join(",")))?;
    Ok(Covariance { method, clusters, parameters })
}

fn parse_subset(text: &str) -> Result<Subset, String> {
    let (by, class) = text.split_once('=').ok_or_else(|| format!("{text:?} is not BY=CLASS"))?;
    Ok(Subset { by: by.to_owned(), class: class.to_owned() })
}

impl ModelArgs {
    /// The message for these arguments.
    pub(super) fn spec(&self) -> ModelSpec {
        ModelSpec {
            formula: self.formula.clone(),
            estimator: self.estimator.0.clone(),
            estimator_parameters: self.estimator.1.clone(),
            subset: self.only.clone(),
            split: String::new(),
            split_and_all: false,
            covariance: Some(self.vcov.clone()),
            weights: self.weights.clone(),
            interval_level: self.level,
            observation_unit: self.unit.map_or(ObservationUnit::Unspecified, Unit::message).into(),
        }
    }
}

impl FitArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data or the model are refused.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Ready { client, source } = self.data.open().await?;
        let request = FitModelRequest {
            dataset: Some(source),
            spec: Some(ModelSpec { split: self.split, split_and_all: self.split_and_all, ..self.model.spec() }),
            save_as: self.save_as,
            request_id: String::new(),
            diagnose: self.diagnose,
        };
        let mut regression = client.regression();
        let answer = waiting("fitting", regression.fit_model(request)).await;
        client.close().await;
        let answer = answer?.into_inner();
        if let Some(path) = &self.report {
            write_report(&Report { title: "Growth regression", fit: Some(&answer), ..Report::default() }, path)?;
        }
        print::answer(&answer, self.json, describe)
    }
}

fn describe(answer: &FitModelResponse) -> String {
    let mut parts: Vec<_> = answer.models.iter().map(model).collect();
    parts.extend(answer.provenance.as_ref().and_then(warnings));
    parts.join("\n\n")
}

/// The warnings of an answer, one a line.
pub(super) fn warnings(provenance: &Provenance) -> Option<String> {
    let lines: Vec<_> = provenance.warnings.iter().map(|w| format!("{}: {}", w.code, w.message)).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// A fitted model as economists print it.
pub(super) fn model(model: &Model) -> String {
    let percent = format!("{:.0} %", model.interval_level * 100.0);
    let header = ["", "estimate", "std. error", "t", "p", &percent, ""].map(str::to_owned);
    let rows: Vec<Vec<String>> = model
        .coefficients
        .iter()
        .map(|c| {
            vec![
                c.term.clone(),
                print::number(c.estimate),
                print::number(c.standard_error),
                c.t_value.map_or_else(|| "–".to_owned(), |t| format!("{t:.3}")),
                c.p_value.map_or_else(|| "–".to_owned(), print::p_value),
                c.lower.map_or_else(|| "–".to_owned(), print::number),
                c.upper.map_or_else(|| "–".to_owned(), print::number),
            ]
        })
        .collect();
    let only = model.subset.as_ref().map_or_else(String::new, |s| format!(", only {} = {}", s.by, s.class));
    let mut lines = vec![model.formula.clone(), format!("{}{only}", model.estimator), print::table(&header, &rows)];
    lines.extend(statistics(model));
    lines.extend(sample(model));
    for term in &model.collinear_terms {
        lines.push(format!("left out {}: {}", term.term, term.explanation));
    }
    lines.push(format!("standard errors: {}", model.small_sample_correction));
    lines.extend(figures(&model.figures));
    lines.extend(model.parts.iter().map(part));
    lines.extend(tests(&model.tests));
    lines.join("\n")
}

fn figures(figures: &[Figure]) -> Option<String> {
    let told = |f: &Figure| format!("{} {}", f.name, f.value.map_or_else(|| "–".to_owned(), print::number));
    (!figures.is_empty()).then(|| figures.iter().map(told).collect::<Vec<_>>().join(" · "))
}

fn part(part: &ModelPart) -> String {
    let table = part.table.as_ref().map(|table| print::first(table, ROWS_SHOWN)).unwrap_or_default();
    format!("\n{}: {}\n{table}", part.name, part.title)
}

/// Tests, one after the other with their reading.
pub(super) fn tests(tests: &[TestResult]) -> Option<String> {
    let told = |test: &TestResult| {
        let p = test.p_value.map_or_else(|| "–".to_owned(), print::p_value);
        let statistic = test.statistic.map_or_else(|| "–".to_owned(), print::number);
        let mut lines = vec![format!("{}: {} = {statistic}, p {p}", test.id, test.distribution)];
        lines.push(format!("  null hypothesis: {}", test.null_hypothesis));
        lines.push(format!("  {}", test.reading));
        lines.extend(figures(&test.figures).map(|figures| format!("  {figures}")));
        lines.extend(test.parts.iter().map(part));
        lines.join("\n")
    };
    (!tests.is_empty()).then(|| format!("\n{}", tests.iter().map(told).collect::<Vec<_>>().join("\n\n")))
}

fn statistics(model: &Model) -> Option<String> {
    let s = model.statistics.as_ref()?;
    let optional = |name: &str, x: Option<f64>| x.map(|x| format!("{name} {x:.4}"));
    let f = s.f_value.map(|f| {
        let (n, d) = (s.f_numerator_degrees_of_freedom, s.t_degrees_of_freedom);
        format!("F({n}, {d}) {} (p {})", print::number(f), print::p_value(s.f_p_value.unwrap_or(1.0)))
    });
    let parts = [optional("R²", s.r2), optional("adjusted R²", s.adjusted_r2), optional("within R²", s.within_r2), f];
    Some(parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
}

fn sample(model: &Model) -> Option<String> {
    let s = model.sample.as_ref()?;
    let mut line =
        format!("{} observations, {} regions, {} periods", s.observation_count, s.region_count, s.period_count);
    if !s.left_out.is_empty() {
        let left_out: Vec<_> = s.left_out.iter().map(|l| format!("{} {}", l.count, l.reason)).collect();
        line.push_str(&format!(" (left out: {})", left_out.join(", ")));
    }
    for effect in &model.fixed_effects {
        line.push_str(&format!(" · {} {} effects", effect.levels.len(), effect.name));
    }
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covariances_are_written_with_their_clusters() {
        let two_way = parse_covariance("cluster:state+year").unwrap();
        assert_eq!((two_way.method.as_str(), two_way.clusters.len()), ("cluster", 2));
        let lagged = parse_covariance("newey_west:lag=2").unwrap();
        assert_eq!((lagged.method.as_str(), &lagged.parameters["lag"]), ("newey_west", &2.0.into()));
        assert!(parse_covariance("cluster").is_err());
        let both = parse_covariance("cluster:state,g_df=conventional").unwrap();
        assert_eq!((both.clusters.len(), both.parameters.len()), (1, 1));
    }
}
