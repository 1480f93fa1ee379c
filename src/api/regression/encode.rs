//! From fits and predictions to the wire.

use super::record::{PartialTotal, Record};
use crate::api::provenance::warning;
use crate::api::{table, v1};
use crate::panel::{Absent, Frequency, Period, Value, finite};
use crate::regression::design::RowId;
use crate::regression::{Collinear, Degenerate, Figure, Fit, FittedEffect, Outcome, Part, Prediction, Response};
use std::collections::{BTreeMap, BTreeSet};

/// Condition number above which a reader is warned: half of the digits of double precision.
const ILL_CONDITIONED: f64 = 1e8;

/// A fitted model; its name and the time it was stored are added by those who know them.
pub(in crate::api) fn model(record: &Record) -> v1::Model {
    let fit = &record.fit;
    v1::Model {
        name: String::new(),
        formula: fit.formula.clone(),
        estimator: fit.estimator.clone(),
        covariance: Some(covariance(fit)),
        weights: record.weights.clone(),
        outcome: fit.outcome.clone(),
        coefficients: coefficients(fit, record.interval_level),
        covariance_matrix: fit.vcov.concat(),
        interval_level: record.interval_level,
        statistics: Some(statistics(fit)),
        sample: Some(sample(fit)),
        collinear_terms: collinear_terms(fit),
        fixed_effects: fit.effects.iter().map(fixed_effect).collect(),
        convergence: Some(convergence(fit)),
        small_sample_correction: fit.covariance.rule.clone(),
        dataset_version: record.dataset_version.clone(),
        dataset_sha256: record.dataset_sha256.clone(),
        create_time: None,
        normalisation: fit.normalisation.clone(),
        estimator_parameters: fit.parameters.iter().cloned().collect(),
        figures: figures(&fit.figures),
        parts: fit.parts.iter().map(part).collect(),
        tests: fit.tests.iter().map(outcome).collect(),
        endogenous_terms: fit.endogenous.iter().map(|j| fit.terms[*j].clone()).collect(),
        subset: fit.subset.as_ref().map(|s| v1::Subset { by: s.by.clone(), class: s.class.clone() }),
        condition_number: fit.condition_number(),
    }
}

fn figures(figures: &[Figure]) -> Vec<v1::Figure> {
    figures.iter().map(|f| v1::Figure { name: f.name.clone(), value: f.value.ok() }).collect()
}

fn part(part: &Part) -> v1::ModelPart {
    let keys = part.keys.iter().map(|(name, texts)| table::texts(name, texts));
    let numbers = part.columns.iter().map(|(name, values)| table::numbers(name, "", values.iter().copied()));
    v1::ModelPart {
        name: part.name.clone(),
        title: part.title.clone(),
        table: Some(table::table(keys.chain(numbers).collect())),
    }
}

/// The outcome of a test.
pub(super) fn outcome(outcome: &Outcome) -> v1::TestResult {
    v1::TestResult {
        id: outcome.id.clone(),
        null_hypothesis: outcome.null.clone(),
        statistic: outcome.statistic.ok(),
        distribution: outcome.distribution.clone(),
        p_value: outcome.p_value.ok(),
        reading: outcome.reading.clone(),
        figures: figures(&outcome.figures),
        parts: outcome.parts.iter().map(part).collect(),
    }
}

fn covariance(fit: &Fit) -> v1::Covariance {
    let clusters = fit.covariance.clusters.iter().map(|(name, _)| name.clone());
    let lag = fit.covariance.lag.map(|lag| ("lag".to_owned(), prost_types::Value::from(lag as f64)));
    v1::Covariance {
        method: fit.covariance.id.clone(),
        clusters: clusters.collect(),
        parameters: lag.into_iter().collect(),
    }
}

fn coefficients(fit: &Fit, level: f64) -> Vec<v1::Coefficient> {
    let (errors, t, p, intervals) = (fit.standard_errors(), fit.t_values(), fit.p_values(), fit.intervals(level));
    let deviation = |j: usize| fit.deviations.get(fit.kept[j]).and_then(|deviation| deviation.ok());
    let coefficient = |(j, term): (usize, &str)| v1::Coefficient {
        term: term.to_owned(),
        estimate: fit.coefficients[j],
        standard_error: errors[j],
        t_value: t[j].ok(),
        p_value: p[j].ok(),
        lower: Some(intervals[j].0).filter(|x| x.is_finite()),
        upper: Some(intervals[j].1).filter(|x| x.is_finite()),
        definition: fit.definitions.get(fit.kept[j]).cloned().unwrap_or_default(),
        standard_deviation: deviation(j),
        standard_deviation_effect: deviation(j).map(|deviation| deviation * fit.coefficients[j]),
    };
    fit.names().enumerate().map(coefficient).collect()
}

fn statistics(fit: &Fit) -> v1::FitStatistics {
    let statistics = &fit.statistics;
    v1::FitStatistics {
        r2: statistics.r2.ok(),
        adjusted_r2: statistics.adjusted_r2.ok(),
        within_r2: statistics.r2_within.and_then(Value::ok),
        residual_sum_of_squares: statistics.ssr,
        residual_standard_deviation: (fit.response == Response::Identity).then(|| statistics.sigma2.sqrt()),
        residual_degrees_of_freedom: statistics.residual_df as i64,
        t_degrees_of_freedom: fit.covariance.t_df.unwrap_or(0) as i64,
        f_value: statistics.slopes.and_then(|wald| wald.statistic.ok()),
        f_numerator_degrees_of_freedom: statistics.slopes.map_or(0, |wald| wald.df1 as i64),
        f_p_value: statistics.slopes.and_then(|wald| wald.p_value.ok()),
    }
}

fn sample(fit: &Fit) -> v1::Sample {
    let regions: BTreeSet<_> = fit.rows.iter().map(|row| row.region).collect();
    let periods: BTreeSet<_> = fit.rows.iter().map(|row| row.period).collect();
    v1::Sample {
        observation_count: fit.statistics.observations as i64,
        left_out: left_out(fit),
        region_count: regions.len() as i64,
        period_count: periods.len() as i64,
        cluster_counts: fit.covariance.clusters.iter().map(|(_, count)| *count as i64).collect(),
    }
}

/// The rows that a fit left out, by reason.
pub(in crate::api) fn left_out(fit: &Fit) -> Vec<v1::AbsentCount> {
    table::left_out(fit.left_out.iter().map(|(reason, count)| (reason.name(), *count)))
}

fn collinear_terms(fit: &Fit) -> Vec<v1::CollinearTerm> {
    let message = |collinear: &Collinear| v1::CollinearTerm {
        term: fit.terms[collinear.column].clone(),
        explanation: fit.explain(collinear),
    };
    fit.collinear.iter().map(message).collect()
}

fn fixed_effect(effect: &FittedEffect) -> v1::FixedEffect {
    v1::FixedEffect {
        name: effect.name.clone(),
        levels: effect.levels.clone(),
        values: effect.values.intercepts.clone(),
        row_counts: effect.rows.iter().map(|count| *count as i64).collect(),
        slopes: effect.values.slopes.clone().unwrap_or_default(),
    }
}

fn convergence(fit: &Fit) -> v1::Convergence {
    fit.absorption.map_or(
        v1::Convergence { converged: true, iteration_count: 0, relative_residual: 0.0 },
        |absorption| v1::Convergence {
            converged: absorption.converged,
            iteration_count: absorption.iterations as i64,
            relative_residual: absorption.relative_residual,
        },
    )
}

/// What the reader of a fit must know before using the numbers.
pub(in crate::api) fn warnings(record: &Record) -> Vec<v1::Warning> {
    let fit = &record.fit;
    let collinear = fit.collinear.iter();
    let mut warnings: Vec<_> =
        collinear.map(|term| warning("COLLINEAR_TERM", fit.explain(term), &fit.terms[term.column])).collect();
    if let Some(absorption) = fit.absorption.filter(|absorption| !absorption.converged) {
        let left = absorption.relative_residual;
        let message = format!("the absorption of the fixed effects did not converge; {left:e} of it is left");
        warnings.push(warning("NOT_CONVERGED", message, &fit.formula));
    }
    for remark in &fit.remarks {
        warnings.push(warning(&remark.code, remark.message.clone(), &fit.formula));
    }
    if let Some(condition) = fit.condition_number().filter(|condition| *condition > ILL_CONDITIONED) {
        let message = format!(
            "the terms are nearly collinear: their condition number is {condition:.1e}, so that as many as {:.0} of the 16 digits \
             of the data may be lost",
            condition.log10()
        );
        warnings.push(warning("ILL_CONDITIONED", message, &fit.formula));
    }
    if fit.vcov.iter().enumerate().any(|(j, row)| row[j] < 0.0) {
        let message = "the covariance is rounding noise: a variance below zero counts as zero, without t or p";
        warnings.push(warning("NEGATIVE_VARIANCE", message.to_owned(), &fit.covariance.id));
    }
    if fit.covariance.repaired {
        let without_f = fit.statistics.slopes.is_some_and(|wald| wald.statistic.is_err());
        let singular = if without_f { "; it is singular since, so there is no F statistic" } else { "" };
        let message = format!("the clustered covariance had negative eigenvalues, which were set to zero{singular}");
        warnings.push(warning("COVARIANCE_REPAIRED", message, &fit.covariance.id));
    }
    match fit.statistics.degenerate {
        Some(Degenerate::ConstantOutcome) => {
            let message =
                "the outcome does not vary about its mean or within the fixed effects, so there is no R2, t or F";
            warnings.push(warning("CONSTANT_OUTCOME", message.to_owned(), &fit.outcome));
        }
        Some(Degenerate::PerfectFit) => {
            let message = "the fit is perfect: residuals, standard errors and tests are rounding noise";
            warnings.push(warning("PERFECT_FIT", message.to_owned(), &fit.formula));
        }
        None => {}
    }
    for PartialTotal { measure, absent_cells } in &record.partial_totals {
        let message =
            format!("{measure} is summed over the industries that have a value; {absent_cells} cells have none");
        warnings.push(warning("PARTIAL_TOTALS", message, measure));
    }
    warnings
}

/// The observations of a panel with the outcome predicted for each.
#[derive(Debug)]
pub(super) struct Predicted {
    /// Names of the regions.
    pub(super) regions: Vec<String>,
    /// Names of the industries; empty for a model of regions.
    pub(super) industries: Vec<String>,
    /// Year, quarter or month.
    pub(super) frequency: Frequency,
    /// The observations.
    pub(super) rows: Vec<RowId>,
    /// One prediction an observation.
    pub(super) predictions: Vec<Prediction>,
    /// Standard errors to either end of an interval.
    pub(super) critical: f64,
    /// For a logarithm as the outcome, what the exponential of a prediction falls short of the expected level by.
    pub(super) smearing: Option<Value>,
}

impl Predicted {
    /// The columns that PredictModel promises.
    pub(super) fn table(&self) -> v1::Table {
        let period = |row: &RowId| Period { frequency: self.frequency, ordinal: row.period }.to_string();
        let region = |row: &RowId| self.regions[row.region as usize].as_str();
        let mut columns = vec![
            table::texts("period", self.rows.iter().map(period)),
            table::texts("region", self.rows.iter().map(region)),
        ];
        if !self.industries.is_empty() {
            let industry = |row: &RowId| self.industries[row.industry as usize].as_str();
            columns.push(table::texts("industry", self.rows.iter().map(industry)));
        }
        let interval = |p: &Prediction| p.interval(p.se_forecast, self.critical);
        let mut add = |name: &str, value: &dyn Fn(&Prediction) -> Value| {
            columns.push(table::numbers(name, "", self.predictions.iter().map(value)));
        };
        add("fit", &|p| p.fit);
        add("standard_error", &|p| p.se_mean);
        add("forecast_standard_error", &|p| p.se_forecast);
        add("lower", &|p| interval(p).map(|(lower, _)| lower));
        add("upper", &|p| interval(p).map(|(_, upper)| upper));
        if let Some(smearing) = self.smearing {
            add("level", &|p| finite(p.fit?.exp() * smearing?));
            add("level_lower", &|p| finite(interval(p)?.0.exp()));
            add("level_upper", &|p| finite(interval(p)?.1.exp()));
        }
        table::table(columns)
    }

    /// How many rows have a prediction, and why the others have none.
    pub(super) fn counts(&self) -> (usize, BTreeMap<Absent, usize>) {
        let mut absent = BTreeMap::new();
        for reason in self.predictions.iter().filter_map(|prediction| prediction.fit.err()) {
            *absent.entry(reason).or_default() += 1;
        }
        (self.rows.len() - absent.values().sum::<usize>(), absent)
    }
}
