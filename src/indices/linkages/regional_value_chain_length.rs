//! The length of the value chains within a region.

use super::regional::{PARAMS, REFERENCE, Regional, conventions, scratch_of};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// The mean of a region's output multipliers, weighted by its industries.
#[derive(Debug)]
pub(super) struct RegionalValueChainLength;

impl Index for RegionalValueChainLength {
    fn card(&self) -> &'static Card {
        &Card {
            id: "regional_value_chain_length",
            aliases: &[],
            title: "Regional value-chain length: stages of production within the region behind its average industry",
            kind: Kind::Index,
            formula: "value = Σ_j s_rj m_rj, with s_rj the industry's share of the region and m_rj = Σ_i [(I − \
                      A_r)⁻¹]_ij the stages within the region, see regional_output_multiplier; national = Σ_j s_rj \
                      m_j, the length wherever the stages are; retained = (value − 1)/(national − 1), the part of the \
                      stages behind the industry itself that lies in the region",
            reference: REFERENCE,
            params: PARAMS,
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::AtLeast(1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, _regions: usize, width: usize) -> u64 {
        scratch_of(width)
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions(["industries weigh by the measure; those that are no sector of the table are left out of the mean"])
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let measure = &input.measure;
        let found = Regional::of(input, params).ok_or(Absent::Missing).and_then(|regional| {
            let national = regional.national_multipliers(input.stop)?;
            Ok((regional.multipliers(input.stop), national, regional.national.places))
        });
        let row = |region: usize| {
            let (within, national, places) = found.as_ref().map_err(|absent| *absent)?;
            let within = within[region].as_ref().map_err(|absent| *absent)?;
            let (mut weight, mut near, mut all) = (0.0, 0.0, 0.0);
            for (industry, x) in measure.region(region) {
                let multiplier = places[industry].and_then(|place| Ok((within[place]?, national[place])));
                if let (Ok(x), Ok((own, nation))) = (x, multiplier) {
                    (weight, near, all) = (weight + x, near + x * own, all + x * nation);
                }
            }
            let (value, national) = (ratio(near, weight), ratio(all, weight));
            Ok([value, national, retained(value, national)])
        };
        let rows: Vec<_> = (0..measure.regions()).map(row).collect();
        Output::of_rows(Shape::Region, ["value", "national", "retained"], &rows)
    }
}

fn retained(value: Value, national: Value) -> Value {
    ratio(value? - 1.0, national? - 1.0)
}
