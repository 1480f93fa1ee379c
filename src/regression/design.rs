//! The rows a regression is estimated on, and the count of those it is not.

use super::facts::Facts;
use crate::numeric::absorb::Factor;
use crate::numeric::vector::{blocks, magnitude};
use crate::panel::{Absent, Value, finite};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which observation a row is; region and industry are numbers among the labels of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    /// Number of the region.
    pub region: u32,
    /// Number of the industry; 0 where regions are observed as a whole.
    pub industry: u32,
    /// Ordinal of the period.
    pub period: i32,
}

/// Why a row takes no part in the estimation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum LeftOut {
    /// A variable of the row has no value; the reason of the first such variable.
    Absent(Absent),
    /// The weight is zero or negative.
    Weight,
    /// The row is the only one of a level of a fixed effect.
    Singleton,
    /// The row is not of the part of the data asked for.
    OutsideSample,
    /// The estimator has no use for it, such as the first period of differences; its card says why.
    NotUsable,
    /// Effects or terms fit the row exactly, so that the likelihood grows with them without end.
    Separated,
}

impl LeftOut {
    /// The reason's name in answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Absent(reason) => reason.name(),
            Self::Weight => "weight_not_positive",
            Self::Singleton => "singleton",
            Self::OutsideSample => "outside_sample",
            Self::NotUsable => "not_usable",
            Self::Separated => "separated",
        }
    }
}

/// A classification of the rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Groups {
    /// What it is called, such as `state` or `division^year`.
    pub name: String,
    /// Class of each row.
    pub codes: Vec<u32>,
    /// Names of the classes; each has at least one row.
    pub levels: Vec<String>,
}

impl Groups {
    /// How many rows each level has.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.levels.len()];
        self.codes.iter().for_each(|g| sizes[*g as usize] += 1);
        sizes
    }

    /// Keeps the rows at the positions in `kept`, and the levels that still have one.
    fn keep(&mut self, kept: &[usize]) {
        let mut number = vec![u32::MAX; self.levels.len()];
        for i in kept {
            number[self.codes[*i] as usize] = 0;
        }
        let present: Vec<usize> = (0..number.len()).filter(|g| number[*g] == 0).collect();
        for (new, old) in present.iter().enumerate() {
            number[*old] = new as u32;
        }
        self.codes = kept.iter().map(|i| number[self.codes[*i] as usize]).collect();
        self.levels = present.iter().map(|g| std::mem::take(&mut self.levels[*g])).collect();
    }
}

/// A fixed effect: an intercept or a slope, or both, for every level.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// Its text in the formula, such as `state` or `state[trend]`.
    pub name: String,
    /// The levels.
    pub groups: Groups,
    /// Whether each level has an intercept.
    pub intercept: bool,
    /// Values of the variable whose slope differs by level.
    pub slope: Option<Vec<f64>>,
}

impl Effect {
    /// The effect as the absorber wants it.
    pub fn factor(&self) -> Factor<'_> {
        Factor {
            codes: &self.groups.codes,
            levels: self.groups.levels.len(),
            intercept: self.intercept,
            slope: self.slope.as_deref(),
        }
    }
}

/// A row that is left out because something of it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Incomplete {
    /// Which observation it is.
    pub row: RowId,
    /// Its outcome.
    pub y: Value,
    /// Its regressors.
    pub x: Vec<Value>,
}

/// Rows ready for estimation: every number finite, every weight positive, no singleton.
#[derive(Debug, Clone, Default)]
pub struct Design {
    /// The outcome, one a row.
    pub y: Vec<f64>,
    /// The regressors, one column each.
    pub x: Vec<Vec<f64>>,
    /// Names of the regressors.
    pub names: Vec<String>,
    /// Numbers of the regressors that are endogenous, ascending.
    pub endogenous: Vec<usize>,
    /// The instruments that are no regressors, one column each.
    pub z: Vec<Vec<f64>>,
    /// Names of the instruments.
    pub instruments: Vec<String>,
    /// Weights, when the rows are weighted.
    pub weights: Option<Vec<f64>>,
    /// The fixed effects.
    pub effects: Vec<Effect>,
    /// The variables the errors are clustered by.
    pub clusters: Vec<Groups>,
    /// Which observation each row is.
    pub rows: Vec<RowId>,
    /// How many rows were left out, by reason.
    pub left_out: BTreeMap<LeftOut, usize>,
    /// What is known of the rows left out because something is absent: the past of those that are used.
    pub incomplete: Vec<Incomplete>,
    /// What is known of the regions and industries that rows name.
    pub facts: Arc<Facts>,
}

impl Design {
    /// Leaves out rows that are alone in a level of a fixed effect, again and again until there is none
    /// (Correia 2015), and forgets levels without rows.
    pub fn drop_singletons(&mut self) {
        if self.effects.iter().all(|effect| effect.groups.sizes().iter().all(|size| *size > 1)) {
            return;
        }
        let mut kept: Vec<usize> = (0..self.y.len()).collect();
        loop {
            let before = kept.len();
            for effect in &self.effects {
                let mut count = vec![0_usize; effect.groups.levels.len()];
                kept.iter().for_each(|i| count[effect.groups.codes[*i] as usize] += 1);
                kept.retain(|i| count[effect.groups.codes[*i] as usize] > 1);
            }
            if kept.len() == before {
                break;
            }
        }
        let dropped = self.y.len() - kept.len();
        if dropped > 0 {
            *self.left_out.entry(LeftOut::Singleton).or_default() += dropped;
        }
        self.keep(&kept);
    }

    /// Keeps the rows at the positions in `kept`, in that order, and the levels that still have one.
    pub fn keep(&mut self, kept: &[usize]) {
        let pick = |column: &mut Vec<f64>| *column = kept.iter().map(|i| column[*i]).collect();
        pick(&mut self.y);
        self.x.iter_mut().chain(&mut self.z).for_each(pick);
        self.weights.iter_mut().for_each(pick);
        self.effects.iter_mut().filter_map(|e| e.slope.as_mut()).for_each(pick);
        self.effects.iter_mut().for_each(|e| e.groups.keep(kept));
        self.clusters.iter_mut().for_each(|c| c.keep(kept));
        self.rows = kept.iter().map(|i| self.rows[*i]).collect();
    }

    /// The weighted mean of a column.
    pub fn mean(&self, column: &[f64]) -> f64 {
        match &self.weights {
            None => {
                blocks(column.len(), |rows| column[rows].iter().sum::<f64>()).iter().sum::<f64>() / column.len() as f64
            }
            Some(w) => column.iter().zip(w).map(|(x, w)| x * w).sum::<f64>() / w.iter().sum::<f64>(),
        }
    }

    /// The standard deviation of each regressor, with divisor n.
    pub fn deviations(&self) -> Vec<Value> {
        let deviation = |column: &Vec<f64>| {
            let (mean, unit) = (self.mean(column), magnitude(column));
            let squares: Vec<f64> = column.iter().map(|x| ((x - mean) / unit).powi(2)).collect();
            finite(self.mean(&squares).sqrt() * unit)
        };
        self.x.iter().map(deviation).collect()
    }

    /// Each row of a column times the square root of its weight.
    pub fn weighted(&self, column: &[f64]) -> Vec<f64> {
        match &self.weights {
            None => column.to_vec(),
            Some(weights) => column.iter().zip(weights).map(|(x, w)| x * w.sqrt()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(codes: &[u32], levels: &[&str]) -> Effect {
        let levels = levels.iter().map(|l| (*l).to_owned()).collect();
        let groups = Groups { name: "g".into(), codes: codes.to_vec(), levels };
        Effect { name: "g".into(), groups, intercept: true, slope: None }
    }

    #[test]
    fn singletons_are_dropped_until_none_is_left() {
        // Dropping row 0 (alone in a) leaves row 1 alone in p, which leaves row 2 alone in b.
        let mut design = Design {
            y: vec![0.0, 1.0, 2.0, 3.0, 4.0],
            effects: vec![effect(&[0, 1, 1, 2, 2], &["a", "b", "c"]), effect(&[0, 0, 1, 1, 1], &["p", "q"])],
            rows: (0..5).map(|region| RowId { region, industry: 0, period: 0 }).collect(),
            ..Design::default()
        };
        design.drop_singletons();
        assert_eq!(design.y, [3.0, 4.0]);
        assert_eq!(design.left_out[&LeftOut::Singleton], 3);
        assert_eq!(design.effects[0].groups.levels, ["c"]);
        assert_eq!(design.effects[0].groups.codes, [0, 0]);
        assert_eq!(design.rows[0].region, 3);
    }
}
