//! Laws and figures of the family `complexity`.

use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Input, Output, Shape, find};
use agglo::panel::{Absent, Slice, Value};
use nalgebra::{DMatrix, SymmetricEigen};
use std::collections::BTreeMap;

/// The indices that need nothing beside their measure.
const ALL: [&str; 15] = [
    "rca_matrix",
    "diversity",
    "ubiquity",
    "method_of_reflections",
    "economic_complexity",
    "product_complexity",
    "complexity_diagnostics",
    "fitness",
    "fitness_complexity",
    "proximity",
    "relatedness",
    "relatedness_density",
    "coherence",
    "complexity_outlook_index",
    "complexity_outlook_gain",
];

fn params(id: &str, given: &[(&str, &str)]) -> Params {
    let given: BTreeMap<_, _> = given.iter().map(|(name, word)| ((*name).into(), Raw::Text((*word).into()))).collect();
    Params::parse(find(id).unwrap().card(), &given, "").unwrap()
}

fn compute(id: &str, slice: &Slice<'_>) -> Output {
    find(id).unwrap().compute(&Input::new(slice.clone()), &params(id, &[]))
}

fn value(id: &str, slice: &Slice<'_>) -> Vec<Value> {
    compute(id, slice).parts.remove(0).1
}

/// Positive values with zeros, the same for the same seed; the share of numbers varies from region to region.
fn table(regions: usize, width: usize, seed: u64) -> Vec<f64> {
    let mut dice = Dice::new(seed);
    let cell = |region: usize| if dice.below(regions + 3) <= region { 0.0 } else { dice.positive() };
    (0..regions * width).map(|cell| cell / width).map(cell).collect()
}

fn dense(width: usize, values: &[f64]) -> Slice<'static> {
    Slice::dense(width, values.iter().copied().map(Ok).collect::<Vec<Value>>())
}

fn near(a: Value, b: Value) -> bool {
    a == b || a.and_then(|a| Ok((a - b?).abs() < 1e-9)) == Ok(true)
}

#[test]
fn regions_are_as_complex_as_their_industries_on_average() {
    for seed in 0..50 {
        let (regions, width) = (12, 9 + seed as usize % 8);
        let slice = dense(width, &table(regions, width, seed));
        let (eci, pci) = (value("economic_complexity", &slice), value("product_complexity", &slice));
        let m = value("rca_matrix", &slice);
        let present: Vec<f64> = eci.iter().copied().flatten().collect();
        let n = present.len() as f64;
        assert!(n > 1.0 && present.iter().sum::<f64>().abs() < 1e-9, "seed {seed}: {eci:?}");
        assert!((present.iter().map(|x| x * x).sum::<f64>() / n - 1.0).abs() < 1e-9);
        for (region, eci) in eci.iter().enumerate().filter(|(_, eci)| eci.is_ok()) {
            let own = (0..width).filter(|i| m[region * width + i] == Ok(1.0));
            let own: Vec<f64> = own.map(|i| pci[i].unwrap()).collect();
            assert!(near(*eci, Ok(own.iter().sum::<f64>() / own.len() as f64)), "seed {seed}, region {region}");
        }
    }
}

/// The eigenvalues of D⁻¹ M U⁻¹ Mᵀ, descending, and the number of eigenvalues 1.
fn eigenvalues(m: &DMatrix<f64>) -> (Vec<f64>, usize) {
    let root =
        |sums: Vec<f64>| DMatrix::from_diagonal(&sums.into_iter().map(|x| x.powf(-0.5)).collect::<Vec<_>>().into());
    let rows = root(m.row_iter().map(|row| row.sum()).collect());
    let columns = root(m.column_iter().map(|column| column.sum()).collect());
    let scaled = rows * m * columns;
    let mut values: Vec<f64> = SymmetricEigen::new(&scaled * scaled.transpose()).eigenvalues.iter().copied().collect();
    values.sort_by(|a, b| b.total_cmp(a));
    let ones = values.iter().filter(|x| **x > 1.0 - 1e-9).count();
    (values, ones)
}

#[test]
fn eigenvalues_are_those_of_the_dense_matrix() {
    let mut connected = 0;
    for (regions, width) in [(50, 80), (80, 50), (7, 9), (9, 7), (4, 4), (2, 6), (3, 3)] {
        for seed in 0..20 {
            let slice = dense(width, &table(regions, width, seed));
            let m = value("rca_matrix", &slice).into_iter().map(|x| x.unwrap_or(0.0));
            let m = DMatrix::from_row_iterator(regions, width, m);
            let (values, ones) = eigenvalues(&m);
            let parts: BTreeMap<_, _> = compute("complexity_diagnostics", &slice).parts.into_iter().collect();
            if values.iter().any(|x| !x.is_finite()) {
                continue; // a region or industry that is specialised in nothing
            }
            assert_eq!(parts["components"][0], Ok(ones as f64), "{regions} × {width}, seed {seed}: {values:?}");
            if ones == 1 {
                connected += 1;
                let third = values.get(2).map_or(0.0, |x| x.max(0.0));
                assert!(near(parts["second_eigenvalue"][0], Ok(values[1].max(0.0))), "{values:?} {parts:?}");
                assert!(near(parts["third_eigenvalue"][0], Ok(third)), "{values:?} {parts:?}");
            }
        }
    }
    assert!(connected > 40, "{connected}");
}

#[test]
fn empty_regions_and_industries_spoil_nothing() {
    for seed in 0..20 {
        let (regions, width) = (8, 7);
        let values = table(regions, width, seed);
        let row = |region: usize| values[region * width..(region + 1) * width].iter().copied().chain([0.0]);
        let with_empty: Vec<f64> = (0..regions).flat_map(row).chain(vec![0.0; width + 1]).collect();
        let (before, after) = (dense(width, &values), dense(width + 1, &with_empty));
        for id in ALL.into_iter().filter(|id| !["proximity", "relatedness"].contains(id)) {
            let (before, after) = (compute(id, &before), compute(id, &after));
            let place = |row: usize| match before.shape {
                Shape::Cell | Shape::Grid => row / width * (width + 1) + row % width,
                _ => row,
            };
            for ((_, before), (_, after)) in before.parts.iter().zip(&after.parts) {
                assert!(before.iter().enumerate().all(|(row, x)| near(*x, after[place(row)])), "{id}, seed {seed}");
                let more = after.len() > before.len();
                assert!(!more || after[after.len() - 1] == Err(Absent::ZeroDenominator), "{id}, seed {seed}");
            }
        }
    }
}

#[test]
fn cells_that_are_not_listed_are_as_zeros() {
    for seed in 0..20 {
        let (regions, width) = (9, 11);
        let values = table(regions, width, seed);
        let cells = |region: usize| {
            let row = (0..width as u32).map(|i| (i, values[region * width + i as usize]));
            row.filter(|(_, x)| *x > 0.0).map(|(i, x)| (i, Ok(x))).collect()
        };
        let listed: Vec<Vec<(u32, Value)>> = (0..regions).map(cells).collect();
        let (dense, sparse) = (dense(width, &values), Slice::listed(width, &listed));
        for id in ALL.into_iter().filter(|id| *id != "rca_matrix") {
            for ((_, dense), (_, sparse)) in compute(id, &dense).parts.iter().zip(&compute(id, &sparse).parts) {
                // Only the reason of what is absent may differ.
                let same = |(a, b): (&Value, &Value)| a == b || (a.is_err() && b.is_err());
                assert!(dense.iter().zip(sparse).all(same), "{id}, seed {seed}: {dense:?} {sparse:?}");
            }
        }
    }
}

#[test]
fn the_halves_of_an_industry_are_alike() {
    let (regions, width) = (9, 8);
    let values = table(regions, width, 5);
    let row = |region: usize| {
        let row = &values[region * width..(region + 1) * width];
        row[..width - 1].iter().copied().chain([row[width - 1] / 2.0; 2])
    };
    let slice = dense(width + 1, &(0..regions).flat_map(row).collect::<Vec<_>>());
    for id in ["ubiquity", "product_complexity", "fitness_complexity"] {
        let values = value(id, &slice);
        assert!(near(values[width - 1], values[width]), "{id}: {values:?}");
    }
    // The last pair is that of the halves.
    assert_eq!(value("proximity", &slice).last(), Some(&Ok(1.0)));
}

#[test]
fn networks_that_fall_apart_are_told() {
    // Two regions and two industries that nobody else has, beside a larger network.
    let mut values = vec![0.0; 8 * 7];
    for (cell, x) in table(6, 5, 3).into_iter().enumerate() {
        values[cell / 5 * 7 + cell % 5] = x;
    }
    for (region, industry) in [(6, 5), (6, 6), (7, 5), (7, 6)] {
        values[region * 7 + industry] = 1.0;
    }
    let slice = dense(7, &values);
    assert!(compute("complexity_diagnostics", &slice).parts[0].1[0].unwrap() > 1.0);
    for (id, outside) in
        [("economic_complexity", 6..8), ("product_complexity", 5..7), ("complexity_outlook_index", 6..8)]
    {
        let values = value(id, &slice);
        assert!(values[0].is_ok(), "{id}: {values:?}");
        assert!(values[outside].iter().all(|x| *x == Err(Absent::Undetermined)), "{id}: {values:?}");
    }
}

#[test]
fn pairs_do_not_depend_on_the_order_of_regions() {
    let (regions, width) = (9, 6);
    let values = table(regions, width, 8);
    let turned: Vec<f64> = values.chunks(width).rev().flatten().copied().collect();
    for id in ["proximity", "relatedness"] {
        assert_eq!(value(id, &dense(width, &values)), value(id, &dense(width, &turned)));
    }
}

#[test]
fn fitness_that_falls_for_ever_has_not_converged() {
    // One region has both industries, the other the common one: its fitness falls as 1/n. Pugliese et al. (2016).
    let slice = dense(2, &[1.0, 1.0, 0.0, 1.0]);
    let given = params("fitness", &[("iterations", "500"), ("cutoff", "0.5")]);
    let parts: BTreeMap<_, _> =
        find("fitness").unwrap().compute(&Input::new(slice), &given).parts.into_iter().collect();
    let last = parts["value"][1].unwrap();
    assert!(last > 0.0 && last < 0.01, "{parts:?}");
    assert_eq!((parts["converged"][1], parts["iterations"][1]), (Ok(0.0), Ok(500.0)));
}

fn p_values(slice: &Slice<'_>, given: &[(&str, &str)], ask: Ask) -> Vec<Value> {
    let index = find("relatedness").unwrap();
    let columns = index.infer(&Input::new(slice.clone()), &params("relatedness", given), &ask).unwrap();
    assert_eq!(columns[0].0, "value_p");
    columns.into_iter().next().unwrap().1
}

const ASK: Ask = Ask { infer: Infer::Analytic, draws: 4000, seed: 3, level: 0.95, alternative: Alternative::Greater };

#[test]
fn analytic_p_values_are_hypergeometric() {
    let figure = dense(4, &[1, 1, 1, 1, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1].map(f64::from));
    let given = [("kind", "z"), ("cutoff", "0.5")];
    // scipy 1.17.1, hypergeom(4, k_i, k_j).sf(C_ij - 1) and .cdf(C_ij)
    let greater = [0.5, 0.5, 0.75, 5.0 / 6.0, 1.0, 0.5];
    let less = [1.0, 1.0, 1.0, 5.0 / 6.0, 0.5, 1.0];
    let both = std::array::from_fn::<f64, 6, _>(|pair| (2.0 * f64::min(greater[pair], less[pair])).min(1.0));
    for (alternative, expected) in
        [(Alternative::Greater, greater), (Alternative::Less, less), (Alternative::TwoSided, both)]
    {
        let ours = p_values(&figure, &given, Ask { alternative, ..ASK });
        assert!(ours.iter().zip(expected).all(|(ours, p)| near(*ours, Ok(p))), "{alternative:?}: {ours:?}");
    }
}

#[test]
fn permutations_are_uniform_over_the_matrices_of_the_same_margins() {
    // Two ones in every row and column; their quotients are 2.
    let circle = [0b0011_u32, 0b0110, 0b1100, 0b1001];
    let bit = |row: u32, industry: usize| f64::from(row >> industry & 1);
    let values: Vec<f64> = circle.iter().flat_map(|row| (0..4).map(move |i| bit(*row, i))).collect();
    let shared = |rows: &[u32], i: usize, j: usize| rows.iter().filter(|row| **row >> i & **row >> j & 1 == 1).count();
    let pairs: Vec<(usize, usize)> = (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j))).collect();
    let (mut matrices, mut extreme) = (0.0, vec![0.0; pairs.len()]);
    for code in 0..1_u32 << 16 {
        let rows = [0, 4, 8, 12].map(|shift| code >> shift & 15);
        let columns = (0..4).all(|i| rows.iter().filter(|row| **row >> i & 1 == 1).count() == 2);
        if columns && rows.iter().all(|row| row.count_ones() == 2) {
            matrices += 1.0;
            for (extreme, (i, j)) in extreme.iter_mut().zip(&pairs) {
                *extreme += f64::from(u8::from(shared(&rows, *i, *j) >= shared(&circle, *i, *j)));
            }
        }
    }
    let ask = Ask { infer: Infer::Permutation, ..ASK };
    let ours = p_values(&dense(4, &values), &[], ask);
    for ((ours, extreme), pair) in ours.iter().zip(extreme).zip(pairs) {
        let (ours, exact) = (ours.unwrap(), extreme / matrices);
        println!("pair {pair:?}: {ours:.4}, exactly {exact:.4} of {matrices} matrices");
        assert!((ours - exact).abs() < 0.03, "pair {pair:?}: {ours} for {exact}");
    }
    assert_eq!(ours, p_values(&dense(4, &values), &[], ask));
}
