//! Sigma convergence: the spread of log values over regions.

use super::per_head::{PER, convention_per, per_head};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::spread::spread;
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ln};

/// `sd_r ln y_r`.
#[derive(Debug)]
pub(super) struct Sigma;

impl Index for Sigma {
    fn card(&self) -> &'static Card {
        &Card {
            id: "sigma",
            aliases: &["sigma_convergence"],
            title: "Sigma: standard deviation of the logarithm over regions; convergence when it falls over time",
            kind: Kind::Index,
            formula: "σ = √( Σ_r (ln y_r − mean ln y)² / (R − ddof) ), with y_r the measure, or the measure per unit \
                      of the weights",
            reference: "Barro and Sala-i-Martin (1992), Journal of Political Economy 100, 223–251",
            params: &[
                PER,
                Param {
                    name: "ddof",
                    doc: "The variance divides by the number of regions less this.",
                    domain: Domain::Integer { min: 0, max: 1, default: 1 },
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        vec![format!("natural logarithm; ddof {}", params.number("ddof")), convention_per(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        Output::of(Shape::Nation, vec![sigma(input, params.number("ddof") as usize)])
    }
}

/// The deviation over the regions that have a value; one without a logarithm leaves the nation without a sigma.
fn sigma(input: &Input<'_>, ddof: usize) -> Value {
    let logs: Result<Vec<f64>, Absent> = per_head(input)?.into_iter().map(ln).collect();
    Ok(spread(&logs?, ddof)?.deviation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::Grid;

    fn of(values: Vec<Value>, weights: Option<&[Value]>) -> Value {
        let grid = Grid { width: 1, values };
        let input = Input::new(&grid);
        sigma(&weights.map_or(input.clone(), |weights| input.with_regional("weights", weights)), 1)
    }

    #[test]
    fn weights_divide_the_measure() {
        let weights = [Ok(1.0), Ok(2.0), Ok(4.0)];
        assert_eq!(of(vec![Ok(3.0), Ok(6.0), Ok(12.0)], Some(&weights)), Ok(0.0));
        assert_eq!(of(vec![Ok(1.0), Ok(2.0)], Some(&[Ok(1.0), Ok(0.0)])), Err(Absent::ZeroDenominator));
    }

    #[test]
    fn absent_regions_are_left_out_and_zeros_are_not() {
        let (e, missing) = (std::f64::consts::E, Err(Absent::Missing));
        assert_eq!(of(vec![Ok(1.0), missing, Ok(e * e)], None), Ok(2.0_f64.sqrt()));
        assert_eq!(of(vec![Ok(1.0), Ok(0.0), Ok(e)], None), Err(Absent::OutsideDomain));
        assert_eq!(of(vec![missing], None), missing);
    }
}
