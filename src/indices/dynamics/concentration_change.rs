//! A change of concentration, parted into the change of the margins and that of the structure.

use super::contingency::{Margins, Table, common};
use super::span::{self, SPAN, changes};
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Absent, Value};

/// Additions, removals, marginal and structural change of the mutual information of region and industry.
#[derive(Debug)]
pub(super) struct ConcentrationChange;

const NAMES: [&str; 8] =
    ["structural", "region_marginal", "industry_marginal", "additions", "removals", "total", "before", "after"];
/// What sums to the total.
const PARTS: &[&str] = NAMES.split_at(5).0;

impl Index for ConcentrationChange {
    fn card(&self) -> &'static Card {
        &Card {
            id: "concentration_change",
            aliases: &[],
            title: "Change of concentration over a span: by its structure, its margins, and what was added and removed",
            kind: Kind::Index,
            formula: "M = Σ p_ri ln(p_ri/(p_r p_i)), the mutual information of region and industry, in nats; total \
                      M(now) − M(start) = the sum of: structural ½[M(S1,m0) − M(S0,m0)] + ½[M(S1,m1) − M(S0,m1)]; \
                      region_marginal and industry_marginal, the same for the margins, half of it parted before and \
                      half after the other margin has changed; additions M(now) − M(S1,m1); removals M(S0,m0) − \
                      M(start). M(S,m) is the M of the table with the odds ratios S and the margins m (0 of the start, \
                      1 of now), by iterative proportional fitting, over the cells present at both times of the \
                      regions and industries that have something at both. Where zeros leave no such table, the \
                      marginal and structural parts are absent (outside_domain). Parts: structural, region_marginal, \
                      industry_marginal, additions, removals, total, before M(start), after M(now)",
            reference: "Elbers (2023), Sociological Methods & Research 52, 5–42; Deutsch, Flückiger and Silber (2009), \
                        Research on Economic Inequality 17",
            params: &[SPAN],
            inference: &[Infer::BootstrapUnits, Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Decomposes("total", PARTS)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let cells = "natural logarithms; cells that are present at one time only are additions or removals";
        vec![cells.to_owned(), span::convention(params)]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        Output::of_rows(Shape::Nation, NAMES, &[parts(input, params)])
    }
}

fn parts(input: &Input<'_>, params: &Params) -> Result<[Value; 8], Absent> {
    let now = &input.measure;
    let start = span::start(input, params);
    let after = Table::present(now)?.mutual_information();
    let before = Table::present(start.ok_or(Absent::NoPeriod)?)?.mutual_information();
    let common = common(now, changes(now, start));
    let core = common.as_ref().map_err(|absent| *absent);
    let additions = core.map(|(_, end)| after - end.mutual_information());
    let removals = core.map(|(start, _)| start.mutual_information() - before);
    let changed = core.and_then(|(start, end)| shapley(start, end, || input.stopped()));
    let part = |part: usize| changed.map(|changed| changed[part]);
    Ok([part(0), part(1), part(2), additions, removals, Ok(after - before), Ok(before), Ok(after)])
}

/// Structural, region marginal and industry marginal change between two tables of the same regions and industries.
fn shapley(start: &Table, end: &Table, stopped: impl Fn() -> bool) -> Result<[f64; 3], Absent> {
    let (m0, m1) = (start.margins(), end.margins());
    // The M of one structure under the margins of the start, with new regions, new industries, and both.
    let under = |table: &Table| -> Result<[f64; 4], Absent> {
        let m = |margins: &Margins| Ok(table.fitted(margins, &stopped)?.mutual_information());
        Ok([m(m0)?, m(&m1.with_industries(m0))?, m(&m0.with_industries(m1))?, m(m1)?])
    };
    let (s0, s1) = (under(start)?, under(end)?);
    let structural = ((s1[0] - s0[0]) + (s1[3] - s0[3])) / 2.0;
    let first = |s: [f64; 4], own: usize, other: usize| ((s[own] - s[0]) + (s[3] - s[other])) / 2.0;
    let marginal = |own: usize, other: usize| (first(s0, own, other) + first(s1, own, other)) / 2.0;
    Ok([structural, marginal(1, 2), marginal(2, 1)])
}
