//! What a forecast may be told of its futures beyond scenarios: rival models, models of drivers, responses to growth, how
//! uncertainty is drawn and how levels are made to add up.

use crate::api::v1::{
    CoefficientDraws, Driver, Feedback, ForecastGrowthRequest, ModelChoice, ModelSpec, Reconciliation,
    UncertaintySource, WeightedModel, model_choice,
};

/// The flags.
#[derive(Debug, clap::Args)]
pub(super) struct FutureArgs {
    /// A further model of the same level and its weight, as in '1=growth(gdp) ~ l(ln(gdp)) | region'; draws are shared by
    /// the weights. May be repeated.
    #[arg(long, value_name = "WEIGHT=FORMULA", value_parser = parse_weighted)]
    with_model: Vec<(f64, String)>,
    /// Weight of the main model beside those of --with-model.
    #[arg(long, value_name = "WEIGHT", default_value_t = 1.0)]
    model_weight: f64,
    /// A model that projects a measure together with the outcome, as in 'capital=growth(capital) ~ l(growth(gdp)) |
    /// region'; may be repeated.
    #[arg(long, value_name = "MEASURE=FORMULA", value_parser = parse_named)]
    driver_model: Vec<(String, String)>,
    /// Per cent by which a measure responds in the next period to a level one per cent above the baseline's, as in
    /// capital=0.3; may be repeated.
    #[arg(long, value_name = "MEASURE=ELASTICITY", value_parser = parse_elasticity)]
    feedback: Vec<(String, f64)>,
    /// As --feedback, of a measure that moves between regions while the nation keeps its total.
    #[arg(long, value_name = "MEASURE=ELASTICITY", value_parser = parse_elasticity)]
    migration: Vec<(String, f64)>,
    /// A source of uncertainty to leave out: coefficients, residuals, drivers or models; may be repeated.
    #[arg(long = "fix", value_name = "SOURCE", value_parser = parse_source)]
    fixed: Vec<UncertaintySource>,
    /// Draw the coefficients by a wild bootstrap of whole regions instead of the normal distribution.
    #[arg(long)]
    wild_bootstrap: bool,
    /// Tell which share of the variance each source of uncertainty has.
    #[arg(long)]
    variance_shares: bool,
    /// Make levels of regions, groups and nation add up with forecasts of their own; `agglo methods` lists the methods.
    #[arg(long, value_name = "METHOD")]
    reconcile: Option<String>,
    /// A level of the nation to be met, one for each period in order; with --reconcile.
    #[arg(long, value_name = "LEVEL", requires = "reconcile")]
    nation_level: Vec<f64>,
    /// Let reconciled levels fall below zero.
    #[arg(long, requires = "reconcile")]
    allow_negative: bool,
}

impl FutureArgs {
    /// Adds to a request what the flags say; further models have the covariance of `main`.
    pub(super) fn add_to(self, request: &mut ForecastGrowthRequest, main: Option<&ModelSpec>) {
        let choice = |formula: String| {
            let covariance = main.and_then(|main| main.covariance.clone());
            let spec = ModelSpec { formula, covariance, ..ModelSpec::default() };
            Some(ModelChoice { model: Some(model_choice::Model::Spec(spec)) })
        };
        let rival = |(weight, formula)| WeightedModel { model: choice(formula), weight };
        let driver = |(measure, formula)| Driver { measure, model: choice(formula), ..Driver::default() };
        let feedback = |migrates| move |(measure, elasticity)| Feedback { measure, elasticity, migrates };
        request.rival_models = self.with_model.into_iter().map(rival).collect();
        request.model_weight = self.model_weight;
        request.drivers.extend(self.driver_model.into_iter().map(driver));
        request.feedbacks = self.feedback.into_iter().map(feedback(false)).collect();
        request.feedbacks.extend(self.migration.into_iter().map(feedback(true)));
        request.fixed_sources = self.fixed.into_iter().map(Into::into).collect();
        if self.wild_bootstrap {
            request.coefficient_draws = CoefficientDraws::WildBootstrap.into();
        }
        request.variance_shares = self.variance_shares;
        let (nation_levels, allow_negative) = (self.nation_level, self.allow_negative);
        request.reconciliation = self.reconcile.map(|method| Reconciliation { method, allow_negative, nation_levels });
    }
}

fn parse_weighted(text: &str) -> Result<(f64, String), String> {
    let (weight, formula) = parse_named(text).map_err(|_| "write it as WEIGHT=FORMULA".to_owned())?;
    Ok((weight.trim().parse().map_err(|_| format!("{weight} is not a weight; write it as WEIGHT=FORMULA"))?, formula))
}

fn parse_named(text: &str) -> Result<(String, String), String> {
    let (name, formula) = text.split_once('=').ok_or("write it as MEASURE=FORMULA")?;
    Ok((name.to_owned(), formula.to_owned()))
}

fn parse_elasticity(text: &str) -> Result<(String, f64), String> {
    let (measure, elasticity) = text.split_once('=').ok_or("write it as MEASURE=ELASTICITY")?;
    Ok((measure.to_owned(), elasticity.parse().map_err(|_| format!("{elasticity} is not a number"))?))
}

fn parse_source(text: &str) -> Result<UncertaintySource, String> {
    match text {
        "coefficients" => Ok(UncertaintySource::Coefficients),
        "residuals" => Ok(UncertaintySource::Residuals),
        "drivers" => Ok(UncertaintySource::Drivers),
        "models" => Ok(UncertaintySource::Models),
        _ => Err("write coefficients, residuals, drivers or models".to_owned()),
    }
}
