//! Known truths and the coverage of intervals, on simulated unbalanced panels of 60 regions × up to 12 years.

use super::laws::{groups, try_fit};
use agglo::numeric::random::{Random, normal, stream};
use agglo::regression::design::{Design, RowId};

const PANELS: u64 = 300;
const REGIONS: usize = 60;
const YEARS: usize = 12;
/// Intercept, and slopes of a regressor that goes with the effects of regions, and of one that does not.
const TRUTH: [f64; 3] = [1.0, 0.8, -0.5];

/// What the simulated world is like.
#[derive(Clone, Copy, Default)]
struct World {
    /// How much the first regressor goes with the effects of regions.
    endogeneity: f64,
    /// Standard deviation of the slopes across regions.
    slopes: f64,
    /// How strongly regressors and outcome load on a common factor.
    factor: f64,
}

fn simulate(random: &mut Random, world: World) -> Design {
    let years: Vec<f64> = (0..YEARS).map(|_| normal(random)).collect();
    let mut design = Design {
        x: vec![Vec::new(); 3],
        names: ["(Intercept)", "a", "b"].map(str::to_owned).to_vec(),
        ..Design::default()
    };
    let mut codes = Vec::new();
    for region in 0..REGIONS {
        let effect = normal(random);
        let slopes = [TRUTH[1], TRUTH[2]].map(|b| b + world.slopes * normal(random));
        let loadings = [1.0 + 0.5 * normal(random), 1.0 + 0.5 * normal(random), 1.0 + 0.5 * normal(random)];
        for (t, year) in years.iter().enumerate() {
            let common = world.factor * year;
            let a = normal(random) + world.endogeneity * effect + common * loadings[0];
            let b = normal(random) + common * loadings[1];
            let error = normal(random);
            if normal(random) > 1.3 {
                continue;
            }
            design.y.push(TRUTH[0] + slopes[0] * a + slopes[1] * b + effect + common * loadings[2] + error);
            [1.0, a, b].into_iter().zip(&mut design.x).for_each(|(value, column)| column.push(value));
            design.rows.push(RowId { region: region as u32, industry: 0, period: t as i32 });
            codes.push(region as u32);
        }
    }
    design.clusters = vec![groups("region", codes)];
    design
}

/// The share of 95 % intervals of each slope that hold the truth.
fn coverage(world: World, estimator: &str, covariance: &str) -> [f64; 2] {
    let mut covered = [0.0; 2];
    let mut means = [0.0; 2];
    for panel in 0..PANELS {
        let design = simulate(&mut stream(20_251_125, panel), world);
        let fit = try_fit(&design, estimator, covariance).unwrap();
        for (s, name) in ["a", "b"].into_iter().enumerate() {
            let place = fit.names().position(|known| known == name).unwrap();
            let (low, high) = fit.intervals(0.95)[place];
            let holds = low <= TRUTH[1 + s] && TRUTH[1 + s] <= high;
            covered[s] += f64::from(u8::from(holds)) / PANELS as f64;
            means[s] += fit.coefficients[place] / PANELS as f64;
        }
    }
    println!("{estimator} ({covariance}): mean slopes {means:.4?}, coverage of 95 % intervals {covered:.3?}");
    covered
}

/// Four Monte Carlo standard errors of a share of 0.95, and one point for what holds for many regions only.
fn assert_covers(covered: [f64; 2], what: &str) {
    let allowed = 4.0 * (0.95 * 0.05 / PANELS as f64).sqrt() + 0.01;
    assert!(covered.iter().all(|share| (share - 0.95).abs() < allowed), "{what}: {covered:?}");
}

#[test]
fn intervals_cover_under_the_models_assumptions() {
    let random = World::default();
    for estimator in
        ["random_effects", "random_effects:components=wallace_hussain", "random_effects:effect=two_way", "between"]
    {
        for covariance in ["iid", "cluster:region"] {
            assert_covers(coverage(random, estimator, covariance), estimator);
        }
    }
    let endogenous = World { endogeneity: 0.8, ..random };
    for estimator in ["correlated_random_effects", "hausman_taylor:endogenous=a", "first_differences"] {
        assert_covers(coverage(endogenous, estimator, "cluster:region"), estimator);
    }
}

#[test]
fn intervals_of_differing_slopes_cover_their_mean() {
    let differing = World { slopes: 0.3, ..World::default() };
    let endogenous = World { endogeneity: 0.8, ..differing };
    for covariance in ["iid", "cluster:region"] {
        assert_covers(coverage(endogenous, "mean_group", covariance), "mean_group");
        // Swamy's weights assume that the coefficients do not go with the regressors.
        assert_covers(coverage(differing, "swamy", covariance), "swamy");
    }
    let factors = World { factor: 1.0, ..endogenous };
    for estimator in ["common_correlated_effects", "common_correlated_effects:pool=pooled"] {
        assert_covers(coverage(factors, estimator, "iid"), estimator);
    }
}

#[test]
fn random_effects_fail_where_they_must() {
    let endogenous = World { endogeneity: 0.8, ..World::default() };
    let [endogenous_slope, _] = coverage(endogenous, "random_effects", "cluster:region");
    assert!(endogenous_slope < 0.5, "{endogenous_slope}");
}
