//! The model's part of the page: coefficients with their intervals, fit, sample.

use super::ReportError;
use super::coefficient_plot;
use super::page::{self, Figure, Html};
use super::palette::{BASELINE, SERIES};
use super::words;
use crate::api::v1::column::Values;
use crate::api::v1::{Column, Model, ModelPart, TestResult};

/// One section a model.
///
/// # Errors
/// When plotters cannot draw.
pub(super) fn sections(models: &[Model]) -> Result<Vec<Html>, ReportError> {
    models.iter().map(section).collect()
}

fn section(model: &Model) -> Result<Html, ReportError> {
    let mut blocks = vec![page::element("p", "", &[page::element("code", "", &[page::text(&model.formula)])])];
    blocks.extend([fit(model), sample(model)].into_iter().flatten().map(|sentence| page::paragraph(&sentence)));
    let table = coefficients(model);
    match coefficient_plot::draw(model)? {
        Some((picture, is_scaled)) => blocks.push(figure(model, picture, is_scaled, table)),
        None => blocks.push(page::details("Coefficients", table)),
    }
    blocks.extend(model.parts.iter().filter_map(part));
    if !model.tests.is_empty() {
        blocks.push(page::details("Tests of the model", tests(&model.tests)));
    }
    let collinear = model.collinear_terms.iter();
    let remarks: Vec<String> = collinear.map(|c| format!("{} was left out: {}.", c.term, c.explanation)).collect();
    if !remarks.is_empty() {
        blocks.push(page::list("warnings", &remarks));
    }
    Ok(page::section(&format!("Model of {}", model.outcome), blocks))
}

fn figure(model: &Model, picture: Html, is_scaled: bool, table: Html) -> Html {
    let level = words::percent(model.interval_level);
    let mut caption = "Dots: estimates; lines: intervals. The coefficients tell how the terms and the outcome move \
                       together, given the other terms and the fixed effects; whether one causes the other is for the \
                       design of the study to argue."
        .to_owned();
    if is_scaled {
        caption.push_str(" The terms are of different sizes, so every row has its own scale.");
    }
    let mut legend = vec![(BASELINE, 1.0, format!("{level} interval leaves zero out"))];
    legend.push((SERIES[6], 1.0, format!("{level} interval includes zero")));
    Figure {
        title: format!("Coefficients and their {level} intervals"),
        caption,
        pictures: vec![picture],
        legend,
        tables: vec![("Coefficients".to_owned(), table)],
    }
    .html()
}

fn coefficients(model: &Model) -> Html {
    let level = words::percent(model.interval_level);
    let none = || "–".to_owned();
    let header = ["term", "estimate", "standard error", "t", "p", &format!("lower {level}"), &format!("upper {level}")];
    let rows: Vec<Vec<String>> = model
        .coefficients
        .iter()
        .map(|c| {
            let decimals = words::decimals([c.standard_error], 4);
            let number = |x: f64| words::fixed(x, decimals);
            vec![
                c.term.clone(),
                number(c.estimate),
                number(c.standard_error),
                c.t_value.map_or_else(none, |t| words::fixed(t, 2)),
                c.p_value.map_or_else(none, words::p_value),
                c.lower.map_or_else(|| "–".to_owned(), number),
                c.upper.map_or_else(|| "–".to_owned(), number),
            ]
        })
        .collect();
    page::table(&header.map(str::to_owned), &rows)
}

/// A table of the estimator's own, such as impacts.
fn part(part: &ModelPart) -> Option<Html> {
    let table = part.table.as_ref()?;
    let header: Vec<String> = table.columns.iter().map(|column| words::plain(&column.name)).collect();
    let columns: Vec<Vec<String>> = table.columns.iter().map(entries).collect();
    let rows = columns.first().map_or(0, Vec::len);
    let row = |row: usize| columns.iter().map(|column| column[row].clone()).collect();
    Some(page::details(&part.title, page::table(&header, &(0..rows).map(row).collect::<Vec<_>>())))
}

fn entries(column: &Column) -> Vec<String> {
    let mut entries: Vec<String> = match &column.values {
        Some(Values::Texts(texts)) => texts.values.clone(),
        Some(Values::Numbers(numbers)) => numbers.values.iter().map(|x| words::number(*x)).collect(),
        None => Vec::new(),
    };
    for row in column.absent.iter().flat_map(|absent| &absent.rows) {
        if let Some(entry) = usize::try_from(*row).ok().and_then(|row| entries.get_mut(row)) {
            *entry = "–".to_owned();
        }
    }
    entries
}

fn tests(tests: &[TestResult]) -> Html {
    let none = || "–".to_owned();
    let row = |test: &TestResult| {
        let statistic = test.statistic.map_or_else(none, words::number);
        vec![
            words::plain(&test.id),
            format!("{} = {statistic}", test.distribution),
            test.p_value.map_or_else(none, words::p_value),
            test.reading.clone(),
        ]
    };
    let header = ["test", "statistic", "p", "reading"].map(str::to_owned);
    page::table(&header, &tests.iter().map(row).collect::<Vec<_>>())
}

fn fit(model: &Model) -> Option<String> {
    let s = model.statistics.as_ref()?;
    let named = |name: &str, x: Option<f64>| x.map(|x| format!("{name} {x:.3}"));
    let f = s.f_value.zip(s.f_p_value).map(|(f, p)| {
        let (n, d) = (s.f_numerator_degrees_of_freedom, s.t_degrees_of_freedom);
        format!("F({n}, {d}) {} (p {})", words::number(f), words::p_value(p))
    });
    let parts = [named("R²", s.r2), named("adjusted R²", s.adjusted_r2), named("within R²", s.within_r2), f];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| format!("{}.", parts.join(" · ")))
}

fn sample(model: &Model) -> Option<String> {
    let s = model.sample.as_ref()?;
    let count = |n: i64| words::fixed(n as f64, 0);
    let mut text = format!(
        "{} observations of {} regions in {} periods",
        count(s.observation_count),
        count(s.region_count),
        count(s.period_count)
    );
    for effect in &model.fixed_effects {
        text.push_str(&format!(", {} {} effects", count(effect.levels.len() as i64), effect.name));
    }
    if !s.left_out.is_empty() {
        let left_out: Vec<_> =
            s.left_out.iter().map(|l| format!("{} {}", count(l.count), words::plain(&l.reason))).collect();
        text.push_str(&format!("; left out: {}", left_out.join(", ")));
    }
    text.push('.');
    if !model.small_sample_correction.is_empty() {
        text.push_str(&format!(" Standard errors: {}.", model.small_sample_correction.trim_end_matches('.')));
    }
    Some(text)
}
