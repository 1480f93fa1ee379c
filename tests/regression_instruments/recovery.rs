//! Known coefficients and the coverage of t intervals and Anderson–Rubin sets, with strong and with weak instruments.

use agglo::numeric::Stop;
use agglo::numeric::random::{normals, stream};
use agglo::regression::covariance::Choice;
use agglo::regression::design::{Design, Effect, Groups, RowId};
use agglo::regression::diagnostics::{Asked, Subject, run};
use agglo::regression::{Fit, Outcome, Spec, fit_design};

const PANELS: u64 = 250;
const TRUTH: f64 = 0.5;

/// 10 regions × 20 years; three instruments of this strength, errors that differ in variance and correlate 0.8 with the
/// endogenous regressor's.
fn simulate(strength: f64, panel: u64) -> Design {
    let mut random = stream(20_241_125, panel);
    let n = 200;
    let region: Vec<u32> = (0..n as u32).map(|i| i / 20).collect();
    let z: Vec<Vec<f64>> = (0..3).map(|_| normals(&mut random, n)).collect();
    let (e, v) = (normals(&mut random, n), normals(&mut random, n));
    let scale = |i: usize| (0.3 * z[0][i]).exp();
    let d: Vec<f64> = (0..n)
        .map(|i| strength * (z[0][i] + z[1][i] + z[2][i]) + 0.8 * e[i] + 0.6 * v[i] + f64::from(region[i]))
        .collect();
    let y = (0..n).map(|i| TRUTH * d[i] + scale(i) * e[i] - f64::from(region[i])).collect();
    let levels = (0..10).map(|g| g.to_string()).collect();
    let groups = Groups { name: "region".into(), codes: region, levels };
    Design {
        y,
        x: vec![d],
        names: vec!["d".into()],
        endogenous: vec![0],
        z,
        instruments: ["z1", "z2", "z3"].map(str::to_owned).to_vec(),
        effects: vec![Effect { name: "region".into(), groups, intercept: true, slope: None }],
        rows: (0..n).map(|i| RowId { region: (i / 20) as u32, industry: 0, period: (i % 20) as i32 }).collect(),
        ..Design::default()
    }
}

fn fit(design: &Design, estimator: &str) -> Fit {
    let spec = Spec { estimator: estimator.to_owned(), covariance: Choice::read("hc1"), ..Spec::default() };
    fit_design(design.clone(), &spec, &Stop::default()).unwrap()
}

fn test(design: &Design, fit: &Fit, id: &str) -> Outcome {
    let asked = Asked { id: id.to_owned(), parameters: [].into() };
    run(&Subject { fit, design: Some(design) }, &[asked], &Stop::default()).unwrap().remove(0)
}

fn holds(outcome: &Outcome, truth: f64) -> (bool, bool) {
    let columns = &outcome.parts[0].columns;
    let pieces = columns[0].1.iter().zip(&columns[1].1);
    let holds = pieces.clone().any(|(low, high)| low.unwrap_or(f64::MIN) <= truth && truth <= high.unwrap_or(f64::MAX));
    (holds, pieces.into_iter().any(|(low, high)| low.is_err() || high.is_err()))
}

/// Shares of panels: truth in the t intervals of 2SLS, LIML and GMM and in the set; sets unbounded; weak by the remark; J rejects.
fn coverage(strength: f64) -> [f64; 7] {
    let mut counts = [0.0; 7];
    for panel in 0..PANELS {
        let design = simulate(strength, panel);
        let fits = ["2sls", "liml", "gmm"].map(|estimator| fit(&design, estimator));
        let covers = |fit: &Fit| fit.intervals(0.95)[0].0 <= TRUTH && TRUTH <= fit.intervals(0.95)[0].1;
        let (held, unbounded) = holds(&test(&design, &fits[0], "anderson_rubin"), TRUTH);
        let weak = fits[0].remarks.iter().any(|remark| remark.code == "WEAK_INSTRUMENTS");
        let rejects = test(&design, &fits[0], "overidentification").p_value.unwrap() < 0.05;
        let seen = [covers(&fits[0]), covers(&fits[1]), covers(&fits[2]), held, unbounded, weak, rejects];
        counts.iter_mut().zip(seen).for_each(|(count, seen)| *count += f64::from(u8::from(seen)) / PANELS as f64);
    }
    counts
}

#[test]
fn sets_cover_whatever_the_strength_and_intervals_where_instruments_are_strong() {
    let [strong, weak] = [0.5, 0.05].map(|strength| {
        let found = coverage(strength);
        println!(
            "strength {strength}: coverage of 2sls {:.3}, liml {:.3}, gmm {:.3}, Anderson-Rubin {:.3}; unbounded sets {:.3}, \
             told weak {:.3}, J rejects {:.3}",
            found[0], found[1], found[2], found[3], found[4], found[5], found[6]
        );
        found
    });
    strong[..4].iter().for_each(|share| assert!((0.92..=0.975).contains(share), "{share}"));
    assert!((0.92..=0.975).contains(&weak[3]), "the set holds the truth even so");
    assert!(weak[0] < 0.85, "intervals of weak instruments are too short, which the test must show");
    assert!(strong[4] < 0.01 && weak[4] > 0.5 && strong[5] < 0.01 && weak[5] > 0.95);
    assert!(strong[6] < 0.08);
}
