//! Laws and figures of the family `linkages`: identities of input–output tables on random ones.

use crate::scene::Dice;
use agglo::card::{Infer, Params, Raw};
use agglo::indices::{Alternative, Ask, Companion, Facts, Input, Key, Output, find};
use agglo::numeric::Stop;
use agglo::panel::{Absent, Slice, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

const TABLES: u64 = 200;

/// A table: the first rows and columns are sectors, the others primary inputs and final demand.
#[derive(Debug, Clone)]
struct Table {
    sectors: usize,
    width: usize,
    values: Vec<Value>,
}

impl Table {
    /// Rows of flows; nothing but sectors before the columns of final demand and the rows of primary inputs.
    fn of(sectors: usize, rows: &[&[f64]]) -> Self {
        let values = rows.iter().flat_map(|row| row.iter().copied().map(Ok)).collect();
        Self { sectors, width: rows[0].len(), values }
    }

    /// A random one, where some sectors sell nothing to some others, but all of them to final demand.
    fn random(dice: &mut Dice) -> Self {
        let (sectors, finals, inputs) = (1 + dice.below(6), 1 + dice.below(3), dice.below(3));
        let width = sectors + finals;
        let flow = |cell: usize, dice: &mut Dice| {
            let sale = cell % width >= sectors;
            Ok(if sale || dice.below(3) > 0 { dice.positive() } else { 0.0 })
        };
        let values = (0..(sectors + inputs) * width).map(|cell| flow(cell, dice)).collect();
        Self { sectors, width, values }
    }

    fn rows(&self) -> usize {
        self.values.len() / self.width
    }

    fn at(&self, i: usize, j: usize) -> f64 {
        self.values[i * self.width + j].unwrap_or(0.0)
    }

    fn output(&self, i: usize) -> f64 {
        (0..self.width).map(|j| self.at(i, j)).sum()
    }

    /// The sectors in another order, on both sides.
    fn permuted(&self, order: &[usize]) -> Self {
        let place = |k: usize| if k < self.sectors { order[k] } else { k };
        let cells = (0..self.rows()).flat_map(|i| (0..self.width).map(move |j| (i, j)));
        let values = cells.map(|(i, j)| self.values[place(i) * self.width + place(j)]).collect();
        Self { values, ..self.clone() }
    }

    fn twins(&self) -> Vec<Option<usize>> {
        (0..self.width).map(|j| (j < self.sectors).then_some(j)).collect()
    }

    fn input<'a>(&self, slice: Slice<'a>) -> Input<'a> {
        let mut input = Input::new(slice);
        input.twins = Cow::Owned(self.twins());
        input
    }

    fn dense(&self) -> Input<'_> {
        self.input(Slice::dense(self.width, &self.values[..]))
    }

    fn compute(&self, index: &str) -> Output {
        compute(index, &self.dense(), &[])
    }

    /// The results of the sectors under a part's name.
    fn part(&self, index: &str, name: &str) -> Vec<f64> {
        numbers(&part(&self.compute(index), name)[..self.sectors])
    }

    /// The matrix of an index of pairs, row by row.
    fn matrix(&self, index: &str) -> Vec<f64> {
        numbers(&self.compute(index).parts[0].1)
    }

    /// Primary inputs of each sector: what its output exceeds its purchases by.
    fn value_added(&self) -> Vec<f64> {
        (0..self.sectors).map(|j| self.output(j) - (0..self.sectors).map(|i| self.at(i, j)).sum::<f64>()).collect()
    }
}

fn compute(index: &str, input: &Input<'_>, given: &[(&str, Raw)]) -> Output {
    let index = find(index).unwrap();
    let given: BTreeMap<String, Raw> = given.iter().map(|(name, raw)| ((*name).to_owned(), raw.clone())).collect();
    index.compute(input, &Params::parse(index.card(), &given, "params").unwrap())
}

fn part<'a>(output: &'a Output, name: &str) -> &'a [Value] {
    &output.parts.iter().find(|(part, _)| *part == name).unwrap().1
}

fn numbers(values: &[Value]) -> Vec<f64> {
    values.iter().map(|value| value.unwrap()).collect()
}

fn name(text: &str) -> Raw {
    Raw::Text(text.to_owned())
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1.0)
}

fn all_near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b))
}

fn everywhere(check: impl Fn(&Table, &mut Dice)) {
    for seed in 0..TABLES {
        let mut dice = Dice::new(seed);
        let table = Table::random(&mut dice);
        check(&table, &mut dice);
    }
}

#[test]
fn the_inverses_are_the_sums_of_all_rounds() {
    everywhere(|table, _| {
        let n = table.sectors;
        let (leontief, ghosh) = (table.matrix("leontief_inverse"), table.matrix("ghosh_inverse"));
        for i in 0..n {
            for j in 0..n {
                let unit = f64::from(u8::from(i == j));
                let rounds: f64 = (0..n).map(|k| table.at(i, k) / table.output(k) * leontief[k * n + j]).sum();
                assert!(near(leontief[i * n + j], unit + rounds), "L = I + A L: {table:?}");
                let scaled = table.output(i) * ghosh[i * n + j] / table.output(j);
                assert!(near(leontief[i * n + j], scaled), "L = x G / x: {table:?}");
            }
        }
        let columns: Vec<f64> = (0..n).map(|j| (0..n).map(|i| leontief[i * n + j]).sum()).collect();
        let rows: Vec<f64> = (0..n).map(|i| ghosh[i * n..][..n].iter().sum()).collect();
        assert!(all_near(&table.part("output_multiplier", "total"), &columns));
        assert!(all_near(&table.part("downstreamness", "value"), &columns));
        assert!(all_near(&table.part("upstreamness", "value"), &rows));
        assert!(all_near(&table.part("forward_linkage", "total"), &rows));
    });
}

#[test]
fn weighted_sums_return_the_output_of_all() {
    everywhere(|table, _| {
        let n = table.sectors;
        let output: f64 = (0..n).map(|i| table.output(i)).sum();
        let demand = |i: usize| (n..table.width).map(|j| table.at(i, j)).sum::<f64>();
        let weighted = |weights: &[f64], x: &[f64]| weights.iter().zip(x).map(|(w, x)| w * x).sum::<f64>();
        let demands: Vec<f64> = (0..n).map(demand).collect();
        assert!(near(weighted(&demands, &table.part("output_multiplier", "total")), output));
        assert!(near(weighted(&table.value_added(), &table.part("upstreamness", "value")), output));
        let shares: f64 = table.part("backward_linkage", "value").iter().sum();
        let pushes: f64 = table.part("forward_linkage", "value").iter().sum();
        assert!(near(shares, n as f64) && near(pushes, n as f64), "linkages have the mean 1");
    });
}

#[test]
fn all_primary_inputs_make_up_the_price() {
    everywhere(|table, _| {
        let mut balanced = table.clone();
        balanced.values.extend(table.value_added().into_iter().map(Ok));
        balanced.values.extend(vec![Err(Absent::Missing); table.width - table.sectors]);
        let input = balanced.dense().with_members("row", Cow::Owned(vec![table.rows()]));
        let output = compute("input_multiplier", &input, &[("row", name("value added"))]);
        for total in numbers(&part(&output, "total")[..table.sectors]) {
            assert!(near(total, 1.0), "{total}, {balanced:?}");
        }
    });
}

#[test]
fn losses_and_lengths_have_their_order() {
    everywhere(|table, _| {
        let extraction = table.compute("hypothetical_extraction");
        let length = table.compute("value_chain_length");
        for j in 0..table.sectors {
            let of = |output: &Output, name: &str| part(output, name)[j].unwrap();
            let [total, backward, forward] = ["total", "backward", "forward"].map(|name| of(&extraction, name));
            assert!(
                backward >= -1e-9 && forward >= -1e-9 && total > backward && of(&extraction, "share") <= 1.0 + 1e-12
            );
            assert!(near(of(&length, "total") + 1.0, of(&length, "backward") + of(&length, "forward")));
        }
        for steps in table.compute("average_propagation_length").parts[0].1.iter().flatten() {
            assert!(*steps >= 1.0 - 1e-12, "{steps}, {table:?}");
        }
    });
}

#[test]
fn the_order_of_sectors_does_not_matter() {
    const PAIRS: [&str; 4] = ["leontief_inverse", "ghosh_inverse", "average_propagation_length", "field_of_influence"];
    everywhere(|table, dice| {
        let order = dice.shuffled(table.sectors);
        let permuted = table.permuted(&order);
        for index in PAIRS {
            let (before, after) = (table.compute(index), permuted.compute(index));
            let [(_, Key::Regions(suppliers)), (_, Key::Industries(users))] = &after.keys[..] else {
                panic!("{index}")
            };
            for (row, (i, j)) in suppliers.iter().zip(users).enumerate() {
                let same = before.parts[0].1[order[*i as usize] * table.sectors + order[*j as usize]];
                match (same, after.parts[0].1[row]) {
                    (Ok(a), Ok(b)) => assert!(near(a, b), "{index}: {a} becomes {b}, {table:?}"),
                    (a, b) => assert_eq!(a, b, "{index}, {table:?}"),
                }
            }
        }
        for index in ["output_multiplier", "backward_linkage", "forward_linkage", "hypothetical_extraction"] {
            let (before, after) = (table.compute(index), permuted.compute(index));
            for (j, value) in after.parts[0].1[..table.sectors].iter().enumerate() {
                assert!(near(value.unwrap(), before.parts[0].1[order[j]].unwrap()), "{index}: {table:?}");
            }
        }
    });
}

#[test]
fn households_inside_are_one_more_sector() {
    everywhere(|table, dice| {
        // The last column of final demand is consumption, a further row wages; one more column keeps demand open.
        let n = table.sectors;
        let mut rows: Vec<Vec<f64>> = (0..n).map(|i| (0..table.width).map(|j| table.at(i, j)).collect()).collect();
        rows.push((0..table.width).map(|_| dice.positive()).collect());
        rows.iter_mut().for_each(|row| row.push(dice.positive()));
        let flat = |rows: &[Vec<f64>]| rows.iter().flatten().copied().map(Ok).collect();
        let open = Table { sectors: n, width: table.width + 1, values: flat(&rows) };
        let input = open.dense().with_members("households", Cow::Owned(vec![n]));
        let input = input.with_members("consumption", Cow::Owned(vec![n]));
        let given = [("households", name("wages")), ("consumption", name("consumption"))];
        let ours = compute("output_multiplier", &input, &given);
        let closed = Table { sectors: n + 1, ..open.clone() }.matrix("leontief_inverse");
        for j in 0..n {
            let expected: f64 = (0..n).map(|i| closed[i * (n + 1) + j]).sum();
            assert!(near(part(&ours, "total")[j].unwrap(), expected), "{open:?}");
        }
    });
}

#[test]
fn where_nothing_leaks_the_closed_multiplier_is_infinite() {
    let table = Table::of(2, &[&[1.0, 2.0, 3.0], &[2.0, 1.0, 4.0], &[3.0, 4.0, 0.0]]);
    let input = table.dense().with_members("households", Cow::Owned(vec![2]));
    let input = input.with_members("consumption", Cow::Owned(vec![2]));
    let output =
        compute("output_multiplier", &input, &[("households", name("wages")), ("consumption", name("consumption"))]);
    assert_eq!(part(&output, "total")[..2], [Err(Absent::ZeroDenominator); 2]);
    assert!(part(&output, "direct")[0].is_ok());
}

#[test]
fn households_and_consumption_go_together() {
    let index = find("output_multiplier").unwrap();
    let given = BTreeMap::from([("households".to_owned(), name("wages"))]);
    let params = Params::parse(index.card(), &given, "params").unwrap();
    let facts = Facts { has_industries: true, has_neighbours: false };
    assert_eq!(index.check(&params, &facts).unwrap_err().param, "consumption");
}

#[test]
fn one_sector_has_the_multiplier_of_a_geometric_series() {
    let table = Table::of(1, &[&[25.0, 75.0]]);
    let series = 1.0 / (1.0 - 0.25);
    assert_eq!(part(&table.compute("output_multiplier"), "total"), [Ok(series), Err(Absent::Missing)]);
    assert_eq!(table.compute("leontief_inverse").parts[0].1, [Ok(series)]);
    assert!(near(table.matrix("average_propagation_length")[0], series));
    let linkage = table.compute("backward_linkage");
    assert_eq!((part(&linkage, "value")[0], part(&linkage, "cv")[0]), (Ok(1.0), Err(Absent::TooFewCategories)));
    assert_eq!(table.compute("key_sector").parts[0].1[0], Ok(0.0));
    let extraction = table.compute("hypothetical_extraction");
    assert!(near(part(&extraction, "total")[0].unwrap(), 100.0), "everything is lost");
    assert!(near(part(&extraction, "backward")[0].unwrap(), 25.0), "what the sector makes for itself is lost");
}

#[test]
fn what_does_not_produce_for_final_demand_is_absent_and_spoils_nothing() {
    // a and b are an economy; c has no output; d and e sell to each other only; f has no row that is present.
    let mut table = Table::of(
        6,
        &[
            &[1.0, 2.0, 1.0, 0.0, 3.0, 0.0, 5.0],
            &[3.0, 1.0, 0.0, 0.0, 0.0, 0.0, 4.0],
            &[0.0; 7],
            &[0.0, 0.0, 0.0, 1.0, 2.0, 0.0, 0.0],
            &[0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0],
            &[0.0; 7],
        ],
    );
    table.values[35..].fill(Err(Absent::Suppressed));
    let zero = Err(Absent::ZeroDenominator);
    // Sales to c and to e are final.
    let alone = Table::of(2, &[&[1.0, 2.0, 9.0], &[3.0, 1.0, 4.0]]);
    for index in ["output_multiplier", "upstreamness", "backward_linkage", "hypothetical_extraction"] {
        let values = table.compute(index).parts.remove(0).1;
        assert_eq!(values[..2], alone.compute(index).parts[0].1[..2], "{index}");
        assert_eq!(values[2..], [zero, zero, zero, Err(Absent::Suppressed), Err(Absent::Missing)], "{index}");
    }
    assert_eq!(table.compute("leontief_inverse").parts[0].1.iter().flatten().count(), 4);
    let coefficients = table.compute("technical_coefficients").parts.remove(0).1;
    assert_eq!((coefficients[2], coefficients[3 * 7 + 3]), (zero, Ok(1.0 / 3.0)), "only inverses need final demand");
}

#[test]
fn disconnected_economies_do_not_touch() {
    let table = Table::of(
        4,
        &[
            &[1.0, 6.0, 0.0, 0.0, 2.0],
            &[7.0, 1.0, 0.0, 0.0, 1.0],
            &[0.0, 0.0, 2.0, 5.0, 1.0],
            &[0.0, 0.0, 9.0, 0.0, 3.0],
        ],
    );
    let first = Table::of(2, &[&[1.0, 6.0, 2.0], &[7.0, 1.0, 1.0]]);
    let (both, one) = (table.matrix("leontief_inverse"), first.matrix("leontief_inverse"));
    assert!(all_near(&[&both[..2], &both[4..6]].concat(), &one));
    assert_eq!(both[2..4], [0.0, 0.0]);
    let lengths = table.compute("average_propagation_length").parts.remove(0).1;
    assert_eq!(lengths[2..4], [Err(Absent::ZeroDenominator); 2]);
    assert!(lengths[0].is_ok() && lengths[1].is_ok());
}

#[test]
fn an_absent_flow_adds_nothing() {
    everywhere(|table, dice| {
        let (mut absent, mut zero) = (table.clone(), table.clone());
        for cell in 0..table.values.len() {
            if cell % table.width < table.sectors && dice.below(4) == 0 {
                absent.values[cell] = Err(Absent::Suppressed);
                zero.values[cell] = Ok(0.0);
            }
        }
        for index in ["leontief_inverse", "output_multiplier", "upstreamness", "key_sector"] {
            assert_eq!(absent.compute(index).parts, zero.compute(index).parts, "{index}, {absent:?}");
        }
        for (cell, own) in absent.values.iter().enumerate().filter(|(_, own)| own.is_err()) {
            assert_eq!(absent.compute("technical_coefficients").parts[0].1[cell], *own);
        }
    });
}

#[test]
fn cells_that_are_not_listed_are_as_good_as_missing() {
    everywhere(|table, _| {
        let cells = |i: usize| {
            let listed = (0..table.width).filter(|j| table.at(i, *j) != 0.0);
            listed.map(|j| (j as u32, Ok(table.at(i, j)))).collect::<Vec<_>>()
        };
        let listed: Vec<_> = (0..table.rows()).map(cells).collect();
        let sparse = table.input(Slice::listed(table.width, &listed));
        for index in ["leontief_inverse", "output_multiplier", "value_chain_length", "average_propagation_length"] {
            assert_eq!(compute(index, &sparse, &[]), table.compute(index), "{index}, {table:?}");
        }
    });
}

#[test]
fn trade_that_is_taken_out_leaves_the_shares_of_what_stays() {
    let table = Table::of(2, &[&[10.0, 20.0, 30.0, 60.0, -20.0], &[5.0, 5.0, 40.0, 50.0, -10.0]]);
    let home = Table::of(2, &[&[10.0, 20.0, 30.0], &[5.0, 5.0, 40.0]]);
    let input = table.dense().with_members("trade", Cow::Owned(vec![3, 4]));
    let corrected = compute("upstreamness", &input, &[("trade", name("exports; imports"))]);
    assert_eq!(corrected.parts[0].1[..2], home.compute("upstreamness").parts[0].1[..2]);
}

#[test]
fn contributions_sum_to_the_imports_in_exports() {
    everywhere(|table, dice| {
        let mut open = table.clone();
        open.values.extend((0..table.width).map(|_| Ok(dice.positive())));
        let (imports, exports) = (table.rows(), table.sectors);
        let input = open.dense().with_members("imports", Cow::Owned(vec![imports]));
        let input = input.with_members("exports", Cow::Owned(vec![exports]));
        let output = compute("vertical_specialisation", &input, &[("imports", name("m")), ("exports", name("x"))]);
        let n = table.sectors;
        let inverse = table.matrix("leontief_inverse");
        let needed = |i: usize| (0..n).map(|j| inverse[i * n + j] * table.at(j, exports)).sum::<f64>();
        let imported: f64 = (0..n).map(|i| open.at(imports, i) / table.output(i) * needed(i)).sum();
        let exported: f64 = (0..n).map(|j| table.at(j, exports)).sum();
        let share: f64 = numbers(&part(&output, "contribution")[..n]).iter().sum();
        assert!(near(share, imported / exported), "{open:?}");
    });
}

/// A random national table, and employees of so many regions in its sectors.
fn nation(dice: &mut Dice, regions: usize) -> (Table, Slice<'static>) {
    let table = Table::random(dice);
    let jobs: Vec<Value> = (0..regions * table.sectors).map(|_| Ok(dice.positive())).collect();
    let slice = Slice::dense(table.sectors, jobs);
    (table, slice)
}

fn regional(index: &str, table: &Table, jobs: &Slice<'_>, delta: f64) -> Output {
    let own: Vec<Option<usize>> = (0..table.sectors).map(Some).collect();
    let flows = Slice::dense(table.width, &table.values[..]);
    let regions = vec![None; jobs.regions()];
    let companion = Companion { measure: Some(flows), regions, industries: own.clone(), suppliers: own };
    let input = Input::new(jobs.clone()).with_companion("table", companion);
    compute(index, &input, &[("table", name("nation")), ("delta", Raw::Number(delta))])
}

#[test]
fn a_region_keeps_no_more_than_the_nation() {
    for seed in 0..TABLES {
        let (table, jobs) = nation(&mut Dice::new(seed), 4);
        let multipliers = regional("regional_output_multiplier", &table, &jobs, 0.3);
        for (own, nation) in part(&multipliers, "value").iter().zip(part(&multipliers, "national")) {
            let (own, nation) = (own.unwrap(), nation.unwrap());
            assert!((1.0..=nation + 1e-9).contains(&own), "{own} of {nation}");
        }
        let lengths = regional("regional_value_chain_length", &table, &jobs, 0.3);
        assert!(part(&lengths, "retained").iter().flatten().all(|kept| (-1e-9..=1.0 + 1e-9).contains(kept)));
        let coefficients = regional("regional_coefficients", &table, &jobs, 0.3);
        assert_eq!(coefficients.parts[0].1.len(), 4 * table.sectors * table.sectors);
    }
}

#[test]
fn the_only_region_is_the_nation() {
    for seed in 0..TABLES {
        let (table, jobs) = nation(&mut Dice::new(seed), 1);
        let multipliers = regional("regional_output_multiplier", &table, &jobs, 0.3);
        let expected = table.part("output_multiplier", "total");
        assert!(all_near(&numbers(part(&multipliers, "value")), &expected));
        assert!(all_near(&numbers(part(&multipliers, "national")), &expected));
    }
}

#[test]
fn larger_regions_of_one_structure_have_longer_chains() {
    let table = Table::of(2, &[&[10.0, 20.0, 30.0], &[15.0, 5.0, 40.0]]);
    let jobs = Slice::dense(2, vec![Ok(1.0), Ok(2.0), Ok(4.0), Ok(8.0), Ok(20.0), Ok(40.0)]);
    let lengths = numbers(part(&regional("regional_value_chain_length", &table, &jobs, 0.3), "value"));
    assert!(lengths[0] < lengths[1] && lengths[1] < lengths[2], "{lengths:?}");
    let sizeless = numbers(part(&regional("regional_value_chain_length", &table, &jobs, 0.0), "retained"));
    assert!(all_near(&sizeless, &[1.0; 3]), "without λ, only the structure matters");
}

#[test]
fn a_sector_that_a_region_lacks_has_no_coefficients_there() {
    let table = Table::of(2, &[&[10.0, 20.0, 30.0], &[15.0, 5.0, 40.0]]);
    let jobs = Slice::dense(2, vec![Ok(0.0), Ok(2.0), Err(Absent::Suppressed), Ok(8.0), Ok(20.0), Ok(40.0)]);
    let values = regional("regional_coefficients", &table, &jobs, 0.3).parts.remove(0).1;
    let zero = Err(Absent::ZeroDenominator);
    assert_eq!((values[0], values[1], values[2]), (zero, Ok(0.0), zero), "supplies nothing, uses nothing");
    let suppressed = Err(Absent::Suppressed);
    assert_eq!((values[4], values[5], values[6]), (suppressed, suppressed, suppressed));
    let multipliers = regional("regional_output_multiplier", &table, &jobs, 0.3).parts.remove(0).1;
    assert_eq!((multipliers[0], multipliers[2]), (zero, suppressed));
    assert!(multipliers[1].is_ok() && multipliers[3].is_ok());
}

#[test]
fn a_caller_who_has_gone_away_gets_nothing_more() {
    let table = Table::of(2, &[&[1.0, 2.0, 3.0], &[2.0, 1.0, 4.0]]);
    let stop = Stop::default();
    stop.raise();
    let mut input = table.dense();
    input.stop = Some(&stop);
    assert_eq!(compute("output_multiplier", &input, &[]).parts[0].1, [Err(Absent::Missing); 3]);
}

/// The table whose sectors have erred about what they sell to each other and draw from primary inputs, each flow by
/// itself and outputs being known.
fn erring(table: &Table, error: f64, dice: &mut Dice) -> Table {
    let mut erring = table.clone();
    let draw = |dice: &mut Dice| (0..12).map(|_| dice.positive() / 1000.0).sum::<f64>() - 6.0;
    for cell in (0..table.values.len()).filter(|cell| cell % table.width < table.sectors) {
        let wrong = table.values[cell].map_or(0.0, |flow| flow * error * draw(dice));
        erring.values[cell] = table.values[cell].map(|flow| flow + wrong);
        let last = cell - cell % table.width + table.width - 1;
        if cell < table.sectors * table.width {
            erring.values[last] = erring.values[last].map(|demand| demand - wrong);
        }
    }
    erring
}

#[test]
fn analytic_intervals_cover_the_truth_under_errors_of_the_coefficients() {
    const DRAWS: usize = 400;
    let table = Table::of(
        4,
        &[
            &[30.0, 60.0, 5.0, 10.0, 200.0],
            &[40.0, 90.0, 50.0, 20.0, 180.0],
            &[10.0, 30.0, 20.0, 60.0, 120.0],
            &[20.0, 15.0, 35.0, 10.0, 260.0],
            &[90.0, 60.0, 40.0, 150.0, 0.0],
        ],
    );
    let ask = Ask { infer: Infer::Analytic, draws: 1, seed: 1, level: 0.95, alternative: Alternative::TwoSided };
    let given = BTreeMap::from([("error".to_owned(), Raw::Number(0.05))]);
    let indices = ["output_multiplier", "input_multiplier", "downstreamness", "upstreamness", "backward_linkage"];
    for index in indices.into_iter().chain(["forward_linkage"]) {
        let mut dice = Dice::new(7);
        let index = find(index).unwrap();
        let mut given = given.clone();
        if index.card().id == "input_multiplier" {
            given.insert("row".to_owned(), name("wages"));
        }
        let params = Params::parse(index.card(), &given, "params").unwrap();
        let mut covered = 0;
        let truth = index.compute(&table.dense().with_members("row", Cow::Owned(vec![4])), &params).parts.remove(0).1;
        for _ in 0..DRAWS {
            let wrong = erring(&table, 0.05, &mut dice);
            let columns = index.infer(&wrong.dense().with_members("row", Cow::Owned(vec![4])), &params, &ask).unwrap();
            let column = |end: &str| &columns.iter().find(|(name, _)| name.ends_with(end)).unwrap().1;
            let inside = |j: &usize| {
                (column("_lower")[*j].unwrap()..=column("_upper")[*j].unwrap()).contains(&truth[*j].unwrap())
            };
            covered += (0..table.sectors).filter(inside).count();
        }
        let coverage = covered as f64 / (DRAWS * table.sectors) as f64;
        println!("{}: {coverage}", index.card().id);
        assert!((0.92..=0.98).contains(&coverage), "{}: {coverage}", index.card().id);
    }
}
