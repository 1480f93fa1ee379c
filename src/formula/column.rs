//! Values of one cross-section, as small as their shape allows.

use crate::indices::Shape;
use crate::panel::Value;
use std::borrow::Cow;

/// Regions and industries of the data a program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) regions: usize,
    /// 1 without industries.
    pub(super) width: usize,
}

impl Size {
    /// Number of values of a shape.
    pub(super) fn of(self, shape: Shape) -> usize {
        match shape {
            Shape::Cell | Shape::Grid => self.regions * self.width,
            Shape::Region => self.regions,
            Shape::Industry => self.width,
            Shape::Nation | Shape::Listed => 1,
        }
    }

    /// The shape as the data have it: every cell is listed, and without industries a cell is a region, an industry the
    /// nation.
    pub(super) fn simplest(self, shape: Shape) -> Shape {
        match (shape, self.width) {
            (Shape::Cell | Shape::Grid, 1) => Shape::Region,
            (Shape::Grid, _) => Shape::Cell,
            (Shape::Industry, 1) => Shape::Nation,
            _ => shape,
        }
    }
}

/// One value for all rows, or one a region, industry or cell.
#[derive(Debug, Clone)]
pub(super) enum Column<'a> {
    One(Value),
    Many(Shape, Cow<'a, [Value]>),
}

impl<'a> Column<'a> {
    /// Values of a shape that are computed here.
    pub(super) fn owned(shape: Shape, values: Vec<Value>) -> Self {
        Self::Many(shape, Cow::Owned(values))
    }

    /// Values of a shape that live elsewhere.
    pub(super) fn borrowed(shape: Shape, values: &'a [Value]) -> Self {
        Self::Many(shape, Cow::Borrowed(values))
    }

    /// Applies `f` to each value that is present.
    pub(super) fn map(self, f: impl Fn(f64) -> Value) -> Self {
        match self {
            Self::One(value) => Self::One(value.and_then(f)),
            Self::Many(shape, Cow::Borrowed(values)) => {
                Self::owned(shape, values.iter().map(|v| v.and_then(&f)).collect())
            }
            Self::Many(shape, Cow::Owned(mut values)) => {
                for value in &mut values {
                    *value = value.and_then(&f);
                }
                Self::owned(shape, values)
            }
        }
    }

    /// Applies `f` to the pairs of values; where one is absent the first reason stays.
    pub(super) fn zip(self, other: Self, size: Size, f: impl Fn(f64, f64) -> Value) -> Self {
        let both = |a: Value, b: Value| f(a?, b?);
        match (self, other) {
            (Self::One(a), Self::One(b)) => Self::One(both(a, b)),
            (Self::Many(shape, a), Self::One(b)) => Self::owned(shape, Self::each(a, |value| both(value, b))),
            (Self::One(a), Self::Many(shape, b)) => Self::owned(shape, Self::each(b, |value| both(a, value))),
            (Self::Many(left, a), Self::Many(right, b)) if left == right => {
                let mut pairs = b.iter();
                // Both columns have as many values as their shape.
                Self::owned(left, Self::each(a, |value| pairs.next().map_or(value, |b| both(value, *b))))
            }
            (a, b) => {
                let pairs = a.spread(Shape::Cell, size).into_iter().zip(b.spread(Shape::Cell, size));
                Self::owned(Shape::Cell, pairs.map(|(a, b)| both(a, b)).collect())
            }
        }
    }

    /// Replaces each value, in place where the values are ours.
    fn each(values: Cow<'_, [Value]>, mut f: impl FnMut(Value) -> Value) -> Vec<Value> {
        match values {
            Cow::Borrowed(values) => values.iter().map(|v| f(*v)).collect(),
            Cow::Owned(mut values) => {
                for value in &mut values {
                    *value = f(*value);
                }
                values
            }
        }
    }

    /// The values repeated to the shape `wanted`, which is `Region` or `Cell`.
    pub(super) fn spread(self, wanted: Shape, size: Size) -> Vec<Value> {
        self.stretched(wanted, size).into_owned()
    }

    /// The same, without a copy of values that have the shape already.
    pub(super) fn stretched(self, wanted: Shape, size: Size) -> Cow<'a, [Value]> {
        match self {
            Self::One(value) => vec![value; size.of(wanted)].into(),
            Self::Many(shape, values) if shape == wanted => values,
            Self::Many(Shape::Region, values) => {
                values.iter().flat_map(|v| std::iter::repeat_n(*v, size.width)).collect()
            }
            Self::Many(Shape::Industry, values) => values.iter().copied().cycle().take(size.of(Shape::Cell)).collect(),
            Self::Many(shape, _) => unreachable!("compile refuses values of a {shape:?} among rows of a {wanted:?}"),
        }
    }
}
