//! Laws that hold for every system, checked on random ones.

use crate::support::{
    change, close, effects, feedback, given, nation, panel, program, request, run, scenario, stock, year,
};
use agglo::forecast::{
    Action, AreaKind, Change, Closure, Code, Feedback, Forecast, Group, Model, Request, Scenario, Uncertainty,
};
use agglo::formula::Program;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{Panel, Period};
use agglo::regression::{Spec, fit};

const FORMULA: &str = "growth(gdp) ~ agglomeration(firms) + agglomeration(capital) | region + year";

/// A random economy with erratic growth.
fn economy(seed: u64, size: (usize, usize, usize)) -> Panel {
    let column = |number: u64, name| {
        let at = move |t: usize, r: usize, i: usize| {
            let random = &mut stream(seed, 1000 * number + 37 * r as u64 + i as u64);
            let start = 4.0 + normal(random);
            let path = (0..t).map(|_| 0.03 + 0.1 * normal(random)).sum::<f64>();
            Ok((start + path).exp())
        };
        stock(name, at)
    };
    panel(size, &[column(1, "firms"), column(2, "capital"), column(3, "gdp"), column(4, "people")])
}

fn fitted(program: &Program, panel: &Panel) -> Model {
    let fit = fit(program, panel, &Spec::default(), &Stop::default()).unwrap();
    Model::fitted(program, panel, &fit, &Stop::default()).unwrap()
}

fn forecast(seed: u64, text: &str, request: &Request) -> Forecast {
    let panel = economy(seed, (12, 6, 0));
    let program = program(text, &panel);
    run(&program, &panel, &fitted(&program, &panel), request).unwrap()
}

fn move_to(regions: &[usize]) -> Action {
    Action::Move { to: regions.iter().map(|r| crate::support::region(*r)).collect() }
}

/// A few changes of every kind.
fn policies() -> Vec<Change> {
    let east = Group { attribute: "macro".into(), value: "east".into() };
    vec![
        change("firms", move_to(&[4, 5]), 0.2, &[0, 1]),
        change("firms", Action::Add, 30.0, &[1]),
        Change { phase_periods: 3, ..change("capital", Action::Scale, 1.3, &[0]) },
        Change { group: Some(east), ..change("firms", Action::Scale, 0.9, &[]) },
        Change { first_period: Some(year(2014)), ..change("firms", Action::Set, 80.0, &[0]) },
        change("firms", Action::Scale, 1.1, &[0]),
    ]
}

#[test]
fn changes_of_nothing_have_exactly_no_effect() {
    for seed in 0..5 {
        let nothing = vec![
            change("firms", Action::Scale, 1.0, &[0]),
            change("firms", Action::Add, 0.0, &[1]),
            change("capital", move_to(&[2]), 0.0, &[3]),
        ];
        let closures = [Closure::NewActivity, Closure::RelocateProRata, Closure::FixedNationalTotal];
        let scenarios = closures.iter().enumerate().map(|(i, c)| scenario(&i.to_string(), c.clone(), nothing.clone()));
        let feedback = vec![feedback("capital", 0.5)];
        let request = Request { feedback, ..request(4, 20, scenarios.collect()) };
        for outlook in &forecast(seed, FORMULA, &request).outlooks[1..] {
            let effect = outlook.effect.as_ref().unwrap();
            assert!(!effect.pure_reallocation);
            let bands = effect.areas.iter().flat_map(|a| a.outcome.iter().chain(&a.level).chain(&a.growth));
            for band in bands {
                assert_eq!((band.point, band.mean), (Ok(0.0), Ok(0.0)));
                assert!(band.quantiles.iter().all(|q| *q == Ok(0.0)));
            }
        }
    }
}

/// The first region's level falls to nothing, which has no growth and no ratio: it must not leave the measure that responds.
#[test]
fn a_region_without_a_level_responds_to_nothing() {
    let columns = [
        stock("firms", |t, r, _| Ok(20.0 + (t * (r + 2)) as f64)),
        stock("gdp", |t, r, _| Ok(if r == 0 && t == 9 { 0.0 } else { 100.0 + (t * (r + 1)) as f64 })),
    ];
    let panel = panel((10, 5, 0), &columns);
    let program = program("growth(gdp) ~ 1 + agglomeration(firms)", &panel);
    let model = given(&program, &[1.0, 5.0], None, None);
    for migrates in [false, true] {
        let nothing = vec![change("firms", Action::Scale, 1.0, &[1])];
        let feedback = vec![Feedback { migrates, ..feedback("firms", 0.5) }];
        let scenarios = vec![scenario("nothing", Closure::NewActivity, nothing)];
        let told = run(&program, &panel, &model, &Request { feedback, ..request(5, 0, scenarios) }).unwrap();
        let effect = told.outlooks[1].effect.as_ref().unwrap();
        let levels = effect.areas.iter().flat_map(|area| &area.level);
        assert!(levels.clone().any(|band| band.point == Ok(0.0)));
        assert!(levels.clone().all(|band| band.point.map_or(true, |x| x == 0.0)), "{migrates}");
    }
}

#[test]
fn effects_through_share_indices_sum_to_zero_and_are_called_so() {
    for seed in 0..10 {
        let forecast = forecast(seed, FORMULA, &request(6, 10, vec![scenario("s", Closure::NewActivity, policies())]));
        let effect = forecast.outlooks[1].effect.as_ref().unwrap();
        for (h, adding_up) in effect.adding_up.iter().enumerate() {
            let size: f64 = effects(&forecast, 0, h).iter().map(|e| e.abs()).sum();
            assert!(adding_up.unweighted.point.unwrap().abs() <= 1e-12 * size.max(1.0));
            assert!(adding_up.terms.iter().all(|t| t.unwrap().abs() < 1e-12));
        }
        assert!(effect.pure_reallocation);
        assert!(forecast.warnings.iter().any(|w| w.code == Code::PureReallocation));
        assert!(forecast.warnings.iter().any(|w| w.code == Code::PeriodEffectsAbsorb));
    }
}

#[test]
fn effects_through_levels_do_not_sum_to_zero() {
    let changes = vec![change("firms", Action::Scale, 1.1, &[0])];
    let request = request(2, 0, vec![scenario("s", Closure::NewActivity, changes)]);
    let forecast = forecast(1, "growth(gdp) ~ ln(firms) + ln(capital) | region", &request);
    assert!(!forecast.outlooks[1].effect.as_ref().unwrap().pure_reallocation);
    assert!(forecast.warnings.iter().all(|w| w.code != Code::PeriodEffectsAbsorb));
}

#[test]
fn the_decomposition_adds_up_to_the_effect() {
    let forecast = forecast(3, FORMULA, &request(5, 0, vec![scenario("s", Closure::RelocateProRata, policies())]));
    let effect = forecast.outlooks[1].effect.as_ref().unwrap();
    for h in 0..5 {
        for (row, effect_on) in effects(&forecast, 0, h).into_iter().enumerate() {
            let sum: f64 = effect.decomposition[h][row].iter().map(|x| x.unwrap()).sum();
            assert!((sum - effect_on).abs() < 1e-11, "{sum} {effect_on}");
        }
    }
}

#[test]
fn the_order_of_changes_does_not_matter() {
    let mut reversed = policies();
    reversed.reverse();
    let mut turned = policies();
    turned.rotate_left(2);
    let of = |changes| {
        let groups = Some("macro".to_owned());
        let request = Request { groups, ..request(6, 25, vec![scenario("s", Closure::FixedNationalTotal, changes)]) };
        forecast(4, FORMULA, &request)
    };
    let first = of(policies());
    assert_eq!(first, of(reversed));
    assert_eq!(first, of(turned));
}

#[test]
fn a_linear_model_equals_its_closed_form() {
    let panel = economy(5, (12, 4, 0));
    let program = program("growth(gdp) ~ ln(firms)", &panel);
    let model = given(&program, &[0.5, 2.0], None, None);
    let factor = Change { phase_periods: 3, ..change("firms", Action::Scale, 1.1, &[1]) };
    let temporary = Change {
        first_period: Some(year(2013)),
        last_period: Some(year(2014)),
        phase_periods: 2,
        fade_periods: 2,
        ..factor.clone()
    };
    let scenarios = vec![
        scenario("permanent", Closure::NewActivity, vec![factor]),
        scenario("temporary", Closure::NewActivity, vec![temporary]),
    ];
    let forecast = run(&program, &panel, &model, &request(5, 0, scenarios)).unwrap();
    let force: [[f64; 5]; 2] = [[1.0 / 3.0, 2.0 / 3.0, 1.0, 1.0, 1.0], [0.0, 0.5, 1.0, 0.5, 0.0]];
    for (s, force) in force.iter().enumerate() {
        for (h, force) in force.iter().enumerate() {
            let effect = effects(&forecast, s, h);
            assert!((effect[1] - 2.0 * (1.0 + 0.1 * force).ln()).abs() < 1e-12);
            assert_eq!((effect[0], effect[2]), (0.0, 0.0));
        }
    }
    let at = |measure: usize, year: i32| panel.grid(measure, Period::parse(&year.to_string()).unwrap()).unwrap();
    let (firms, gdp) = (at(0, 2011).values[0].unwrap(), at(2, 2011).values[0].unwrap());
    let growth = (firms / at(0, 2000).values[0].unwrap()).ln() / 11.0;
    let rates = (1..=5).map(|h| 0.5 + 2.0 * (firms.ln() + f64::from(h) * growth));
    let level = rates.fold(gdp, |level, g| level * (1.0 + g / 100.0));
    assert!(close(forecast.outlooks[0].areas[0].level[4].point.unwrap(), level, 1e-12));
}

#[test]
fn coefficient_draws_have_the_given_covariance() {
    let panel = economy(6, (3, 3, 0));
    let program = program("gdp ~ 0 + firms + capital", &panel);
    let covariance = vec![vec![0.04, -0.03], vec![-0.03, 0.09]];
    let model = given(&program, &[1.0, 2.0], Some(covariance), None);
    let changes = vec![change("firms", Action::Add, 2.0, &[0]), change("capital", Action::Add, 1.0, &[0])];
    let request = Request {
        quantiles: vec![0.1586553, 0.8413447],
        ..request(1, 20_000, vec![scenario("s", Closure::NewActivity, changes)])
    };
    let forecast = run(&program, &panel, &model, &request).unwrap();
    let band = &forecast.outlooks[1].effect.as_ref().unwrap().areas[0].outcome[0];
    let deviation = (band.quantiles[1].unwrap() - band.quantiles[0].unwrap()) / 2.0;
    let expected = (4.0 * 0.04 + 0.09 - 4.0 * 0.03_f64).sqrt();
    assert!((band.point.unwrap() - 4.0).abs() < 1e-9);
    assert!((deviation / expected - 1.0).abs() < 0.02, "{deviation} against {expected}");
}

#[test]
fn common_draws_make_effects_sharper_than_levels() {
    let changes = vec![change("firms", Action::Scale, 1.5, &[0])];
    let forecast = forecast(7, FORMULA, &request(3, 400, vec![scenario("s", Closure::NewActivity, changes)]));
    let width = |band: &agglo::forecast::Band| band.quantiles[2].unwrap() - band.quantiles[0].unwrap();
    let separate = |h: usize| {
        width(&forecast.outlooks[0].areas[0].outcome[h]).hypot(width(&forecast.outlooks[1].areas[0].outcome[h]))
    };
    for h in 0..3 {
        let effect = width(&forecast.outlooks[1].effect.as_ref().unwrap().areas[0].outcome[h]);
        assert!(effect < 0.7 * separate(h), "{effect} {}", separate(h));
    }
}

#[test]
fn sources_of_uncertainty_switch_off_one_by_one() {
    let of = |coefficients, residuals| {
        let uncertainty = Uncertainty { coefficients, residuals, drivers: false, models: false };
        let forecast = forecast(8, FORMULA, &Request { uncertainty, ..request(2, 300, Vec::new()) });
        let band = forecast.outlooks[0].areas[0].outcome[1].clone();
        band.quantiles[2].unwrap() - band.quantiles[0].unwrap()
    };
    let (none, coefficients, residuals, both) = (of(false, false), of(true, false), of(false, true), of(true, true));
    assert!(none == 0.0);
    assert!(coefficients > 0.0 && residuals > coefficients && both > residuals);
}

#[test]
fn a_longer_horizon_and_other_scenarios_leave_the_draws_alone() {
    let one = forecast(9, FORMULA, &request(2, 30, Vec::new()));
    let changes = vec![change("firms", Action::Scale, 1.5, &[0])];
    let longer = forecast(9, FORMULA, &request(5, 30, vec![scenario("s", Closure::NewActivity, changes)]));
    for (short, long) in one.outlooks[0].areas.iter().zip(&longer.outlooks[0].areas) {
        assert!(short.outcome.iter().zip(&long.outcome).all(|(short, long)| short == long));
        assert_eq!((&short.level[..], &short.growth[..]), (&long.level[..2], &long.growth[..2]));
    }
}

#[test]
fn one_thread_and_many_give_the_same_bits() {
    let feedback = vec![feedback("capital", 0.5)];
    let request = Request { feedback, ..request(4, 50, vec![scenario("s", Closure::NewActivity, policies())]) };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| forecast(10, FORMULA, &request))
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(7));
}

/// The driver responds in the next period to how far the level is above its baseline.
#[test]
fn feedback_follows_its_elasticity() {
    let panel = economy(11, (6, 3, 0));
    let program = program("growth(gdp) ~ 0 + ln(firms) + ln(capital)", &panel);
    let model = given(&program, &[1.0, 3.0], None, Some(0.5));
    let feedback = vec![feedback("capital", 0.4)];
    let changes = vec![change("firms", Action::Scale, 1.2, &[0])];
    let request = Request { feedback, ..request(3, 10, vec![scenario("s", Closure::NewActivity, changes)]) };
    let forecast = run(&program, &panel, &model, &request).unwrap();
    let levels = |s: usize, h: usize| forecast.outlooks[s].areas[0].level[h].point.unwrap();
    let expected = |h: usize| {
        let direct = 1.2_f64.ln();
        if h == 0 { direct } else { direct + 3.0 * 0.4 * (levels(1, h - 1) / levels(0, h - 1)).ln() }
    };
    for h in 0..3 {
        assert!((effects(&forecast, 0, h)[0] - expected(h)).abs() < 1e-11);
        assert!(effects(&forecast, 0, h)[1] == 0.0);
    }
}

/// A formula that reads the lagged outcome runs on each draw's own levels.
#[test]
fn a_lagged_outcome_is_simulated() {
    let panel = economy(12, (6, 3, 0));
    let program = program("dln(gdp) ~ l(ln(gdp)) + ln(firms)", &panel);
    let model = given(&program, &[0.3, -0.1, 0.02], None, None);
    let changes = vec![change("firms", Action::Scale, 2.0, &[1])];
    let forecast =
        run(&program, &panel, &model, &request(4, 3, vec![scenario("s", Closure::NewActivity, changes)])).unwrap();
    let firms = 0.02 * 2.0_f64.ln();
    let mut difference = 0.0;
    for h in 0..4 {
        let effect = firms - 0.1 * difference;
        assert!((effects(&forecast, 0, h)[1] - effect).abs() < 1e-12);
        difference += effect;
    }
}

#[test]
fn closures_keep_national_totals() {
    let panel = economy(13, (6, 5, 3));
    let program = program("growth(gdp) ~ 0 + firms", &panel);
    let model = given(&program, &[1.0], None, None);
    let changes = || vec![Change { industries: vec!["b".into()], ..change("firms", Action::Scale, 1.3, &[0, 2]) }];
    let from = Closure::RelocateFrom(vec!["r01".into(), "r03".into()]);
    let closures = [Closure::RelocateProRata, from, Closure::FixedNationalTotal, Closure::NewActivity];
    let scenarios = closures.iter().enumerate().map(|(i, c)| scenario(&i.to_string(), c.clone(), changes()));
    let forecast = run(&program, &panel, &model, &request(3, 0, scenarios.collect())).unwrap();
    for h in 0..3 {
        for s in 0..3 {
            let moved = effects(&forecast, s, h);
            assert!(moved.iter().sum::<f64>().abs() < 1e-9 * moved[0].abs());
        }
        assert!(effects(&forecast, 1, h)[4].abs() == 0.0 && effects(&forecast, 1, h)[1] < 0.0);
        assert!(effects(&forecast, 3, h).iter().sum::<f64>() > 0.0);
    }
}

#[test]
fn groups_and_nation_are_sums_of_their_regions() {
    let request = Request {
        groups: Some("macro".into()),
        population: Some("people".into()),
        ..request(3, 40, vec![scenario("s", Closure::NewActivity, policies()[..2].to_vec())])
    };
    let forecast = forecast(14, FORMULA, &request);
    let nation = nation(&forecast);
    for outlook in &forecast.outlooks {
        for h in 0..3 {
            let level = |area: usize| outlook.areas[area].level[h].point.unwrap();
            let mean = |area: usize| outlook.areas[area].level[h].mean.unwrap();
            let groups = (0..forecast.areas.len()).filter(|a| forecast.areas[*a].kind == AreaKind::Group);
            assert!(close(groups.clone().map(level).sum(), level(nation), 1e-13));
            assert!(close(groups.map(mean).sum(), mean(nation), 1e-13));
            assert!(close((0..6).map(mean).sum(), mean(nation), 1e-13));
            let inequality = &outlook.inequality[h];
            let parts =
                inequality.get("between").unwrap().point.unwrap() + inequality.get("within").unwrap().point.unwrap();
            assert!((parts - inequality.get("theil").unwrap().point.unwrap()).abs() < 1e-14);
        }
    }
}

#[test]
fn a_ratio_is_weighted_by_its_divisor() {
    let panel = economy(15, (6, 3, 0));
    let program = program("growth(gdp/people) ~ ln(firms)", &panel);
    let forecast =
        run(&program, &panel, &given(&program, &[1.0, 0.1], None, None), &request(2, 0, Vec::new())).unwrap();
    assert_eq!(forecast.level, "gdp/people");
    let people: Vec<f64> = (0..3)
        .map(|r| {
            let at = |year: &str| panel.grid(3, Period::parse(year).unwrap()).unwrap().values[r].unwrap();
            at("2005") * (at("2005") / at("2000")).powf(0.2)
        })
        .collect();
    let level = |area: usize| forecast.outlooks[0].areas[area].level[0].point.unwrap();
    let expected = (0..3).map(|r| level(r) * people[r]).sum::<f64>() / people.iter().sum::<f64>();
    assert!(close(level(nation(&forecast)), expected, 1e-12));
}

/// Scenario names and draws aside, effects with feedback switched on but zero equal those without.
#[test]
fn feedback_of_zero_is_no_feedback() {
    let scenarios = || -> Vec<Scenario> { vec![scenario("s", Closure::RelocateProRata, policies()[1..3].to_vec())] };
    let feedback = vec![feedback("capital", 0.0)];
    let with = forecast(16, FORMULA, &Request { feedback, ..request(4, 20, scenarios()) });
    assert_eq!(with, forecast(16, FORMULA, &request(4, 20, scenarios())));
}

/// Variances of sources that act linearly add up.
#[test]
fn the_shares_of_the_variance_add_up_where_sources_do_not_interact() {
    let panel = panel((4, 3, 0), &[stock("gdp", |t, r, _| Ok(100.0 + (t * (r + 1)) as f64))]);
    let program = program("d(gdp) ~ 1", &panel);
    let model = given(&program, &[1.0], Some(vec![vec![0.04]]), Some(0.3));
    let request = Request { variance_shares: true, ..request(5, 20_000, Vec::new()) };
    let told = run(&program, &panel, &model, &request).unwrap();
    let shares = &told.variance_shares[0];
    let names: Vec<_> = shares.sources.iter().map(|s| s.source.name()).collect();
    assert_eq!(names, ["coefficients", "residuals"]);
    for h in 0..5 {
        let n = (h + 1) as f64;
        let truth = n * n * 0.04 / (n * n * 0.04 + n * 0.09);
        let [of_b, of_e] = [0, 1].map(|s| shares.sources[s].level[0][h].unwrap());
        assert!((of_b - truth).abs() < 0.03 && (of_b + of_e - 1.0).abs() < 0.03, "{h}: {of_b} {of_e} {truth}");
    }
}
