//! What an index may read of one period.

use crate::numeric::Stop;
use crate::panel::{Labels, Panel, Slice, SpatialWeights, Value};
use std::borrow::Cow;

/// One period of one measure, and what the parameters of an index name beside it.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    /// The measure.
    pub measure: Slice<'a>,
    /// The measure in earlier periods, the latest first, as far back as the index reaches; `None` in a gap.
    pub past: Vec<Option<Slice<'a>>>,
    /// Which regions are neighbours, when the data say so.
    pub neighbours: Option<&'a SpatialWeights>,
    /// The region of the same name, for each industry that has one: in a table from sector to sector, or a network.
    pub twins: Cow<'a, [Option<usize>]>,
    /// The flag that asks long calculations to end.
    pub stop: Option<&'a Stop>,
    regional: Vec<(&'static str, Cow<'a, [Value]>)>,
    regional_past: Vec<(&'static str, Vec<Option<Vec<Value>>>)>,
    cells: Vec<(&'static str, Slice<'a>)>,
    classes: Vec<(&'static str, Cow<'a, Classes>)>,
    industry_classes: Vec<(&'static str, Cow<'a, Classes>)>,
    members: Vec<(&'static str, Cow<'a, [usize]>)>,
    industry_members: Vec<(&'static str, Cow<'a, [usize]>)>,
    companions: Vec<(&'static str, Companion<'a>)>,
}

/// A grouping of the regions or of the industries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Classes {
    /// The group of each region (industry); `None` where unknown.
    pub of: Vec<Option<usize>>,
    /// The names of the groups, in lexicographic order.
    pub names: Vec<String>,
}

/// A measure of another dataset in the latest of its periods that is not after the index's own, and where the names
/// of the index's own regions and industries stand in it.
#[derive(Debug, Clone)]
pub struct Companion<'a> {
    /// The measure; `None` when all its periods are later.
    pub measure: Option<Slice<'a>>,
    /// The other dataset's region of the name of each region.
    pub regions: Vec<Option<usize>>,
    /// The other dataset's industry of the name of each industry.
    pub industries: Vec<Option<usize>>,
    /// The other dataset's region of the name of each industry: the supplying sector of an input–output table.
    pub suppliers: Vec<Option<usize>>,
}

impl<'a> Companion<'a> {
    /// A measure of `other`, as the names of `panel` find it.
    pub fn new(panel: &Panel, other: &Panel, measure: Option<Slice<'a>>) -> Self {
        let find = |names: Option<&Labels>, labels: Option<&Labels>| -> Vec<Option<usize>> {
            let names = names.map_or(&[][..], Labels::names);
            names.iter().map(|name| labels.and_then(|labels| labels.find(name))).collect()
        };
        Self {
            measure,
            regions: find(Some(panel.regions()), Some(other.regions())),
            industries: find(panel.industries(), other.industries()),
            suppliers: find(panel.industries(), Some(other.regions())),
        }
    }
}

/// The region of the name of each industry.
pub fn twins(panel: &Panel) -> Vec<Option<usize>> {
    let industries = panel.industries().map_or(&[][..], Labels::names);
    industries.iter().map(|name| panel.regions().find(name)).collect()
}

impl<'a> Input<'a> {
    /// A cross-section with nothing beside it.
    pub fn new(measure: impl Into<Slice<'a>>) -> Self {
        Self {
            measure: measure.into(),
            past: Vec::new(),
            neighbours: None,
            stop: None,
            twins: Cow::Borrowed(&[]),
            regional: Vec::new(),
            regional_past: Vec::new(),
            cells: Vec::new(),
            classes: Vec::new(),
            industry_classes: Vec::new(),
            members: Vec::new(),
            industry_members: Vec::new(),
            companions: Vec::new(),
        }
    }

    /// Adds the values that a parameter of the domain `Measure` names, one a region.
    #[must_use]
    pub fn with_regional(mut self, param: &'static str, values: impl Into<Cow<'a, [Value]>>) -> Self {
        self.regional.push((param, values.into()));
        self
    }

    /// Adds what the parameter names in earlier periods, the latest first, as far back as the index reaches; `None` in a
    /// gap. Without it the values are taken not to change.
    #[must_use]
    pub fn with_regional_past(mut self, param: &'static str, past: Vec<Option<Vec<Value>>>) -> Self {
        self.regional_past.push((param, past));
        self
    }

    /// Adds the measure that a parameter of the domain `Cells` names: the same cells in the same order.
    #[must_use]
    pub fn with_cells(mut self, param: &'static str, cells: Slice<'a>) -> Self {
        self.cells.push((param, cells));
        self
    }

    /// Adds the grouping of the regions that a parameter of the domain `Groups` names.
    #[must_use]
    pub fn with_classes(mut self, param: &'static str, classes: Cow<'a, Classes>) -> Self {
        self.classes.push((param, classes));
        self
    }

    /// Adds the grouping of the industries that a parameter of the domain `IndustryGroups` names.
    #[must_use]
    pub fn with_industry_classes(mut self, param: &'static str, classes: Cow<'a, Classes>) -> Self {
        self.industry_classes.push((param, classes));
        self
    }

    /// Adds the numbers of the industries that a parameter of the domain `Industries` lists.
    #[must_use]
    pub fn with_industry_members(mut self, param: &'static str, members: Cow<'a, [usize]>) -> Self {
        self.industry_members.push((param, members));
        self
    }

    /// Adds the numbers of the regions that a parameter of the domain `Regions` lists.
    #[must_use]
    pub fn with_members(mut self, param: &'static str, members: Cow<'a, [usize]>) -> Self {
        self.members.push((param, members));
        self
    }

    /// Adds the dataset that a parameter of the domain `Dataset` names.
    #[must_use]
    pub fn with_companion(mut self, param: &'static str, companion: Companion<'a>) -> Self {
        self.companions.push((param, companion));
        self
    }

    /// One value a region of what the parameter names; `None` when it was left out.
    pub fn regional(&self, param: &str) -> Option<&[Value]> {
        find(&self.regional, param).map(|values| &**values)
    }

    /// What the parameter names so many periods earlier, at least 1; `None` when it was left out or the data lack that
    /// period.
    pub fn regional_earlier(&self, param: &str, periods: usize) -> Option<&[Value]> {
        match find(&self.regional_past, param) {
            Some(past) => past.get(periods - 1)?.as_deref(),
            None => self.regional(param),
        }
    }

    /// The measure that the parameter names, in the same cells as the input's own; `None` when it was left out.
    pub fn cells(&self, param: &str) -> Option<&Slice<'a>> {
        find(&self.cells, param)
    }

    /// The grouping that the parameter names; `None` when it was left out.
    pub fn classes(&self, param: &str) -> Option<&Classes> {
        find(&self.classes, param).or_else(|| find(&self.industry_classes, param)).map(|classes| &**classes)
    }

    /// The regions (industries) that the parameter lists; `None` when it was left out.
    pub fn members(&self, param: &str) -> Option<&[usize]> {
        find(&self.members, param).or_else(|| find(&self.industry_members, param)).map(|members| &**members)
    }

    /// The dataset that the parameter names; `None` when it was left out.
    pub fn companion(&self, param: &str) -> Option<&Companion<'a>> {
        find(&self.companions, param)
    }

    /// The same of these regions, in this order; a region may stand in it several times. Neighbours are left out.
    #[must_use]
    pub(super) fn of_regions(&self, order: &[usize]) -> Self {
        let slice = |slice: &Slice<'a>| slice.of_regions(order);
        let one = |values: &[Value]| order.iter().map(|region| values[*region]).collect::<Vec<_>>();
        Self {
            regional: each(&self.regional, |values| Cow::Owned(one(values))),
            regional_past: each(&self.regional_past, |past| {
                past.iter().map(|values| values.as_deref().map(one)).collect()
            }),
            classes: each(&self.classes, |classes| Cow::Owned(classes.taken(order))),
            members: each(&self.members, |members| Cow::Owned(places(members, order))),
            industry_classes: self.industry_classes.clone(),
            industry_members: self.industry_members.clone(),
            twins: self.twins.iter().map(|twin| order.iter().position(|region| Some(*region) == *twin)).collect(),
            ..self.with_slices(slice)
        }
    }

    /// The same of these industries, in this order.
    #[must_use]
    pub(super) fn of_industries(&self, order: &[usize]) -> Self {
        let slice = |slice: &Slice<'a>| slice.of_industries(order);
        Self {
            regional: self.regional.clone(),
            regional_past: self.regional_past.clone(),
            classes: self.classes.clone(),
            members: self.members.clone(),
            industry_classes: each(&self.industry_classes, |classes| Cow::Owned(classes.taken(order))),
            industry_members: each(&self.industry_members, |members| Cow::Owned(places(members, order))),
            twins: order.iter().map(|industry| self.twins.get(*industry).copied().flatten()).collect(),
            ..self.with_slices(slice)
        }
    }

    /// The measures of the input as `slice` takes them, with nothing else beside them but other datasets.
    fn with_slices(&self, slice: impl Fn(&Slice<'a>) -> Slice<'static>) -> Self {
        let mut taken = Self::new(slice(&self.measure));
        taken.past = self.past.iter().map(|earlier| earlier.as_ref().map(&slice)).collect();
        taken.cells = each(&self.cells, &slice);
        taken.companions.clone_from(&self.companions);
        taken.stop = self.stop;
        taken
    }

    /// Everything that has one value a region.
    pub(super) fn all_regional(&self) -> impl Iterator<Item = &[Value]> {
        self.regional.iter().map(|(_, values)| &**values)
    }

    /// Every measure that stands beside the input's own, cell by cell.
    pub(super) fn all_cells(&self) -> impl Iterator<Item = &Slice<'a>> {
        self.cells.iter().map(|(_, cells)| cells)
    }

    /// Whether the caller has gone away: what is computed from now on will not be read.
    pub fn stopped(&self) -> bool {
        self.stop.is_some_and(Stop::raised)
    }

    /// The measure so many periods earlier, at least 1; `None` when the data lack that period.
    pub fn earlier(&self, periods: usize) -> Option<&Slice<'a>> {
        self.past.get(periods - 1)?.as_ref()
    }
}

impl Classes {
    /// The groups of what stands at these places, in this order.
    fn taken(&self, order: &[usize]) -> Self {
        Self { of: order.iter().map(|place| self.of[*place]).collect(), names: self.names.clone() }
    }
}

/// The places of `order` at which a member stands.
fn places(members: &[usize], order: &[usize]) -> Vec<usize> {
    (0..order.len()).filter(|place| members.contains(&order[*place])).collect()
}

fn each<T, U>(items: &[(&'static str, T)], f: impl Fn(&T) -> U) -> Vec<(&'static str, U)> {
    items.iter().map(|(name, item)| (*name, f(item))).collect()
}

fn find<'i, T>(items: &'i [(&'static str, T)], param: &str) -> Option<&'i T> {
    items.iter().find(|(name, _)| *name == param).map(|(_, item)| item)
}
