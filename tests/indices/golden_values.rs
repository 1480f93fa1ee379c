//! Every index against numbers made by other people's software: tests/golden/indices/*.json.

use agglo::card::{Params, Raw};
use agglo::indices::{Classes, Facts, Index, Input, Output, find};
use agglo::panel::{Absent, Grid, Labels, Slice, Value};
use serde_json::Value as Json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One case of a golden file, in the terms of the index.
#[derive(Clone)]
struct Case {
    name: String,
    tolerance: f64,
    index: &'static dyn Index,
    params: BTreeMap<String, Raw>,
    grid: Grid,
    earlier: Option<Grid>,
    beside: Option<Vec<Value>>,
    groups: Option<Vec<Option<usize>>>,
}

#[test]
fn indices_agree_with_other_software() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/indices");
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut compared, mut wrong) = (0, Vec::new());
    for file in files {
        let golden: Json = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        for json in golden["cases"].as_array().unwrap().iter().filter(|case| case.get("call").is_none()) {
            let case = Case::read(json);
            for (part, expected) in expectations(json) {
                compared += 1;
                wrong.extend(case.compare(&part, &expected));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} results differ:\n{}", wrong.len(), wrong.join("\n"));
    println!("{compared} results compared");
}

/// The results a case states, by name; a plain list or number is the index itself.
fn expectations(json: &Json) -> Vec<(String, Json)> {
    let mut all: Vec<(String, Json)> = match &json["expected"] {
        Json::Object(parts) => parts.iter().map(|(name, expected)| (name.clone(), expected.clone())).collect(),
        plain => vec![("value".to_owned(), plain.clone())],
    };
    let beside = ["region_growth", "national_growth"];
    all.extend(beside.iter().filter_map(|name| Some(((*name).to_owned(), json.get(name)?.clone()))));
    all
}

impl Case {
    fn read(json: &Json) -> Self {
        let index = find(json["index"].as_str().unwrap()).unwrap();
        let beside = ["area", "population", "weights"].iter().find_map(|name| json.get(name)).map(column);
        let mut grid = grid(&json["values"]);
        if json["index"].as_str().unwrap().starts_with("theil") {
            // The files give values per head, the index takes the measure.
            let weights = beside.iter().flatten();
            grid.values.iter_mut().zip(weights).for_each(|(x, w)| *x = Ok(x.unwrap() * w.unwrap()));
        }
        Self {
            name: format!("{} {}", json["index"].as_str().unwrap(), json["name"].as_str().unwrap()),
            tolerance: json["tolerance"].as_f64().unwrap(),
            index,
            params: parameters(json),
            grid,
            earlier: json.get("previous").map(self::grid),
            beside,
            groups: json.get("groups").map(classes),
        }
    }

    fn compute(&self) -> Output {
        let params = Params::parse(self.index.card(), &self.params, "params").unwrap();
        self.index.check(&params, &Facts { has_industries: self.grid.width > 1, has_neighbours: false }).unwrap();
        let mut input = Input::new(&self.grid);
        input.past = vec![self.earlier.as_ref().map(Slice::from)];
        if let Some(beside) = &self.beside {
            input = input.with_regional("per", &beside[..]).with_regional("weights", &beside[..]);
        }
        if let Some(groups) = &self.groups {
            input = input.with_classes("groups", Cow::Owned(Classes { of: groups.clone(), names: Vec::new() }));
        }
        self.index.compute(&input, &params)
    }

    fn part(&self, name: &str) -> Vec<Value> {
        let parts = self.compute().parts;
        let found = parts.into_iter().find(|(part, _)| *part == name);
        found.unwrap_or_else(|| panic!("{}: there is no part {name}", self.name)).1
    }

    /// The index of each industry alone.
    fn by_industry(&self) -> Vec<Value> {
        let width = self.grid.width;
        let columns: Vec<Vec<Value>> = (0..width)
            .map(|industry| {
                let values = self.grid.values.iter().skip(industry).step_by(width).copied().collect();
                Self { grid: Grid { width: 1, values }, ..self.clone() }.part("value")
            })
            .collect();
        (0..self.grid.values.len()).map(|cell| columns[cell % width][cell / width]).collect()
    }

    /// The regions of one group alone.
    fn group(&self, group: usize) -> Self {
        let groups = self.groups.clone().unwrap();
        let keep = |values: &[Value]| -> Vec<Value> {
            values.iter().zip(&groups).filter(|(_, g)| **g == Some(group)).map(|(x, _)| *x).collect()
        };
        let mut params = self.params.clone();
        params.remove("groups");
        Self {
            params,
            grid: Grid { width: 1, values: keep(&self.grid.values) },
            beside: self.beside.as_deref().map(keep),
            groups: None,
            ..self.clone()
        }
    }

    /// What differs between our result called `name` and the golden one.
    fn compare(&self, name: &str, expected: &Json) -> Vec<String> {
        let ours = match name {
            // A table given to an index of the region: the file has the index of each industry.
            "value" if self.part("value").len() < flat(expected).len() => self.by_industry(),
            "value" | "hhi" | "krugman" | "gini" => self.part("value"),
            "normalized" => self.part("normalised"),
            "region_growth" => self.part("regional_growth"),
            "national_growth" => self.part("national_growth")[..self.grid.width].to_vec(),
            "ddof_0" | "ddof_1" => {
                let mut case = self.clone();
                case.params.insert("ddof".to_owned(), Raw::Number(if name == "ddof_0" { 0.0 } else { 1.0 }));
                case.part("value")
            }
            // Half the Krugman index is the Hoover index against the same reference.
            "coefficient_of_specialisation" => Self { index: find("hoover").unwrap(), ..self.clone() }.part("value"),
            "within_groups" => {
                let groups = 0..expected.as_object().unwrap().len();
                groups.map(|group| self.group(group).part("total")[0]).collect()
            }
            part => self.part(part),
        };
        let expected = flat(expected);
        let label = format!("{} {name}", self.name);
        if ours.len() != expected.len() {
            return vec![format!("{label}: {} values, expected {}", ours.len(), expected.len())];
        }
        let rows = ours.iter().zip(&expected).enumerate();
        rows.filter(|(_, (ours, expected))| !self.agree(**ours, **expected))
            .map(|(row, (ours, expected))| format!("{label}[{row}]: {ours:?}, expected {expected:?}"))
            .collect()
    }

    /// Relative to the expected number; a zero that others reach exactly may be off by the rounding of numbers near 1.
    fn agree(&self, ours: Value, expected: Option<f64>) -> bool {
        match (ours, expected) {
            (Ok(ours), Some(0.0)) => ours.abs() <= 1e-12,
            (Ok(ours), Some(expected)) => (ours - expected).abs() <= self.tolerance * expected.abs(),
            (Err(_), None) => true,
            _ => false,
        }
    }
}

/// The parameters of the golden file in the words of the card.
fn parameters(json: &Json) -> BTreeMap<String, Raw> {
    let mut params = BTreeMap::new();
    let mut word = |name: &str, value: &str| drop(params.insert(name.to_owned(), Raw::Text(value.to_owned())));
    if json.get("area").is_some() {
        word("per", "area");
    }
    if json.get("groups").is_some() {
        word("groups", "groups");
    }
    for (name, value) in json["params"].as_object().unwrap() {
        match (name.as_str(), value.as_str().unwrap_or_default()) {
            ("shares", over) => word("over", over),
            ("base", base) => word("base", base),
            ("reference" | "weighting", "population") => word("weights", "population"),
            ("reference", "total of the region") => {
                word("over", "regions");
                word("reference", "total");
            }
            ("reference", "nation including the region") => word("reference", "total"),
            ("weighting", "equal") | ("kind" | "ddof", _) => {}
            other => panic!("no card knows {other:?}"),
        }
    }
    if let Some(ddof) = json["params"]["ddof"].as_f64() {
        params.insert("ddof".to_owned(), Raw::Number(ddof));
    }
    params
}

fn grid(json: &Json) -> Grid {
    let width = json[0].as_array().map_or(1, Vec::len);
    Grid { width, values: column(json) }
}

/// The numbers of a list or of a list of lists; null is missing.
fn column(json: &Json) -> Vec<Value> {
    flat(json).into_iter().map(|x| x.ok_or(Absent::Missing)).collect()
}

fn flat(json: &Json) -> Vec<Option<f64>> {
    match json {
        Json::Array(items) => items.iter().flat_map(flat).collect(),
        Json::Object(items) => items.values().flat_map(flat).collect(),
        number => vec![number.as_f64()],
    }
}

/// Numbers the groups in the order of their names.
fn classes(json: &Json) -> Vec<Option<usize>> {
    let names: Vec<&str> = json.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let labels = Labels::new(names.iter().map(|name| (*name).to_owned()));
    names.iter().map(|name| labels.find(name)).collect()
}
