//! Laws of the values on random games.

use super::*;
use crate::numeric::random::{normals, stream};
use crate::panel::Absent;

/// Sampling that no exact game takes.
const NONE: Sampling = Sampling { seed: 0, pairs: 2 };

fn series(point: f64) -> Series {
    Series { point: Ok(point), draws: Ok(vec![point, 2.0 * point]) }
}

/// A table of v by coalition, with v(∅) not zero.
fn table(seed: u64, players: usize) -> Vec<f64> {
    normals(&mut stream(seed, 0), 1 << players)
}

fn number(coalition: &[bool]) -> usize {
    coalition.iter().rev().fold(0, |all, is_in| 2 * all + usize::from(*is_in))
}

fn attribute(unions: &[usize], table: &[f64]) -> Attribution {
    Game::new(unions, |c: &[bool]| Ok(vec![series(table[number(c)])])).attribute(NONE).unwrap()
}

fn points(payoffs: &[Payoffs]) -> Vec<f64> {
    payoffs.iter().map(|p| p[0].point.unwrap()).collect()
}

/// All orders of the players.
fn orders(players: usize) -> Vec<Vec<usize>> {
    if players == 0 {
        return vec![Vec::new()];
    }
    let shorter = orders(players - 1);
    let insert = |order: &Vec<usize>, at: usize| [&order[..at], &[players - 1], &order[at..]].concat();
    shorter.iter().flat_map(|order| (0..players).map(move |at| insert(order, at))).collect()
}

/// Whether no union is interrupted.
fn keeps_together(order: &[usize], unions: &[usize]) -> bool {
    let changes = order.windows(2).filter(|pair| unions[pair[0]] != unions[pair[1]]).count();
    changes == *unions.iter().max().unwrap()
}

/// The mean contribution over all orders that keep the unions together.
fn by_orders(unions: &[usize], table: &[f64]) -> Vec<f64> {
    let orders: Vec<_> = orders(unions.len()).into_iter().filter(|order| keeps_together(order, unions)).collect();
    let mut sums = vec![0.0; unions.len()];
    for order in &orders {
        let mut coalition = 0;
        for player in order {
            sums[*player] += table[coalition | 1 << player] - table[coalition];
            coalition |= 1 << player;
        }
    }
    sums.iter().map(|sum| sum / orders.len() as f64).collect()
}

fn assert_close(ours: &[f64], theirs: &[f64], tolerance: f64) {
    assert_eq!(ours.len(), theirs.len());
    let near = ours.iter().zip(theirs).all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(near, "{ours:?} is not {theirs:?}");
}

#[test]
fn values_are_mean_contributions_over_the_orders() {
    for (seed, unions) in [vec![0], vec![0, 1, 2, 3, 4], vec![0, 0, 1, 2, 1], vec![0, 1, 0, 1, 1, 0]].iter().enumerate()
    {
        let table = table(seed as u64, unions.len());
        assert_close(&points(&attribute(unions, &table).shapley), &by_orders(unions, &table), 1e-13);
    }
}

#[test]
fn values_add_up_draw_by_draw() {
    for seed in 0..20 {
        let unions = [0, 1, 0, 2, 3, 4, 4];
        let ours = attribute(&unions, &table(seed, 7));
        let mut sum = zeros(&ours.total);
        ours.shapley.iter().for_each(|payoffs| add(&mut sum, 1.0, payoffs));
        assert_close(sum[0].draws.as_ref().unwrap(), ours.total[0].draws.as_ref().unwrap(), 1e-13);
        assert_close(&[sum[0].point.unwrap()], &[ours.total[0].point.unwrap()], 1e-13);
    }
}

#[test]
fn equals_get_the_same_and_who_adds_nothing_gets_nothing() {
    // Only how many of players 0 and 1 take part counts; player 3 never does.
    let source = table(3, 4);
    let v = |c: &[bool]| source[usize::from(c[0]) + usize::from(c[1]) + 4 * usize::from(c[2])];
    let game = Game::new(&[0, 1, 2, 3], |c: &[bool]| Ok(vec![series(v(c))]));
    let values = points(&game.attribute(NONE).unwrap().shapley);
    assert_close(&[values[0], values[3]], &[values[1], 0.0], 1e-15);
}

#[test]
fn values_are_linear_in_the_game() {
    let (a, b) = (table(1, 5), table(2, 5));
    let mixed: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 2.0 * a - 3.0 * b).collect();
    let values = |table: &[f64]| points(&attribute(&[0, 1, 2, 3, 4], table).shapley);
    let expected: Vec<f64> = values(&a).iter().zip(values(&b)).map(|(a, b)| 2.0 * a - 3.0 * b).collect();
    assert_close(&values(&mixed), &expected, 1e-13);
}

#[test]
fn the_members_of_a_union_share_its_own_value() {
    let (unions, table) = ([0, 0, 1, 2, 2], table(9, 5));
    let members = points(&attribute(&unions, &table).shapley);
    let whole = |c: &[bool]| unions.iter().enumerate().fold(0, |all, (i, u)| all | usize::from(c[*u]) << i);
    let game = Game::new(&[0, 1, 2], |c: &[bool]| Ok(vec![series(table[whole(c)])]));
    let quotient = points(&game.attribute(NONE).unwrap().shapley);
    assert_close(&[members[0] + members[1], members[2], members[3] + members[4]], &quotient, 1e-13);
}

#[test]
fn alone_and_last_are_the_ends_and_the_interaction_is_the_rest() {
    let table = table(4, 3);
    let ours = attribute(&[0, 1, 2], &table);
    let alone: Vec<f64> = (0..3).map(|i| table[1 << i] - table[0]).collect();
    assert_close(&points(&ours.alone), &alone, 1e-15);
    assert_close(&points(&ours.last), &[table[7] - table[6], table[7] - table[5], table[7] - table[3]], 1e-15);
    let rest = table[7] - table[0] - alone.iter().sum::<f64>();
    assert_close(&[ours.interaction()[0].point.unwrap()], &[rest], 1e-15);
}

#[test]
fn a_payoff_that_one_coalition_lacks_is_absent_and_the_others_are_not() {
    let missing = || Series { point: Err(Absent::OutsideDomain), draws: Err(Absent::OutsideDomain) };
    let value = |c: &[bool]| Ok(vec![series(1.0), if number(c) == 2 { missing() } else { series(0.0) }]);
    let ours = Game::new(&[0, 1], value).attribute(NONE).unwrap();
    assert_eq!((ours.shapley[0][0].point, ours.shapley[0][1].point), (Ok(0.0), Err(Absent::OutsideDomain)));
}

#[test]
fn an_error_of_the_game_is_the_answer() {
    let game = Game::new(&[0, 1], |c: &[bool]| if c[0] { Err(Error::Cancelled) } else { Ok(vec![series(1.0)]) });
    assert!(matches!(game.attribute(NONE), Err(Error::Cancelled)));
}

/// A game with interactions of pairs, whose Shapley value is known: own part plus half of each interaction.
#[expect(clippy::type_complexity, reason = "a closure has no name")]
fn pairwise(players: usize, unions: &[usize]) -> (Game<impl Fn(&[bool]) -> Result<Payoffs, Error> + Sync>, Vec<f64>) {
    let random = normals(&mut stream(5, 1), players * players);
    let weight = move |i: usize, j: usize| random[i * players + j];
    let known = (0..players).map(|i| {
        let halves: f64 = (0..players).filter(|j| *j != i).map(|j| weight(i.min(j), i.max(j)) / 2.0).sum();
        weight(i, i) + halves
    });
    let known: Vec<f64> = known.collect();
    let value = move |c: &[bool]| {
        let inside = |i: &usize| c[*i];
        let pairs = (0..players).filter(inside).flat_map(|i| (i..players).filter(inside).map(move |j| (i, j)));
        let sum: f64 = pairs.map(|(i, j)| weight(i, j)).sum();
        // A triple keeps the antithetic pairs from being exact.
        let triple = if c[0] && c[1] && c[2] { 3.0 } else { 0.0 };
        Ok(vec![series(sum + triple)])
    };
    let shared = |i: usize| if i < 3 { 1.0 } else { 0.0 };
    let known = known.iter().enumerate().map(|(i, x)| x + shared(i)).collect();
    (Game::new(unions, value), known)
}

#[test]
fn sampled_values_are_within_their_errors_and_add_up() {
    let unions: Vec<usize> = (0..16).collect();
    let (game, known) = pairwise(16, &unions);
    let sampling = Sampling { seed: 11, pairs: 400 };
    assert_eq!(game.runs(sampling), 2 + 32 + 2 * 400 * 13);
    let ours = game.attribute(sampling).unwrap();
    let errors = ours.standard_errors.as_ref().unwrap();
    for (player, known) in known.iter().enumerate() {
        let (value, error) = (ours.shapley[player][0].point.unwrap(), errors[player][0].unwrap());
        assert!((value - known).abs() <= 4.0 * error + 1e-12, "player {player}: {value} ± {error}, not {known}");
        // Interactions of pairs alone are exact in every pair of an order and its reverse.
        assert!((error < 1e-12) == (player >= 3), "player {player}: {error}");
    }
    let total: f64 = points(&ours.shapley).iter().sum();
    assert_close(&[total], &[ours.total[0].point.unwrap()], 1e-11);
}

#[test]
fn standard_errors_tell_how_far_sampled_values_are_off() {
    // Random tables: over many seeds, errors divided by their standard errors have variance one.
    let unions: Vec<usize> = (0..13).collect();
    let table = table(6, 13);
    let game = Game::new(&unions, |c: &[bool]| Ok(vec![series(table[number(c)])]));
    let exact = points(&game.exact().unwrap().shapley);
    let squares = (0..40).flat_map(|seed| {
        let ours = game.sampled(Sampling { seed, pairs: 40 }).unwrap();
        let errors = ours.standard_errors.unwrap();
        let square = |i: usize| ((ours.shapley[i][0].point.unwrap() - exact[i]) / errors[i][0].unwrap()).powi(2);
        (0..13).map(square).collect::<Vec<_>>()
    });
    let squares: Vec<f64> = squares.collect();
    let mean = squares.iter().sum::<f64>() / squares.len() as f64;
    println!("mean squared standardised error of {} sampled values: {mean:.3}", squares.len());
    assert!((0.75..1.35).contains(&mean), "{mean}");
}

#[test]
fn sampled_orders_keep_unions_together_and_repeat() {
    let unions = [0, 1, 0, 2, 1, 2, 0, 3];
    let game = Game::new(&unions, |_: &[bool]| Ok(vec![series(0.0)]));
    for number in 0..50 {
        let order = game.order(1, number);
        assert!(keeps_together(&order, &unions), "{order:?}");
        assert_eq!(order, game.order(1, number));
    }
}

#[test]
fn sampled_values_of_unions_are_within_their_errors() {
    let unions = [0, 0, 1, 2, 1, 3, 0];
    let table = table(8, 7);
    let game = Game::new(&unions, |c: &[bool]| Ok(vec![series(table[number(c)])]));
    let (ours, exact) = (game.sampled(Sampling { seed: 2, pairs: 800 }).unwrap(), game.exact().unwrap());
    let errors = ours.standard_errors.unwrap();
    for (player, error) in errors.iter().enumerate() {
        let apart = ours.shapley[player][0].point.unwrap() - exact.shapley[player][0].point.unwrap();
        assert!(apart.abs() <= 4.0 * error[0].unwrap(), "player {player}: {apart} ± {:?}", error[0]);
    }
}

#[test]
fn the_number_of_coalitions_is_known_beforehand() {
    let count = |unions: &[usize]| {
        let game = Game::new(unions, |_: &[bool]| Ok(vec![series(0.0)]));
        let counter = std::sync::atomic::AtomicU64::new(0);
        let counted = Game::new(unions, |_: &[bool]| {
            counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(vec![series(0.0)])
        });
        counted.attribute(NONE).unwrap();
        (game.coalitions(), counter.into_inner())
    };
    for unions in [vec![], vec![0], vec![0, 1, 2, 3], vec![0, 0, 1, 1, 2], vec![0, 0, 0, 0]] {
        let (expected, ran) = count(&unions);
        assert_eq!(expected.max(2), ran, "{unions:?}");
    }
    let (twelve, thirteen): (Vec<usize>, Vec<usize>) = ((0..12).collect(), (0..13).collect());
    let exact = |unions: &[usize]| Game::new(unions, |_: &[bool]| Ok(vec![series(0.0)])).is_exact();
    assert!(exact(&twelve) && !exact(&thirteen) && !exact(&[0; 64]));
}

#[test]
fn values_do_not_depend_on_the_number_of_threads() {
    let table = table(12, 8);
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let game = Game::new(&[0, 1, 2, 3, 4, 5, 6, 7], |c: &[bool]| Ok(vec![series(table[number(c)])]));
        let (exact, sampled) =
            pool.install(|| (game.exact().unwrap(), game.sampled(Sampling { seed: 1, pairs: 30 }).unwrap()));
        [points(&exact.shapley), points(&sampled.shapley)].concat().iter().map(|x| x.to_bits()).collect::<Vec<_>>()
    };
    assert_eq!(with(1), with(2));
}
