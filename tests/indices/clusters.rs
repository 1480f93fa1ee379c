//! Laws and figures of the family `clusters`.

use crate::scene::{Dice, Scene};
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Classes, Index, Input, Key, Output, find};
use agglo::panel::{Absent, Slice, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

const IDS: [&str; 14] = [
    "cluster_profile",
    "strong_cluster",
    "duranton_overman",
    "m_function",
    "firm_size",
    "firm_size_structure",
    "small_firm_isolation",
    "outside_market_orientation",
    "product_differentiation",
    "cooperation_network",
    "cross_type_links",
    "external_internal_links",
    "churn",
    "intangible_capital",
];

fn params(index: &dyn Index, given: &[(&str, Raw)]) -> Params {
    let required = index.card().params.iter().filter(|param| param.domain.is_required());
    let mut all: BTreeMap<String, Raw> =
        required.map(|param| (param.name.to_owned(), Raw::Text("column".into()))).collect();
    all.extend(given.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())));
    Params::parse(index.card(), &all, "params").unwrap()
}

fn number(x: f64) -> Raw {
    Raw::Number(x)
}

fn word(word: &str) -> Raw {
    Raw::Text(word.to_owned())
}

fn compute(id: &str, given: &[(&str, Raw)], input: &Input<'_>) -> Output {
    let index = find(id).unwrap();
    index.compute(input, &params(index, given))
}

fn parts(output: Output) -> BTreeMap<&'static str, Vec<Value>> {
    output.parts.into_iter().collect()
}

fn ask(draws: usize) -> Ask {
    Ask { infer: Infer::Permutation, draws, seed: 11, level: 0.95, alternative: Alternative::TwoSided }
}

fn infer(id: &str, given: &[(&str, Raw)], input: &Input<'_>, draws: usize) -> BTreeMap<String, Vec<Value>> {
    let index = find(id).unwrap();
    index.infer(input, &params(index, given), &ask(draws)).unwrap().into_iter().collect()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn classes(of: Vec<Option<usize>>) -> Cow<'static, Classes> {
    let count = of.iter().flatten().max().map_or(0, |most| most + 1);
    Cow::Owned(Classes { of, names: (0..count).map(|k| format!("g{k}")).collect() })
}

// ---------------------------------------------------------------- plants

/// One plant a region: coordinates and industry.
struct Field {
    at: Vec<[f64; 2]>,
    industry: Vec<usize>,
}

impl Field {
    /// Plants of two industries spread evenly; with `near` the first industry is in a corner.
    fn random(dice: &mut Dice, n: usize, near: bool) -> Self {
        let industry: Vec<usize> = (0..n).map(|plant| usize::from(plant % 4 > 0)).collect();
        let side = |industry: usize| if near && industry == 0 { 0.15 } else { 1.0 };
        let at = industry.iter().map(|i| [dice.positive() * side(*i), dice.positive() * side(*i)]).collect();
        Self { at, industry }
    }

    fn input(&self) -> Input<'static> {
        let size = |plant: usize| Ok(1.0 + (plant * 7 % 5) as f64);
        let rows: Vec<_> = self.industry.iter().enumerate().map(|(p, i)| vec![(*i as u32, size(p))]).collect();
        let axis = |k: usize| self.at.iter().map(|at| Ok(at[k])).collect::<Vec<Value>>();
        Input::new(Slice::listed(2, &rows)).with_regional("x", axis(0)).with_regional("y", axis(1))
    }

    fn moved(&self, angle: f64, by: [f64; 2]) -> Self {
        let (sin, cos) = angle.sin_cos();
        let turn = |[x, y]: &[f64; 2]| [cos * x - sin * y + by[0], sin * x + cos * y + by[1]];
        Self { at: self.at.iter().map(turn).collect(), industry: self.industry.clone() }
    }
}

#[test]
fn the_density_of_distances_is_one_in_all() {
    let field = Field::random(&mut Dice::new(1), 60, false);
    for weighting in ["plants", "measure"] {
        let given = [("weighting", word(weighting)), ("max_distance", number(2500.0)), ("steps", number(1000.0))];
        let output = compute("duranton_overman", &given, &field.input());
        for curve in output.parts[0].1.chunks(1001) {
            let sum: f64 = curve.iter().map(|k| k.unwrap()).sum();
            let ends = (curve[0].unwrap() + curve[1000].unwrap()) / 2.0;
            assert!(((sum - ends) * 2.5 - 1.0).abs() < 1e-4, "{}", (sum - ends) * 2.5);
        }
    }
}

#[test]
fn only_distances_between_plants_matter() {
    let field = Field::random(&mut Dice::new(2), 80, true);
    let moved = field.moved(0.7, [-3000.0, 77.0]);
    for id in ["duranton_overman", "m_function"] {
        // An odd distance, so that no pair stands on the edge of a step.
        let given = [("max_distance", number(613.7)), ("steps", number(17.0))];
        let (a, b) = (compute(id, &given, &field.input()), compute(id, &given, &moved.input()));
        for (a, b) in a.parts[0].1.iter().zip(&b.parts[0].1) {
            assert!(near(a.unwrap_or(-1.0) * 1e3, b.unwrap_or(-1.0) * 1e3), "{id}: {a:?} {b:?}");
        }
    }
}

#[test]
fn an_industry_that_is_all_there_is_has_m_of_one() {
    let mut field = Field::random(&mut Dice::new(3), 40, false);
    field.industry.fill(0);
    let output = compute("m_function", &[], &field.input());
    assert!(output.parts[0].1[..51].iter().all(|m| m.is_err() || near(m.unwrap(), 1.0)));
    assert!(output.parts[0].1[51..].iter().all(|m| *m == Err(Absent::TooFewCategories)));
}

#[test]
fn curves_do_not_depend_on_threads_and_end_when_asked() {
    let field = Field::random(&mut Dice::new(4), 900, false);
    let mut input = field.input();
    for id in ["duranton_overman", "m_function"] {
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| compute(id, &[("steps", number(5.0))], &input))
        };
        assert_eq!(with(1), with(3));
    }
    let stop = agglo::numeric::Stop::default();
    stop.raise();
    input.stop = Some(&stop);
    for id in ["duranton_overman", "m_function"] {
        let rows = compute(id, &[], &input).parts[0].1.len();
        assert!(infer(id, &[], &input, 1_000_000)["value_lower"].len() == rows);
    }
}

#[test]
fn localisation_is_found_where_it_is_and_seldom_where_it_is_not() {
    const FIELDS: u64 = 60;
    let given = [("steps", number(12.0))];
    for id in ["duranton_overman", "m_function"] {
        let (mut found, mut localised, mut dispersed) = (0, 0, 0);
        for seed in 0..FIELDS {
            let p = |near: bool| {
                let field = Field::random(&mut Dice::new(100 + seed), 80, near);
                let columns = infer(id, &given, &field.input(), 99);
                ["localisation_p", "dispersion_p"].map(|name| columns[name][0].unwrap())
            };
            found += usize::from(p(true)[0] <= 0.05);
            let [local, apart] = p(false);
            localised += usize::from(local <= 0.05);
            dispersed += usize::from(apart <= 0.05);
        }
        let share = |count: usize| count as f64 / FIELDS as f64;
        println!(
            "{id}: localised at 5 % {:.3} of corners, {:.3} of even fields; dispersed {:.3} of even fields",
            share(found),
            share(localised),
            share(dispersed)
        );
        assert!(share(found) > 0.99 && share(localised) < 0.15 && share(dispersed) < 0.15);
    }
}

#[test]
fn bands_enclose_the_draws() {
    let field = Field::random(&mut Dice::new(5), 60, false);
    let input = field.input();
    let columns = infer("duranton_overman", &[], &input, 199);
    let wider = |global: &str, local: &str, sign: f64| {
        let pairs = columns[global].iter().zip(&columns[local]);
        pairs.into_iter().all(|(global, local)| sign * (global.unwrap() - local.unwrap()) >= 0.0)
    };
    assert!(wider("value_lower", "value_local_lower", -1.0) && wider("value_upper", "value_local_upper", 1.0));
}

// ---------------------------------------------------------------- firms

/// Plants of these sizes in these regions.
fn plants(sizes: &[f64], regions: &[usize]) -> Input<'static> {
    let values: Vec<Value> = sizes.iter().copied().map(Ok).collect();
    let of = regions.iter().copied().map(Some).collect();
    Input::new(Slice::dense(1, values)).with_classes("region", classes(of))
}

#[test]
fn small_firms_are_apart_or_spread_evenly() {
    let apart = parts(compute("small_firm_isolation", &[], &plants(&[9.0, 9.0, 70.0, 90.0], &[0, 0, 1, 1])));
    assert_eq!((apart["value"][0], apart["correlation_ratio"][0]), (Ok(1.0), Ok(1.0)));
    let even = parts(compute("small_firm_isolation", &[], &plants(&[9.0, 90.0, 70.0, 9.0], &[0, 0, 1, 1])));
    assert_eq!((even["value"][0], even["correlation_ratio"][0]), (Ok(0.5), Ok(0.0)));
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let n = 1 + dice.below(30);
        let sizes: Vec<f64> = (0..n).map(|_| dice.positive() / 10.0).collect();
        let regions: Vec<usize> = (0..n).map(|_| dice.below(4)).collect();
        let found = parts(compute("small_firm_isolation", &[], &plants(&sizes, &regions)));
        if let Ok(isolation) = found["value"][0] {
            assert!(near(isolation + found["interaction"][0].unwrap(), 1.0));
            assert!(isolation >= found["expected"][0].unwrap() - 1e-12);
        }
    }
}

#[test]
fn dealt_out_sizes_are_seldom_isolated() {
    const DRAWS: u64 = 300;
    let rejected = (0..DRAWS).filter(|seed| {
        let mut dice = Dice::new(*seed);
        let sizes: Vec<f64> = (0..60).map(|_| dice.positive() / 10.0).collect();
        let regions: Vec<usize> = (0..60).map(|_| dice.below(5)).collect();
        infer("small_firm_isolation", &[], &plants(&sizes, &regions), 99)["value_p"][0].unwrap() <= 0.05
    });
    let share = rejected.count() as f64 / DRAWS as f64;
    println!("small_firm_isolation: rejected at 5 % in {share:.3} of even draws");
    assert!(share < 0.09);
}

#[test]
fn concentration_of_sizes_is_their_variation_and_number() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let n = 1 + dice.below(20);
        let sizes: Vec<f64> = (0..n).map(|_| dice.positive()).collect();
        let regions: Vec<usize> = (0..n).map(|_| dice.below(3)).collect();
        let found = parts(compute("firm_size_structure", &[("region", word("where"))], &plants(&sizes, &regions)));
        for (row, hhi) in found["hhi"].iter().enumerate() {
            let of = |part: &str| found[part][row];
            assert_eq!(hhi.is_err(), of("plants") == Ok(0.0));
            if let Ok(hhi) = hhi {
                assert!(near(*hhi, (1.0 + of("variation").unwrap().powi(2)) / of("plants").unwrap()));
            }
        }
    }
}

#[test]
fn a_class_of_equal_products_counts_them() {
    let values = vec![Ok(3.0); 5];
    let input = Input::new(Slice::dense(5, values));
    let of = [0, 0, 0, 0, 1].map(Some).to_vec();
    let input = input.with_industry_classes("groups", classes(of));
    let listed = compute("product_differentiation", &[("level", word("class"))], &input);
    assert!(near(listed.parts[0].1[0].unwrap(), 4.0) && near(listed.parts[0].1[1].unwrap(), 1.0));
    for scene in (0..200).map(|seed| Dice::new(seed).scene()).filter(|scene| scene.measure.width > 1) {
        let of = classes(scene.industry_groups.clone());
        let input = Input::new(scene.measure.slice()).with_industry_classes("groups", of);
        let nats = parts(compute("product_differentiation", &[], &input));
        let bits = parts(compute("related_variety", &[], &input));
        for (nats, bits) in nats["entropy"].iter().zip(&bits["related"]) {
            match (nats, bits) {
                (Ok(nats), Ok(bits)) => assert!(near(*nats, bits * 2.0_f64.ln())),
                (nats, bits) => assert_eq!(nats, bits),
            }
        }
    }
}

// ---------------------------------------------------------------- networks

/// Nodes linked with one another, told from the lower end.
fn network(nodes: usize, links: &[(usize, usize)], kinds: &[usize]) -> Input<'static> {
    let row = |a: usize| (0..nodes).map(move |b| Ok(f64::from(u8::from(links.contains(&(a, b))))));
    let mut input = Input::new(Slice::dense(nodes, (0..nodes).flat_map(row).collect::<Vec<Value>>()));
    input.twins = Cow::Owned((0..nodes).map(Some).collect());
    let of = kinds.iter().copied().map(Some).collect::<Vec<_>>();
    input.with_classes("kind", classes(of.clone())).with_classes("territory", classes(of))
}

#[test]
fn networks_of_one_node_and_in_pieces() {
    let one = parts(compute("cooperation_network", &[], &network(1, &[], &[0])));
    assert_eq!((one["density"][0], one["nodes"][0]), (Err(Absent::TooFewCategories), Ok(1.0)));
    let links = [(0, 1), (0, 2), (1, 2), (3, 4)];
    let pieces = parts(compute("cooperation_network", &[], &network(6, &links, &[0, 0, 0, 1, 1, 1])));
    let all = pieces["density"].len() - 1;
    assert_eq!((pieces["transitivity"][all], pieces["largest_component"][all]), (Ok(1.0), Ok(0.5)));
    assert!(near(pieces["isolates"][all].unwrap(), 1.0 / 6.0));
    assert_eq!((pieces["links"][0], pieces["links"][1], pieces["density"][0]), (Ok(3.0), Ok(1.0), Ok(1.0)));
    let none = parts(compute("cooperation_network", &[], &network(3, &[], &[0, 0, 0])));
    assert_eq!((none["density"][1], none["transitivity"][1]), (Ok(0.0), Err(Absent::ZeroDenominator)));
}

#[test]
fn two_cliques_are_turned_inwards_and_transitive() {
    let inside = |base: usize| (0..7).flat_map(move |b| (0..b).map(move |a| (base + a, base + b)));
    let links: Vec<_> = inside(0).chain(inside(7)).chain([(3, 9)]).collect();
    let input = network(14, &links, &[0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1]);
    let ei = parts(compute("external_internal_links", &[], &input));
    assert!(near(ei["value"][2].unwrap(), (1.0 - 42.0) / 43.0));
    assert!(infer("external_internal_links", &[], &input, 199)["value_p"][2].unwrap() < 0.02);
    assert!(infer("cooperation_network", &[], &input, 199)["transitivity_p"][2].unwrap() < 0.02);
    let mixing = parts(compute("cross_type_links", &[], &input));
    // Two territories, in which a link across is seen from one end, and the whole.
    assert_eq!(mixing["links"], [21.0, 1.0, 1.0, 21.0, 21.0, 1.0, 1.0, 21.0].map(Ok));
}

#[test]
fn dealt_out_links_are_seldom_transitive() {
    const DRAWS: u64 = 100;
    let rejected = (0..DRAWS).filter(|seed| {
        let mut dice = Dice::new(*seed);
        let links: Vec<_> = (0..20).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|_| dice.below(4) == 0).collect();
        let p = infer("cooperation_network", &[], &network(20, &links, &[0; 20]), 99);
        p["transitivity_p"].last().unwrap().unwrap() <= 0.05
    });
    let share = rejected.count() as f64 / DRAWS as f64;
    println!("cooperation_network: transitivity rejected at 5 % in {share:.3} of random networks");
    assert!(share < 0.15);
}

#[test]
fn the_order_of_nodes_does_not_matter() {
    for seed in 0..100 {
        let mut dice = Dice::new(seed);
        let n = 2 + dice.below(8);
        let links: Vec<_> = (0..n).flat_map(|b| (0..b).map(move |a| (a, b))).filter(|_| dice.below(3) == 0).collect();
        let kinds: Vec<usize> = (0..n).map(|node| node % 2).collect();
        let order = dice.shuffled(n);
        let moved: Vec<_> = links.iter().map(|(a, b)| (order[*a], order[*b])).collect();
        let mut moved_kinds = vec![0; n];
        (0..n).for_each(|node| moved_kinds[order[node]] = kinds[node]);
        for id in ["cooperation_network", "cross_type_links", "external_internal_links"] {
            let given = [("territory", word("where"))];
            let given = if id == "external_internal_links" { &given[..0] } else { &given[..] };
            let first = parts(compute(id, given, &network(n, &links, &kinds)));
            assert_eq!(first, parts(compute(id, given, &network(n, &moved, &moved_kinds))), "{id} {seed}");
        }
    }
}

// ---------------------------------------------------------------- stocks and flows

fn scenes() -> impl Iterator<Item = Scene> {
    (0..300).map(|seed| Dice::new(seed).scene())
}

#[test]
fn gross_flows_keep_their_identities() {
    for scene in scenes() {
        for missing in ["left_out", "zero"] {
            let index = find("churn").unwrap();
            let found = parts(scene.compute(index, &params(index, &[("missing", word(missing))])));
            for (row, net) in found["net"].iter().enumerate() {
                let Ok(net) = *net else { continue };
                let of = |part: &str| found[part][row].unwrap();
                assert!(near(net, of("creation") - of("destruction")));
                assert!(near(of("reallocation"), net.abs() + of("excess")) && of("excess") >= -1e-12);
                assert!(near(of("excess"), 2.0 * of("creation").min(of("destruction"))));
            }
        }
    }
}

#[test]
fn what_is_new_or_gone_moves_by_two() {
    let listed = |industry: u32| Slice::listed(2, &[vec![(industry, Ok(5.0))]]);
    let mut input = Input::new(listed(0));
    input.past = vec![Some(listed(1))];
    let of = |missing: &str| parts(compute("churn", &[("missing", word(missing))], &input));
    let moved = of("zero");
    assert_eq!((moved["reallocation"][0], moved["net"][0], moved["excess"][0]), (Ok(2.0), Ok(0.0), Ok(2.0)));
    assert_eq!(of("left_out")["net"][0], Err(Absent::Missing));
}

#[test]
fn a_stock_grows_as_its_investment() {
    for (growth, depreciation) in [(0.05, 0.2), (0.0, 0.6), (0.1, 0.0), (-0.1, 0.33)] {
        let invested = |t: i32| 7.0 * f64::powi(1.0 + growth, t);
        let slice = |t: i32| Slice::dense(1, vec![Ok(invested(t))]);
        let mut input = Input::new(slice(9));
        input.past = (0..9).rev().map(|t| Some(slice(t))).collect();
        let given = [("growth", number(growth)), ("depreciation", number(depreciation))];
        let stock = compute("intangible_capital", &given, &input).parts[0].1[0].unwrap();
        assert!(near(stock * (growth + depreciation), invested(10)));
    }
}

// ---------------------------------------------------------------- all

/// The rows that are there, by what they belong to.
fn rows(output: &Output, slice: &Slice<'_>) -> Vec<(String, Vec<Value>)> {
    let cells: Vec<_> = slice.cells().collect();
    let key = |row: usize| match output.shape {
        agglo::indices::Shape::Cell => format!("{:?}", (cells[row].0, cells[row].1)),
        _ => {
            output.keys.iter().fold(row.to_string().repeat(usize::from(output.keys.is_empty())), |key, (_, column)| {
                key + &match column {
                    Key::Regions(rows) | Key::Industries(rows) => format!("{} ", rows[row]),
                    Key::Texts(rows) => format!("{} ", rows[row]),
                    Key::Numbers(_, rows) => format!("{} ", rows[row]),
                }
            })
        }
    };
    let count = output.parts.first().map_or(0, |(_, values)| values.len());
    let values = |row: usize| output.parts.iter().map(|(_, values)| values[row]).collect::<Vec<_>>();
    (0..count).map(|row| (key(row), values(row))).filter(|(_, row)| row.iter().any(Result::is_ok)).collect()
}

#[test]
fn cells_that_are_not_listed_are_missing_ones() {
    fn thin<'a>(slice: &Slice<'a>, keep: &Slice<'_>) -> Slice<'a> {
        let listed: Vec<Vec<(u32, Value)>> = (0..slice.regions())
            .map(|r| {
                let pairs = slice.region(r).zip(keep.region(r));
                pairs.filter(|(_, kept)| kept.1 != Err(Absent::Missing)).map(|(own, _)| (own.0 as u32, own.1)).collect()
            })
            .collect();
        Slice::listed(slice.width(), &listed)
    }
    for scene in scenes().filter(|scene| scene.measure.width > 1) {
        let input = |sparse: bool| {
            let slice = |slice: Slice<'static>| if sparse { thin(&slice, &scene.measure.slice()) } else { slice };
            let own = |cells: &crate::scene::Cells| slice(Slice::dense(cells.width, cells.values.clone()));
            let mut input = Input::new(own(&scene.measure));
            let dense = |cells: &crate::scene::Cells| Slice::dense(cells.width, cells.values.clone());
            input.past = scene.past.iter().map(|past| Some(dense(past))).collect();
            input.twins =
                Cow::Owned((0..scene.measure.width).map(|i| (i < scene.measure.regions()).then_some(i)).collect());
            for name in ["plants", "supply"] {
                input = input.with_cells(name, own(&scene.beside));
            }
            for (name, values) in ["x", "y"].into_iter().zip(&scene.regional) {
                input = input.with_regional(name, values.clone());
            }
            for name in ["region", "kind", "territory"] {
                input = input.with_classes(name, classes(scene.groups.clone()));
            }
            input.with_industry_classes("groups", classes(scene.industry_groups.clone()))
        };
        for id in IDS {
            let (dense, sparse) = (input(false), input(true));
            let few = [("steps", number(3.0))];
            let given = if ["duranton_overman", "m_function"].contains(&id) { &few[..] } else { &[] };
            let (a, b) = (compute(id, given, &dense), compute(id, given, &sparse));
            assert_eq!(rows(&a, &dense.measure), rows(&b, &sparse.measure), "{id}");
        }
    }
}
