//! The dynamic agglomeration index: growth of a region's measure over the nation's.

use super::span::{Change, changes};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Slice, Value, ratio};

/// `S_ri / S_i`, with the two growth rates beside it so that no sign is lost.
#[derive(Debug)]
pub(super) struct DynamicAgglomeration;

impl Index for DynamicAgglomeration {
    fn card(&self) -> &'static Card {
        &Card {
            id: "dynamic_agglomeration",
            aliases: &[],
            title: "Dynamic agglomeration index: a region's growth over the nation's growth",
            kind: Kind::Index,
            formula: "β_ri = S_ri / S_i, with S_ri = x_ri(t)/x_ri(t−span) − 1 the growth of industry i in region r and \
                      S_i the growth of its sum over regions; without industries S_r / S. \
                      Parts: value, regional_growth, national_growth",
            reference: "The dynamic industrial agglomeration index of Chinese regional studies; its growth rates are \
                        those of shift-share analysis, Dunn (1960), Papers of the Regional Science Association 6, \
                        97–112",
            params: &[
                Param {
                    name: "span",
                    doc: "Periods over which growth is taken.",
                    domain: Domain::Integer { min: 1, max: 100, default: 1 },
                },
                Param {
                    name: "floor",
                    doc: "National growth of at most this size, either way, counts as none: the ratio is then absent \
                          (zero_denominator). A fraction; 0.01 is one per cent.",
                    domain: Domain::Number { min: 0.0, max: 1.0, default: 1e-6 },
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::OneWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, width: usize) -> Shape {
        if width > 1 { Shape::Cell } else { Shape::Region }
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![
            format!("growth over {} periods, a fraction, not annualised", params.number("span")),
            "the nation is the regions present in both periods".to_owned(),
            format!("absent where national growth is within ±{}", params.number("floor")),
            "where the nation grows: above 1 agglomerating, 0 to 1 relatively dispersing, below 0 leaving; where \
             national_growth is negative the reading is reversed"
                .to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let now = &input.measure;
        let shape = self.shape(params, now.width());
        let names = ["value", "regional_growth", "national_growth"];
        let changes = changes(now, input.earlier(params.number("span") as usize));
        let national = national_growth(now, &changes);
        let rows: Vec<_> = changes
            .iter()
            .zip(now.cells())
            .map(|(change, (_, industry, _))| {
                let (regional, national) = ((*change)?.growth(), national[industry]);
                Ok([relative(regional, national, params.number("floor")), regional, national])
            })
            .collect();
        Output::of_rows(shape, names, &rows)
    }
}

/// The growth of each industry's sum over the regions that are present in both periods.
fn national_growth(now: &Slice<'_>, changes: &[Result<Change, Absent>]) -> Vec<Value> {
    let mut sums = vec![Change::default(); now.width()];
    for ((_, industry, _), change) in now.cells().zip(changes) {
        sums[industry] += change.unwrap_or_default();
    }
    sums.into_iter().map(Change::growth).collect()
}

fn relative(regional: Value, national: Value, floor: f64) -> Value {
    let (regional, national) = (regional?, national?);
    if national.abs() <= floor { Err(Absent::ZeroDenominator) } else { ratio(regional, national) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn of(now: Vec<Value>, earlier: Option<Vec<Value>>) -> Output {
        let mut input = Input::new(Slice::dense(1, now));
        input.past = vec![earlier.map(|values| Slice::dense(1, values))];
        let params = Params::parse(DynamicAgglomeration.card(), &BTreeMap::new(), "").unwrap();
        DynamicAgglomeration.compute(&input, &params)
    }

    #[test]
    fn a_shrinking_nation_shows_in_its_own_part() {
        let output = of(vec![Ok(5.0), Ok(10.0)], Some(vec![Ok(10.0), Ok(10.0)]));
        assert_eq!(output.parts[0], ("value", vec![Ok(2.0), Ok(0.0)]));
        assert_eq!(output.parts[1], ("regional_growth", vec![Ok(-0.5), Ok(0.0)]));
        assert_eq!(output.parts[2], ("national_growth", vec![Ok(-0.25); 2]));
    }

    #[test]
    fn growth_that_is_only_rounding_is_none() {
        let output = of(vec![Ok(0.1 + 0.2)], Some(vec![Ok(0.3)]));
        assert_eq!(output.parts[0].1, vec![Err(Absent::ZeroDenominator)]);
        assert!(output.parts[2].1[0].is_ok_and(|growth| growth > 0.0));
    }

    #[test]
    fn regions_count_where_both_periods_are_there() {
        let output =
            of(vec![Ok(3.0), Ok(9.0), Err(Absent::Suppressed)], Some(vec![Ok(2.0), Err(Absent::Missing), Ok(1.0)]));
        assert_eq!(output.parts[0].1, vec![Ok(1.0), Err(Absent::Missing), Err(Absent::Suppressed)]);
        let gap = of(vec![Ok(3.0), Err(Absent::Missing)], None);
        assert_eq!(gap.parts[0].1, vec![Err(Absent::NoPeriod), Err(Absent::Missing)]);
    }
}
