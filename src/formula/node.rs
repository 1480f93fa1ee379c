//! A compiled expression and how it is evaluated in one period.

use super::Source;
use super::column::{Column, Size};
use super::stock::{Cache, Stock};
use crate::card::Params;
use crate::indices::{Classes, Index, Input, Reach, Shape};
use crate::panel::{Absent, Grid, Period, Slice, SpatialWeights, Value, finite, ln, ratio, sum_present};
use std::borrow::Cow;
use std::sync::Arc;

/// A function of one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unary {
    Negate,
    Ln,
    Exp,
    Sqrt,
    Abs,
}

/// A function of two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Min,
    Max,
}

/// How a value is compared with the one some periods earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// x − earlier.
    Difference,
    /// ln x − ln earlier.
    LogDifference,
    /// 100 (x / earlier − 1).
    Growth,
}

/// A compiled expression: every name is a number, every parameter checked.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(f64),
    /// A measure by cell.
    Cells(usize),
    /// A measure summed over industries; see [`total`].
    Totals(usize),
    /// A measure summed over the industries that are present, as indices take what stands beside their own.
    Present(usize),
    /// Values that do not change over time.
    Fixed(Shape, Arc<[Value]>),
    /// 1 where the class is the level of this number, 0 where it is another; missing where it is unknown.
    Dummy(Shape, Arc<[Result<usize, Absent>]>, usize),
    /// The period's number in the calendar.
    Time,
    /// 1 in one period, 0 in the others that the levels know.
    InPeriod(Period, Arc<[Period]>),
    /// 1 where the value is the level of this number, 0 where it is another level.
    IsLevel(Box<Node>, usize, Arc<[f64]>),
    Unary(Unary, Box<Node>),
    Pair(Pair, Box<[Node; 2]>),
    /// The expression so many periods later (earlier when negative).
    Shift(i32, Box<Node>),
    Change(Change, i32, Box<Node>),
    MovingAverage(i32, Box<Node>),
    Stock(Box<Stock>),
    SpatialLag(Arc<SpatialWeights>, Box<Node>),
    Index(Box<IndexCall>),
}

/// An index of the catalogue with what its parameters ask for.
#[derive(Debug, Clone)]
pub(super) struct IndexCall {
    pub(super) index: &'static dyn Index,
    pub(super) params: Params,
    pub(super) measure: Node,
    pub(super) arguments: Vec<(&'static str, Named)>,
    pub(super) neighbours: Option<Arc<SpatialWeights>>,
    /// The region of the name of each industry.
    pub(super) twins: Arc<[Option<usize>]>,
}

/// What a parameter of an index names.
#[derive(Debug, Clone)]
pub(super) enum Named {
    /// One value a region.
    Regional(Node),
    /// One value a cell.
    Cells(Node),
    Classes(Arc<Classes>),
    IndustryClasses(Arc<Classes>),
    Members(Arc<[usize]>),
    IndustryMembers(Arc<[usize]>),
}

/// What stays the same while one cross-section is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) source: &'a dyn Source,
    pub(super) size: Size,
}

impl Node {
    /// The expressions this one is made of.
    fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Unary(_, inner)
            | Self::Shift(_, inner)
            | Self::Change(_, _, inner)
            | Self::MovingAverage(_, inner)
            | Self::IsLevel(inner, ..)
            | Self::SpatialLag(_, inner) => vec![inner],
            Self::Pair(_, operands) => operands.iter().collect(),
            Self::Stock(stock) => vec![&stock.investment],
            Self::Index(call) => {
                [&call.measure].into_iter().chain(call.arguments.iter().filter_map(Named::node)).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Calls `each` with this expression and all its parts.
    pub(super) fn visit(&self, each: &mut impl FnMut(&Self)) {
        each(self);
        for part in self.parts() {
            part.visit(each);
        }
    }

    /// Periods after its own that the expression reads.
    pub(super) fn ahead(&self) -> i32 {
        let inner = self.parts().into_iter().map(Self::ahead).max().unwrap_or(0);
        match self {
            Self::Shift(steps, _) => inner + steps,
            _ => inner,
        }
    }

    /// Evaluations of parts that one cross-section takes in a panel of so many periods.
    pub(super) fn work(&self, periods: u64) -> u64 {
        let times = match self {
            Self::Change(..) => 2,
            Self::MovingAverage(steps, _) => u64::from(steps.unsigned_abs()),
            Self::Stock(_) => periods,
            Self::Index(call) => call.cross_sections(periods),
            _ => 1,
        };
        let inner = self.parts().into_iter().fold(0_u64, |sum, part| sum.saturating_add(part.work(periods)));
        times.saturating_mul(inner).saturating_add(1)
    }

    /// The values of the expression in `period`.
    pub(super) fn run<'a>(&'a self, context: Context<'a>, period: Period, cache: &mut Cache) -> Column<'a> {
        let size = context.size;
        match self {
            Self::Constant(x) => Column::One(Ok(*x)),
            Self::Cells(measure) => match context.source.values(*measure, period) {
                Some(values) => Column::borrowed(size.simplest(Shape::Cell), values),
                None => Column::One(Err(Absent::NoPeriod)),
            },
            Self::Totals(measure) => match context.source.values(*measure, period) {
                Some(values) if size.width == 1 => Column::borrowed(Shape::Region, values),
                Some(values) => Column::owned(Shape::Region, values.chunks(size.width).map(total).collect()),
                None => Column::One(Err(Absent::NoPeriod)),
            },
            Self::Present(measure) => match context.source.values(*measure, period) {
                Some(values) => Column::owned(Shape::Region, values.chunks(size.width).map(sum_present).collect()),
                None => Column::One(Err(Absent::NoPeriod)),
            },
            Self::Fixed(shape, values) => Column::borrowed(*shape, values),
            Self::Dummy(shape, classes, level) => {
                let dummy = |class: &Result<usize, Absent>| class.map(|c| indicator(c == *level));
                Column::owned(*shape, classes.iter().map(dummy).collect())
            }
            Self::Time => Column::One(Ok(f64::from(period.ordinal))),
            Self::InPeriod(level, levels) => Column::One(in_period(period, *level, levels)),
            Self::IsLevel(inner, level, levels) => {
                inner.run(context, period, cache).map(|x| is_level(x, *level, levels))
            }
            Self::Unary(function, inner) => function.apply(inner.run(context, period, cache)),
            Self::Pair(function, operands) => {
                let left = operands[0].run(context, period, cache);
                function.apply(left, operands[1].run(context, period, cache), size)
            }
            Self::Shift(steps, inner) => inner.run(context, period.plus(*steps), cache),
            Self::Change(change, steps, inner) => {
                let earlier = inner.run(context, period.plus(-steps), cache);
                change.apply(inner.run(context, period, cache), earlier, size)
            }
            Self::MovingAverage(steps, inner) => {
                let sum = (1..*steps).fold(inner.run(context, period, cache), |sum, back| {
                    Pair::Add.apply(sum, inner.run(context, period.plus(-back), cache), size)
                });
                sum.map(|x| Ok(x / f64::from(*steps)))
            }
            Self::Stock(stock) => stock.run(context, period, cache),
            Self::SpatialLag(weights, inner) => spatial_lag(weights, inner.run(context, period, cache), size),
            Self::Index(call) => call.run(context, period, cache),
        }
    }

    /// The expression by cell, as an index wants it; `None` when the source lacks the period.
    fn grid<'a>(&'a self, context: Context<'a>, period: Period, cache: &mut Cache) -> Option<Cow<'a, Grid>> {
        if let Self::Cells(measure) = self {
            return context.source.grid(*measure, period).map(Cow::Borrowed);
        }
        let size = context.size;
        let values = match self.run(context, period, cache) {
            Column::One(Err(Absent::NoPeriod)) => return None,
            column => column.spread(size.simplest(Shape::Cell), size),
        };
        Some(Cow::Owned(Grid { width: size.width, values }))
    }
}

impl Named {
    fn node<'n>(argument: &'n (&'static str, Self)) -> Option<&'n Node> {
        match &argument.1 {
            Self::Regional(node) | Self::Cells(node) => Some(node),
            _ => None,
        }
    }
}

impl IndexCall {
    /// Cross-sections that one evaluation reads in data of so many periods.
    fn cross_sections(&self, periods: u64) -> u64 {
        match self.index.reach(&self.params) {
            Reach::Now => 1,
            Reach::Back(back) => 1 + back as u64,
            Reach::First => periods,
        }
    }

    fn run<'a>(&'a self, context: Context<'a>, period: Period, cache: &mut Cache) -> Column<'a> {
        let Some(measure) = self.measure.grid(context, period, cache) else {
            return Column::One(Err(Absent::NoPeriod));
        };
        let back = match self.index.reach(&self.params) {
            Reach::Now => 0,
            Reach::Back(back) => back as i32,
            Reach::First => (period.ordinal - context.source.first_period().ordinal).max(0),
        };
        let mut input = Input::new(&*measure);
        let past: Vec<_> = (1..=back).map(|k| self.measure.grid(context, period.plus(-k), cache)).collect();
        input.past = past.iter().map(|grid| grid.as_deref().map(Slice::from)).collect();
        input.neighbours = self.neighbours.as_deref();
        input.twins = Cow::Borrowed(&self.twins);
        for (param, named) in &self.arguments {
            input = match named {
                Named::Regional(node) => {
                    let mut at = |period| match node.run(context, period, cache) {
                        Column::Many(Shape::Region, values) => values,
                        other => Cow::Owned(other.spread(Shape::Region, context.size)),
                    };
                    let input = input.with_regional(param, at(period));
                    let past: Vec<_> = (1..=back).map(|k| Some(at(period.plus(-k)).into_owned())).collect();
                    if past.is_empty() { input } else { input.with_regional_past(param, past) }
                }
                Named::Cells(node) => {
                    let shape = context.size.simplest(Shape::Cell);
                    let values = node.run(context, period, cache).spread(shape, context.size);
                    input.with_cells(param, Slice::dense(context.size.width, values))
                }
                Named::Classes(classes) => input.with_classes(param, Cow::Borrowed(classes)),
                Named::IndustryClasses(classes) => input.with_industry_classes(param, Cow::Borrowed(classes)),
                Named::Members(members) => input.with_members(param, Cow::Borrowed(members)),
                Named::IndustryMembers(members) => input.with_industry_members(param, Cow::Borrowed(members)),
            };
        }
        let output = self.index.compute(&input, &self.params);
        let shape = context.size.simplest(output.shape);
        match output.parts.into_iter().next() {
            Some((_, values)) if shape == Shape::Nation => {
                Column::One(values.first().copied().unwrap_or(Err(Absent::Missing)))
            }
            Some((_, values)) => Column::owned(shape, values),
            None => Column::One(Err(Absent::Missing)),
        }
    }
}

impl Unary {
    fn apply(self, x: Column<'_>) -> Column<'_> {
        match self {
            Self::Negate => x.map(|x| Ok(-x)),
            Self::Ln => x.map(ln),
            Self::Exp => x.map(|x| finite(x.exp())),
            Self::Sqrt => x.map(|x| if x < 0.0 { Err(Absent::OutsideDomain) } else { Ok(x.sqrt()) }),
            Self::Abs => x.map(|x| Ok(x.abs())),
        }
    }
}

impl Pair {
    fn apply<'a>(self, a: Column<'a>, b: Column<'a>, size: Size) -> Column<'a> {
        match self {
            Self::Add => a.zip(b, size, |a, b| finite(a + b)),
            Self::Subtract => a.zip(b, size, |a, b| finite(a - b)),
            Self::Multiply => a.zip(b, size, |a, b| finite(a * b)),
            Self::Divide => a.zip(b, size, ratio),
            Self::Power => a.zip(b, size, power),
            Self::Min => a.zip(b, size, |a, b| Ok(a.min(b))),
            Self::Max => a.zip(b, size, |a, b| Ok(a.max(b))),
        }
    }
}

impl Change {
    fn apply<'a>(self, x: Column<'a>, earlier: Column<'a>, size: Size) -> Column<'a> {
        match self {
            Self::Difference => x.zip(earlier, size, |x, before| finite(x - before)),
            Self::LogDifference => x.zip(earlier, size, |x, before| Ok(ln(x)? - ln(before)?)),
            Self::Growth => x.zip(earlier, size, |x, before| finite(100.0 * (ratio(x, before)? - 1.0))),
        }
    }
}

/// The sum of a region's cells. A suppressed cell makes it suppressed, because the sum would jump when the cell is
/// disclosed; a missing one is left out.
fn total(cells: &[Value]) -> Value {
    if cells.contains(&Err(Absent::Suppressed)) { Err(Absent::Suppressed) } else { sum_present(cells) }
}

/// `base ^ exponent`; outside its domain for a zero base with a negative exponent and for a
/// negative base with a broken one.
fn power(base: f64, exponent: f64) -> Value {
    if (base == 0.0 && exponent < 0.0) || (base < 0.0 && exponent.fract() != 0.0) {
        return Err(Absent::OutsideDomain);
    }
    finite(base.powf(exponent))
}

const fn indicator(is: bool) -> f64 {
    if is { 1.0 } else { 0.0 }
}

fn in_period(period: Period, level: Period, levels: &[Period]) -> Value {
    if levels.contains(&period) { Ok(indicator(period == level)) } else { Err(Absent::UnknownLevel) }
}

#[allow(clippy::float_cmp, reason = "levels are whole numbers")]
fn is_level(x: f64, level: usize, levels: &[f64]) -> Value {
    match levels.iter().position(|l| *l == x) {
        Some(found) => Ok(indicator(found == level)),
        None => Err(Absent::UnknownLevel),
    }
}

/// The mean over the neighbours, industry by industry.
fn spatial_lag<'a>(weights: &SpatialWeights, x: Column<'a>, size: Size) -> Column<'a> {
    match x {
        Column::Many(Shape::Cell | Shape::Industry, _) => {
            let cells = x.spread(Shape::Cell, size);
            let mut lagged = cells.clone();
            for industry in 0..size.width {
                let one: Vec<Value> = cells.iter().skip(industry).step_by(size.width).copied().collect();
                for (region, value) in weights.lag(&one).into_iter().enumerate() {
                    lagged[region * size.width + industry] = value;
                }
            }
            Column::owned(Shape::Cell, lagged)
        }
        regional => Column::owned(Shape::Region, weights.lag(&regional.spread(Shape::Region, size))),
    }
}
