//! From a compiled formula and a panel to a [`Design`].

use super::Subset;
use super::design::{Design, Effect, Groups, Incomplete, LeftOut, RowId};
use super::facts::Facts;
use crate::error::{Error, Violation, Violations};
use crate::formula::{Classes, CrossSection, History, Program, Unit, classes};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel, Period};
use std::sync::Arc;

/// Evaluates the program on history and keeps the rows that have a value for every variable.
///
/// Rows are the observations of the panel: its cells, or its regions in the periods that have a cell of them.
///
/// # Errors
/// At `covariance.clusters`: names that are no classes of the panel; at `formula`: no row is left, or there are no more
/// of them than regressors. [`Error::Cancelled`] when `stop` is raised.
pub fn build(
    program: &Program,
    panel: &Panel,
    clusters: &[String],
    subset: Option<&Subset>,
    stop: &Stop,
) -> Result<Design, Error> {
    refuse_more_regressors_than_rows(program, panel)?;
    let mut design = gather(program, panel, clusters, subset, 0, stop)?;
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
    clusters: &[String],
    subset: Option<&Subset>,
    first: usize,
    stop: &Stop,
) -> Result<Design, Error> {
    let clusters = cluster_classes(program, panel, clusters)?;
    let subset = subset.map(|subset| subset_classes(program, panel, subset)).transpose()?;
    let mut rows = Rows::new(program, &clusters, subset);
    let history = History::new(panel);
    for (t, period) in panel.periods().iter().enumerate().skip(first) {
        stop.check()?;
        let section = program.evaluate(&history, *period);
        for (region, industry) in observations(program.unit(), panel, t) {
            let place = match program.unit() {
                Unit::Region => region,
                Unit::Cell => region * panel.width() + industry,
            };
            rows.add(&section, place, (region, industry, *period));
        }
    }
    let mut design = rows.finish(program);
    design.facts = Arc::new(Facts::of(panel, program.unit() == Unit::Cell));
    Ok(design)
}

/// A formula with more regressors than there are observations is refused before they are computed.
fn refuse_more_regressors_than_rows(program: &Program, panel: &Panel) -> Result<(), Violation> {
    let regressors = program.regressors().len();
    let rows: usize = (0..panel.periods().len()).map(|t| observations(program.unit(), panel, t).len()).sum();
    if regressors <= rows {
        return Ok(());
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

/// The design under construction; class codes are not yet numbered by the levels present.
struct Rows<'a> {
    program: &'a Program,
    clusters: &'a [Classes],
    subset: Option<(Classes, usize)>,
    design: Design,
    effect_codes: Vec<Vec<usize>>,
    cluster_codes: Vec<Vec<usize>>,
}

/// The values of one complete row.
struct Row {
    y: f64,
    x: Vec<f64>,
    z: Vec<f64>,
    slopes: Vec<f64>,
    weight: f64,
    effects: Vec<usize>,
    clusters: Vec<usize>,
}

impl<'a> Rows<'a> {
    fn new(program: &'a Program, clusters: &'a [Classes], subset: Option<(Classes, usize)>) -> Self {
        let design = Design {
            x: vec![Vec::new(); program.regressors().len()],
            names: program.regressors().to_vec(),
            endogenous: program.endogenous().collect(),
            z: vec![Vec::new(); program.instruments().len()],
            instruments: program.instruments().to_vec(),
            effects: program.effects().iter().map(|e| empty_effect(&e.name, e.intercept, e.slope.is_some())).collect(),
            ..Design::default()
        };
        Self {
            program,
            clusters,
            subset,
            design,
            effect_codes: vec![Vec::new(); program.effects().len()],
            cluster_codes: vec![Vec::new(); clusters.len()],
        }
    }

    fn add(&mut self, section: &CrossSection, place: usize, key: (usize, usize, Period)) {
        let (region, industry, period) = key;
        if let Some((classes, code)) = &self.subset
            && classes.code(region, industry, period) != Ok(*code)
        {
            return self.leave_out(LeftOut::OutsideSample);
        }
        let row = match self.read(section, place, key) {
            Ok(row) if row.weight > 0.0 => row,
            Ok(_) => return self.leave_out(LeftOut::Weight),
            Err(reason) => {
                self.design.incomplete.push(incomplete(section, place, row_id(key)));
                return self.leave_out(LeftOut::Absent(reason));
            }
        };
        let design = &mut self.design;
        design.y.push(row.y);
        design.x.iter_mut().zip(row.x).for_each(|(column, value)| column.push(value));
        design.z.iter_mut().zip(row.z).for_each(|(column, value)| column.push(value));
        if section.weights.is_some() {
            design.weights.get_or_insert_default().push(row.weight);
        }
        let slopes = design.effects.iter_mut().zip(self.program.effects());
        for (values, number) in slopes.filter_map(|(e, term)| e.slope.as_mut().zip(term.slope)) {
            values.push(row.slopes[number]);
        }
        self.effect_codes.iter_mut().zip(row.effects).for_each(|(codes, code)| codes.push(code));
        self.cluster_codes.iter_mut().zip(row.clusters).for_each(|(codes, code)| codes.push(code));
        design.rows.push(row_id(key));
    }

    fn read(&self, section: &CrossSection, place: usize, key: (usize, usize, Period)) -> Result<Row, Absent> {
        let (region, industry, period) = key;
        let code = |classes: &Classes| classes.code(region, industry, period);
        Ok(Row {
            y: section.outcome[place]?,
            x: section.regressors.iter().map(|column| column[place]).collect::<Result<_, _>>()?,
            z: section.instruments.iter().map(|column| column[place]).collect::<Result<_, _>>()?,
            slopes: section.slopes.iter().map(|column| column[place]).collect::<Result<_, _>>()?,
            weight: section.weights.as_ref().map_or(Ok(1.0), |column| column[place])?,
            effects: self.program.effects().iter().map(|e| code(&e.classes)).collect::<Result<_, _>>()?,
            clusters: self.clusters.iter().map(code).collect::<Result<_, _>>()?,
        })
    }

    fn leave_out(&mut self, reason: LeftOut) {
        *self.design.left_out.entry(reason).or_default() += 1;
    }

    fn finish(self, program: &Program) -> Design {
        let mut design = self.design;
        for ((effect, term), codes) in design.effects.iter_mut().zip(program.effects()).zip(&self.effect_codes) {
            effect.groups = number(&term.classes, codes);
        }
        design.clusters = self.clusters.iter().zip(&self.cluster_codes).map(|(c, codes)| number(c, codes)).collect();
        design
    }
}

fn row_id((region, industry, period): (usize, usize, Period)) -> RowId {
    RowId { region: region as u32, industry: industry as u32, period: period.ordinal }
}

fn incomplete(section: &CrossSection, place: usize, row: RowId) -> Incomplete {
    let x = section.regressors.iter().map(|column| column[place]).collect();
    Incomplete { row, y: section.outcome[place], x }
}

fn empty_effect(name: &str, intercept: bool, slope: bool) -> Effect {
    let groups = Groups { name: String::new(), codes: Vec::new(), levels: Vec::new() };
    Effect { name: name.to_owned(), groups, intercept, slope: slope.then(Vec::new) }
}

/// Numbers the classes that occur, in their order.
fn number(classes: &Classes, codes: &[usize]) -> Groups {
    let mut present = codes.to_vec();
    present.sort_unstable();
    present.dedup();
    let number = |code: &usize| present.partition_point(|c| c < code) as u32;
    Groups {
        name: classes.name().to_owned(),
        codes: codes.iter().map(number).collect(),
        levels: present.iter().map(|code| classes.level(*code)).collect(),
    }
}
