//! Hypothetical extraction: the output lost if a sector were not there.

use super::table::{Table, conventions_and, scratch};
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::finite;

/// `x_j l_.j / l_jj`.
#[derive(Debug)]
pub(super) struct HypotheticalExtraction;

impl Index for HypotheticalExtraction {
    fn card(&self) -> &'static Card {
        &Card {
            id: "hypothetical_extraction",
            aliases: &["extraction"],
            title: "Hypothetical extraction: output lost if the sector vanished, stopped buying or stopped selling",
            kind: Kind::Index,
            formula: "total = Σx − Σx̄ with sector j's row, column and final demand removed = x_j l_.j / l_jj; \
                      backward: only its purchases vanish (column j of A zero), x_j (l_.j − 1) / l_jj; forward: only \
                      its sales to sectors vanish (row j of B zero, primary inputs given), x_j (g_j. − 1) / g_jj; \
                      share = total / Σx; L and G the Leontief and Ghosh inverses",
            reference: "Paelinck, de Caevel and Degueldre (1965); Dietzenbacher and van der Linden (1997), Journal of \
                        Regional Science 37, 235–257; Miller and Blair (2009), Input–Output Analysis, 2nd ed., \
                        Cambridge, section 12.2",
            params: &[],
            inference: &[],
            laws: &[Law::ScaleEquivariant, Law::PermutationEquivariant, Law::NonNegative],
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

    fn conventions(&self, _params: &Params) -> Vec<String> {
        conventions_and([
            "losses in the unit of the flows; total includes the output of the sector itself, backward and forward are \
             with the sector still there and include what it loses by trade within itself",
        ])
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let table = Table::of(input, &[]);
        let rows = table.ghosh(input.stop).map(|ghosh| {
            let (pulls, pushes) = (table.scaled(&ghosh).column_sums(), ghosh.row_sums());
            let all: f64 = table.output.iter().sum();
            let parts = |j: usize| {
                // l_jj and g_jj are the same number.
                let scale = table.output[j] / ghosh.at(j, j);
                [scale * pulls[j], scale * (pulls[j] - 1.0), scale * (pushes[j] - 1.0), scale * pulls[j] / all]
                    .map(finite)
            };
            (0..table.len()).map(parts).collect()
        });
        table.by_sector(["total", "backward", "forward", "share"], rows)
    }
}
