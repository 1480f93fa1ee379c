//! Regional technical coefficients by Flegg's location quotient.

use super::regional::{PARAMS, REFERENCE, Regional, conventions, scratch_of};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Key, Output, Shape};
use crate::panel::{Absent, Value};
use rayon::prelude::*;

/// `a_ij min(FLQ_ij, 1)`.
#[derive(Debug)]
pub(super) struct RegionalCoefficients;

impl Index for RegionalCoefficients {
    fn card(&self) -> &'static Card {
        &Card {
            id: "regional_coefficients",
            aliases: &[],
            title: "Regional technical coefficients: what a sector buys within the region per unit of output",
            kind: Kind::Index,
            formula: "value a^r_ij = a_ij min(FLQ_ij, 1), with a_ij the nation's technical coefficient; quotient \
                      FLQ_ij = λ SLQ_i/SLQ_j, λ SLQ_i for i = j; SLQ_i = (E_ri/E_r)/(E_i/E); λ = [log2(1 + E_r/E)]^δ",
            reference: REFERENCE,
            params: PARAMS,
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn listed_rows(&self, _params: &Params, regions: usize, width: usize) -> usize {
        regions * width * width
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        scratch_of(width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions(["rows are the region, the supplying and the using sector; quotient is before the cap at 1"])
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let regional = Regional::of(input, params);
        let sectors: Vec<(usize, Result<usize, Absent>)> = regional.iter().flat_map(|r| r.national.sectors()).collect();
        let pairs = || sectors.iter().flat_map(|i| sectors.iter().map(move |j| (*i, *j)));
        let of_region = |region: usize| -> Vec<(Value, Value)> {
            let Some(regional) = &regional else { return Vec::new() };
            let quotients = if input.stopped() { Err(Absent::Missing) } else { regional.region(region) };
            let of_pair = |((_, supplier), (_, user))| {
                let quotients = quotients.as_ref().map_err(|absent| *absent)?;
                let (i, j): (usize, usize) = (supplier?, user?);
                Ok((regional.coefficient(quotients, i, j), quotients.flegg(i, j, regional.delta)))
            };
            pairs().map(|pair| of_pair(pair).unwrap_or_else(|absent| (Err(absent), Err(absent)))).collect()
        };
        let regions = input.measure.regions() as u32;
        let found: Vec<(Value, Value)> = (0..regions as usize).into_par_iter().flat_map_iter(of_region).collect();
        let (values, quotients) = found.into_iter().unzip();
        let keys = vec![
            ("region", Key::Regions((0..regions).flat_map(|r| pairs().map(move |_| r)).collect())),
            ("supplier", Key::Industries((0..regions).flat_map(|_| pairs().map(|((i, _), _)| i as u32)).collect())),
            ("user", Key::Industries((0..regions).flat_map(|_| pairs().map(|(_, (j, _))| j as u32)).collect())),
        ];
        Output::listed(keys, vec![("value", values), ("quotient", quotients)])
    }
}
