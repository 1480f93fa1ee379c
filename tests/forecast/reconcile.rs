//! Reconciliation against golden numbers, laws, and a simulated truth.

use agglo::forecast::reconcile::{ALL, Fallback, Hierarchy, Nation, Own, Reconciler, find, prorate, random_walk};
use agglo::numeric::random::{Random, normals, stream};
use agglo::panel::{Absent, Value};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use serde_json::Value as Json;

fn cases() -> Vec<Json> {
    let text = std::fs::read_to_string("tests/golden/forecast/reconcile.json").unwrap();
    let file: Json = serde_json::from_str(&text).unwrap();
    file["cases"].as_array().unwrap().clone()
}

fn numbers(json: &Json) -> Vec<f64> {
    json.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64, case: &str) {
    assert_eq!(ours.len(), theirs.len(), "{case}");
    let size = theirs.iter().fold(0.0_f64, |most, x| most.max(x.abs()));
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert!((ours - theirs).abs() <= tolerance * size, "{case}: {ours} is not {theirs}");
    }
}

fn hierarchy(groups: &[Option<usize>]) -> Hierarchy {
    Hierarchy::new(groups, groups.iter().flatten().max().map_or(0, |last| last + 1))
}

#[test]
fn every_golden_case() {
    let mut held = 0;
    for case in cases().iter().filter(|case| case["inputs"]["base"].is_array()) {
        let (inputs, name) = (&case["inputs"], case["name"].as_str().unwrap());
        let groups = inputs["groups"].as_array().unwrap().iter().map(|g| g.as_u64().map(|g| g as usize));
        let hierarchy = hierarchy(&groups.collect::<Vec<_>>());
        let errors =
            inputs["errors"].as_array().unwrap().iter().map(|node| numbers(node).into_iter().map(Ok).collect());
        let errors: Vec<Vec<Value>> = errors.collect();
        let nation = if inputs["nation"] == "given" { Nation::Given } else { Nation::Forecast };
        let method = find(inputs["method"].as_str().unwrap()).unwrap();
        let reconciler = Reconciler::new(hierarchy, method, &errors, nation);
        assert_eq!(reconciler.fallback(), None, "{name}");
        let (base, non_negative) = (numbers(&inputs["base"]), inputs["non_negative"].as_bool().unwrap());
        let levels = reconciler.reconcile(&base, non_negative).unwrap();
        let (expected, tolerance) = (&case["expected"], case["tolerance"].as_f64().unwrap());
        assert_close(&levels, &numbers(&expected["levels"]), tolerance, name);
        if let Some(shrinkage) = expected["shrinkage"].as_f64() {
            assert_close(&[reconciler.shrinkage().unwrap()], &[shrinkage], tolerance, name);
        }
        held += usize::from(non_negative) * levels.iter().filter(|x| **x == 0.0).count();
    }
    println!("{held} levels are held at zero in the golden cases");
    assert!(held > 20);
}

#[test]
fn the_random_walk_of_the_package() {
    let case = cases().into_iter().find(|case| case["name"] == "random_walk").unwrap();
    let history = [numbers(&case["inputs"]["levels"]).into_iter().map(Ok).collect::<Vec<Value>>()];
    let own = Own::new(&history, &random_walk(&history)).unwrap();
    let point: Vec<f64> = (1..=5).map(|h| own.point(h)[0]).collect();
    assert_close(&point, &numbers(&case["expected"]["point"]), 1e-10, "point");
    let errors: Vec<f64> = own.errors()[0].iter().map(|error| error.unwrap()).collect();
    assert_close(&errors, &numbers(&case["expected"]["errors"]), 1e-10, "errors");
}

/// A random hierarchy with errors and base forecasts that do not add up.
struct Example {
    groups: Vec<Option<usize>>,
    errors: Vec<Vec<Value>>,
    base: Vec<f64>,
}

fn example(seed: u64) -> Example {
    let mut random = stream(seed, 0);
    let regions = random.random_range(2..25);
    let groups: Vec<Option<usize>> = (0..regions).map(|_| Some(random.random_range(0..4)).filter(|g| *g > 0)).collect();
    let groups: Vec<Option<usize>> = groups.iter().map(|g| g.map(|g: usize| g - 1)).collect();
    let tree = hierarchy(&groups);
    let dates = random.random_range(4..30);
    let scale: Vec<f64> = normals(&mut random, tree.nodes()).iter().map(|z| z.exp() * 10.0).collect();
    let common = normals(&mut random, dates);
    let error = |random: &mut Random, scale: f64| -> Vec<Value> {
        normals(random, dates).iter().zip(&common).map(|(e, c)| Ok(scale * (e + 0.5 * c))).collect()
    };
    let errors = scale.iter().map(|scale| error(&mut random, *scale)).collect();
    let levels: Vec<f64> = normals(&mut random, regions).iter().map(|z| (z * 1.5).exp() * 10.0).collect();
    let noise = normals(&mut random, tree.nodes());
    let base = tree.add_up(&levels).iter().zip(noise).map(|(x, z)| x * (1.0 + 0.3 * z)).collect();
    Example { groups, errors, base }
}

fn each(mut check: impl FnMut(&str, &Example, &Reconciler)) {
    for seed in 0..60 {
        let example = example(seed);
        for method in ALL {
            let tree = hierarchy(&example.groups);
            let reconciler = Reconciler::new(tree, *method, &example.errors, Nation::Forecast);
            check(&format!("{} of example {seed}", method.card().id), &example, &reconciler);
        }
    }
}

#[test]
fn levels_add_up_and_those_that_do_stay() {
    each(|case, example, reconciler| {
        let tree = reconciler.hierarchy();
        let levels = reconciler.reconcile(&example.base, false).unwrap();
        assert_eq!(levels, tree.add_up(&levels[tree.aggregates()..]), "{case}");
        // Twice is once, to the bit: S (S'W⁻¹S)⁻¹S'W⁻¹ S = S, so that unbiased forecasts stay unbiased.
        assert_eq!(reconciler.reconcile(&levels, false).unwrap(), levels, "{case}");
        let moved = reconciler.adjustment(&levels, &levels);
        assert_eq!((moved.nation, moved.regions), (Ok(0.0), Ok(0.0)), "{case}");
    });
}

#[test]
fn units_and_order_do_not_matter() {
    each(|case, example, reconciler| {
        let method = find(case.split(' ').next().unwrap()).unwrap();
        for non_negative in [false, true] {
            let levels = reconciler.reconcile(&example.base, non_negative).unwrap();
            let errors: Vec<Vec<Value>> =
                example.errors.iter().map(|node| node.iter().map(|e| Ok(e.unwrap() * 1e-7)).collect()).collect();
            let small = Reconciler::new(hierarchy(&example.groups), method, &errors, Nation::Forecast);
            let base: Vec<f64> = example.base.iter().map(|x| x * 1e-7).collect();
            let scaled: Vec<f64> = levels.iter().map(|x| x * 1e-7).collect();
            assert_close(&small.reconcile(&base, non_negative).unwrap(), &scaled, 1e-11, case);

            let aggregates = reconciler.hierarchy().aggregates();
            let turned = |nodes: &mut dyn Iterator<Item = usize>| -> Vec<usize> {
                let (mut all, mut regions): (Vec<usize>, Vec<usize>) = nodes.partition(|node| *node < aggregates);
                regions.reverse();
                all.append(&mut regions);
                all
            };
            let order = turned(&mut (0..example.base.len()));
            let groups: Vec<Option<usize>> = example.groups.iter().rev().copied().collect();
            let errors: Vec<Vec<Value>> = order.iter().map(|node| example.errors[*node].clone()).collect();
            let base: Vec<f64> = order.iter().map(|node| example.base[*node]).collect();
            let tree = Hierarchy::new(&groups, aggregates - 1);
            let theirs = Reconciler::new(tree, method, &errors, Nation::Forecast);
            let expected: Vec<f64> = order.iter().map(|node| levels[*node]).collect();
            assert_close(&theirs.reconcile(&base, non_negative).unwrap(), &expected, 1e-11, case);
        }
    });
}

#[test]
fn no_level_is_negative_and_the_rest_is_nearest() {
    let mut held = 0;
    each(|case, example, reconciler| {
        let mut base = example.base.clone();
        base[0] *= -0.5;
        for base in [&example.base, &base] {
            let (free, levels) =
                (reconciler.reconcile(base, false).unwrap(), reconciler.reconcile(base, true).unwrap());
            let tree = reconciler.hierarchy();
            let regions = &levels[tree.aggregates()..];
            assert!(regions.iter().all(|x| *x >= 0.0), "{case}");
            assert_eq!(levels, tree.add_up(regions), "{case}");
            match free.iter().all(|x| *x >= 0.0) {
                true => assert_eq!(free, levels, "{case}"),
                false => held += regions.iter().filter(|x| **x == 0.0).count(),
            }
        }
    });
    println!("{held} regions are held at zero");
    assert!(held > 500);
}

#[test]
fn a_given_nation_is_met() {
    for seed in 0..60 {
        let example = example(seed);
        for method in ALL {
            let reconciler = Reconciler::new(hierarchy(&example.groups), *method, &example.errors, Nation::Given);
            for total in [0.0, 1e-3, 0.5, 1.0, 3.0].map(|factor| factor * example.base[0].abs()) {
                let base = [&[total], &example.base[1..]].concat();
                for non_negative in [false, true] {
                    let case = format!("{} of example {seed}, total {total}", method.card().id);
                    let levels = reconciler.reconcile(&base, non_negative).unwrap();
                    let size: f64 = base.iter().map(|x| x.abs()).sum();
                    assert!((levels[0] - total).abs() <= 1e-12 * size, "{case}: {}", levels[0]);
                    assert!(!non_negative || levels.iter().all(|x| *x >= 0.0), "{case}");
                }
            }
            let below = [&[-1.0], &example.base[1..]].concat();
            assert_eq!(reconciler.reconcile(&below, true), Err(Absent::OutsideDomain));
        }
    }
}

#[test]
fn a_control_total_keeps_shares() {
    assert_eq!(prorate(&[1.0, 0.0, 3.0], 8.0), Ok(vec![2.0, 0.0, 6.0]));
    assert_eq!(prorate(&[0.0, 0.0], 1.0), Err(Absent::ZeroDenominator));
    assert_eq!(prorate(&[0.0, 0.0], 0.0), Ok(vec![0.0, 0.0]));
}

#[test]
fn errors_that_tell_too_little_leave_structural_weights() {
    let example = example(3);
    let structural = find("wls_structural").unwrap();
    let tree = || hierarchy(&example.groups);
    let expected = Reconciler::new(tree(), structural, &[], Nation::Forecast).reconcile(&example.base, false).unwrap();
    let zeros = vec![vec![Ok(0.0); 9]; tree().nodes()];
    let mut gappy = example.errors.clone();
    gappy[1][2..].fill(Err(Absent::Missing));
    for (errors, fallback) in [(zeros, Fallback::NoErrors), (gappy, Fallback::TooFewDates(2))] {
        for method in ALL.iter().filter(|method| method.reads_errors()) {
            let reconciler = Reconciler::new(tree(), *method, &errors, Nation::Forecast);
            assert_eq!(reconciler.fallback(), Some(fallback), "{}", method.card().id);
            assert_eq!(reconciler.reconcile(&example.base, false).unwrap(), expected);
        }
    }
    let same: Vec<Vec<Value>> = (0..tree().nodes()).map(|node| vec![Ok(0.1 + node as f64); 9]).collect();
    let mint = Reconciler::new(tree(), find("mint_shrink").unwrap(), &same, Nation::Forecast);
    assert_eq!(mint.fallback(), Some(Fallback::NoErrors));
    assert!(Fallback::TooFewDates(2).to_string().starts_with("2 dates"));
}

/// Regions and aggregates whose errors share a factor and have known variances.
#[test]
fn minimum_trace_comes_near_the_least_error_there_is() {
    const DATES: usize = 60;
    let tree = hierarchy(&(0..12).map(|r| Some(r / 4)).collect::<Vec<_>>());
    let (nodes, aggregates) = (tree.nodes(), tree.aggregates());
    let own: Vec<f64> = (0..nodes).map(|i| if i < aggregates { 12.0 } else { 4.0 + i as f64 }).collect();
    let common: Vec<f64> = (0..nodes).map(|i| if i < aggregates { 5.0 } else { 9.0 }).collect();
    let factor = DMatrix::from_column_slice(nodes, 1, &common);
    let own_variance = DMatrix::from_diagonal(&DVector::from_iterator(nodes, own.iter().map(|sd| sd * sd)));
    let precision = (own_variance + &factor * factor.transpose()).try_inverse().unwrap();
    let unit = |r: usize| (0..12).map(|i| f64::from(u8::from(i == r))).collect::<Vec<_>>();
    let summing = DMatrix::from_columns(&(0..12).map(|r| DVector::from_vec(tree.add_up(&unit(r)))).collect::<Vec<_>>());
    let variance = (summing.transpose() * precision * &summing).try_inverse().unwrap();
    let least = (&summing * variance * summing.transpose()).trace();

    let truth = tree.add_up(&[1000.0; 12]);
    let mut losses = vec![0.0; ALL.len() + 1];
    const REPLICATES: u64 = 400;
    for replicate in 0..REPLICATES {
        let mut random = stream(5, replicate);
        let mut errors = vec![Vec::new(); nodes];
        let mut base = Vec::new();
        for t in 0..=DATES {
            let shock = normals(&mut random, 1)[0];
            let error =
                normals(&mut random, nodes).into_iter().enumerate().map(|(i, z)| own[i] * z + common[i] * shock);
            match t < DATES {
                true => errors.iter_mut().zip(error).for_each(|(node, e)| node.push(Ok(e))),
                false => base = truth.iter().zip(error).map(|(x, e)| x + e).collect(),
            }
        }
        let loss =
            |levels: &[f64]| levels.iter().zip(&truth).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / REPLICATES as f64;
        losses[ALL.len()] += loss(&base);
        for (i, method) in ALL.iter().enumerate() {
            let reconciler = Reconciler::new(tree.clone(), *method, &errors, Nation::Forecast);
            losses[i] += loss(&reconciler.reconcile(&base, true).unwrap());
        }
    }
    for (loss, name) in losses.iter().zip(ALL.iter().map(|method| method.card().id).chain(["base"])) {
        println!("{name}: {:.3} of the least mean squared error", loss / least);
    }
    let [bottom_up, ols, _, variance, mint, base] = losses[..] else { panic!("six losses") };
    assert!((0.9..1.15).contains(&(mint / least)));
    assert!(mint < variance && variance < ols && ols < base && base < bottom_up);
}

/// Regional growth with a national shock: intervals of reconciled draws hold the truth as often as they say.
#[test]
fn reconciled_draws_keep_their_coverage() {
    const HISTORY: usize = 20;
    let groups: Vec<Option<usize>> = (0..12).map(|r| Some(r / 4)).collect();
    let tree = hierarchy(&groups);
    let mint = find("mint_shrink").unwrap();
    let (mut inside, mut asked) = (0_usize, 0_usize);
    for replicate in 0..150 {
        let mut random = stream(11, replicate);
        let mut levels: Vec<f64> = (0..12).map(|r| 100.0 + 40.0 * f64::from(r)).collect();
        let mut history: Vec<Vec<Value>> = vec![Vec::new(); tree.nodes()];
        let mut truth = Vec::new();
        for t in 0..=HISTORY {
            let nation = normals(&mut random, 1)[0];
            let own = normals(&mut random, 12);
            levels.iter_mut().zip(own).for_each(|(x, z)| *x *= (0.02 + 0.02 * nation + 0.05 * z).exp());
            truth = tree.add_up(&levels);
            if t < HISTORY {
                history.iter_mut().zip(&truth).for_each(|(node, x)| node.push(Ok(*x)));
            }
        }
        let own = Own::new(&history, &random_walk(&history)).unwrap();
        let reconciler = Reconciler::new(tree.clone(), mint, own.errors(), Nation::Forecast);
        assert_eq!(reconciler.fallback(), None);
        let draw = |_| reconciler.reconcile(&own.draw(1, &mut random)[0], true).unwrap();
        let draws: Vec<Vec<f64>> = (0..199).map(draw).collect();
        for node in 0..tree.nodes() {
            let below = draws.iter().filter(|draw| draw[node] < truth[node]).count();
            inside += usize::from((20..180).contains(&below));
            asked += 1;
        }
    }
    let coverage = inside as f64 / asked as f64;
    println!("coverage of 80 % intervals {coverage:.3}");
    // Nodes share the national shock, so that the intervals of one replicate are worth about two independent ones.
    assert!((coverage - 0.8).abs() < 3.0 * (0.8 * 0.2 / 300.0_f64).sqrt());
}

#[test]
fn three_thousand_regions_are_quick() {
    let mut random = stream(9, 0);
    let groups: Vec<Option<usize>> = (0..3000).map(|r| Some(r % 50)).collect();
    let tree = hierarchy(&groups);
    let levels: Vec<f64> = normals(&mut random, 3000).iter().map(|z| (2.0 * z).exp()).collect();
    let nodes = tree.add_up(&levels);
    let errors: Vec<Vec<Value>> =
        nodes.iter().map(|x| normals(&mut random, 40).iter().map(|z| Ok(0.1 * x * z)).collect()).collect();
    let noise = normals(&mut random, nodes.len());
    let base: Vec<f64> = nodes.iter().zip(noise).map(|(x, z)| x * (1.0 + 0.8 * z)).collect();
    let start = std::time::Instant::now();
    let reconciler = Reconciler::new(tree, find("mint_shrink").unwrap(), &errors, Nation::Forecast);
    let prepared = start.elapsed();
    let levels = reconciler.reconcile(&base, true).unwrap();
    let held = levels.iter().filter(|x| **x == 0.0).count();
    println!(
        "3000 regions, 50 groups, 40 dates: prepared in {prepared:?}, {held} held at zero in {:?}",
        start.elapsed() - prepared
    );
    assert!(held > 10 && start.elapsed().as_secs() < 20);
}

#[test]
fn a_thousand_draws_of_fifteen_steps_are_quick() {
    let mut random = stream(9, 1);
    let tree = hierarchy(&(0..31).map(|r| Some(r % 3)).collect::<Vec<_>>());
    let errors: Vec<Vec<Value>> =
        (0..tree.nodes()).map(|_| normals(&mut random, 15).into_iter().map(Ok).collect()).collect();
    let base: Vec<f64> = normals(&mut random, tree.nodes()).iter().map(|z| 100.0 * z.exp()).collect();
    let reconciler = Reconciler::new(tree, find("mint_shrink").unwrap(), &errors, Nation::Forecast);
    let start = std::time::Instant::now();
    let total: f64 = (0..15_000).map(|_| reconciler.reconcile(&base, false).unwrap()[0]).sum();
    println!("15000 vectors of 31 regions in {:?}", start.elapsed());
    assert!(total > 0.0 && start.elapsed().as_secs() < 5);
}
