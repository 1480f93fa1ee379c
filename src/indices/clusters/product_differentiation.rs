//! Horizontal differentiation: how many products a region makes within a class of products.

use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::distribution::{Distribution, Over, distributions};
use crate::indices::{Classes, Index, Input, Key, Output, Shape};
use crate::panel::{Absent, Value, finite, ratio};
use std::collections::BTreeMap;

/// The entropy of the products inside classes, and its equivalent number.
#[derive(Debug)]
pub(super) struct ProductDifferentiation;

impl Index for ProductDifferentiation {
    fn card(&self) -> &'static Card {
        &Card {
            id: "product_differentiation",
            aliases: &[],
            title: "Horizontal product differentiation: the variety of products within classes of products",
            kind: Kind::Index,
            formula: "of class g in a region: entropy = H_g = Σ_{i∈g} (s_i/P_g) ln(P_g/s_i), with s_i the share of \
                      product i (the data's industries) in the region and P_g = Σ_{i∈g} s_i; equivalent = exp(entropy), \
                      the number of products of one size of the same entropy; products = products above zero. With \
                      level=region the entropy is Σ_g P_g H_g, which is related variety in natural logarithms, and \
                      products is left out. The part equivalent comes first",
            reference: "Shannon (1948), Bell System Technical Journal 27, 379–423; within classes: Jacquemin and \
                        Berry (1979), Journal of Industrial Economics 27, 359–369; equivalent number: Hill (1973), \
                        Ecology 54, 427–432, N_1",
            params: &[
                Param {
                    name: "groups",
                    doc: "The text attribute of the industries, which are the products: the class each belongs to.",
                    domain: Domain::IndustryGroups { required: true },
                },
                Param {
                    name: "level",
                    doc: "`region`: one value a region, classes weighted by their shares. `class`: a row for each \
                          class that a region's cells belong to.",
                    domain: Domain::Choice(&["region", "class"]),
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::AtLeast(1)],
        }
    }

    fn shape(&self, params: &Params, _width: usize) -> Shape {
        if params.chooses("level", "class") { Shape::Listed } else { Shape::Region }
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, width: usize) -> usize {
        regions * width
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = vec!["natural logarithm".to_owned()];
        if params.chooses("level", "region") {
            conventions.push("absent where a product of the region is of unknown class".to_owned());
        }
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let Some(classes) = input.classes("groups") else { return Output::of(Shape::Region, Vec::new()) };
        if params.chooses("level", "class") {
            return by_class(input, classes);
        }
        let regions = distributions(&input.measure, Over::Industries);
        let rows: Vec<_> = regions
            .into_iter()
            .map(|region| {
                let entropy = weighted(&region?, classes)?;
                Ok([finite(entropy.exp()), Ok(entropy)])
            })
            .collect();
        Output::of_rows(Shape::Region, ["equivalent", "entropy"], &rows)
    }
}

/// Σ_g P_g H_g = Σ_i s_i ln(P_g/s_i).
fn weighted(region: &Distribution, classes: &Classes) -> Value {
    let mut shares: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    for (industry, share) in region.categories.iter().zip(region.shares()).filter(|(_, share)| *share > 0.0) {
        shares.entry(classes.of[*industry].ok_or(Absent::Missing)?).or_default().push(share);
    }
    shares.values().map(|class| Ok(class.iter().sum::<f64>() * entropy(class)?)).sum()
}

/// Σ p ln(1/p) of the shares p in the sum of numbers that are not negative.
fn entropy(values: &[f64]) -> Value {
    if values.iter().any(|x| *x < 0.0) {
        return Err(Absent::OutsideDomain);
    }
    let total: f64 = values.iter().sum();
    let shares: Vec<f64> = values.iter().filter(|x| **x > 0.0).map(|x| x / total).collect();
    let entropy: f64 = shares.iter().map(|p| -p * p.ln()).sum();
    if total > 0.0 { finite(entropy.max(0.0)) } else { Err(Absent::ZeroDenominator) }
}

/// The rows of each region and each class of its listed cells.
fn by_class(input: &Input<'_>, classes: &Classes) -> Output {
    let (mut regions, mut names, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    for region in 0..input.measure.regions() {
        let mut found: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
        for (industry, value) in input.measure.region(region) {
            if let Some(class) = classes.of[industry] {
                found.entry(class).or_default().push(value);
            }
        }
        for (class, values) in found {
            regions.push(region as u32);
            names.push(classes.names[class].clone());
            rows.push(differentiation(&values));
        }
    }
    let keys = vec![("region", Key::Regions(regions)), ("class", Key::Texts(names))];
    Output { keys, ..Output::of_rows(Shape::Listed, ["equivalent", "entropy", "products"], &rows) }
}

fn differentiation(values: &[Value]) -> Result<[Value; 3], Absent> {
    let present = crate::indices::distribution::present(values.iter().copied())?;
    let entropy = entropy(&present)?;
    let products = present.iter().filter(|x| **x > 0.0).count();
    Ok([finite(entropy.exp()), Ok(entropy), ratio(products as f64, 1.0)])
}
