//! `BacktestForecast`: how good forecasts from past origins would have been.

mod encode;

use super::Forecasts;
use super::plan::Plan;
use crate::api::provenance::{provenance, request_sha256};
use crate::api::{Data, decode as read, v1};
use crate::error::{Error, Violation, Violations};
use crate::forecast::backtest::{Origins, Request, Wanted, backtest, check, predicted_bytes};
use crate::numeric::Stop;
use encode::Sheets;

/// A backtest that passed its checks.
#[derive(Debug)]
struct Asked {
    plan: Plan,
    request: Request,
    by_area: bool,
    with_cases: bool,
}

impl Forecasts {
    /// Makes a forecast at past origins and compares it with what came.
    pub(super) async fn backtest(
        &self,
        mut request: v1::BacktestForecastRequest,
    ) -> Result<v1::BacktestForecastResponse, Error> {
        let request_sha256 = request_sha256(&request);
        let mut violations = Violations::default();
        let origins = origins(&request, &mut violations);
        let planned = match request.forecast.take() {
            None => Err(Violation::new("forecast", "is required", "").into()),
            Some(forecast) => self.planned(forecast).await.map_err(|error| read::at("forecast", error)),
        };
        let planned = read::keep(&mut violations, planned)?.map(|(data, plan)| {
            let scores = request.scores.iter().map(wanted).collect();
            let asked = Request { forecast: plan.asked.clone(), origins, rivals: request.rivals.clone(), scores };
            violations.keep("", check(&asked, &data.panel).map_err(on_the_wire));
            let (by_area, with_cases) = (request.by_area, request.with_cases);
            (data, Asked { plan, request: asked, by_area, with_cases })
        });
        let (data, asked) = read::all(violations, planned)?;
        let rows = asked.plan.chosen.program.rows();
        let bytes = asked.plan.predicted_bytes(&data.panel).saturating_add(predicted_bytes(&asked.request, rows));
        let provenance = provenance(&data, request_sha256);
        self.state.compute().run(bytes, move |stop| asked.run(&data, provenance, stop)).await
    }
}

impl Asked {
    fn run(&self, data: &Data, provenance: v1::Provenance, stop: &Stop) -> Result<v1::BacktestForecastResponse, Error> {
        let at_origin = |panel: &_| self.plan.at_origin(panel, stop);
        let told = backtest(&at_origin, &data.panel, &self.request, stop).map_err(|error| match error {
            Error::Invalid(found) => Error::Invalid(on_the_wire(found)),
            other => other,
        })?;
        let draws = self.request.forecast.draws;
        let sheets = Sheets { told: &told, by_area: self.by_area, stop };
        Ok(v1::BacktestForecastResponse {
            outcome: told.outcome.clone(),
            origins: Some(sheets.origins()),
            scores: Some(sheets.scores()?),
            comparisons: Some(sheets.comparisons()?),
            calibration: if draws > 0 { Some(sheets.calibration()?) } else { None },
            cases: if self.with_cases { Some(sheets.cases()) } else { None },
            provenance: Some(v1::Provenance {
                seed: if draws > 0 { self.request.forecast.seed as i64 } else { 0 },
                used_row_count: data.panel.rows() as i64,
                ..provenance
            }),
        })
    }
}

fn origins(wire: &v1::BacktestForecastRequest, violations: &mut Violations) -> Origins {
    let mut count = |number: i32, field: &str| {
        usize::try_from(number).unwrap_or_else(|_| {
            violations.push(Violation::new(field, "must not be negative", number));
            0
        })
    };
    let (origins, step) = (count(wire.origin_count, "origin_count"), count(wire.origin_step, "origin_step"));
    Origins {
        first: read::period(&wire.first_origin, "first_origin", violations),
        last: read::period(&wire.last_origin, "last_origin", violations),
        count: origins,
        step: step.max(1),
    }
}

fn wanted(wire: &v1::ScoreCall) -> Wanted {
    Wanted { score: wire.id.clone(), params: read::parameters(&wire.parameters) }
}

/// The engine's fields as the request has them.
fn on_the_wire(violations: Violations) -> Violations {
    violations.renamed(|field| match field.split_once('.') {
        Some(("origins", "count")) => "origin_count".to_owned(),
        Some(("origins", "step")) => "origin_step".to_owned(),
        Some(("origins", end)) => format!("{end}_origin"),
        Some((score, "score")) if score.starts_with("scores[") => format!("{score}.id"),
        Some((score, rest)) if score.starts_with("scores[") => {
            format!("{score}.{}", rest.replacen("params", "parameters", 1))
        }
        Some(("forecast", rest)) => format!("forecast.{}", rest.replacen(".given", ".path", 1)),
        _ if field.starts_with("rivals") => field.to_owned(),
        _ => format!("forecast.{field}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_engines_fields_have_the_names_of_the_contract() {
        for (engine, contract) in [
            ("origins.first", "first_origin"),
            ("origins.last", "last_origin"),
            ("origins.count", "origin_count"),
            ("origins.step", "origin_step"),
            ("rivals[1]", "rivals[1]"),
            ("scores[0].score", "scores[0].id"),
            ("scores[2].params.level", "scores[2].parameters.level"),
            ("forecast.scenarios", "forecast.scenarios"),
            ("forecast.drivers[1].given", "forecast.drivers[1].path"),
            ("formula", "forecast.formula"),
        ] {
            let renamed = on_the_wire(Violation::new(engine, "", "").into());
            assert_eq!(renamed.told()[0].field, contract);
        }
    }
}
