//! Any number of indices over the periods of a panel, each with an outcome of its own.

use super::bind::{Argument, Bound};
use super::bounds::bounds;
use super::resample::bootstrap;
use super::{Asked, Companion, Extra, Gap, GapTable, Input, Key, Output, Reach, Shape, adjusted, twins};
use crate::card::{Infer, Params, Raw};
use crate::error::{Error, Violations};
use crate::numeric::Stop;
use crate::panel::{Absent, Panel, Period, Slice, Value, ratio};
use rayon::prelude::*;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// One index asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IndexCall {
    /// Id or alias of the index.
    pub index: String,
    /// The measure to take it of.
    pub measure: String,
    /// Parameters by name; what is left out has its default.
    pub parameters: BTreeMap<String, Raw>,
    /// Two groups of regions to compare by the index.
    pub gap: Option<Gap>,
}

/// Datasets that come with a request, by the names that parameters call them by.
pub type Beside<'a> = &'a [(String, &'a Panel)];

/// What is computed beside the indices, and from what.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Study<'a> {
    /// Datasets that parameters may name.
    pub beside: Beside<'a>,
    /// What is asked about the uncertainty of the indices.
    pub inference: Option<Asked>,
    /// The most that a suppressed cell may hold, when bounds are asked for.
    pub most_suppressed: Option<f64>,
}

/// The values of one index, by column: rows by period, then region, then industry, as far as the index has them.
#[derive(Debug, Clone, PartialEq)]
pub struct IndexTable {
    /// Id of the index.
    pub index: &'static str,
    /// What a row belongs to besides its period.
    pub shape: Shape,
    /// Period of each row.
    pub periods: Vec<Period>,
    /// What each row belongs to within its period: `region`, `industry` or keys of the index's own.
    pub keys: Vec<(&'static str, Key)>,
    /// Named results, one value a row.
    pub parts: Vec<(String, Vec<Value>)>,
    /// Parameters in force, defaults included.
    pub params: Params,
    /// Conventions the numbers follow.
    pub conventions: Vec<String>,
    /// Cells (region, industry and period) the index was computed on.
    pub used: usize,
    /// Cells left out, by the reason for which they or what the index asks for beside them is absent.
    pub left_out: BTreeMap<Absent, usize>,
    /// The way in which uncertainty was learnt.
    pub inferred: Option<Infer>,
    /// The comparison of two groups of regions.
    pub gap: Option<GapTable>,
}

/// Computes `calls` for `periods`; the outcomes are in the order of the calls.
///
/// Cross-sections are read where the panel keeps them, without a copy. In periods that the panel lacks every value is
/// absent. The outcomes do not depend on the number of threads.
///
/// # Errors
/// A call that breaks rules has its violations for an outcome, with field paths such as
/// `indices[2].parameters.per`; the other calls are not affected. [`Error::Cancelled`] when `stop` is raised.
pub fn evaluate(
    panel: &Panel,
    study: &Study<'_>,
    calls: &[IndexCall],
    periods: &[Period],
    stop: &Stop,
) -> Result<Vec<Result<IndexTable, Violations>>, Error> {
    let one = |(i, call): (usize, &IndexCall)| match Bound::of(panel, study, call, &format!("indices[{i}]")) {
        Ok(bound) => table(panel, (&bound, study), periods, stop).map(Ok),
        Err(violations) => Ok(Err(violations)),
    };
    calls.par_iter().enumerate().map(one).collect()
}

/// The answer for one period, and how many cells it was computed on and left out.
struct Answer {
    output: Output,
    extras: Vec<Extra>,
    keys: Vec<(&'static str, Key)>,
    used: usize,
    left_out: BTreeMap<Absent, usize>,
    gap: GapTable,
}

impl Answer {
    fn of(panel: &Panel, (call, study): (&Bound<'_>, &Study<'_>), period: Period, stop: &Stop) -> Self {
        let mut input = input(panel, call, period);
        input.stop = Some(stop);
        let (used, left_out) = count(&input, call.index.reach(&call.params));
        let mut output = call.index.compute(&input, &call.params);
        let suppressed = left_out.contains_key(&Absent::Suppressed);
        let mut extras = if suppressed { covered(&input.measure, output.shape) } else { Vec::new() };
        extras.extend(inferred(call, &input, &output));
        if let Some(most) = study.most_suppressed {
            extras.extend(bounds(call.index, &input, &call.params, most, &output));
        }
        let gap = call.sides.as_ref().map(|sides| GapTable::of(call, sides, period, &input, &output));
        let keys = keys(&mut output, &input.measure);
        Self { output, extras, keys, used, left_out, gap: gap.unwrap_or_default() }
    }
}

/// The columns about the uncertainty of an output; where several p-values stand in a column, `{part}_q` beside them.
fn inferred(call: &Bound<'_>, input: &Input<'_>, output: &Output) -> Vec<Extra> {
    let Some(ask) = &call.ask else { return Vec::new() };
    let extras = match (call.index.infer(input, &call.params, ask), ask.infer) {
        (Some(own), _) => own,
        // Nothing to deal out under these parameters, such as groups for the part between groups.
        (None, Infer::Analytic | Infer::Permutation) => Vec::new(),
        (None, _) => bootstrap(call.index, input, (&call.params, ask), output),
    };
    let mut all = Vec::new();
    for (name, values) in extras {
        let q = name.strip_suffix("_p").filter(|_| output.shape != Shape::Nation);
        let q = q.map(|part| (format!("{part}_q"), adjusted(&values)));
        all.push((name, values));
        all.extend(q);
    }
    all
}

/// The share of the row's listed cells that are not suppressed, where some are.
fn covered(measure: &Slice<'_>, shape: Shape) -> Vec<Extra> {
    let is_suppressed = |value: Value| value == Err(Absent::Suppressed);
    if !measure.values().iter().any(|value| is_suppressed(*value)) {
        return Vec::new();
    }
    let (rows, row_of): (usize, fn(usize, usize) -> usize) = match shape {
        Shape::Region => (measure.regions(), |region, _| region),
        Shape::Industry => (measure.width(), |_, industry| industry),
        Shape::Nation => (1, |_, _| 0),
        Shape::Cell | Shape::Grid | Shape::Listed => return Vec::new(),
    };
    let mut counts = vec![(0.0, 0.0); rows];
    for (region, industry, value) in measure.cells().filter(|(.., value)| *value != Err(Absent::Missing)) {
        let (present, all) = &mut counts[row_of(region, industry)];
        *all += 1.0;
        *present += f64::from(u8::from(!is_suppressed(value)));
    }
    vec![("covered".to_owned(), counts.into_iter().map(|(present, all)| ratio(present, all)).collect())]
}

/// What the index may read of `period`.
fn input<'a>(panel: &'a Panel, call: &'a Bound<'a>, period: Period) -> Input<'a> {
    let empty = || Slice::dense(panel.width(), vec![Err(Absent::Missing); panel.regions().len() * panel.width()]);
    let slice = |measure: usize| panel.slice(measure, period).unwrap_or_else(empty);
    let mut input = Input::new(slice(call.measure));
    input.twins = Cow::Owned(twins(panel));
    input.neighbours = panel.weights();
    let back = match call.index.reach(&call.params) {
        Reach::Now => 0,
        Reach::Back(periods) => periods as i32,
        Reach::First => panel.periods().first().map_or(0, |first| (period.ordinal - first.ordinal).max(0)),
    };
    input.past = (1..=back).map(|steps| panel.slice(call.measure, period.plus(-steps))).collect();
    for (param, argument) in &call.arguments {
        input = match argument {
            Argument::Totals(measure) => {
                let totals = |steps: i32| Some(panel.slice(*measure, period.plus(-steps))?.region_totals());
                let input = input.with_regional(param, slice(*measure).region_totals());
                if back > 0 { input.with_regional_past(param, (1..=back).map(totals).collect()) } else { input }
            }
            Argument::Attribute(values) => input.with_regional(param, *values),
            Argument::Cells(measure) => input.with_cells(param, slice(*measure)),
            Argument::Classes(classes) => input.with_classes(param, Cow::Borrowed(classes)),
            Argument::IndustryClasses(classes) => input.with_industry_classes(param, Cow::Borrowed(classes)),
            Argument::Members(members) => input.with_members(param, Cow::Borrowed(members)),
            Argument::IndustryMembers(members) => input.with_industry_members(param, Cow::Borrowed(members)),
            Argument::Companion(other, measure) => {
                let latest = other.periods().iter().rev().find(|p| p.year() <= period.year());
                let measure = latest.and_then(|latest| other.slice(*measure, *latest));
                input.with_companion(param, Companion::new(panel, other, measure))
            }
        };
    }
    input
}

/// Cells that are there with all that the index asks for beside them, and the others by reason.
fn count(input: &Input<'_>, reach: Reach) -> (usize, BTreeMap<Absent, usize>) {
    let mut left_out = BTreeMap::new();
    let measure = &input.measure;
    let all = measure.regions() * measure.width();
    if all > measure.values().len() {
        left_out.insert(Absent::Missing, all - measure.values().len());
    }
    let mut leave_out = |absent: Absent| *left_out.entry(absent).or_insert(0) += 1;
    let regional: Vec<&[Value]> = input.all_regional().collect();
    let cells: Vec<&Slice<'_>> = input.all_cells().collect();
    if regional.is_empty() && cells.is_empty() && !matches!(reach, Reach::Back(_)) {
        if measure.values().iter().filter(|value| value.is_err()).count() > 0 {
            measure.values().iter().filter_map(|value| value.err()).for_each(leave_out);
        }
        return (all - left_out.values().sum::<usize>(), left_out);
    }
    for (position, (region, industry, value)) in measure.cells().enumerate() {
        let beside = regional.iter().try_for_each(|values| values[region].map(drop));
        let beside = beside.and_then(|()| cells.iter().try_for_each(|cells| cells.values()[position].map(drop)));
        let earlier = match reach {
            Reach::Back(periods) => match input.earlier(periods) {
                Some(slice) => slice.get(region, industry).map(drop),
                None => Err(Absent::NoPeriod),
            },
            Reach::Now | Reach::First => Ok(()),
        };
        if let Err(absent) = value.map(drop).and(beside).and(earlier) {
            leave_out(absent);
        }
    }
    (all - left_out.values().sum::<usize>(), left_out)
}

/// The keys of an output's rows.
fn keys(output: &mut Output, measure: &Slice<'_>) -> Vec<(&'static str, Key)> {
    let (regions, width) = (measure.regions() as u32, measure.width() as u32);
    let each_region = |industries: u32| (0..regions).flat_map(move |r| std::iter::repeat_n(r, industries as usize));
    let mut keys = match output.shape {
        Shape::Cell => {
            let (of_region, of_industry) = measure.cells().map(|(r, i, _)| (r as u32, i as u32)).unzip();
            vec![("region", Key::Regions(of_region)), ("industry", Key::Industries(of_industry))]
        }
        Shape::Grid => {
            let industries = (0..regions).flat_map(|_| 0..width).collect();
            vec![("region", Key::Regions(each_region(width).collect())), ("industry", Key::Industries(industries))]
        }
        Shape::Region => vec![("region", Key::Regions((0..regions).collect()))],
        Shape::Industry => vec![("industry", Key::Industries((0..width).collect()))],
        Shape::Nation => Vec::new(),
        Shape::Listed => std::mem::take(&mut output.keys),
    };
    if width == 1 && output.shape != Shape::Listed {
        keys.retain(|(name, _)| *name != "industry");
    }
    keys
}

fn table(
    panel: &Panel,
    (call, study): (&Bound<'_>, &Study<'_>),
    periods: &[Period],
    stop: &Stop,
) -> Result<IndexTable, Error> {
    let answer = |period: &Period| {
        stop.check()?;
        Ok(Answer::of(panel, (call, study), *period, stop))
    };
    let answers: Vec<_> = periods.par_iter().map(answer).collect::<Result<_, Error>>()?;
    // What was computed after the flag was raised is not to be read.
    stop.check()?;
    let mut table = IndexTable {
        index: call.index.card().id,
        shape: call.index.shape(&call.params, panel.width()),
        periods: Vec::new(),
        keys: Vec::new(),
        parts: Vec::new(),
        params: call.params.clone(),
        conventions: call.index.conventions(&call.params),
        used: 0,
        left_out: BTreeMap::new(),
        inferred: call.ask.map(|ask| ask.infer),
        gap: call.sides.is_some().then(GapTable::default),
    };
    let has_inferred = |answer: &Answer| answer.extras.iter().any(|(name, _)| name != "covered");
    table.inferred = table.inferred.filter(|_| answers.iter().any(has_inferred));
    if study.most_suppressed.is_some() {
        table.conventions.push(
            "bounds are of the first part, with every suppressed cell holding something; the value leaves those cells \
             out, so it may lie outside"
                .to_owned(),
        );
    }
    for (period, answer) in periods.iter().zip(answers) {
        table.add(*period, answer);
    }
    Ok(table)
}

impl IndexTable {
    /// Appends the answer for the next period.
    fn add(&mut self, period: Period, answer: Answer) {
        self.used += answer.used;
        for (absent, count) in answer.left_out {
            *self.left_out.entry(absent).or_default() += count;
        }
        let rows = answer.output.parts.first().map_or(0, |(_, values)| values.len());
        self.periods.extend(std::iter::repeat_n(period, rows));
        for (i, (name, key)) in answer.keys.into_iter().enumerate() {
            match self.keys.get_mut(i) {
                Some((_, column)) => column.extend(key),
                None => self.keys.push((name, key)),
            }
        }
        let before = self.periods.len() - rows;
        let parts = answer.output.parts.into_iter().map(|(name, values)| (name.to_owned(), values));
        for (name, values) in parts.chain(answer.extras) {
            match self.parts.iter_mut().find(|(known, _)| *known == name) {
                Some((_, column)) => column.extend(values),
                // A column that earlier periods do not have, such as the share covered.
                None => self.parts.push((name, [vec![Err(Absent::Missing); before], values].concat())),
            }
        }
        for (_, column) in &mut self.parts {
            column.resize(self.periods.len(), Err(Absent::Missing));
        }
        if let Some(gap) = &mut self.gap {
            gap.extend(answer.gap);
        }
    }
}
