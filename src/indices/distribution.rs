//! Distributions over industries or over regions, for the indices that take the parameter `over`.

use super::{Facts, Input, Output, Refusal, Shape};
use crate::card::{Domain, Param, Params};
use crate::panel::{Absent, Slice, Value, finite};
use rayon::prelude::*;

/// The parameter that says what a distribution runs over.
pub(super) const OVER: Param = Param {
    name: "over",
    doc: "`industries`: one value a region, from its shares of industries (specialisation). `regions`: one value an \
          industry, from its shares of regions (concentration); one value in all when the data have no industries. \
          `auto`: industries when the data have them, else regions.",
    domain: Domain::Choice(&["auto", "industries", "regions"]),
};

/// What the shares of an index are shares of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// A region's industries.
    Industries,
    /// An industry's regions.
    Regions,
}

impl Over {
    /// What the parameter `over` means for data of `width` industries; weights belong to regions, so they decide `auto`.
    pub(super) fn of(params: &Params, width: usize) -> Self {
        let automatic = width > 1 && params.text("weights").is_none();
        let industries = params.chooses("over", "industries") || (automatic && params.chooses("over", "auto"));
        if industries { Self::Industries } else { Self::Regions }
    }

    /// What one value of the index belongs to.
    pub(super) fn shape(self, width: usize) -> Shape {
        match self {
            Self::Industries => Shape::Region,
            Self::Regions if width > 1 => Shape::Industry,
            Self::Regions => Shape::Nation,
        }
    }

    /// The sum of all distributions, category by category.
    pub(super) fn totals(self, slice: &Slice<'_>) -> Vec<Value> {
        match self {
            Self::Industries => slice.industry_totals(),
            Self::Regions => slice.region_totals(),
        }
    }
}

/// Refuses `over=industries` for data without industries.
pub(super) fn check_over(params: &Params, facts: &Facts) -> Result<(), Refusal> {
    if params.chooses("over", "industries") && !facts.has_industries {
        return Err(Refusal { param: "over", rule: "industries needs data with industries" });
    }
    Ok(())
}

/// The statement of an answer about its distributions.
pub(super) fn convention(params: &Params) -> String {
    let over = match params.text("over") {
        Some("industries") => "shares of a region's industries",
        Some("regions") => "shares of an industry's regions",
        _ => "shares of a region's industries, without industries (or with weights) shares of regions",
    };
    format!("{over}; a zero counts as a category, an absent cell does not")
}

/// What is present of one region over industries, or of one industry over regions; nothing negative, not all zero.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Distribution {
    /// The values.
    pub(super) values: Vec<f64>,
    /// The category (industry or region) of each value.
    pub(super) categories: Vec<usize>,
    /// Sum of the values.
    pub(super) total: f64,
}

impl Distribution {
    /// What is present of `values`, which belong to the categories that `category` tells by position.
    fn of(values: &[Value], category: impl Fn(usize) -> usize) -> Result<Self, Absent> {
        let (mut found, mut categories) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        let mut reason = Absent::Missing;
        for (i, value) in values.iter().enumerate() {
            match value {
                Ok(x) => {
                    found.push(*x);
                    categories.push(category(i));
                }
                Err(absent) => reason = reason.max(*absent),
            }
        }
        if found.is_empty() {
            return Err(reason);
        }
        let total = positive_total(found.iter().copied())?;
        Ok(Self { values: found, categories, total })
    }

    /// Number of categories.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The share of each category.
    pub(super) fn shares(&self) -> impl Iterator<Item = f64> {
        self.values.iter().map(|x| x / self.total)
    }

    /// Each value beside the reference of its category; categories without a reference are left out.
    ///
    /// # Errors
    /// The reason, when none has a reference.
    pub(super) fn beside(&self, reference: &[Value]) -> Result<Vec<(f64, f64)>, Absent> {
        present(self.values.iter().zip(&self.categories).map(|(x, category)| Ok((*x, reference[*category]?))))
    }
}

/// What is present; as with sums, when nothing is, the reason that comes last in [`Absent::ALL`].
pub(super) fn present<T>(items: impl Iterator<Item = Result<T, Absent>>) -> Result<Vec<T>, Absent> {
    let mut found = Vec::with_capacity(items.size_hint().1.unwrap_or_default());
    let mut reason = Absent::Missing;
    for item in items {
        match item {
            Ok(item) => found.push(item),
            Err(absent) => reason = reason.max(absent),
        }
    }
    if found.is_empty() { Err(reason) } else { Ok(found) }
}

/// The sum of numbers, where none is negative and not all are zero.
fn positive_total(values: impl Iterator<Item = f64>) -> Value {
    let (total, least) = values.fold((0.0, 0.0), |(total, least): (f64, f64), x| (total + x, least.min(x)));
    match finite(total)? {
        _ if least < 0.0 => Err(Absent::OutsideDomain),
        0.0 => Err(Absent::ZeroDenominator),
        total => Ok(total),
    }
}

/// Distributions that one thread takes at a time: enough to be worth the hand-over.
const BATCH: usize = 32;

/// The distribution of each region over industries, or of each industry over regions.
pub(super) fn distributions(slice: &Slice<'_>, over: Over) -> Vec<Result<Distribution, Absent>> {
    map_distributions(slice, over, Ok)
}

/// What `f` makes of the distribution of each region over industries, or of each industry over regions.
pub(super) fn map_distributions<T: Send>(
    slice: &Slice<'_>,
    over: Over,
    f: impl Fn(Distribution) -> Result<T, Absent> + Sync,
) -> Vec<Result<T, Absent>> {
    match over {
        Over::Industries => {
            let of = |r| Distribution::of(slice.region_values(r), |i| slice.industry_at(slice.span(r).start + i));
            (0..slice.regions()).into_par_iter().with_min_len(BATCH).map(|r| f(of(r)?)).collect()
        }
        Over::Regions => {
            let columns = slice.by_industry();
            let of = |(regions, values): (&[u32], &[Value])| Distribution::of(values, |i| regions[i] as usize);
            (0..slice.width()).into_par_iter().with_min_len(BATCH).map(|i| f(of(columns.industry(i))?)).collect()
        }
    }
}

/// Computes named results of every distribution.
pub(super) fn each<const N: usize>(
    input: &Input<'_>,
    params: &Params,
    names: [&'static str; N],
    compute: impl Fn(&Distribution) -> [Value; N] + Sync,
) -> Output {
    let over = Over::of(params, input.measure.width());
    let rows = map_distributions(&input.measure, over, |distribution| Ok(compute(&distribution)));
    Output::of_rows(over.shape(input.measure.width()), names, &rows)
}

/// Sum of absolute differences between the shares of the first and of the second numbers.
pub(super) fn share_distance(pairs: &[(f64, f64)]) -> Value {
    let (x, reference) = totals(pairs)?;
    finite(pairs.iter().map(|(a, b)| (a / x - b / reference).abs()).sum())
}

/// The sums of the first and of the second numbers; both must be distributions.
pub(super) fn totals(pairs: &[(f64, f64)]) -> Result<(f64, f64), Absent> {
    Ok((positive_total(pairs.iter().map(|(a, _)| *a))?, positive_total(pairs.iter().map(|(_, b)| *b))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MISSING: Value = Err(Absent::Missing);

    #[test]
    fn only_what_is_present_counts() {
        let grid = Slice::dense(2, vec![Ok(1.0), MISSING, Ok(0.0), Ok(4.0), MISSING, MISSING]);
        let rows = distributions(&grid, Over::Industries);
        assert_eq!(rows[0].as_ref().unwrap().categories, vec![0]);
        assert_eq!(rows[1].as_ref().unwrap().shares().collect::<Vec<_>>(), vec![0.0, 1.0]);
        assert_eq!(rows[2], Err(Absent::Missing));
        let columns = distributions(&grid, Over::Regions);
        assert_eq!(columns[0].as_ref().unwrap().values, vec![1.0, 0.0]);
    }

    #[test]
    fn what_is_negative_or_all_zero_has_no_shares() {
        assert_eq!(Distribution::of(&[Ok(-1.0), Ok(2.0)], |i| i), Err(Absent::OutsideDomain));
        assert_eq!(Distribution::of(&[Ok(0.0), MISSING], |i| i), Err(Absent::ZeroDenominator));
    }

    #[test]
    fn the_distance_compares_shares_of_what_both_have() {
        let distribution = Distribution::of(&[Ok(1.0), Ok(1.0), Ok(2.0)], |i| i).unwrap();
        assert_eq!(distribution.beside(&[Ok(5.0), Ok(5.0), MISSING]).and_then(|pairs| share_distance(&pairs)), Ok(0.0));
        assert_eq!(distribution.beside(&[MISSING; 3]), Err(Absent::Missing));
    }
}
