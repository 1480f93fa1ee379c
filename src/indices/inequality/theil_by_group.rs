//! What each macro-region adds to Theil's T or L.

use super::per_head::{WEIGHTS, convention};
use super::theil::{Theil, sums};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Key, Output, Shape};
use crate::panel::{Absent, Value, ratio};

/// The terms of the decomposition between and within groups, group by group.
#[derive(Debug)]
pub(super) struct TheilByGroup;

const PARTS: [&str; 4] = ["value", "share", "within", "between"];

impl Index for TheilByGroup {
    fn card(&self) -> &'static Card {
        &Card {
            id: "theil_by_group",
            aliases: &[],
            title: "Theil's T or L inside each macro-region, and what the macro-region adds to within and between",
            kind: Kind::Index,
            formula: "for T: value T_g inside the group, share s_g of the measure, within = s_g T_g, between = s_g \
                      ln(s_g/p_g), with p_g the share of the weights (of the number of regions without weights); for \
                      L: value L_g, share p_g, within = p_g L_g, between = p_g ln(p_g/s_g); the sums over groups are \
                      the parts within and between of theil_t and theil_l",
            reference: "Theil (1967), Economics and Information Theory, North-Holland; Shorrocks (1980), Econometrica \
                        48, 613–625",
            params: &[
                WEIGHTS,
                Param {
                    name: "groups",
                    doc: "A text attribute of the regions, such as the macro-region.",
                    domain: Domain::Groups { required: true },
                },
                Param {
                    name: "kind",
                    doc: "`t`: Theil's T, weighted by shares of the measure. `l`: Theil's L, weighted by shares of \
                          the weights.",
                    domain: Domain::Choice(&["t", "l"]),
                },
            ],
            inference: &[Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative, Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Listed
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text("weights").is_some()
    }

    fn listed_rows(&self, _params: &Params, regions: usize, _width: usize) -> usize {
        regions
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let unknown = "absent when the group of a region is unknown";
        vec!["natural logarithm".to_owned(), convention(params), unknown.to_owned()]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let names = input.classes("groups").map_or_else(Vec::new, |groups| groups.names.clone());
        let theil = if params.chooses("kind", "t") { Theil::T } else { Theil::L };
        let rows = by_group(theil, input, names.len());
        let column = |part: usize| rows.iter().map(|row| row.and_then(|parts| parts[part])).collect();
        let parts = PARTS.into_iter().enumerate().map(|(part, name)| (name, column(part))).collect();
        Output::listed(vec![("group", Key::Texts(names))], parts)
    }
}

/// The parts of each group; one without a region that is present has none.
fn by_group(theil: Theil, input: &Input<'_>, groups: usize) -> Vec<Result<[Value; 4], Absent>> {
    let found = theil.shares(input).and_then(|shares| Ok((sums(&shares, |r| r)?, shares)));
    let (sums, shares) = match found {
        Ok(found) => found,
        Err(absent) => return vec![Err(absent); groups],
    };
    let row = |group: usize| {
        let (first, second) = *sums.get(group).ok_or(Absent::Missing)?;
        if first == 0.0 && second == 0.0 {
            return Err(Absent::Missing);
        }
        let within = theil.within(&shares, &sums, group);
        let between = theil.term(first, second);
        Ok([within.and_then(|within| ratio(within, first)), Ok(first), within, between])
    };
    (0..groups).map(row).collect()
}
