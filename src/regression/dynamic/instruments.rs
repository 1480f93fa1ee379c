//! Instruments of the equations (Arellano and Bond 1991; Blundell and Bond 1998; Roodman 2009).

use super::equations::{Equation, Equations};
use super::terms::{Instrumented, Roles};
use crate::panel::Value;
use crate::regression::Part;
use crate::regression::design::Design;
use std::collections::BTreeMap;

/// The instruments, one column each over the equations.
#[derive(Debug)]
pub(super) struct Instruments {
    /// The columns.
    pub(super) columns: Vec<Vec<f64>>,
    /// How many each variable gives, by variable, equation and lags.
    pub(super) counts: Vec<(String, &'static str, usize)>,
}

impl Instruments {
    /// The past of the instrumented variables, then the exogenous terms `x` by themselves.
    pub(super) fn new(design: &Design, roles: &Roles, equations: &Equations, x: &[Vec<f64>], collapse: bool) -> Self {
        let mut instruments = Self { columns: Vec::new(), counts: Vec::new() };
        let has_levels = equations.all.iter().any(|equation| equation.level);
        for variable in &roles.instrumented {
            instruments.add(variable, "transformed", past_levels(design, variable, equations, collapse));
            if has_levels {
                instruments.add(variable, "levels", past_differences(design, variable, equations, collapse));
            }
        }
        for j in &roles.exogenous {
            instruments.columns.push(x[*j].clone());
            instruments.counts.push((design.names[*j].clone(), "all", 1));
        }
        instruments
    }

    fn add(&mut self, variable: &Instrumented, equation: &'static str, columns: Vec<Vec<f64>>) {
        self.counts.push((variable.name.clone(), equation, columns.len()));
        self.columns.extend(columns);
    }

    /// The counts as a table.
    pub(super) fn table(&self) -> Part {
        let keys = |name: &str, of: fn(&(String, &str, usize)) -> String| {
            (name.to_owned(), self.counts.iter().map(of).collect::<Vec<_>>())
        };
        let counts: Vec<Value> = self.counts.iter().map(|(_, _, count)| Ok(*count as f64)).collect();
        Part {
            name: "instruments".to_owned(),
            title: "How many instruments each variable gives to the equations".to_owned(),
            keys: vec![
                keys("variable", |(name, _, _)| name.clone()),
                keys("equations", |(_, equation, _)| (*equation).to_owned()),
            ],
            columns: vec![("instruments".to_owned(), counts)],
        }
    }
}

/// Columns by key, filled where a value is known and zero elsewhere.
fn fill<K: Ord>(equations: &Equations, values: impl Fn(&Equation) -> Vec<(K, f64)>) -> Vec<Vec<f64>> {
    let mut columns: BTreeMap<K, Vec<f64>> = BTreeMap::new();
    for (e, equation) in equations.all.iter().enumerate() {
        for (key, value) in values(equation) {
            columns.entry(key).or_insert_with(|| vec![0.0; equations.all.len()])[e] = value;
        }
    }
    columns.into_values().collect()
}

/// Levels of the past for the transformed equations: a column for each lag and, unless collapsed, each date.
fn past_levels(design: &Design, variable: &Instrumented, equations: &Equations, collapse: bool) -> Vec<Vec<f64>> {
    fill(equations, |equation| {
        if equation.level {
            return Vec::new();
        }
        let earliest = variable.last.min(equation.date - variable.history.first);
        let known = |lag| Some((lag, variable.history.at(design.rows[equation.row], equation.date, lag)?));
        let lags = (variable.first..=earliest).filter_map(known);
        lags.map(|(lag, value)| ((if collapse { 0 } else { equation.date }, lag), value)).collect()
    })
}

/// The last difference that is no part of the disturbance for the equations in levels: a column for each date unless
/// collapsed; earlier differences would add nothing to the transformed equations' instruments.
fn past_differences(design: &Design, variable: &Instrumented, equations: &Equations, collapse: bool) -> Vec<Vec<f64>> {
    fill(equations, |equation| {
        if !equation.level {
            return Vec::new();
        }
        let at = |lag| variable.history.at(design.rows[equation.row], equation.date, lag);
        let difference = at(variable.first - 1).zip(at(variable.first)).map(|(late, early)| late - early);
        let key = if collapse { 0 } else { equation.date };
        difference.map(|value| (key, value)).into_iter().collect()
    })
}
