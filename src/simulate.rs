//! A simulated regional economy whose truth is known: tests recover it, newcomers get a panel of any size.
//!
//! Nothing in it is data. R regions lie on a square grid; a quarter of its columns each is the west, the
//! centre, the east and the coast. Four drivers x (firms, value added, capital, employees) of region r,
//! industry i and year t do not depend on GDP:
//!
//! ```text
//! ln x_rit = ln m_x + s_r + 0.3 a_xr + 0.6 c_ri + 0.2 d_xri + g_x t + u_xrt + 0.03 e_xrit
//! u_xrt    = 0.9 u_xr,t−1 + 0.06 v_xrt,   u_xr0 = 0.06 v_xr0 / √(1 − 0.9²)
//! s_r      = 0.4 z_r,   z, a, c, d, e, v independent standard normal
//! ```
//!
//! with the mean m_x of a region shared out over its industries, c and d zero when there are fewer than
//! two of them, and g_x the national growth rates 0.02, 0.04, 0.05 and 0.01. Firms and employees are whole numbers, at least 1. GDP starts at 1.6 times
//! the value added and grows, in percent and exactly, by
//!
//! ```text
//! growth_rt = α_r + δ_t + Σ_x b_x A_x,rt + σ ε_rt,    A_x,rt = R x_rt / Σ_s x_st
//! α_r = 0.5 z'_r,   δ_t = 2 + z''_t,   ε independent standard normal
//! ```
//!
//! where A is the index `agglomeration` of the region's totals in the same year. With industries, GDP is
//! shared out over them like value added and population like employees, so that the region's totals are
//! those of the formulas. Population is 2.2 persons an employee in the first year and grows by 0.5 % a
//! year. Area is a constant of the region.
//!
//! Random numbers come from streams keyed by the seed, one for each region and one for the nation.

use crate::error::{Violation, Violations};
use crate::numeric::random::{Random, normal, stream};
use crate::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey, Value};
use std::collections::HashMap;

/// The drivers of growth, in the order of [`Spec::coefficients`].
pub const DRIVERS: [&str; 4] = ["firms", "value_added", "capital", "employees"];

/// A region's mean of each driver in the first year, before its size is known.
const MEANS: [f64; 4] = [8_000.0, 60_000.0, 180_000.0, 400_000.0];

/// Yearly growth of each driver, as a difference of logarithms.
const TRENDS: [f64; 4] = [0.02, 0.04, 0.05, 0.01];

/// Persistence and yearly shock of a region's driver, as differences of logarithms.
const PERSISTENCE: f64 = 0.9;
const SHOCK: f64 = 0.06;

/// The macro-regions, from left to right.
const MACRO_REGIONS: [&str; 4] = ["west", "centre", "east", "coast"];

/// What is to be simulated.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Number of regions, in [2, 100 000].
    pub regions: usize,
    /// Number of industries, in [0, 1 000]; 0 makes a panel without that dimension.
    pub industries: usize,
    /// Number of years, in [2, 500].
    pub years: usize,
    /// The first year, in [1000, 9000].
    pub first_year: i32,
    /// The seed of all random numbers.
    pub seed: u64,
    /// Percentage points of growth for one point of each agglomeration index, in the order of [`DRIVERS`].
    pub coefficients: [f64; 4],
    /// Standard deviation of the noise in the growth rates, in percentage points.
    pub noise: f64,
}

impl Default for Spec {
    /// 31 regions, no industries, 20 years from 2005; the study's 0.153, 1.42 and −0.11 for firms,
    /// capital and employees, and our 0.2 for value added; noise of one percentage point.
    fn default() -> Self {
        Self {
            regions: 31,
            industries: 0,
            years: 20,
            first_year: 2005,
            seed: 1,
            coefficients: [0.153, 0.2, 1.42, -0.11],
            noise: 1.0,
        }
    }
}

/// A simulated panel and the truth behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulated {
    /// Measures `firms`, `value_added`, `capital`, `employees`, `gdp`, `population`; attributes
    /// `macro_region`, `area` and `origin`, which says `simulated` wherever the panel goes; neighbours on the grid.
    pub panel: Panel,
    /// What the growth rates were made of.
    pub truth: Truth,
}

/// What the growth rates were made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Truth {
    /// The regression that recovers the coefficients.
    pub formula: String,
    /// The coefficient of each regressor of the formula.
    pub coefficients: Vec<(String, f64)>,
    /// Standard deviation of the noise, in percentage points.
    pub noise: f64,
    /// α, one a region in the order of the panel.
    pub region_effects: Vec<f64>,
    /// δ, one a year from the second on.
    pub year_effects: Vec<f64>,
    /// σ ε, one a region and year from the second on, year by year.
    pub disturbances: Vec<f64>,
}

/// Simulates a regional economy.
///
/// # Errors
/// What is out of range, and coefficients or noise that let the GDP of a region fall to zero or overflow.
pub fn simulate(spec: &Spec) -> Result<Simulated, Violations> {
    check(spec)?;
    let regions: Vec<Region> = (0..spec.regions).map(|r| Region::draw(spec, r)).collect();
    let year_effects = draw_year_effects(spec);
    let region_effects = regions.iter().map(|region| region.effect).collect();
    let disturbances: Vec<f64> =
        (1..spec.years).flat_map(|t| regions.iter().map(move |region| spec.noise * region.noise[t - 1])).collect();
    let gdp = grow(spec, &regions, &year_effects, &disturbances)?;
    let panel = assemble(spec, &regions, &gdp)?;
    let names = DRIVERS.map(|driver| format!("agglomeration({driver})"));
    let formula = format!("growth(gdp) ~ {} | region + period", names.join(" + "));
    let coefficients = names.into_iter().zip(spec.coefficients).collect();
    let truth = Truth { formula, coefficients, noise: spec.noise, region_effects, year_effects, disturbances };
    Ok(Simulated { panel, truth })
}

fn check(spec: &Spec) -> Result<(), Violations> {
    let mut violations = Violations::default();
    let mut within = |field: &str, value: f64, min: f64, max: f64| {
        if !(min..=max).contains(&value) {
            violations.push(Violation::new(field, format!("a number in [{min}, {max}]"), value));
        }
    };
    within("regions", spec.regions as f64, 2.0, 100_000.0);
    within("industries", spec.industries as f64, 0.0, 1_000.0);
    within("years", spec.years as f64, 2.0, 500.0);
    within("first_year", f64::from(spec.first_year), 1000.0, 9000.0);
    within("noise", spec.noise, 0.0, 20.0);
    for (driver, coefficient) in DRIVERS.iter().zip(spec.coefficients) {
        within(&format!("coefficients.{driver}"), coefficient, -20.0, 20.0);
    }
    violations.into_result(())
}

/// One region's part of the draws.
struct Region {
    /// Year by year, industry by industry: the four drivers.
    drivers: Vec<[f64; 4]>,
    effect: f64,
    noise: Vec<f64>,
    area: f64,
}

impl Region {
    /// Draws from the region's own stream, so that a region is the same however many others there are.
    fn draw(spec: &Spec, number: usize) -> Self {
        let mut random = stream(spec.seed, 1 + number as u64);
        let size = 0.4 * normal(&mut random);
        let own: [f64; 4] = std::array::from_fn(|_| 0.3 * normal(&mut random));
        let area = (10.0 + 0.8 * normal(&mut random)).exp().round();
        let effect = 0.5 * normal(&mut random);
        let noise = (1..spec.years).map(|_| normal(&mut random)).collect();
        let level: [f64; 4] = std::array::from_fn(|x| MEANS[x].ln() + size + own[x]);
        let drivers = draw_drivers(spec, &mut random, level);
        Self { drivers, effect, noise, area }
    }

    /// The region's total of a driver in a year.
    fn total(&self, width: usize, t: usize, driver: usize) -> f64 {
        self.drivers[t * width..(t + 1) * width].iter().map(|cell| cell[driver]).sum()
    }
}

/// The drivers of one region around their `level`, year by year and industry by industry.
fn draw_drivers(spec: &Spec, random: &mut Random, level: [f64; 4]) -> Vec<[f64; 4]> {
    let width = spec.industries.max(1);
    let spread = if width > 1 { 1.0 } else { 0.0 };
    let mix: Vec<[f64; 4]> = (0..width)
        .map(|_| {
            let common = 0.6 * spread * normal(random);
            std::array::from_fn(|_| common + 0.2 * spread * normal(random) - (width as f64).ln())
        })
        .collect();
    let mut shock: [f64; 4] = std::array::from_fn(|_| SHOCK * normal(random) / (1.0 - PERSISTENCE.powi(2)).sqrt());
    let mut drivers = Vec::with_capacity(spec.years * width);
    for t in 0..spec.years {
        if t > 0 {
            shock = shock.map(|u| PERSISTENCE * u + SHOCK * normal(random));
        }
        for cell in &mix {
            let noisy: [f64; 4] = std::array::from_fn(|x| {
                (level[x] + cell[x] + TRENDS[x] * t as f64 + shock[x] + 0.03 * normal(random)).exp()
            });
            drivers.push([noisy[0].round().max(1.0), noisy[1], noisy[2], noisy[3].round().max(1.0)]);
        }
    }
    drivers
}

fn draw_year_effects(spec: &Spec) -> Vec<f64> {
    let mut random = stream(spec.seed, 0);
    (1..spec.years).map(|_| 2.0 + normal(&mut random)).collect()
}

/// GDP, year by year and region by region.
fn grow(spec: &Spec, regions: &[Region], year_effects: &[f64], disturbances: &[f64]) -> Result<Vec<f64>, Violations> {
    let width = spec.industries.max(1);
    let count = regions.len();
    let mut gdp: Vec<f64> = regions.iter().map(|region| 1.6 * region.total(width, 0, 1)).collect();
    for t in 1..spec.years {
        let totals: Vec<[f64; 4]> =
            regions.iter().map(|region| std::array::from_fn(|x| region.total(width, t, x))).collect();
        let nation: [f64; 4] = std::array::from_fn(|x| totals.iter().map(|region| region[x]).sum());
        for (r, region) in regions.iter().enumerate() {
            let index = |x: usize| count as f64 * totals[r][x] / nation[x];
            let pull: f64 = (0..4).map(|x| spec.coefficients[x] * index(x)).sum();
            let growth = region.effect + year_effects[t - 1] + pull + disturbances[(t - 1) * count + r];
            let level = gdp[(t - 1) * count + r] * (1.0 + growth / 100.0);
            if growth <= -100.0 || !level.is_finite() {
                let rule = "GDP stays positive and finite; choose smaller coefficients or less noise";
                return Err(Violation::new("coefficients", rule, format!("growth of {growth} %")).into());
            }
            gdp.push(level);
        }
    }
    Ok(gdp)
}

fn assemble(spec: &Spec, regions: &[Region], gdp: &[f64]) -> Result<Panel, Violations> {
    let width = spec.industries.max(1);
    let names = numbered('R', spec.regions);
    let industries = numbered('I', spec.industries);
    let mut builder = PanelBuilder::new(key_names(spec), measures());
    let mut row = 0;
    for t in 0..spec.years {
        let period = (spec.first_year + t as i32).to_string();
        for (r, region) in regions.iter().enumerate() {
            let (value_added, employees) = (region.total(width, t, 1), region.total(width, t, 3));
            let population = region.total(width, 0, 3) * 2.2 * 1.005_f64.powi(t as i32);
            for i in 0..width {
                let cell = region.drivers[t * width + i];
                let gdp = gdp[t * regions.len() + r] * (cell[1] / value_added);
                let values = [cell[0], cell[1], cell[2], cell[3], gdp, population * (cell[3] / employees)];
                let key =
                    RowKey { row, region: &names[r], period: &period, industry: industries.get(i).map(String::as_str) };
                builder.push(key, &values.map(Value::Ok));
                row += 1;
            }
        }
    }
    describe(&mut builder, &names, regions);
    builder.finish()
}

fn key_names(spec: &Spec) -> KeyNames {
    KeyNames {
        region: "region".to_owned(),
        period: "year".to_owned(),
        industry: (spec.industries > 0).then(|| "industry".to_owned()),
    }
}

fn measures() -> Vec<Measure> {
    let measure = |name: &str, unit: &str, kind| Measure { name: name.to_owned(), unit: unit.to_owned(), kind };
    vec![
        measure("firms", "", MeasureKind::Count),
        measure("value_added", "million", MeasureKind::Flow),
        measure("capital", "million", MeasureKind::Stock),
        measure("employees", "persons", MeasureKind::Count),
        measure("gdp", "million", MeasureKind::Flow),
        measure("population", "persons", MeasureKind::Count),
    ]
}

/// `R001`, `R002`, …, with as many digits as the last one needs, three at least.
fn numbered(letter: char, count: usize) -> Vec<String> {
    let digits = count.to_string().len().max(if letter == 'R' { 3 } else { 2 });
    (1..=count).map(|number| format!("{letter}{number:0digits$}")).collect()
}

/// Adds macro-regions, areas and neighbours on the grid.
fn describe(builder: &mut PanelBuilder, names: &[String], regions: &[Region]) {
    let columns = (names.len() as f64).sqrt().ceil() as usize;
    let band = |r: usize| MACRO_REGIONS[(r % columns) * MACRO_REGIONS.len() / columns].to_owned();
    let bands: HashMap<_, _> = names.iter().enumerate().map(|(r, name)| (name.clone(), band(r))).collect();
    builder.text_attribute("macro_region", bands);
    let areas: HashMap<_, Value> = names.iter().zip(regions).map(|(name, r)| (name.clone(), Ok(r.area))).collect();
    builder.numeric_attribute("area", "km2", areas);
    let label = names.iter().map(|name| (name.clone(), "simulated".to_owned())).collect();
    builder.text_attribute("origin", label);
    let right = (1..names.len()).filter(|r| r % columns != 0).map(|r| (r - 1, r));
    let below = (columns..names.len()).map(|r| (r - columns, r));
    builder.contiguity(right.chain(below).map(|(a, b)| (names[a].clone(), names[b].clone())).collect());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::{AttributeData, Period};

    /// Totals of a measure by region in the `t`-th year.
    fn totals(panel: &Panel, measure: &str, t: usize) -> Vec<f64> {
        let grid = panel.grid(panel.find_measure(measure).unwrap(), panel.periods()[t]).unwrap();
        grid.region_totals().into_iter().map(Result::unwrap).collect()
    }

    #[test]
    fn growth_follows_the_model() {
        for industries in [0, 1, 7] {
            let spec = Spec { regions: 12, industries, years: 6, seed: 5, ..Spec::default() };
            let Simulated { panel, truth } = simulate(&spec).unwrap();
            assert_eq!(panel.rows(), 12 * 6 * industries.max(1));
            for t in 1..6 {
                let (before, now) = (totals(&panel, "gdp", t - 1), totals(&panel, "gdp", t));
                let drivers = DRIVERS.map(|driver| totals(&panel, driver, t));
                for r in 0..12 {
                    let pull: f64 = (0..4)
                        .map(|x| spec.coefficients[x] * 12.0 * drivers[x][r] / drivers[x].iter().sum::<f64>())
                        .sum();
                    let fixed = truth.region_effects[r] + truth.year_effects[t - 1];
                    let expected = fixed + pull + truth.disturbances[(t - 1) * 12 + r];
                    let growth = 100.0 * (now[r] / before[r] - 1.0);
                    assert!((growth - expected).abs() < 1e-11, "{industries} {t} {r}: {growth} {expected}");
                }
            }
        }
    }

    #[test]
    fn everything_is_positive_and_counts_are_whole() {
        let panel = simulate(&Spec { industries: 5, ..Spec::default() }).unwrap().panel;
        for (m, measure) in panel.measures().iter().enumerate() {
            let is_whole = ["firms", "employees"].contains(&measure.name.as_str());
            assert!(panel.column(m).iter().all(|v| v.is_ok_and(|x| x > 0.0 && (!is_whole || x.fract() == 0.0))));
        }
        assert_eq!(panel.regions().name(30), "R031");
        assert_eq!(panel.industries().unwrap().names()[4], "I05");
        assert_eq!(panel.periods()[0], Period::parse("2005").unwrap());
        let AttributeData::Text(bands) = &panel.find_attribute("macro_region").unwrap().data else { panic!("no text") };
        for band in MACRO_REGIONS {
            assert!(bands.iter().flatten().any(|b| b == band));
        }
        let neighbours = panel.weights().unwrap();
        assert_eq!(neighbours.neighbours(0), [1, 6]);
        assert_eq!(neighbours.neighbours(5), [4, 11]);
    }

    #[test]
    fn a_seed_gives_one_economy_and_another_seed_another() {
        let economy = |regions, seed| simulate(&Spec { regions, industries: 3, seed, ..Spec::default() }).unwrap();
        assert_eq!(economy(31, 1), economy(31, 1));
        assert_ne!(economy(31, 1).panel, economy(31, 2).panel);
        let (few, many) = (economy(31, 1).panel, economy(40, 1).panel);
        assert_eq!(totals(&many, "capital", 3)[..31], totals(&few, "capital", 3));
    }

    #[test]
    fn what_is_out_of_range_is_told_at_once() {
        let spec =
            Spec { regions: 1, years: 1, noise: f64::NAN, coefficients: [0.0, 99.0, 0.0, 0.0], ..Spec::default() };
        let violations = simulate(&spec).unwrap_err();
        let fields: Vec<_> = violations.told().iter().map(|v| v.field.as_str()).collect();
        assert_eq!(fields, ["regions", "years", "noise", "coefficients.value_added"]);
        let shrinking = Spec { coefficients: [-20.0; 4], regions: 60, ..Spec::default() };
        assert!(simulate(&shrinking).unwrap_err().to_string().contains("GDP stays positive"));
    }
}
