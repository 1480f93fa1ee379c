//! The distribution that an index compares another one with: equal shares, the total's, or those of a third measure.

use super::distribution::{Over, check_over};
use super::{Facts, Input, Refusal};
use crate::card::{Domain, Param, Params};
use crate::panel::Value;

/// The parameter that chooses the reference.
pub(super) const REFERENCE: Param = Param {
    name: "reference",
    doc: "`equal`: every category has the same share. `total`: the shares of the sum of all, as in a locational Gini; \
          needs data with industries.",
    domain: Domain::Choice(&["equal", "total"]),
};

/// The parameter that puts a measure of the regions in the place of the reference.
pub(super) const WEIGHTS: Param = Param {
    name: "weights",
    doc: "A measure or numeric attribute, such as population or area, whose shares of the regions are the reference \
          in place of `reference`; over regions only.",
    domain: Domain::Measure { required: false },
};

/// Refuses references that the data or the other parameters do not allow.
pub(super) fn check_reference(params: &Params, facts: &Facts) -> Result<(), Refusal> {
    if params.chooses("reference", "total") && !facts.has_industries {
        return Err(Refusal { param: "reference", rule: "total needs data with industries" });
    }
    if params.text("weights").is_some() && params.chooses("over", "industries") {
        return Err(Refusal { param: "weights", rule: "weights are of regions, and the shares are of industries" });
    }
    check_over(params, facts)
}

/// The statement of an answer about its reference.
pub(super) fn convention(params: &Params) -> String {
    let reference = match (params.text("weights"), params.text("reference")) {
        (Some(weights), _) => format!("the shares of {weights}"),
        (None, Some("total")) => "the shares of the sum of all, itself included".to_owned(),
        _ => "equal shares".to_owned(),
    };
    format!("reference: {reference}, of the categories that are present")
}

/// Whether the reference is equal shares.
pub(super) fn is_equal(params: &Params) -> bool {
    params.text("weights").is_none() && params.chooses("reference", "equal")
}

/// The reference's value of each category.
pub(super) fn reference(input: &Input<'_>, params: &Params, over: Over) -> Vec<Value> {
    let totals = over.totals(&input.measure);
    match input.regional("weights") {
        Some(weights) => weights.to_vec(),
        None if is_equal(params) => vec![Ok(1.0); totals.len()],
        None => totals,
    }
}
