//! The demo's answers as short tables with words around them.

use super::requests::{REGION, TERM};
use crate::api::v1::{
    ComputeIndicesResponse, Dataset, FitModelResponse, ForecastGrowthResponse, IndexOutcome, ProfileDatasetResponse,
    ScenarioResult, Table, Warning, index_outcome::Outcome,
};
use crate::cli::failure::{Exit, Failure};
use crate::cli::{fit as models, print};

/// States in the table of indices.
const SHOWN: usize = 5;

pub(super) fn dataset(dataset: &Dataset) -> String {
    let shape = dataset.shape.clone().unwrap_or_default();
    let digest = dataset.sha256.get(..12).unwrap_or(&dataset.sha256);
    format!("{}: {} rows, {} neighbours, content {digest}…", dataset.name, shape.row_count, shape.neighbour_pair_count)
}

pub(super) fn profile(profile: &ProfileDatasetResponse) -> String {
    let shape = profile.shape.clone().unwrap_or_default();
    let sentence = format!(
        "{} states × {} years ({}–{}), {} of {} rows.",
        shape.region_count,
        shape.period_count,
        shape.first_period,
        shape.last_period,
        shape.row_count,
        shape.full_row_count
    );
    let Some(measures) = &profile.measures else { return sentence };
    let header = ["measure", "unit", "kind", "min", "median", "max", "missing", "outliers"];
    let number = |name: &str, row: usize| print::numbers(measures, name).get(row).copied().flatten();
    let rows: Vec<Vec<String>> = (0..print::texts(measures, "measure").len())
        .map(|row| {
            let words =
                header[..3].iter().map(|name| print::texts(measures, name).get(row).cloned().unwrap_or_default());
            let sizes = header[3..6].iter().map(|name| print::number_or_dash(number(name, row)));
            let counts = header[6..].iter().map(|name| decimals(number(name, row), 0));
            words.chain(sizes).chain(counts).collect()
        })
        .collect();
    format!("{sentence}\n{}", print::table(&header.map(str::to_owned), &rows))
}

/// The states with the most private capital, and inequality between all of them.
///
/// # Errors
/// When an index could not be computed.
pub(super) fn indices(answer: &ComputeIndicesResponse) -> Result<String, Failure> {
    let tables = answer.outcomes.iter().map(index_table).collect::<Result<Vec<_>, _>>()?;
    let [capital, employment, density, theil, sigma] = tables.as_slice() else {
        return Err(Failure::new(Exit::Software, "the server answered another number of indices than asked"));
    };
    Ok(format!(
        "Where private capital is: 1 is the average state's share.\n{}\n{}",
        top_states(capital, employment, density),
        inequality(theil, sigma)
    ))
}

fn index_table(outcome: &IndexOutcome) -> Result<Table, Failure> {
    match &outcome.outcome {
        Some(Outcome::Result(result)) => Ok(result.table.clone().unwrap_or_default()),
        Some(Outcome::Error(status)) => Err(Failure::new(Exit::Software, status.message.clone())),
        None => Err(Failure::new(Exit::Software, "an index has no outcome")),
    }
}

fn top_states(capital: &Table, employment: &Table, density: &Table) -> String {
    let (first, last) = ends(capital);
    let mut states: Vec<(&String, f64)> = print::texts(capital, "region")
        .iter()
        .zip(print::texts(capital, "period"))
        .zip(print::numbers(capital, "value"))
        .filter(|((_, period), _)| *period == last)
        .filter_map(|((state, _), value)| Some((state, value?)))
        .collect();
    states.sort_by(|a, b| b.1.total_cmp(&a.1));
    let policy = states.iter().position(|(state, _)| *state == REGION);
    let shown: Vec<_> = (0..states.len()).filter(|i| *i < SHOWN || Some(*i) == policy).collect();
    let header = [
        "agglomeration of".to_owned(),
        format!("private capital {first}"),
        last.to_owned(),
        format!("employment {first}"),
        last.to_owned(),
        format!("employees per km² {last}"),
    ];
    let rows: Vec<Vec<String>> = shown
        .into_iter()
        .map(|i| {
            let state = states[i].0;
            let name = format!("{}. {state}", i + 1);
            let cells = [(capital, first), (capital, last), (employment, first), (employment, last)];
            let shares = cells.map(|(table, period)| decimals(at(table, state, period), 2));
            let dense = at(density, state, last).map(|thousands| thousands * 1e3);
            std::iter::once(name).chain(shares).chain([decimals(dense, 1)]).collect()
        })
        .collect();
    print::table(&header, &rows)
}

fn inequality(theil: &Table, sigma: &Table) -> String {
    let (first, last) = ends(theil);
    let rows: Vec<usize> = [0, print::texts(theil, "period").len().saturating_sub(1)].to_vec();
    let pair = |table: &Table, column: &str| {
        let numbers = print::numbers(table, column);
        let [from, to] = [0, 1].map(|i| decimals(numbers.get(rows[i]).copied().flatten(), 4));
        format!("{from} → {to}")
    };
    format!(
        "Inequality of gsp between states, {first} → {last}: Theil T {} (between divisions {}), sigma {}",
        pair(theil, "total"),
        pair(theil, "between"),
        pair(sigma, "value")
    )
}

pub(super) fn fit(answer: &FitModelResponse) -> String {
    let mut parts: Vec<String> = answer.models.iter().map(models::model).collect();
    let term = answer.models.iter().flat_map(|model| &model.coefficients).find(|c| c.term == TERM);
    parts.extend(term.map(|c| {
        let reading = match (c.lower.is_some_and(|x| x > 0.0), c.upper.is_some_and(|x| x < 0.0)) {
            (true, _) => "states with more private capital grew faster afterwards",
            (_, true) => "states with more private capital grew slower afterwards",
            _ => "the interval includes zero, so this history does not tell which way private capital goes with growth",
        };
        format!(
            "In words: {reading}. An association, not proof of a cause: capital also goes where growth is expected."
        )
    }));
    parts.join("\n")
}

pub(super) fn forecast(answer: &ForecastGrowthResponse) -> String {
    let Some(result) = answer.scenarios.first() else { return String::new() };
    let mut parts = vec![format!("{}; gsp of {REGION} in million 1982 dollars:", result.name)];
    parts.extend(paths(answer, result));
    parts.extend(reading(result));
    parts.extend(others(result));
    parts.extend(terms(result));
    parts.extend(answer.provenance.iter().map(|provenance| warnings(&provenance.warnings, &result.warnings)));
    parts.join("\n")
}

/// The first warning of every kind, and how many more there are.
fn warnings(shared: &[Warning], own: &[Warning]) -> String {
    let mut kinds: Vec<(&Warning, usize)> = Vec::new();
    for warning in shared.iter().chain(own) {
        match kinds.iter_mut().find(|(first, _)| first.code == warning.code) {
            Some((_, count)) => *count += 1,
            None => kinds.push((warning, 1)),
        }
    }
    let lines = kinds.into_iter().map(|(first, count)| match count {
        1 => format!("Keep in mind: {}", first.message),
        _ => format!("Keep in mind: {} (and {} more like it, see the report)", first.message, count - 1),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The policy's region in a few years: both futures and what the policy changes.
fn paths(answer: &ForecastGrowthResponse, result: &ScenarioResult) -> Option<String> {
    let baseline = answer.baseline.as_ref()?.regions.as_ref()?;
    let policy = result.path.as_ref()?.regions.as_ref()?;
    let (effects, nation) = (result.effects.as_ref()?, result.nation_effects.as_ref()?);
    let header = ["", "baseline", "with policy", "effect %", "95 % interval", "nation %", "95 % interval"];
    let years = print::texts(nation, "period");
    let shown = (0..years.len()).filter(|i| i % 3 == 0);
    let rows: Vec<Vec<String>> = shown
        .map(|i| {
            let year = &years[i];
            let of_nation = |column: &str| print::numbers(nation, column).get(i).copied().flatten();
            let of_region = |column: &str| at_column(effects, column, REGION, year);
            let percent = |of: &dyn Fn(&str) -> Option<f64>| {
                let name = "level_effect_percent";
                let [lower, upper] = ["lower_95", "upper_95"].map(|end| decimals(of(&format!("{name}_{end}")), 3));
                [decimals(of(&format!("{name}_median")), 3), format!("{lower} to {upper}")]
            };
            let levels = [baseline, policy].map(|t| print::number_or_dash(at_column(t, "level_median", REGION, year)));
            let cells = [percent(&of_region), percent(&of_nation)];
            std::iter::once(year.clone()).chain(levels).chain(cells.into_iter().flatten()).collect()
        })
        .collect();
    Some(print::table(&header.map(str::to_owned), &rows))
}

/// The effect at the end in words.
fn reading(result: &ScenarioResult) -> Option<String> {
    let effects = result.effects.as_ref()?;
    let (_, last) = ends(effects);
    let effect = |ending: &str| at_column(effects, &format!("level_effect_percent{ending}"), REGION, last);
    let (median, lower, upper) = (effect("_median")?, effect("_lower_95")?, effect("_upper_95")?);
    let direction = if median < 0.0 { "lower" } else { "higher" };
    let certainty = if lower > 0.0 || upper < 0.0 {
        "the interval leaves zero out"
    } else {
        "the interval includes zero, so it could be the other way round"
    };
    Some(format!(
        "In words: in {last} gsp of {REGION} is {:.1} % {direction} with the policy than without; {certainty}.",
        median.abs()
    ))
}

/// How the other states fare at the end.
fn others(result: &ScenarioResult) -> Option<String> {
    let effects = result.effects.as_ref()?;
    let (_, last) = ends(effects);
    let mut states: Vec<(&String, f64)> = print::texts(effects, "region")
        .iter()
        .zip(print::texts(effects, "period"))
        .zip(print::numbers(effects, "level_effect_percent_median"))
        .filter(|((state, period), _)| *period == last && *state != REGION)
        .filter_map(|((state, _), x)| Some((state, x?)))
        .collect();
    states.sort_by(|a, b| a.1.total_cmp(&b.1));
    let (lowest, highest) = (states.first()?, states.last()?);
    Some(format!(
        "The other states in {last}: from {:+.3} % ({}) to {:+.3} % ({})",
        lowest.1, lowest.0, highest.1, highest.0
    ))
}

/// What each term adds to the effect on growth at the end of the phase-in, largest first.
fn terms(result: &ScenarioResult) -> Option<String> {
    let table = result.decomposition.as_ref()?;
    let year = print::texts(result.nation_effects.as_ref()?, "period").get(2)?;
    let terms = table.columns.iter().filter(|c| !["period", "region"].contains(&c.name.as_str()));
    let mut parts: Vec<(&str, f64)> =
        terms.filter_map(|c| Some((c.name.as_str(), at_column(table, &c.name, REGION, year)?))).collect();
    parts.retain(|(_, x)| *x != 0.0);
    parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let parts: Vec<_> = parts.iter().map(|(term, x)| format!("{x:+.4} {term}")).collect();
    Some(format!("Growth of {REGION} in {year}, percentage points by term: {}", parts.join(", ")))
}

/// The first and the last period of a table.
fn ends(table: &Table) -> (&str, &str) {
    let periods = print::texts(table, "period");
    (periods.first().map_or("", String::as_str), periods.last().map_or("", String::as_str))
}

fn at(table: &Table, region: &str, period: &str) -> Option<f64> {
    at_column(table, "value", region, period)
}

/// The number of `column` for a region and period.
fn at_column(table: &Table, column: &str, region: &str, period: &str) -> Option<f64> {
    let mut keys = print::texts(table, "region").iter().zip(print::texts(table, "period"));
    let row = keys.position(|(r, p)| r == region && p == period)?;
    print::numbers(table, column).get(row).copied().flatten()
}

fn decimals(x: Option<f64>, decimals: usize) -> String {
    x.map_or_else(|| "–".to_owned(), |x| format!("{x:.decimals$}"))
}
