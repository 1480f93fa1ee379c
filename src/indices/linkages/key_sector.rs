//! Key sectors: those that both pull and push more than the average one.

use super::backward_linkage::relative;
use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Domain, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::Value;

/// The class of a sector by its two linkages.
#[derive(Debug)]
pub(super) struct KeySector;

impl Index for KeySector {
    fn card(&self) -> &'static Card {
        &Card {
            id: "key_sector",
            aliases: &[],
            title: "Key sector: the sector's class by whether its backward and forward linkages exceed the average",
            kind: Kind::Index,
            formula: "class = 2·[BL_j > 1] + [FL_j > 1]: 3 key, 2 backward only, 1 forward only, 0 neither; BL the \
                      power of dispersion and FL the relative row sum of the Ghosh (or Leontief) inverse, both of mean \
                      1",
            reference: "Hirschman (1958), The Strategy of Economic Development, Yale; Miller and Blair (2009), \
                        Input–Output Analysis, 2nd ed., Cambridge, section 12.2",
            params: &[Param {
                name: "forward",
                doc: "`ghosh`: forward linkages are row sums of the Ghosh inverse. `leontief`: of the Leontief inverse \
                      (sensitivity of dispersion).",
                domain: Domain::Choice(&["ghosh", "leontief"]),
            }],
            inference: &[],
            laws: &[Law::PermutationEquivariant, Law::Within(0, 3)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Industry
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn scratch(&self, _params: &Params, regions: usize, width: usize) -> u64 {
        scratch(regions, width)
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let forward = if params.chooses("forward", "ghosh") {
            "forward linkages are row sums of the Ghosh inverse"
        } else {
            "forward linkages are row sums of the Leontief inverse"
        };
        conventions_and([
            "3 key, 2 backward only, 1 forward only, 0 neither; exactly 1 does not exceed the average",
            forward,
        ])
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.ghosh(input.stop).map(|ghosh| {
            let leontief = table.scaled(&ghosh);
            let forward = if params.chooses("forward", "ghosh") { ghosh.row_sums() } else { leontief.row_sums() };
            let linkages = relative(&leontief.column_sums()).into_iter().zip(relative(&forward));
            linkages.map(|(backward, forward)| [class(backward, forward), backward, forward]).collect()
        });
        table.by_sector(["class", "backward", "forward"], rows)
    }
}

fn class(backward: Value, forward: Value) -> Value {
    Ok(2.0 * f64::from(u8::from(exceeds(backward?))) + f64::from(u8::from(exceeds(forward?))))
}

/// Whether a linkage exceeds the average of 1 by more than rounding, so that equal sectors are alike.
fn exceeds(linkage: f64) -> bool {
    linkage > 1.0 + 1e-12
}
