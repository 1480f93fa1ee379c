//! `agglo fit`: a regression of one dataset.

use super::data::{DataArgs, Ready};
use super::failure::Failure;
use super::indices::parse_call;
use super::print;
use super::upload::waiting;
use crate::api::v1::{Covariance, FitModelRequest, FitModelResponse, Model, ModelSpec, ObservationUnit, Provenance};

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
    /// The covariance of the coefficients: iid, hc0 to hc3, cluster:VAR, cluster:VAR+VAR, newey_west, driscoll_kraay, the
    /// latter two also with the longest lag, as in newey_west:lag=2.
    #[arg(long, value_name = "METHOD", default_value = "iid", value_parser = parse_covariance)]
    pub vcov: Covariance,
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

fn parse_covariance(text: &str) -> Result<Covariance, String> {
    if text.contains('=') {
        let (method, parameters) = parse_call(text)?;
        return Ok(Covariance { method, clusters: Vec::new(), parameters });
    }
    let (method, clusters) = text.split_once(':').unwrap_or((text, ""));
    let clusters: Vec<_> = clusters.split('+').map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect();
    match (method, clusters.is_empty()) {
        ("cluster", true) => Err("name the clusters, as in cluster:region".to_owned()),
        ("cluster", false) | (_, true) => {
            Ok(Covariance { method: method.to_owned(), clusters, ..Covariance::default() })
        }
        _ => Err(format!("{method} takes no clusters")),
    }
}

impl ModelArgs {
    /// The message for these arguments.
    pub(super) fn spec(&self) -> ModelSpec {
        ModelSpec {
            formula: self.formula.clone(),
            estimator: String::new(),
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
            spec: Some(self.model.spec()),
            save_as: self.save_as,
            request_id: String::new(),
        };
        let mut regression = client.regression();
        let answer = waiting("fitting", regression.fit_model(request)).await;
        client.close().await;
        print::answer(&answer?.into_inner(), self.json, describe)
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
                print::number(c.lower),
                print::number(c.upper),
            ]
        })
        .collect();
    let mut lines = vec![model.formula.clone(), print::table(&header, &rows)];
    lines.extend(statistics(model));
    lines.extend(sample(model));
    for term in &model.collinear_terms {
        lines.push(format!("left out {}: {}", term.term, term.explanation));
    }
    lines.push(format!("standard errors: {}", model.small_sample_correction));
    lines.join("\n")
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
        assert!(parse_covariance("hc1:state").is_err());
    }
}
