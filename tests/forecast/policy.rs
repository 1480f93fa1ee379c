//! A past policy, forecast from before it began, against what other regions tell of it.

use crate::support::{change, close, panel, region, request, scenario, stock, year};
use agglo::error::Error;
use agglo::forecast::backtest::{Counterfactual, PolicyCheck, PolicyRequest, Quantity, check_policy, refitted};
use agglo::forecast::{Action, Closure};
use agglo::formula::parse;
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{Absent, Panel, Value};
use agglo::regression::Spec;

const REGIONS: usize = 10;
const YEARS: usize = 30;
/// The policy multiplies the capital of region 0 by 1.3 in 2024, for good.
const POLICY: usize = 24;

/// Output grows by 2 % plus half the growth of capital plus noise; region 9 has no output in 2010.
fn economy(factor: f64) -> Panel {
    let (mut capital, mut gdp) = (vec![vec![100.0; REGIONS]], vec![vec![50.0; REGIONS]]);
    let mut random = stream(21, 0);
    for t in 1..YEARS {
        let policy = |r: usize| if r == 0 && t == POLICY { factor } else { 1.0 };
        let growth: Vec<f64> = (0..REGIONS).map(|r| (1.02 + 0.03 * normal(&mut random)) * policy(r) - 1.0).collect();
        let noise: Vec<f64> = (0..REGIONS).map(|_| 0.005 * normal(&mut random)).collect();
        gdp.push((0..REGIONS).map(|r| gdp[t - 1][r] * (1.02 + 0.5 * growth[r] + noise[r])).collect());
        capital.push((0..REGIONS).map(|r| capital[t - 1][r] * (1.0 + growth[r])).collect());
    }
    let gdp = move |t: usize, r: usize, _: usize| -> Value {
        if (t, r) == (10, 9) { Err(Absent::Missing) } else { Ok(gdp[t][r]) }
    };
    panel((YEARS, REGIONS, 0), &[stock("capital", move |t, r, _| Ok(capital[t][r])), stock("gdp", gdp)])
}

fn asked(factor: f64) -> PolicyRequest {
    let scenarios =
        vec![scenario("policy", Closure::NewActivity, vec![change("capital", Action::Scale, factor, &[0])])];
    PolicyRequest {
        forecast: request(4, 300, scenarios),
        treated: region(0),
        donors: Vec::new(),
        first_period: year(2000 + POLICY as i32),
        quantity: Quantity::Growth,
        scores: Vec::new(),
    }
}

/// The donors' mean, moved to the treated region's mean before the policy.
fn mean_of_donors(treated: &[f64], donors: &[Vec<f64>], before: usize) -> Result<Counterfactual, Error> {
    let n = donors.len() as f64;
    let less: Vec<f64> =
        (0..treated.len()).map(|t| treated[t] - donors.iter().map(|donor| donor[t]).sum::<f64>() / n).collect();
    let shift = less[..before].iter().sum::<f64>() / before as f64;
    let gap: Vec<f64> = less.iter().map(|x| x - shift).collect();
    let pre_rmspe = (gap[..before].iter().map(|g| g * g).sum::<f64>() / before as f64).sqrt();
    Ok(Counterfactual { weights: vec![1.0 / n; donors.len()], gap, pre_rmspe })
}

fn run(panel: &Panel, request: &PolicyRequest) -> Result<PolicyCheck, Error> {
    let (formula, spec, stop) =
        (parse("growth(gdp) ~ growth(capital) | region").unwrap(), Spec::default(), Stop::default());
    check_policy((&refitted(&formula[0], &spec, &stop), &mean_of_donors), panel, request, &stop)
}

#[test]
fn a_policy_that_worked_as_the_model_says_is_found_again() {
    let check = run(&economy(1.3), &asked(1.3)).unwrap();
    assert_eq!((check.origin, check.periods.len()), (year(2023), 4));
    assert_eq!(check.left_out, [(region(9), Absent::Missing)]);
    assert_eq!(check.donors.len(), REGIONS - 2);
    println!("pre-RMSPE of the gap {:.3}", check.pre_rmspe);
    for (period, effect) in check.periods.iter().zip(&check.effect) {
        println!("{period}: effect {:.3} {:.3?}, gap {:.3}", effect.point, effect.interval.unwrap(), effect.actual);
    }
    let first = check.effect[0];
    // Half of 30 % of a level that grows by about 2 %.
    assert!(close(first.point, 0.5 * 30.0 * 1.02, 0.05), "{}", first.point);
    for effect in &check.effect {
        assert!((effect.actual - effect.point).abs() < 3.0 * check.pre_rmspe, "{effect:?}");
    }
    assert!(check.effect[1..].iter().all(|effect| effect.point.abs() < 1e-9), "a level once raised adds no growth");
    let crps = check.scores.iter().find(|score| score.score == "crps").unwrap();
    println!("CRPS of the path without the policy {:?}, with it {:?}", crps.baseline.value, crps.scenario.value);
    assert!(crps.scenario.value.unwrap() < crps.baseline.value.unwrap());
}

#[test]
fn no_change_has_no_effect_at_all() {
    let check = run(&economy(1.0), &asked(1.0)).unwrap();
    assert!(check.effect.iter().all(|effect| effect.point == 0.0 && effect.interval == Ok((0.0, 0.0))));
    assert_eq!(check.baseline, check.scenario);
    assert!(check.scores.iter().all(|score| score.baseline == score.scenario));
    // Levels are compared the same way.
    let levels = run(&economy(1.0), &PolicyRequest { quantity: Quantity::Level, ..asked(1.0) }).unwrap();
    let came = economy(1.0).grid(1, year(2026)).unwrap().values[0].unwrap();
    assert!(close(levels.baseline[2].actual, came, 1e-15));
}

#[test]
fn everything_wrong_is_told_at_once() {
    let panel = economy(1.0);
    let wrong = PolicyRequest {
        treated: "r99".into(),
        donors: vec![region(1), "nowhere".into()],
        first_period: year(2040),
        ..asked(1.1)
    };
    let Err(Error::Invalid(violations)) = run(&panel, &wrong) else { panic!("must be refused") };
    let fields: Vec<&str> = violations.told().iter().map(|v| v.field.as_str()).collect();
    assert_eq!(fields, ["treated", "first_period", "donors[1]"], "{violations}");
    let mut none = asked(1.1);
    none.forecast.scenarios[0].changes[0].regions.clear();
    let told = run(&panel, &none).unwrap_err().to_string();
    assert!(told.contains("the scenario changes every region"), "{told}");
    let own = PolicyRequest { donors: vec![region(0)], ..asked(1.1) };
    assert!(run(&panel, &own).unwrap_err().to_string().contains("no donor of its own"));
}
