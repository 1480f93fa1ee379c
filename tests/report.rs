//! The report: one page that stands alone, made from messages whose numbers are invented for the test.
#![allow(clippy::unwrap_used, reason = "helpers of tests")]

use agglo::api::v1::{
    AbsentCount, AbsentRows, Coefficient, Column, ComputeIndicesResponse, EffectSplit, ExplainScenarioResponse,
    FitModelResponse, FitStatistics, ForecastGrowthResponse, Gains, IndexOutcome, IndexResult, Model, NameValue,
    NumberValues, Provenance, Sample, ScenarioPath, ScenarioResult, SplitBy, Table, TextValues, Warning,
    column::Values, index_outcome::Outcome,
};
use agglo::report::{self, Report, ReportError, Step};
use std::time::Duration;

const STATES: &str = include_str!("../data/us_states.csv");
const TERMS: [&str; 4] = ["agglomeration(private_capital)", "agglomeration(employment)", "l(ln(gsp))", "unemployment"];

fn states() -> Vec<&'static str> {
    STATES.lines().skip(1).filter_map(|line| line.split(',').next()).collect()
}

fn years() -> Vec<String> {
    (1987..=1996).map(|year| year.to_string()).collect()
}

fn texts(name: &str, values: Vec<String>) -> Column {
    Column { name: name.into(), values: Some(Values::Texts(TextValues { values })), ..Column::default() }
}

fn numbers(name: &str, unit: &str, values: Vec<f64>) -> Column {
    let values = Some(Values::Numbers(NumberValues { values }));
    Column { name: name.into(), unit: unit.into(), values, ..Column::default() }
}

/// A quantity with its median and intervals; `width` is the half-width of the 95 % interval, growing with the period.
fn bands(name: &str, unit: &str, values: &[f64], width: impl Fn(usize) -> f64) -> Vec<Column> {
    let shifted = |name: String, share: f64| {
        numbers(&name, unit, values.iter().enumerate().map(|(i, x)| x + share * width(i)).collect())
    };
    vec![
        shifted(name.into(), 0.0),
        shifted(format!("{name}_median"), 0.02),
        shifted(format!("{name}_lower_80"), -0.65),
        shifted(format!("{name}_upper_80"), 0.65),
        shifted(format!("{name}_lower_95"), -1.0),
        shifted(format!("{name}_upper_95"), 1.0),
    ]
}

/// The keys of a table with one row a period and state.
fn state_keys() -> Vec<Column> {
    let (years, states) = (years(), states());
    let periods = years.iter().flat_map(|year| states.iter().map(move |_| year.clone())).collect();
    let regions = years.iter().flat_map(|_| states.iter().map(|state| (*state).to_owned())).collect();
    vec![texts("period", periods), texts("region", regions)]
}

fn by_state(value: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let states = states().len();
    (0..years().len()).flat_map(|step| (0..states).map(move |state| (step, state))).map(|(t, s)| value(t, s)).collect()
}

fn by_year(value: impl Fn(usize) -> f64) -> Vec<f64> {
    (0..years().len()).map(value).collect()
}

fn table(keys: Vec<Column>, values: Vec<Column>) -> Option<Table> {
    Some(Table { columns: keys.into_iter().chain(values).collect() })
}

fn mississippi() -> usize {
    states().iter().position(|state| *state == "Mississippi").unwrap()
}

fn effect(step: usize, state: usize) -> f64 {
    let reach = (step as f64 + 1.0).min(3.0) / 3.0 + 0.15 * step as f64;
    if state == mississippi() { 0.9 * reach } else { -0.01 * reach * (1.0 + (state % 7) as f64) }
}

fn level(step: usize, state: usize) -> f64 {
    (20_000.0 + 6_500.0 * ((state * 7) % 13) as f64) * 1.025_f64.powi(step as i32)
}

fn path(with_policy: bool) -> ScenarioPath {
    let share = if with_policy { 0.01 } else { 0.0 };
    let levels = by_state(|t, s| level(t, s) * (1.0 + share * effect(t, s)));
    let states = states().len();
    let growth: Vec<f64> = by_state(|t, s| 2.5 + share * effect(t, s));
    let total = by_year(|t| levels[t * states..(t + 1) * states].iter().sum());
    let year = vec![texts("period", years())];
    let mut regions = bands("outcome", "percent", &growth, |i| 2.0 + 0.2 * (i / states) as f64);
    regions.extend(bands("level", "million 1982 dollars", &levels, |i| 1_500.0 * (1.0 + (i / states) as f64).sqrt()));
    let mut inequality =
        bands("theil", "", &by_year(|t| 0.31 + 0.002 * t as f64 - share * 0.05), |i| 0.004 * (i + 1) as f64);
    inequality
        .extend(bands("sigma", "", &by_year(|t| 0.98 + 0.001 * t as f64 - share * 0.1), |i| 0.003 * (i + 1) as f64));
    ScenarioPath {
        regions: table(state_keys(), regions),
        nation: table(
            year.clone(),
            bands("level", "million 1982 dollars", &total, |i| 60_000.0 * (1.0 + i as f64).sqrt()),
        ),
        inequality: table(year, inequality),
        ..ScenarioPath::default()
    }
}

fn scenario(name: &str) -> ScenarioResult {
    let states = states().len();
    let percent = by_state(effect);
    let outcome = by_state(|t, s| effect(t, s) / (1.0 + t as f64));
    let mut effects = bands("outcome_effect", "percent", &outcome, |i| 0.2 * outcome[i].abs());
    effects.extend(bands("level_effect_percent", "percent", &percent, |i| 0.45 * percent[i].abs()));
    let nation = by_year(|t| 0.01 * t as f64);
    let terms = TERMS.iter().enumerate().map(|(i, term)| {
        let part = [0.8, 0.3, -0.35, 0.0][i];
        numbers(term, "percent", by_state(|t, s| part * effect(t, s) * if i == 2 { t as f64 / 5.0 } else { 1.0 }))
    });
    let mut inequality = bands("theil_effect", "", &by_year(|t| -0.000_05 * t as f64), |i| 0.000_02 * i as f64);
    inequality.extend(bands("sigma_effect", "", &by_year(|t| -0.000_2 * t as f64), |i| 0.000_1 * i as f64));
    inequality.extend(bands("gini_effect", "", &by_year(|t| -0.000_1 * t as f64), |i| 0.000_05 * i as f64));
    inequality.extend(bands("rank_changes", "", &by_year(|t| t as f64), |i| i as f64));
    assert_eq!(percent.len(), states * years().len());
    ScenarioResult {
        name: name.into(),
        path: Some(ScenarioPath { variance_shares: variance_shares(), distances: distances(), ..path(true) }),
        stored_name: "scenarios/more-capital".into(),
        scenario_sha256: "fedcba9876543210".repeat(4),
        effects: table(state_keys(), effects),
        nation_effects: table(
            vec![texts("period", years())],
            bands("level_effect_percent", "percent", &nation, |i| 0.02 * (i + 1) as f64),
        ),
        decomposition: table(state_keys(), terms.collect()),
        inequality_effects: table(vec![texts("period", years())], inequality),
        warnings: vec![Warning {
            code: "OUTSIDE_HISTORY".into(),
            message: "agglomeration(private_capital) of Mississippi leaves the range of its history from 1989 on"
                .into(),
            subject: String::new(),
        }],
        ..ScenarioResult::default()
    }
}

fn words(name: &str, values: &[&str]) -> Column {
    texts(name, values.iter().map(|value| (*value).to_owned()).collect())
}

/// The sources of the nation leave a tenth to acting together.
fn variance_shares() -> Option<Table> {
    let keys = vec![words("period", &["1996"; 2]), words("kind", &["region", "nation"]), words("place", &["Ohio", ""])];
    let shares = [("coefficients", 0.625), ("residuals", 0.275)];
    table(keys, shares.map(|(source, share)| numbers(&format!("level_{source}"), "", vec![0.5, share])).to_vec())
}

/// Every state as far out as its place in the list tells; Alabama inside.
fn distances() -> Option<Table> {
    let count = states().len();
    let keys = vec![words("region", &states())];
    let distance = numbers("hull_distance", "", (0..count).map(|i| 0.25 * i as f64).collect());
    table(keys, vec![distance, words("hull_term", &vec![TERMS[0]; count])])
}

/// Three drivers that make 0.5 − 0.2 + 0.1 = 0.4 per cent of the nation's level.
fn explanation(name: &str) -> ExplainScenarioResponse {
    let areas = [vec![""], states()].concat();
    let places = |parts: &[&str]| {
        let pairs = || parts.iter().flat_map(|part| areas.iter().map(move |area| (*part, *area)));
        let kinds = pairs().map(|(_, area)| if area.is_empty() { "nation" } else { "region" });
        let mut keys = vec![texts("part", pairs().map(|(part, _)| part.to_owned()).collect())];
        keys.push(texts("period", pairs().map(|_| "1996".to_owned()).collect()));
        keys.push(texts("area_kind", kinds.map(str::to_owned).collect()));
        keys.push(texts("area", pairs().map(|(_, area)| area.to_owned()).collect()));
        keys
    };
    let split = |by: SplitBy, parts: &[&str], values: &[f64]| {
        let values: Vec<f64> = values.iter().flat_map(|x| areas.iter().map(move |_| *x)).collect();
        let whole = vec![0.4; areas.len()];
        let mut totals = bands("level_effect_percent", "percent", &whole, |_| 0.05);
        totals.push(numbers("level_effect_percent_interaction", "percent", vec![0.0125; areas.len()]));
        EffectSplit {
            by: by.into(),
            contributions: table(places(parts), bands("level_effect_percent", "percent", &values, |_| 0.02)),
            totals: table(places(&["whole"]).split_off(1), totals),
            ..EffectSplit::default()
        }
    };
    ExplainScenarioResponse {
        scenario: name.into(),
        period: "1996".into(),
        splits: vec![
            split(SplitBy::Driver, &["private_capital", "employment", "gsp"], &[0.5, -0.2, 0.1]),
            split(SplitBy::Policy, &["more capital"], &[0.4]),
        ],
        gains: Some(gains()),
        provenance: provenance(42),
        ..ExplainScenarioResponse::default()
    }
}

fn gains() -> Gains {
    let states = states();
    let effects: Vec<f64> = (0..states.len()).map(|i| effect(9, i)).collect();
    let rank = |i: usize| effects.iter().filter(|x| **x > effects[i]).count() as f64 + 1.0;
    let mut columns = vec![words("region", &states), numbers("rank", "", (0..states.len()).map(rank).collect())];
    columns.extend(bands("level_effect_percent", "percent", &effects, |i| 0.45 * effects[i].abs()));
    columns.push(numbers("level_effect", "million 1982 dollars", effects.iter().map(|x| 100.0 * x).collect()));
    columns.push(numbers("growth_effect", "percentage points", effects.iter().map(|x| 0.1 * x).collect()));
    let chances = effects.iter().map(|x| if *x > 0.0 { 0.9375 } else { 0.0625 }).collect();
    columns.push(numbers("probability_of_gain", "", chances));
    Gains { regions: Some(Table { columns }), gainer_count: 1, loser_count: 47, ..Gains::default() }
}

fn coefficient(term: &str, estimate: f64, standard_error: f64) -> Coefficient {
    let (lower, upper) = (estimate - 2.01 * standard_error, estimate + 2.01 * standard_error);
    let (t_value, p_value) = (Some(estimate / standard_error), Some(0.01));
    Coefficient {
        term: term.into(),
        estimate,
        standard_error,
        t_value,
        p_value,
        lower: Some(lower),
        upper: Some(upper),
        ..Coefficient::default()
    }
}

fn model() -> Model {
    let estimates = [(0.153, 0.05), (1.42, 0.61), (-21.4, 3.2), (-0.11, 0.09)];
    Model {
        formula: format!("growth(gsp) ~ {} | state + year", TERMS.join(" + ")),
        outcome: "growth(gsp)".into(),
        coefficients: TERMS.iter().zip(estimates).map(|(term, (b, se))| coefficient(term, b, se)).collect(),
        interval_level: 0.95,
        statistics: Some(FitStatistics { r2: Some(0.71), within_r2: Some(0.23), ..FitStatistics::default() }),
        sample: Some(Sample {
            observation_count: 768,
            left_out: vec![AbsentCount { reason: "no_period".into(), count: 48 }],
            region_count: 48,
            period_count: 16,
            cluster_counts: vec![48],
        }),
        small_sample_correction: "clustered by state (48), G/(G−1) · (n−1)/(n−k)".into(),
        ..Model::default()
    }
}

fn provenance(seed: i64) -> Option<Provenance> {
    Some(Provenance {
        dataset_version: "datasets/munnell/versions/1".into(),
        dataset_sha256: "0123456789abcdef".repeat(4),
        request_sha256: "fedcba9876543210".repeat(4),
        engine_version: "agglo 0.1.0".into(),
        seed,
        used_row_count: 768,
        ..Provenance::default()
    })
}

fn forecast(name: &str) -> ForecastGrowthResponse {
    ForecastGrowthResponse {
        baseline: Some(path(false)),
        scenarios: vec![scenario(name)],
        model: Some(model()),
        assumptions: vec!["Measures not listed grow at each region's average rate of the history.".into()],
        provenance: provenance(42),
        ..ForecastGrowthResponse::default()
    }
}

fn fit() -> FitModelResponse {
    FitModelResponse { models: vec![model()], provenance: provenance(0) }
}

fn indices() -> ComputeIndicesResponse {
    let years = ["1970", "1986"];
    let states = states();
    let periods = years.iter().flat_map(|year| states.iter().map(|_| (*year).to_owned())).collect();
    let regions = years.iter().flat_map(|_| states.iter().map(|s| (*s).to_owned())).collect();
    let values = (0..96).map(|i| f64::from((i * 37) % 41) / 8.0).collect();
    let mut value = numbers("value", "", values);
    value.absent.push(AbsentRows { reason: 1, rows: vec![5, 50] });
    let of_states = Table { columns: vec![texts("period", periods), texts("region", regions), value] };
    let theil = (1970..=1986).map(|year| 0.3 - 0.002 * f64::from(year - 1970)).collect::<Vec<_>>();
    let of_nation = Table {
        columns: vec![
            texts("period", (1970..=1986).map(|year: i32| year.to_string()).collect()),
            numbers("between", "", theil.iter().map(|x| 0.4 * x).collect()),
            numbers("total", "", theil.clone()),
            numbers("within", "", theil.iter().map(|x| 0.6 * x).collect()),
        ],
    };
    let outcome = |index: &str, measure: &str, table: Table| IndexOutcome {
        index: index.into(),
        measure: measure.into(),
        outcome: Some(Outcome::Result(IndexResult {
            table: Some(table),
            parameters: vec![NameValue { name: "groups".into(), value: "division".into() }],
            ..IndexResult::default()
        })),
    };
    ComputeIndicesResponse {
        outcomes: vec![outcome("agglomeration", "private_capital", of_states), outcome("theil_t", "gsp", of_nation)],
        provenance: provenance(0),
        ..ComputeIndicesResponse::default()
    }
}

fn whole(name: &str) -> String {
    let (indices, fit, forecast, explanation) = (indices(), fit(), forecast(name), explanation(name));
    let steps = [Step { name: "fit the model", duration: Duration::from_micros(4_200) }];
    let report = Report {
        title: "48 US states",
        introduction: "Numbers invented for a test.",
        indices: Some(&indices),
        fit: Some(&fit),
        forecast: Some(&forecast),
        explanations: std::slice::from_ref(&explanation),
        steps: &steps,
    };
    report::render(&report).unwrap()
}

#[test]
fn the_page_stands_alone() {
    let html = whole("Mississippi: private capital +10 %");
    std::fs::write(concat!(env!("CARGO_TARGET_TMPDIR"), "/report.html"), &html).unwrap();
    for outside in ["<script", "<link", "<img", "src=", "href=", "@import", "url(", "http-equiv"] {
        assert!(!html.contains(outside), "{outside} in the page");
    }
    let addresses = html.match_indices("http").filter(|(i, _)| !html[*i..].starts_with("http://www.w3.org/2000/svg"));
    assert_eq!(addresses.count(), 0);
    assert!(html.contains("prefers-color-scheme: dark") && html.contains("@media print"));
}

#[test]
fn the_page_shows_every_part() {
    let html = whole("Mississippi: private capital +10 %");
    for words in [
        "Policy: Mississippi: private capital +10 %",
        "Mississippi, which the policy changes most: gsp with and without it",
        "The nation: gsp with and without the policy",
        "Effect by region in 1996",
        "which term the effect on growth(gsp) comes through",
        "Theil index",
        "leaves the range of its history",
        "Coefficients and their 95 % intervals",
        "768 observations of 48 regions in 16 periods; left out: 48 no period.",
        "Agglomeration index of private capital: the highest in 1986",
        "datasets/munnell/versions/1",
        "0123456789abcdef0123456789abcdef",
        "agglo 0.1.0",
        "average rate of the history",
        "Stored as scenarios/more-capital, SHA-256 fedcba987654….",
        "Effect on inequality (Gini)",
        "Regions that change rank",
        "What the effect on the nation in 1996 is made of, by driver",
        "the parts together do +0.0125 %",
        "By policy, all of the effect comes from more capital.",
        "Who gains and who loses in 1996",
        "… 38 between …",
        "93.8 %",
        "Regions that gain: 1; that lose: 47; that do neither: 0.",
        "Where the variance of the effect comes from",
        "<td>62.5 %</td>",
        "<td>10.0 %</td>",
        "47 of 48 places leave it.",
    ] {
        assert!(html.contains(words), "{words:?} is not in the page");
    }
}

/// Every element that opens closes, in order; attributes hold no raw angle bracket.
#[test]
fn the_markup_is_well_formed() {
    let html = whole("a < b & \"c\" > 'd'");
    let body = html.split_once("</style>").unwrap().1;
    let mut open = vec!["html", "head"];
    for tag in body.split('<').skip(1).map(|rest| rest.split_once('>').unwrap().0) {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "</{name}> closes what is not open");
        } else if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
}

#[test]
fn texts_of_callers_stay_texts() {
    let html = whole("<script>alert('x')</script>\"onload=\"");
    assert!(!html.contains("<script") && !html.contains("\"onload="));
    assert!(html.contains("&lt;script&gt;"));
}

#[test]
fn the_same_answers_give_the_same_bytes() {
    assert_eq!(whole("policy"), whole("policy"));
}

#[test]
fn a_point_forecast_has_no_intervals_to_show() {
    let mut forecast = forecast("policy");
    let strip = |table: &mut Option<Table>| {
        if let Some(table) = table {
            table.columns.retain(|c| !["_median", "_lower_", "_upper_"].iter().any(|part| c.name.contains(part)));
        }
    };
    let result = &mut forecast.scenarios[0];
    for path in [forecast.baseline.as_mut(), result.path.as_mut()].into_iter().flatten() {
        [&mut path.regions, &mut path.nation, &mut path.inequality].into_iter().for_each(strip);
    }
    [&mut result.effects, &mut result.nation_effects, &mut result.inequality_effects].into_iter().for_each(strip);
    let mut explanation = explanation("policy");
    for split in &mut explanation.splits {
        [&mut split.contributions, &mut split.totals].into_iter().for_each(strip);
    }
    let gains = explanation.gains.as_mut().unwrap();
    strip(&mut gains.regions);
    gains.regions.as_mut().unwrap().columns.retain(|c| c.name != "probability_of_gain");
    let explanations = std::slice::from_ref(&explanation);
    let html = report::render(&Report { forecast: Some(&forecast), explanations, ..Report::default() }).unwrap();
    assert!(!html.contains("% interval, baseline") && html.contains("Effect by region in 1996"));
    assert!(!html.contains("chance of a gain") && html.contains("Who gains and who loses in 1996"));
}

#[test]
fn a_forecast_without_policy_shows_its_baseline() {
    let forecast = ForecastGrowthResponse { scenarios: Vec::new(), ..forecast("policy") };
    let html = report::render(&Report { forecast: Some(&forecast), ..Report::default() }).unwrap();
    assert!(html.contains("Forecast without policy") && html.contains("All regions in 1996"));
}

/// The bars of a waterfall: each begins where the one before it ended, and the last one is the whole.
#[test]
fn a_waterfall_goes_down_as_it_goes_up() {
    let explanation = explanation("policy");
    let explanations = std::slice::from_ref(&explanation);
    let html = report::render(&Report { explanations, ..Report::default() }).unwrap();
    let (_, figure) = html.split_once("is made of, by driver</h3>").unwrap();
    let (figure, _) = figure.split_once("</figure>").unwrap();
    let number = |tag: &str, name: &str| -> f64 {
        let (_, rest) = tag.split_once(&format!("{name}=\"")).unwrap();
        rest.split('"').next().unwrap().parse().unwrap()
    };
    let bars: Vec<(f64, f64)> = figure
        .split("<rect ")
        .filter(|tag| tag.starts_with("x="))
        .map(|tag| (number(tag, "x"), number(tag, "x") + number(tag, "width")))
        .collect();
    let [capital, employment, gsp, whole] = bars[..] else { panic!("four bars, not {bars:?}") };
    let scale = (capital.1 - capital.0) / 0.5;
    let near = |a: f64, b: f64| assert!((a - b).abs() <= 1.0, "{a} is not {b} in {bars:?}");
    near(employment.1, capital.1);
    near(employment.0, capital.1 - 0.2 * scale);
    near(gsp.0, employment.0);
    near(gsp.1, whole.1);
    near(whole.1 - whole.0, 0.4 * scale);
}

#[test]
fn an_explanation_stands_alone() {
    let explanation = explanation("policy");
    let explanations = std::slice::from_ref(&explanation);
    let html = report::render(&Report { explanations, ..Report::default() }).unwrap();
    assert!(html.contains("Policy: policy") && html.contains("Who gains and who loses in 1996"));
    assert!(html.contains("datasets/munnell/versions/1"));
}

#[test]
fn broken_answers_are_typed_errors() {
    assert_eq!(report::render(&Report::default()), Err(ReportError::Empty));

    let mut lacking = forecast("policy");
    lacking.scenarios[0].effects.as_mut().unwrap().columns.retain(|c| c.name != "level_effect_percent");
    let error = report::render(&Report { forecast: Some(&lacking), ..Report::default() }).unwrap_err();
    assert_eq!(error, ReportError::MissingColumn { table: "the effects", column: "level_effect_percent".into() });

    let mut ragged = forecast("policy");
    ragged.scenarios[0].effects.as_mut().unwrap().columns.push(numbers("short", "", vec![1.0]));
    let error = report::render(&Report { forecast: Some(&ragged), ..Report::default() }).unwrap_err();
    assert_eq!(error, ReportError::Ragged("the effects"));
}
