//! From a compiled formula and a panel to a [`Design`].

use super::Subset;
use super::design::{Design, Effect, Groups, Incomplete, LeftOut, RowId};
use super::facts::Facts;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Cache, Classes, EffectTerm, History, Program, Unit, classes};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a design is to hold beside the variables of its formula.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Names of the variables to cluster by.
    pub clusters: &'a [String],
    /// The part of the data; `None` means all.
    pub subset: Option<&'a Subset>,
    /// Whether rows that are left out because something is absent are told, as the past of others.
    pub past: bool,
}

/// Evaluates the program on history and keeps the rows that have a value for every variable.
///
/// Rows are the observations of the panel: its cells, or its regions in the periods that have a cell of them.
///
/// # Errors
/// At `covariance.clusters`: names that are no classes of the panel; at `formula`: no row is left, or there are no more
/// of them than regressors. [`Error::Cancelled`] when `stop` is raised.
pub fn build(program: &Program, panel: &Panel, wanted: &Wanted<'_>, stop: &Stop) -> Result<Design, Error> {
    refuse_more_regressors_than_rows(program, panel)?;
    let mut design = gather(program, panel, wanted, 0, stop)?;
    design.drop_singletons();
    if design.y.is_empty() {
        let told: Vec<_> = design.left_out.iter().map(|(reason, n)| format!("{n} {}", reason.name())).collect();
        let rule = format!("no row of the data can be used; left out: {}", told.join(", "));
        return Err(Violation::new("formula", rule, program.formula()).into());
    }
    Ok(design)
}

/// The rows from the `first` period on that have a value for every variable, those alone in a level included.
///
/// # Errors
/// As [`build`].
pub(super) fn gather(
    program: &Program,
    panel: &Panel,
    wanted: &Wanted<'_>,
    first: usize,
    stop: &Stop,
) -> Result<Design, Error> {
    let clusters = cluster_classes(program, panel, wanted.clusters)?;
    let subset = wanted.subset.map(|subset| subset_classes(program, panel, subset)).transpose()?;
    let history = History::new(panel);
    let sample = Sample { program, panel, history, clusters: &clusters, subset, past: wanted.past, first };
    let mut design = sample.design(stop)?;
    design.facts = Arc::new(Facts::of(panel, program.unit() == Unit::Cell));
    Ok(design)
}

/// A formula with more regressors than there are observations is refused before they are computed.
fn refuse_more_regressors_than_rows(program: &Program, panel: &Panel) -> Result<(), Violation> {
    let regressors = program.regressors().len();
    let mut rows = 0;
    for t in 0..panel.periods().len() {
        rows += count_observations(program.unit(), panel, t);
        if regressors <= rows {
            return Ok(());
        }
    }
    let rule = format!("needs more rows than parameters: {regressors} parameters, {rows} rows");
    Err(Violation::new("formula", rule, program.formula()))
}

fn cluster_classes(program: &Program, panel: &Panel, names: &[String]) -> Result<Vec<Classes>, Violations> {
    let mut violations = Violations::default();
    let mut found = Vec::new();
    for (c, name) in names.iter().enumerate() {
        let field = format!("covariance.clusters[{c}]");
        match classes(panel, name) {
            Ok(classes) if classes.by_industry() && program.unit() == Unit::Region => violations.push(Violation::new(
                field,
                "the rows of this formula are regions, which have no industry to cluster by",
                name,
            )),
            Ok(classes) => found.push(classes),
            Err(violation) => violations.push(Violation { field, ..violation }),
        }
    }
    violations.into_result(found)
}

/// The classification of a subset and the code of its class.
fn subset_classes(program: &Program, panel: &Panel, subset: &Subset) -> Result<(Classes, usize), Violation> {
    let refuse = |rule: &str, got: &str| Err(Violation::new("subset", rule, got));
    let classes =
        classes(panel, &subset.by).map_err(|violation| Violation { field: "subset".to_owned(), ..violation })?;
    if classes.by_industry() && program.unit() == Unit::Region {
        return refuse("the rows of this formula are regions, which have no industry to choose by", &subset.by);
    }
    let found = (0..classes.len()).find(|code| classes.level(*code) == subset.class);
    match found {
        Some(code) => Ok((classes, code)),
        None => refuse(&format!("{} has no such class", subset.by), &subset.class),
    }
}

/// Regions and industries observed in the `t`-th period, each once.
pub(super) fn observations(unit: Unit, panel: &Panel, t: usize) -> Vec<(usize, usize)> {
    let mut cells: Vec<_> = panel.rows_of(t).map(|row| panel.cell_of(row)).collect();
    if unit == Unit::Region {
        cells.iter_mut().for_each(|cell| cell.1 = 0);
        cells.dedup();
    }
    cells
}

/// How many there are.
fn count_observations(unit: Unit, panel: &Panel, t: usize) -> usize {
    match unit {
        Unit::Region if panel.width() > 1 => observations(unit, panel, t).len(),
        _ => panel.rows_of(t).len(),
    }
}

/// What a design is made from.
struct Sample<'a> {
    program: &'a Program,
    panel: &'a Panel,
    history: History<'a>,
    clusters: &'a [Classes],
    subset: Option<(Classes, usize)>,
    /// Whether incomplete rows are told.
    past: bool,
    /// Number of the first period.
    first: usize,
}

/// The rows of one period among those of the design.
struct Piece<'d> {
    /// Number of the period.
    t: usize,
    /// Outcome, regressors, instruments, slopes' variables and weights.
    numbers: Vec<&'d mut [f64]>,
    /// Classes of the effects and of the clusters.
    codes: Vec<&'d mut [usize]>,
    rows: &'d mut [RowId],
}

impl Sample<'_> {
    fn design(&self, stop: &Stop) -> Result<Design, Error> {
        let (program, panel) = (self.program, self.panel);
        let counts = (self.first..panel.periods().len()).map(|t| count_observations(program.unit(), panel, t));
        let counts: Vec<usize> = counts.collect();
        let n = counts.iter().sum();
        let mut numbers = vec![vec![0.0; n]; self.count_numbers()];
        let mut codes = vec![vec![0; n]; self.classifications().count()];
        let mut rows = vec![RowId { region: 0, industry: 0, period: 0 }; n];
        let pieces = cut(self.first, &counts, &mut numbers, &mut codes, &mut rows);
        let filled: Result<Vec<_>, Error> = pieces.into_par_iter().map(|piece| self.fill(piece, stop)).collect();
        let (left_out, incomplete): (Vec<_>, Vec<_>) = filled?.into_iter().unzip();
        let mut counts = BTreeMap::new();
        if left_out.par_iter().any(|period| period.iter().any(Option::is_some)) {
            let left_out: Vec<Option<LeftOut>> = left_out.into_iter().flatten().collect();
            left_out.iter().flatten().for_each(|reason| *counts.entry(*reason).or_default() += 1);
            numbers.par_iter_mut().for_each(|column| retain(column, &left_out));
            codes.par_iter_mut().for_each(|column| retain(column, &left_out));
            retain(&mut rows, &left_out);
        }
        let incomplete = incomplete.into_iter().flatten().collect();
        Ok(Design { rows, left_out: counts, incomplete, ..self.assemble(numbers, codes) })
    }

    fn count_numbers(&self) -> usize {
        let program = self.program;
        1 + program.regressors().len()
            + program.instruments().len()
            + program.effects().iter().filter(|effect| effect.slope.is_some()).count()
            + usize::from(program.is_weighted())
    }

    fn classifications(&self) -> impl Iterator<Item = &Classes> {
        self.program.effects().iter().map(|effect| &effect.classes).chain(self.clusters)
    }

    /// Writes the values of one period, and tells of each row why it is left out, if it is, and of the incomplete rows what is
    /// known of them, if that is wanted.
    fn fill(&self, mut piece: Piece<'_>, stop: &Stop) -> Result<(Vec<Option<LeftOut>>, Vec<Incomplete>), Error> {
        stop.check()?;
        let period = self.panel.periods()[piece.t];
        let cells = observations(self.program.unit(), self.panel, piece.t);
        let mut left_out = vec![None; cells.len()];
        if let Some((classes, wanted)) = &self.subset {
            let at = classes.find_period(period);
            let outside = |(region, industry)| classes.code_at(region, industry, at) != Ok(*wanted);
            let reasons = left_out.iter_mut().zip(&cells).filter(|(_, cell)| outside(**cell));
            reasons.for_each(|(reason, _)| *reason = Some(LeftOut::OutsideSample));
        }
        let places = self.places(&cells);
        let variables = self.program.variables(&self.history, period, &mut Cache::default());
        for (to, values) in piece.numbers.iter_mut().zip(&variables) {
            match &places {
                None => copy(to, values.iter().copied(), &mut left_out),
                Some(places) => copy(to, places.iter().map(|place| values[*place]), &mut left_out),
            }
        }
        for (to, classes) in piece.codes.iter_mut().zip(self.classifications()) {
            let at = classes.find_period(period);
            copy(to, cells.iter().map(|(region, industry)| classes.code_at(*region, *industry, at)), &mut left_out);
        }
        if let (true, Some(weights)) = (self.program.is_weighted(), piece.numbers.last()) {
            let not_positive = left_out.iter_mut().zip(weights.iter()).filter(|(_, weight)| **weight <= 0.0);
            not_positive.for_each(|(reason, _)| *reason = reason.or(Some(LeftOut::Weight)));
        }
        for (row, (region, industry)) in piece.rows.iter_mut().zip(&cells) {
            *row = RowId { region: *region as u32, industry: *industry as u32, period: period.ordinal };
        }
        let mut incomplete = Vec::new();
        if self.past {
            let regressors = 1..=self.program.regressors().len();
            let absent = |i: &usize| matches!(left_out[*i], Some(LeftOut::Absent(_)));
            incomplete.extend((0..cells.len()).filter(absent).map(|i| {
                let place = places.as_ref().map_or(i, |places| places[i]);
                let x = variables[regressors.clone()].iter().map(|values| values[place]).collect();
                Incomplete { row: piece.rows[i], y: variables[0][place], x }
            }));
        }
        Ok((left_out, incomplete))
    }

    /// Where the cells stand among the values of a variable; `None` where the values are those of the cells.
    fn places(&self, cells: &[(usize, usize)]) -> Option<Vec<usize>> {
        if cells.len() == self.program.rows() {
            return None;
        }
        let width = if self.program.unit() == Unit::Cell { self.panel.width() } else { 1 };
        Some(cells.iter().map(|(region, industry)| region * width + industry).collect())
    }

    fn assemble(&self, numbers: Vec<Vec<f64>>, codes: Vec<Vec<usize>>) -> Design {
        let program = self.program;
        let mut numbers = numbers.into_iter();
        let mut next = |count: usize| numbers.by_ref().take(count).collect::<Vec<_>>();
        let y = next(1).pop().unwrap_or_default();
        let (x, z) = (next(program.regressors().len()), next(program.instruments().len()));
        let mut slopes = next(program.effects().iter().filter(|term| term.slope.is_some()).count()).into_iter();
        let weights = next(1).pop();
        let classifications: Vec<_> = self.classifications().zip(codes).collect();
        let mut groups = classifications.into_par_iter().map(number).collect::<Vec<_>>().into_iter();
        let effect = |(term, groups): (&EffectTerm, Groups)| Effect {
            name: term.name.clone(),
            groups,
            intercept: term.intercept,
            slope: term.slope.and_then(|_| slopes.next()),
        };
        Design {
            y,
            x,
            names: program.regressors().to_vec(),
            endogenous: program.endogenous().collect(),
            z,
            instruments: program.instruments().to_vec(),
            weights,
            effects: program.effects().iter().zip(groups.by_ref()).map(effect).collect(),
            clusters: groups.collect(),
            ..Design::default()
        }
    }
}

/// The columns of a design period by period.
fn cut<'d>(
    start: usize,
    counts: &[usize],
    numbers: &'d mut [Vec<f64>],
    codes: &'d mut [Vec<usize>],
    mut rows: &'d mut [RowId],
) -> Vec<Piece<'d>> {
    let mut numbers: Vec<&mut [f64]> = numbers.iter_mut().map(Vec::as_mut_slice).collect();
    let mut codes: Vec<&mut [usize]> = codes.iter_mut().map(Vec::as_mut_slice).collect();
    let mut piece = |(t, count): (usize, &usize)| Piece {
        t,
        numbers: numbers.iter_mut().map(|rest| first(rest, *count)).collect(),
        codes: codes.iter_mut().map(|rest| first(rest, *count)).collect(),
        rows: first(&mut rows, *count),
    };
    counts.iter().enumerate().map(|(t, count)| piece((start + t, count))).collect()
}

/// Takes the first entries off a slice.
fn first<'d, T>(rest: &mut &'d mut [T], count: usize) -> &'d mut [T] {
    rest.split_off_mut(..count).unwrap_or_default()
}

/// Copies the values that are there; the reason of the first that is not is why a row is left out.
fn copy<T>(to: &mut [T], values: impl Iterator<Item = Result<T, Absent>>, left_out: &mut [Option<LeftOut>]) {
    for ((to, value), reason) in to.iter_mut().zip(values).zip(left_out) {
        match value {
            Ok(value) => *to = value,
            Err(absent) => *reason = reason.or(Some(LeftOut::Absent(absent))),
        }
    }
}

/// Keeps the rows that are not left out.
fn retain<T>(column: &mut Vec<T>, left_out: &[Option<LeftOut>]) {
    let mut reasons = left_out.iter();
    column.retain(|_| reasons.next().is_some_and(Option::is_none));
}

/// Numbers the classes that occur, in their order.
fn number((classes, codes): (&Classes, Vec<usize>)) -> Groups {
    let few = classes.len() <= 4 * codes.len() + 1_000;
    let (present, codes) = if few { by_table(classes.len(), &codes) } else { by_order(&codes) };
    let levels = present.iter().map(|code| classes.level(*code)).collect();
    Groups { name: classes.name().to_owned(), codes, levels }
}

/// The codes that occur, ascending, and the number of each row's.
fn by_table(classes: usize, codes: &[usize]) -> (Vec<usize>, Vec<u32>) {
    let mut number = vec![u32::MAX; classes];
    codes.iter().for_each(|code| number[*code] = 0);
    let present: Vec<usize> = (0..classes).filter(|code| number[*code] == 0).collect();
    present.iter().zip(0..).for_each(|(code, new)| number[*code] = new);
    (present, codes.iter().map(|code| number[*code]).collect())
}

/// The same where a table of all classes would be larger than the data.
fn by_order(codes: &[usize]) -> (Vec<usize>, Vec<u32>) {
    let mut present = codes.to_vec();
    present.sort_unstable();
    present.dedup();
    let numbers = codes.iter().map(|code| present.partition_point(|c| c < code) as u32).collect();
    (present, numbers)
}
