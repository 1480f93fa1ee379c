//! Models of the outcome's spatial lag.

use crate::support::{change, close, effects, program, region, request, run, scenario};
use agglo::card::Raw;
use agglo::forecast::{Action, Closure, Model};
use agglo::numeric::Stop;
use agglo::numeric::random::{normal, stream};
use agglo::panel::{KeyNames, Measure, MeasureKind, Panel, PanelBuilder, RowKey};
use agglo::regression::{Spec, fit};
use nalgebra::{DMatrix, DVector};

const REGIONS: usize = 12;
const YEARS: usize = 15;

/// A ring of regions whose growth follows their neighbours'.
fn ring() -> Panel {
    let keys = KeyNames { region: "region".into(), period: "year".into(), industry: None };
    let measure = |name: &str| Measure { name: name.into(), unit: String::new(), kind: MeasureKind::Stock };
    let mut builder = PanelBuilder::new(keys, vec![measure("gdp"), measure("firms")]);
    let random = &mut stream(5, 1);
    let solve = multiplier(0.5);
    let mut gdp = DVector::from_fn(REGIONS, |r, _| 100.0 + r as f64);
    for t in 0..=YEARS {
        let firms = DVector::from_fn(REGIONS, |r, _| (3.0 + 0.1 * r as f64 + 0.3 * normal(random)).exp());
        for r in 0..REGIONS {
            let (region, period) = (region(r), (2000 + t).to_string());
            let key = RowKey { row: 0, region: &region, period: &period, industry: None };
            builder.push(key, &[Ok(gdp[r]), Ok(firms[r])]);
        }
        let own = firms.map(|x| 1.0 + 0.5 * x.ln() + 0.2 * normal(random));
        gdp.component_mul_assign(&(&solve * own).map(|g| 1.0 + g / 100.0));
    }
    let pairs = (0..REGIONS).map(|r| (region(r), region((r + 1) % REGIONS)));
    builder.contiguity(pairs.collect());
    builder.finish().unwrap()
}

/// (I − ρW)⁻¹ of the ring.
fn multiplier(rho: f64) -> DMatrix<f64> {
    let near = |i: usize, j: usize| (i + 1) % REGIONS == j || (j + 1) % REGIONS == i;
    let filter = |i, j| f64::from(u8::from(i == j)) - if near(i, j) { 0.5 * rho } else { 0.0 };
    DMatrix::from_fn(REGIONS, REGIONS, filter).try_inverse().unwrap()
}

#[test]
fn effects_go_through_the_spatial_multiplier_and_terms_add_up() {
    let panel = ring();
    let program = program("growth(gdp) ~ l(ln(firms)) | region", &panel);
    let parameters = [("weights".to_owned(), Raw::Text("contiguity".into()))].into();
    let spec = Spec { estimator: "spatial_lag".into(), parameters, ..Spec::default() };
    let fit = fit(&program, &panel, &spec, &Stop::default()).unwrap();
    let of = |name: &str| fit.names().position(|n| n == name).map(|i| fit.coefficients[i]).unwrap();
    let (b, rho) = (of("l(ln(firms))"), of("rho"));
    let model = Model::fitted(&program, &panel, &fit, &Stop::default()).unwrap();
    let scenarios = vec![scenario("more", Closure::NewActivity, vec![change("firms", Action::Scale, 1.2, &[3])])];
    let told = run(&program, &panel, &model, &request(3, 200, scenarios)).unwrap();
    let expected = multiplier(rho).column(3) * (b * 1.2_f64.ln());
    let effect = told.outlooks[1].effect.as_ref().unwrap();
    for (row, ours) in effects(&told, 0, 2).into_iter().enumerate() {
        assert!(close(ours, expected[row], 1e-10), "{row}: {ours} {}", expected[row]);
        assert!(close(effect.decomposition[2][row].iter().map(|x| x.unwrap()).sum(), ours, 1e-10));
    }
    assert!(effects(&told, 0, 0).iter().all(|x| *x == 0.0), "a lag of one year");
    // The median effect over draws of ρ and b is near the point.
    let band = &effect.areas[3].outcome[2];
    assert!(band.quantiles[0].unwrap() < expected[3] && expected[3] < band.quantiles[2].unwrap());
}

/// What is fitted comes out of the parts that the forecast takes up.
#[test]
fn anchors_and_residuals_are_those_of_the_reduced_form() {
    let panel = ring();
    let program = program("growth(gdp) ~ l(ln(firms)) | region", &panel);
    let parameters = [("weights".to_owned(), Raw::Text("contiguity".into()))].into();
    let spec = Spec { estimator: "spatial_lag".into(), parameters, ..Spec::default() };
    let fit = fit(&program, &panel, &spec, &Stop::default()).unwrap();
    let of = |name: &str| fit.names().position(|n| n == name).map(|i| fit.coefficients[i]).unwrap();
    let (b, rho) = (of("l(ln(firms))"), of("rho"));
    let grid = |measure: usize, year: usize| panel.grid(measure, panel.periods()[year]).unwrap().values;
    let year = 7;
    let rows: Vec<usize> =
        (0..fit.rows.len()).filter(|i| fit.rows[*i].period == panel.periods()[year].ordinal).collect();
    let own = DVector::from_fn(REGIONS, |r, _| {
        let i = rows.iter().copied().find(|i| fit.rows[*i].region as usize == r).unwrap();
        let effect = &fit.effects[0];
        effect.values.intercepts[effect.codes[i] as usize] + b * grid(1, year - 1)[r].unwrap().ln() + fit.residuals[i]
    });
    let growth = multiplier(rho) * own;
    for r in 0..REGIONS {
        let observed = 100.0 * (grid(0, year)[r].unwrap() / grid(0, year - 1)[r].unwrap() - 1.0);
        assert!(close(growth[r], observed, 1e-9), "{r}: {} {observed}", growth[r]);
    }
}
