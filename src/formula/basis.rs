//! What a formula takes from the data it is fitted on, so that predictions elsewhere can take the same.

use crate::panel::Absent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The levels of the factors.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Basis {
    /// The levels of each factor `i(x)`, in order, by the name x.
    pub levels: BTreeMap<String, Vec<String>>,
}

impl Basis {
    /// The levels of the factor `name` and the class of each entry among them: those in the basis where it has the
    /// factor, else those found in the data, which the basis then keeps.
    pub(super) fn classify(
        &mut self,
        name: &str,
        found: Vec<String>,
        codes: impl Iterator<Item = Option<usize>>,
    ) -> (Vec<String>, Vec<Result<usize, Absent>>) {
        let levels = self.levels.entry(name.to_owned()).or_insert_with(|| found.clone()).clone();
        let number = |level: &String| levels.iter().position(|l| l == level).ok_or(Absent::UnknownLevel);
        let numbers: Vec<_> = found.iter().map(number).collect();
        let classes = codes.map(|code| code.map_or(Err(Absent::Missing), |code| numbers[code])).collect();
        (levels, classes)
    }
}

#[cfg(test)]
mod tests {
    use crate::formula::{Cache, History, Options, Program, parse};
    use crate::panel::{Absent, KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey};

    fn panel(regions: &[&str], years: &[&str], measure: &str) -> Panel {
        let keys = KeyNames { region: "state".into(), period: "year".into(), industry: None };
        let measures = vec![Measure { name: measure.into(), unit: String::new(), kind: MeasureKind::Flow }];
        let mut builder = PanelBuilder::new(keys, measures);
        for (row, (region, period)) in regions.iter().flat_map(|r| years.iter().map(move |y| (r, y))).enumerate() {
            builder.push(RowKey { row, region, period, industry: None }, &[Ok(row as f64)]);
        }
        builder.finish().unwrap()
    }

    #[test]
    fn predictions_take_levels_from_the_fit_and_need_no_outcome() {
        let formula = &parse("gdp ~ i(state) + i(year)").unwrap()[0];
        let fitted = Program::compile(formula, &panel(&["a", "b"], &["1990", "1991"], "gdp")).unwrap();
        let other = panel(&["b", "c"], &["1991", "1992"], "firms");
        let options = Options { basis: Some(fitted.basis()), predicts: true, ..Options::default() };
        let program = Program::compile_with(formula, &other, options).unwrap();
        assert_eq!(program.regressors(), ["(Intercept)", "state::b", "year::1991"]);
        assert_eq!(program.regressors(), fitted.regressors());
        let history = History::new(&other);
        let at = |t: usize| program.predictors(&history, other.periods()[t], &mut Cache::default()).regressors;
        assert_eq!(at(0)[1], [Ok(1.0), Err(Absent::UnknownLevel)]);
        assert_eq!(at(0)[2], [Ok(1.0), Ok(1.0)]);
        assert_eq!(at(1)[2], [Err(Absent::UnknownLevel), Err(Absent::UnknownLevel)]);
        assert!(Program::compile(formula, &other).is_err());
    }
}
