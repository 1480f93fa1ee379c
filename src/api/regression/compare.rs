//! Stored models side by side.

use super::etable::{Cell, Sheet};
use super::models;
use crate::api::{State, decode, names, table, v1};
use crate::error::{Error, Violation, Violations};
use crate::regression::Fit;

/// Models that one comparison may hold.
const MOST_MODELS: usize = 20;

/// Sets the models that a request names side by side.
///
/// # Errors
/// Everything that is wrong with the request; `NotFound`.
pub(super) async fn answer(
    state: &State,
    request: v1::CompareModelsRequest,
) -> Result<v1::CompareModelsResponse, Error> {
    let ids = check(&request)?;
    let mut fits = Vec::with_capacity(ids.len());
    for id in &ids {
        fits.push(models::get(state, id).await?.record.fit);
    }
    let digits = if request.digits == 0 { 4 } else { request.digits as usize };
    let sheet = sheet(&fits, &request.captions, digits);
    let columns = sheet.columns().into_iter().map(|(name, texts)| table::texts(&name, texts)).collect();
    Ok(v1::CompareModelsResponse { text: sheet.write(request.format()), table: Some(table::table(columns)) })
}

fn check(request: &v1::CompareModelsRequest) -> Result<Vec<String>, Violations> {
    let mut violations = Violations::default();
    let mut ids = Vec::new();
    for (i, name) in request.models.iter().enumerate() {
        ids.extend(violations.keep("", names::model(name, &format!("models[{i}]")).map_err(Into::into)));
    }
    let count = request.models.len();
    if !(1..=MOST_MODELS).contains(&count) {
        violations.push(Violation::new("models", format!("must name 1 to {MOST_MODELS} models"), count));
    }
    if !request.captions.is_empty() && request.captions.len() != count {
        violations.push(Violation::new(
            "captions",
            format!("is empty or has one entry a model, here {count}"),
            request.captions.len(),
        ));
    }
    if !(0..=10).contains(&request.digits) {
        violations.push(Violation::new("digits", "must lie in [0, 10]", request.digits));
    }
    if v1::ComparisonFormat::try_from(request.format).is_err() {
        violations.push(Violation::new("format", "is a ComparisonFormat", request.format));
    }
    decode::all(violations, Some(ids))
}

/// The rows of the comparison: two a term, then effects, covariance and statistics.
fn sheet(fits: &[Fit], captions: &[String], digits: usize) -> Sheet {
    let caption = |i: usize| captions.get(i).cloned().unwrap_or_else(|| format!("({})", i + 1));
    let mut sheet = Sheet::new((0..fits.len()).map(caption).collect());
    sheet.add("outcome", fits.iter().map(|fit| Cell::text(&fit.outcome)));
    sheet.rule();
    for term in distinct(fits.iter().flat_map(Fit::names)) {
        let place = |fit: &Fit| fit.names().position(|name| name == term);
        let estimate = |fit: &Fit| place(fit).map_or(Cell::Empty, |j| estimate(fit, j, digits));
        let error = |fit: &Fit| place(fit).map_or(Cell::Empty, |j| Cell::error(fit.standard_errors()[j], digits));
        sheet.add(term, fits.iter().map(estimate));
        sheet.add("", fits.iter().map(error));
    }
    sheet.rule();
    for effect in distinct(fits.iter().flat_map(|fit| fit.effects.iter().map(|effect| effect.name.as_str()))) {
        let has =
            |fit: &Fit| if fit.effects.iter().any(|e| e.name == effect) { Cell::text("yes") } else { Cell::Empty };
        sheet.add(&format!("effects of {effect}"), fits.iter().map(has));
    }
    sheet.add("estimator", fits.iter().map(|fit| Cell::text(&fit.estimator)));
    sheet.add("standard errors", fits.iter().map(|fit| Cell::text(&errors(fit))));
    if fits.iter().any(|fit| fit.subset.is_some()) {
        let subset = |fit: &Fit| fit.subset.as_ref().map_or("all".to_owned(), |s| format!("{} = {}", s.by, s.class));
        sheet.add("sample", fits.iter().map(|fit| Cell::text(&subset(fit))));
    }
    sheet.add("observations", fits.iter().map(|fit| Cell::text(&fit.statistics.observations.to_string())));
    sheet.add("R2", fits.iter().map(|fit| Cell::number(fit.statistics.r2.ok(), digits)));
    let within = |fit: &Fit| fit.statistics.r2_within.and_then(Result::ok);
    if fits.iter().any(|fit| within(fit).is_some()) {
        sheet.add("R2 within", fits.iter().map(|fit| Cell::number(within(fit), digits)));
    }
    for name in distinct(fits.iter().flat_map(|fit| fit.figures.iter().map(|figure| figure.name.as_str()))) {
        let figure =
            |fit: &Fit| fit.figures.iter().find(|figure| figure.name == name).and_then(|figure| figure.value.ok());
        sheet.add(name, fits.iter().map(|fit| Cell::number(figure(fit), digits)));
    }
    sheet
}

/// Each name once, in the order of its first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    names.for_each(|name| {
        if !found.contains(&name) {
            found.push(name);
        }
    });
    found
}

fn estimate(fit: &Fit, j: usize, digits: usize) -> Cell {
    Cell::estimate(fit.coefficients[j], fit.p_values()[j].ok(), digits)
}

fn errors(fit: &Fit) -> String {
    let clusters: Vec<&str> = fit.covariance.clusters.iter().map(|(name, _)| name.as_str()).collect();
    if clusters.is_empty() {
        fit.covariance.id.clone()
    } else {
        format!("{} by {}", fit.covariance.id, clusters.join(" and "))
    }
}
