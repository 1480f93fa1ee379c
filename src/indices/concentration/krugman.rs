//! The Krugman index: how far a structure lies from that of the rest.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::distribution::{Distribution, OVER, Over, check_over, convention, distributions, share_distance};
use crate::indices::{Facts, Index, Input, Output, Refusal, Shape};
use crate::panel::{Absent, Value};

/// `Σ |s_ri − s_i|`.
#[derive(Debug)]
pub(super) struct Krugman;

impl Index for Krugman {
    fn card(&self) -> &'static Card {
        &Card {
            id: "krugman",
            aliases: &[],
            title: "Krugman index: sum of absolute differences of shares, 0 (the same) to 2 (nothing in common)",
            kind: Kind::Index,
            formula: "K_r = Σ_i |s_ri − s_i|, with s_ri = x_ri/x_r and s_i the reference's share of industry i; over \
                      regions the same of an industry's shares of regions; without industries against equal shares",
            reference: "Krugman (1991), Geography and Trade, MIT Press; against the mean of the others: Farhauer and \
                        Kröll (2014), Standorttheorien, Springer Gabler",
            params: &[
                OVER,
                Param {
                    name: "reference",
                    doc: "`total`: the structure of the sum of all, itself included. `others`: the unweighted mean of \
                          the shares of all others. Data without industries are compared with equal shares.",
                    domain: Domain::Choice(&["total", "others"]),
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 2), Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, params: &Params, width: usize) -> Shape {
        Over::of(params, width).shape(width)
    }

    fn check(&self, params: &Params, facts: &Facts) -> Result<(), Refusal> {
        if params.chooses("reference", "others") && !facts.has_industries {
            return Err(Refusal { param: "reference", rule: "others needs data with industries" });
        }
        check_over(params, facts)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let reference = match params.text("reference") {
            Some("others") => "reference: unweighted mean of the shares of the others, itself excluded",
            _ => "reference: the sum of all, itself included; without industries equal shares",
        };
        let restricted = "the reference's shares are those of the categories that are present";
        vec![convention(params), reference.to_owned(), restricted.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let grid = &input.measure;
        let over = Over::of(params, grid.width());
        let all = distributions(grid, over);
        let total = if grid.width() > 1 { over.totals(grid) } else { vec![Ok(1.0); grid.regions()] };
        let others = params.chooses("reference", "others").then(|| Others::of(&all, total.len()));
        let values = all.iter().map(|one| {
            let one = one.as_ref().map_err(|absent| *absent)?;
            match &others {
                Some(others) => share_distance(&one.beside(&others.without(one))?),
                None => share_distance(&one.beside(&total)?),
            }
        });
        Output::of(over.shape(grid.width()), values.collect())
    }
}

/// The shares of all distributions, added up by category.
struct Others {
    sums: Vec<f64>,
    counts: Vec<usize>,
}

impl Others {
    fn of(all: &[Result<Distribution, Absent>], categories: usize) -> Self {
        let mut others = Self { sums: vec![0.0; categories], counts: vec![0; categories] };
        for one in all.iter().flatten() {
            for (share, category) in one.shares().zip(&one.categories) {
                others.sums[*category] += share;
                others.counts[*category] += 1;
            }
        }
        others
    }

    /// The mean share of the others by category; absent where no other has the category.
    fn without(&self, one: &Distribution) -> Vec<Value> {
        let mut means = vec![Err(Absent::TooFewCategories); self.sums.len()];
        for (share, category) in one.shares().zip(&one.categories) {
            let others = self.counts[*category] - 1;
            if others > 0 {
                means[*category] = Ok(((self.sums[*category] - share) / others as f64).max(0.0));
            }
        }
        means
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Raw;
    use crate::panel::Grid;
    use std::collections::BTreeMap;

    fn of(width: usize, rows: &[f64], params: &[(&str, &str)]) -> Vec<Value> {
        let grid = Grid { width, values: rows.iter().copied().map(Ok).collect() };
        let given = params.iter().map(|(name, word)| ((*name).to_owned(), Raw::Text((*word).to_owned()))).collect();
        let params = Params::parse(Krugman.card(), &given, "").unwrap();
        let input = Input::new(&grid);
        Krugman.compute(&input, &params).parts.remove(0).1
    }

    #[test]
    fn nothing_in_common_is_two() {
        let values = of(5, &[20.0, 10.0, 70.0, 0.0, 0.0, 0.0, 0.0, 0.0, 60.0, 40.0], &[("reference", "others")]);
        assert_eq!(values, vec![Ok(2.0); 2], "REAT 3.0.3, man/krugman.spec.Rd prints 2");
    }

    #[test]
    fn an_industry_against_the_mean_of_the_others() {
        let industries = [
            [4320.0, 7811.0, 3900.0, 2300.0, 47560.0],
            [20000.0, 11000.0, 31000.0, 8000.0, 20000.0],
            [40000.0, 10000.0, 25000.0, 9000.0, 16000.0],
            [10000.0, 11000.0, 14000.0, 14000.0, 13000.0],
            [7000.0, 7500.0, 11000.0, 1500.0, 36000.0],
        ];
        let by_region: Vec<f64> = (0..5).flat_map(|r| industries.map(|industry| industry[r])).collect();
        let values = of(5, &by_region, &[("over", "regions"), ("reference", "others")]);
        assert!((values[0].unwrap() - 0.8619).abs() < 5e-5, "REAT 3.0.3, man/krugman.conc2.Rd prints 0.8619");
    }

    #[test]
    fn without_industries_the_reference_is_equal_shares() {
        assert_eq!(of(1, &[3.0, 1.0], &[]), vec![Ok(0.5)]);
    }

    #[test]
    fn a_lone_region_has_no_others() {
        let grid = Grid { width: 2, values: vec![Ok(1.0), Ok(2.0)] };
        let given = BTreeMap::from([("reference".to_owned(), Raw::Text("others".to_owned()))]);
        let params = Params::parse(Krugman.card(), &given, "").unwrap();
        let input = Input::new(&grid);
        assert_eq!(Krugman.compute(&input, &params).parts[0].1, vec![Err(Absent::TooFewCategories)]);
    }
}
