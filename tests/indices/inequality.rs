//! Laws and figures of the family `inequality`.

use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Classes, Index, Input, Output, find};
use agglo::numeric::random::{normals, stream};
use agglo::panel::{Absent, Slice, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Instant;

/// An index with parameters, and what stands beside the measure.
struct Call<'a> {
    index: &'static dyn Index,
    params: Params,
    weights: Option<&'a [f64]>,
    groups: Option<&'a [usize]>,
}

impl<'a> Call<'a> {
    fn of(id: &str) -> Self {
        Self::with(id, &[])
    }

    fn with(id: &str, given: &[(&str, Raw)]) -> Self {
        let index = find(id).unwrap();
        let mut given: BTreeMap<String, Raw> =
            given.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
        // What is named here stands beside the measure in the input.
        for required in ["weights", "groups"] {
            if index.card().params.iter().any(|param| param.name == required) {
                given.insert(required.to_owned(), Raw::Text("column".to_owned()));
            }
        }
        Self { index, params: Params::parse(index.card(), &given, "").unwrap(), weights: None, groups: None }
    }

    fn weighted(self, weights: &'a [f64]) -> Self {
        Self { weights: Some(weights), ..self }
    }

    fn grouped(self, groups: &'a [usize]) -> Self {
        Self { groups: Some(groups), ..self }
    }

    fn input<'i>(&self, measure: Slice<'i>) -> Input<'i> {
        let mut input = Input::new(measure);
        if let Some(weights) = self.weights {
            input = input.with_regional("weights", present(weights));
        }
        if let Some(groups) = self.groups {
            let names = (0..=groups.iter().copied().max().unwrap()).map(|g| format!("g{g:02}")).collect();
            let of = groups.iter().copied().map(Some).collect();
            input = input.with_classes("groups", Cow::Owned(Classes { of, names }));
        }
        input
    }

    fn output(&self, x: &[f64]) -> Output {
        self.index.compute(&self.input(Slice::dense(1, present(x))), &self.params)
    }

    fn parts(&self, x: &[f64]) -> BTreeMap<&'static str, Vec<Value>> {
        self.output(x).parts.into_iter().collect()
    }

    /// The first part of the only row.
    fn value(&self, x: &[f64]) -> f64 {
        self.output(x).parts[0].1[0].unwrap()
    }

    /// The input of two periods.
    fn two<'i>(&self, now: &[f64], earlier: &[f64]) -> Input<'i> {
        let mut input = self.input(Slice::dense(1, present(now)));
        input.past = vec![Some(Slice::dense(1, present(earlier)))];
        input
    }

    fn infer(&self, input: &Input<'_>, ask: &Ask) -> BTreeMap<String, Value> {
        let extras = self.index.infer(input, &self.params, ask).unwrap();
        extras.into_iter().map(|(name, values)| (name, values[0])).collect()
    }
}

fn present(values: &[f64]) -> Vec<Value> {
    values.iter().copied().map(Ok).collect()
}

fn ask(infer: Infer, draws: usize, alternative: Alternative) -> Ask {
    Ask { infer, draws, seed: 7, level: 0.95, alternative }
}

fn numbers(dice: &mut Dice, n: usize) -> Vec<f64> {
    (0..n).map(|_| dice.positive()).collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-11 * a.abs().max(b.abs()).max(1.0)
}

/// The indices of inequality between heads, in several versions.
fn measures<'a>() -> Vec<Call<'a>> {
    let epsilon = |epsilon: f64| Call::with("atkinson", &[("epsilon", Raw::Number(epsilon))]);
    let ids = ["theil_t", "theil_l", "regional_gini", "williamson"];
    ids.into_iter().map(Call::of).chain([0.5, 1.0, 2.0].map(epsilon)).collect()
}

#[test]
fn a_transfer_from_rich_to_poor_lowers_inequality() {
    let mut dice = Dice::new(1);
    for _ in 0..200 {
        let heads = numbers(&mut dice, 6);
        let x: Vec<f64> = numbers(&mut dice, 6).iter().zip(&heads).map(|(y, w)| y * w).collect();
        let y = |r: usize| x[r] / heads[r];
        let (rich, poor) = if y(0) > y(1) { (0, 1) } else { (1, 0) };
        // Half of what would make the two equal.
        let moved = 0.5 * (y(rich) - y(poor)) / (1.0 / heads[rich] + 1.0 / heads[poor]);
        let mut after = x.clone();
        after[rich] -= moved;
        after[poor] += moved;
        for call in measures() {
            let call = call.weighted(&heads);
            assert!(call.value(&after) < call.value(&x), "{} of {x:?} and {heads:?}", call.index.card().id);
        }
    }
}

#[test]
fn a_weight_stands_for_so_many_heads() {
    let mut dice = Dice::new(2);
    for _ in 0..100 {
        let heads: Vec<f64> = (0..5).map(|_| (1 + dice.below(9)) as f64).collect();
        let y = numbers(&mut dice, 5);
        let x: Vec<f64> = y.iter().zip(&heads).map(|(y, w)| y * w).collect();
        let each: Vec<f64> = y.iter().zip(&heads).flat_map(|(y, w)| std::iter::repeat_n(*y, *w as usize)).collect();
        let ones = vec![1.0; each.len()];
        for call in measures().into_iter().chain([Call::of("wolfson")]) {
            let id = call.index.card().id;
            let (index, params) = (call.index, call.params.clone());
            let repeated = Call { index, params, weights: Some(&ones), groups: None }.value(&each);
            let weighted = call.weighted(&heads).value(&x);
            assert!(near(weighted, repeated), "{id}: {weighted} {repeated}");
        }
    }
}

#[test]
fn atkinson_meets_theil() {
    let mut dice = Dice::new(3);
    for _ in 0..100 {
        let x = numbers(&mut dice, 8);
        let of = |epsilon: f64| Call::with("atkinson", &[("epsilon", Raw::Number(epsilon))]).value(&x);
        let (t, l) = (Call::of("theil_t").value(&x), Call::of("theil_l").value(&x));
        assert!(near(of(1.0), -(-l).exp_m1()), "1 − exp(−L)");
        assert!((of(1e-7) / 1e-7 - t).abs() < 1e-5, "A/ε goes to T: {} {t}", of(1e-7) / 1e-7);
        assert!((of(1.0 + 1e-9) - of(1.0)).abs() < 1e-7 && (of(1.0 - 1e-9) - of(1.0)).abs() < 1e-7);
        assert!(of(0.5) <= of(1.0) && of(1.0) <= of(2.0) && of(2.0) <= of(20.0), "falls with aversion");
    }
}

#[test]
fn groups_add_up_to_theil() {
    let mut dice = Dice::new(4);
    for _ in 0..200 {
        let (heads, x) = (numbers(&mut dice, 12), numbers(&mut dice, 12));
        let groups: Vec<usize> = (0..12).map(|_| dice.below(4)).collect();
        for kind in ["t", "l"] {
            let whole = Call::of(&format!("theil_{kind}")).weighted(&heads).grouped(&groups).parts(&x);
            let call = Call::with("theil_by_group", &[("kind", Raw::Text(kind.to_owned()))]);
            let parts = call.weighted(&heads).grouped(&groups).parts(&x);
            for part in ["between", "within"] {
                let sum: f64 = parts[part].iter().flatten().sum();
                assert!(near(sum, whole[part][0].unwrap()), "{part} of {kind}");
            }
            for (group, value) in parts["value"].iter().enumerate() {
                let of = |values: &[f64]| -> Vec<f64> {
                    values.iter().zip(&groups).filter(|(_, g)| **g == group).map(|(v, _)| *v).collect()
                };
                let (heads, x) = (of(&heads), of(&x));
                match value {
                    Err(absent) => assert!(x.is_empty() && *absent == Absent::Missing),
                    Ok(value) => {
                        assert!(near(*value, Call::of(&format!("theil_{kind}")).weighted(&heads).value(&x)));
                    }
                }
            }
        }
    }
}

#[test]
fn relabelling_agrees_with_pysal() {
    // PySAL inequality 1.1.2, TheilDSim with 999 permutations, pcgdp1940 … 2000 by hanson98; one-sided.
    let printed = [0.4, 0.344, 0.001, 0.001, 0.034, 0.072, 0.032];
    let text = include_str!("../golden/data/mexico.csv");
    let rows: Vec<Vec<f64>> =
        text.lines().skip(1).map(|line| line.split(',').skip(1).map(|cell| cell.parse().unwrap()).collect()).collect();
    let groups: Vec<usize> = rows.iter().map(|row| row[7] as usize - 1).collect();
    let call = Call::of("theil_t").grouped(&groups);
    for (decade, printed) in printed.into_iter().enumerate() {
        let x: Vec<f64> = rows.iter().map(|row| row[decade]).collect();
        let input = call.input(Slice::dense(1, present(&x)));
        let p = call.infer(&input, &ask(Infer::Permutation, 9999, Alternative::Greater))["between_p"].unwrap();
        let error = (printed * (1.0 - printed) / 999.0_f64).sqrt();
        assert!((p - printed).abs() <= 4.0 * error + 1e-3, "decade {decade}: {p}, PySAL {printed}");
        assert_eq!(call.index.infer(&input, &call.params, &ask(Infer::Analytic, 1, Alternative::Greater)), None);
    }
}

#[test]
fn relabelling_three_thousand_regions_is_quick() {
    let mut dice = Dice::new(5);
    let x = numbers(&mut dice, 3000);
    let groups: Vec<usize> = (0..3000).map(|_| dice.below(10)).collect();
    let call = Call::of("theil_t").grouped(&groups);
    let input = call.input(Slice::dense(1, present(&x)));
    let start = Instant::now();
    let p = call.infer(&input, &ask(Infer::Permutation, 999, Alternative::Greater))["between_p"];
    println!("999 permutations of 3,000 regions: {:?}, p {p:?}", start.elapsed());
    assert!(p.is_ok());
}

#[test]
fn the_slope_and_its_interval_are_recovered() {
    let (n, span, truth) = (60, 1.0, -0.02);
    let lambda = -f64::ln_1p(truth * span) / span;
    let (mut covered, mut covered_speed, mut sum, trials) = (0, 0, 0.0, 2000);
    let call = Call::of("beta_convergence");
    let groups = vec![0; n];
    let call = call.grouped(&groups);
    for trial in 0..trials {
        let mut random = stream(11, trial);
        let (levels, errors) = (normals(&mut random, n), normals(&mut random, n));
        let earlier: Vec<f64> = levels.iter().map(|level| (9.0 + 0.4 * level).exp()).collect();
        let grown = |(earlier, u): (&f64, &f64)| (earlier.ln() + 0.2 + truth * earlier.ln() + 0.01 * u).exp();
        let now: Vec<f64> = earlier.iter().zip(&errors).map(grown).collect();
        let input = call.two(&now, &earlier);
        sum += call.index.compute(&input, &call.params).parts[0].1[0].unwrap();
        let bounds = call.infer(&input, &ask(Infer::Analytic, 1, Alternative::TwoSided));
        let within = |part: &str, x: f64| {
            let bound = |side: &str| bounds[&format!("{part}_{side}")].unwrap();
            usize::from(bound("lower") <= x && x <= bound("upper"))
        };
        covered += within("beta", truth);
        covered_speed += within("lambda", lambda);
    }
    let (mean, share) = (sum / trials as f64, covered as f64 / trials as f64);
    println!(
        "beta {truth}: mean {mean:.5}, intervals of 95 % cover {share:.4}, of the speed {covered_speed} of {trials}"
    );
    assert!((mean - truth).abs() < 3e-4 && (share - 0.95).abs() < 0.015 && covered == covered_speed);
}

#[test]
fn robust_intervals_cover_where_the_others_do_not() {
    let (n, truth, trials) = (200, -0.02, 1000);
    let groups = vec![0; n];
    let coverage = |covariance: &str| {
        let call = Call::with("beta_convergence", &[("covariance", Raw::Text(covariance.to_owned()))]).grouped(&groups);
        let covered = (0..trials).filter(|trial| {
            let mut random = stream(12, *trial);
            let (levels, errors) = (normals(&mut random, n), normals(&mut random, n));
            let earlier: Vec<f64> = levels.iter().map(|level| (9.0 + 0.4 * level).exp()).collect();
            // Errors grow with the distance from the mean level.
            let growth = levels.iter().zip(&errors).map(|(level, u)| truth * (9.0 + 0.4 * level) + 0.01 * level * u);
            let now: Vec<f64> = earlier.iter().zip(growth).map(|(earlier, growth)| earlier * growth.exp()).collect();
            let bounds = call.infer(&call.two(&now, &earlier), &ask(Infer::Analytic, 1, Alternative::TwoSided));
            bounds["beta_lower"].unwrap() <= truth && truth <= bounds["beta_upper"].unwrap()
        });
        covered.count() as f64 / trials as f64
    };
    let (iid, hc1) = (coverage("iid"), coverage("hc1"));
    println!("heteroskedastic errors, intervals of 95 %: iid covers {iid:.3}, hc1 {hc1:.3}");
    assert!(iid < 0.85 && hc1 > 0.91);
}

#[test]
fn the_paired_test_of_sigma_keeps_its_size() {
    let (n, trials) = (40, 2000);
    let call = Call::of("sigma_change");
    let (mut paired, mut independent) = (0, 0);
    for trial in 0..trials {
        let mut random = stream(13, trial);
        let (a, b) = (normals(&mut random, n), normals(&mut random, n));
        let earlier: Vec<f64> = a.iter().map(|a| a.exp()).collect();
        // The same spread, and a correlation of 0.9 between the periods.
        let now: Vec<f64> = a.iter().zip(&b).map(|(a, b)| (0.9 * a + 0.19_f64.sqrt() * b).exp()).collect();
        let parts: BTreeMap<_, _> =
            call.index.compute(&call.two(&now, &earlier), &call.params).parts.into_iter().collect();
        paired += usize::from(parts["p"][0].unwrap() < 0.05);
        independent += usize::from(parts["f_p"][0].unwrap() < 0.05);
    }
    let share = |count: usize| count as f64 / trials as f64;
    println!("no change, 5 %: the paired test rejects {:.4}, F {:.4}", share(paired), share(independent));
    assert!((share(paired) - 0.05).abs() < 0.015 && share(independent) < 0.01);
}

#[test]
fn polarisation_grows_where_inequality_falls() {
    // Wolfson (1994): two equal transfers inside each half bring the halves apart.
    let (spread, poles) = ([1.0, 3.0, 5.0, 7.0], [2.0, 2.0, 6.0, 6.0]);
    let of = |id: &str, x: &[f64]| {
        let groups: Vec<usize> = x.iter().map(|x| *x as usize).collect();
        Call::of(id).grouped(&groups).value(x)
    };
    assert!(of("wolfson", &poles) > of("wolfson", &spread) && of("theil_t", &poles) < of("theil_t", &spread));
    assert!(of("esteban_ray", &poles) > of("esteban_ray", &spread));
    // Half of the heads share everything.
    assert!(near(Call::of("wolfson").value(&[0.0, 0.0, 2.0, 2.0]), 1.0));
}

#[test]
fn poles_do_not_depend_on_how_finely_they_are_cut() {
    let (x, groups) = ([1.0, 2.0, 5.0, 9.0], [0, 0, 1, 2]);
    let twice = |values: &[f64]| [values, values].concat();
    let (whole, cut) = (
        Call::of("esteban_ray").grouped(&groups).value(&x),
        Call::of("esteban_ray").grouped(&[groups, groups].concat()).value(&twice(&x)),
    );
    assert!(near(whole, cut), "{whole} {cut}");
}

#[test]
fn cells_that_are_not_listed_are_no_zeros() {
    let mut dice = Dice::new(6);
    let cells = (0..30).map(|_| {
        let industries: Vec<u32> = (0..6).filter(|_| dice.below(3) == 0).collect();
        industries.into_iter().map(|industry| (industry, Ok(dice.positive()))).collect()
    });
    let listed: Vec<Vec<(u32, Value)>> = cells.collect();
    let sparse = Slice::listed(6, &listed);
    let dense = Slice::dense(6, sparse.spread().into_owned());
    let groups: Vec<usize> = (0..30).map(|r| r % 3).collect();
    let weights = numbers(&mut dice, 30);
    let ids = ["theil_t", "theil_by_group", "regional_gini", "atkinson", "williamson", "wolfson", "esteban_ray"];
    let changes = ["sigma_change", "beta_convergence", "rank_mobility", "rank_change"];
    for id in ids.into_iter().chain(changes).chain(["sigma", "coefficient_of_variation"]) {
        let call = Call::of(id).weighted(&weights).grouped(&groups);
        let of = |slice: &Slice<'_>| {
            let mut input = call.input(slice.clone());
            input.past = vec![Some(slice.clone())];
            call.index.compute(&input, &call.params)
        };
        assert_eq!(of(&sparse), of(&dense), "{id}");
    }
}

#[test]
fn ranks_that_stay_are_told_from_chance() {
    let mut dice = Dice::new(8);
    let x = numbers(&mut dice, 50);
    let groups: Vec<usize> = (0..50).map(|r| r / 10).collect();
    let call = Call::of("rank_mobility").grouped(&groups);
    let ask = ask(Infer::Permutation, 199, Alternative::Greater);
    let same = call.two(&x, &x);
    let p = call.infer(&same, &ask);
    assert_eq!((p["spearman_p"], p["kendall_p"]), (Ok(1.0 / 200.0), Ok(1.0 / 200.0)));
    assert_eq!(p["theta_p"], Err(Absent::ZeroDenominator), "nobody moved");
    // The first two groups change places.
    let now: Vec<f64> = (0..50).map(|r| (if r < 20 { (r + 10) % 20 } else { r }) as f64).collect();
    let earlier: Vec<f64> = (0..50).map(f64::from).collect();
    let moved = call.two(&now, &earlier);
    assert_eq!(call.index.compute(&moved, &call.params).parts[2], ("theta", vec![Ok(1.0)]));
    assert_eq!(call.infer(&moved, &ask)["theta_p"], Ok(1.0 / 200.0));
    assert_eq!(call.infer(&moved, &ask), call.infer(&moved, &ask));
}

#[test]
fn a_measure_per_head_is_the_measure_divided_in_either_period() {
    let mut dice = Dice::new(11);
    for _ in 0..50 {
        let mut draw = || (0..12).map(|_| dice.positive()).collect::<Vec<f64>>();
        let (now, earlier, heads, heads_before) = (draw(), draw(), draw(), draw());
        let divided = |x: &[f64], heads: &[f64]| x.iter().zip(heads).map(|(x, h)| Ok(x / h)).collect::<Vec<Value>>();
        let values = |x: &[f64]| x.iter().copied().map(Ok).collect::<Vec<Value>>();
        for id in ["beta_convergence", "sigma_change", "rank_mobility", "rank_change"] {
            let index = find(id).unwrap();
            let plain = Params::parse(index.card(), &BTreeMap::new(), "").unwrap();
            let given = BTreeMap::from([("weights".to_owned(), Raw::Text("heads".to_owned()))]);
            let per_head = Params::parse(index.card(), &given, "").unwrap();
            let mut ready = Input::new(Slice::dense(1, divided(&now, &heads)));
            ready.past = vec![Some(Slice::dense(1, divided(&earlier, &heads_before)))];
            let mut raw = Input::new(Slice::dense(1, values(&now)));
            raw.past = vec![Some(Slice::dense(1, values(&earlier)))];
            let raw = raw.with_regional("weights", values(&heads));
            let raw = raw.with_regional_past("weights", vec![Some(values(&heads_before))]);
            assert_eq!(index.compute(&raw, &per_head).parts, index.compute(&ready, &plain).parts, "{id}");
        }
    }
}
