//! Mobility between the classes of the distribution, in one number.

use super::chain::{self, Chain, PARAMS};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, finite};
use nalgebra::{DMatrix, linalg::Schur};

/// `(k − tr P)/(k − 1)`, `1 − |det P|` and `1 − |λ₂|`.
#[derive(Debug)]
pub(super) struct MarkovMobility;

impl Index for MarkovMobility {
    fn card(&self) -> &'static Card {
        &Card {
            id: "markov_mobility",
            aliases: &["prais"],
            title: "Mobility of regions between classes of the distribution: trace, determinant and second eigenvalue",
            kind: Kind::Index,
            formula: "With P the k×k transition matrix of markov_transition: prais (k − tr P)/(k − 1), determinant \
                      1 − |det P|, eigenvalue 1 − |λ2| with λ2 the second largest eigenvalue by modulus; 0 where no \
                      region ever moves, 1 where the class one period later does not depend on the class. Absent \
                      (zero_denominator) when a class was never occupied",
            reference: "Prais (1955), Journal of the Royal Statistical Society A 118, 56–66; Shorrocks (1978), \
                        Econometrica 46, 1013–1024; Sommers and Conlisk (1979), Journal of Mathematical Sociology 6, \
                        253–276",
            params: PARAMS,
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, _params: &Params) -> bool {
        false
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        chain::conventions(params)
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let row = Chain::observed(input, params).and_then(|chain| chain.matrix()).map(|p| {
            let k = p.nrows() as f64;
            [
                finite((k - p.trace()) / (k - 1.0)),
                finite(1.0 - p.determinant().abs()),
                second_eigenvalue(p).map(|x| 1.0 - x),
            ]
        });
        Output::of_rows(Shape::Nation, ["prais", "determinant", "eigenvalue"], &[row])
    }
}

/// The modulus of the second largest eigenvalue; the largest is 1.
fn second_eigenvalue(p: DMatrix<f64>) -> Value {
    /// Sweeps of the QR iteration, of which a matrix of 20 rows takes some 60.
    const SWEEPS: usize = 10_000;
    let schur = Schur::try_new(p, f64::EPSILON, SWEEPS).ok_or(Absent::OutsideDomain)?;
    let mut moduli: Vec<f64> = schur.complex_eigenvalues().iter().map(|lambda| lambda.norm()).collect();
    moduli.sort_by(f64::total_cmp);
    finite(moduli[moduli.len() - 2])
}
