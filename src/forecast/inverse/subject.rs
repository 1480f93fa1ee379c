//! What a question looks at.

use super::super::names::find;
use super::super::plan::MAX_HORIZON;
use super::super::study::{Quantity, Target};
use super::free::Number;
use crate::error::{Violation, Violations};
use crate::formula::{Program, Unit};
use crate::panel::{Panel, Period};

/// A place for which a forecast answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// All regions.
    Nation,
    /// A class of the request's groups.
    Group(String),
    /// A region.
    Region(String),
    /// An industry of a region, in a model of cells.
    Cell {
        /// The region.
        region: String,
        /// The industry.
        industry: String,
    },
}

/// A number of the forecast: a quantity of a place, or how far it is above that of another place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The quantity.
    pub quantity: Quantity,
    /// Where; not read for inequality.
    pub place: Place,
    /// The place whose quantity is taken off.
    pub less: Option<Place>,
    /// When; `None` is the last period of the forecast.
    pub period: Option<Period>,
}

/// What there is to look at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) program: &'a Program,
    pub(super) panel: &'a Panel,
    /// Names of the groups; `None` while they are not known.
    pub(super) groups: Option<&'a [String]>,
    pub(super) horizon: usize,
}

impl Scene<'_> {
    /// The targets of a subject.
    ///
    /// # Errors
    /// Every violation, at `place`, `less` and `period` below `field`.
    pub(super) fn number(&self, subject: &Subject, field: &str) -> Result<Number, Violations> {
        let mut violations = Violations::default();
        let step = violations.keep(field, self.step(subject.period));
        let mut area = |place: &Place, name: &str| violations.keep(field, self.area(subject.quantity, place, name));
        let (one, less) = (area(&subject.place, "place"), subject.less.as_ref().map(|less| area(less, "less")));
        if subject.quantity.is_inequality() && subject.less.is_some() {
            let rule = "inequality is of all regions: there is no other place to compare with";
            violations.push(Violation::new(format!("{field}.less"), rule, ""));
        }
        if less.flatten().is_some() && less.flatten() == one {
            violations.push(Violation::new(format!("{field}.less"), "must be another place", ""));
        }
        let target = |area: Option<usize>| Target {
            quantity: subject.quantity,
            area: area.unwrap_or_default(),
            step: step.unwrap_or_default(),
        };
        violations.into_result(Number(target(one), less.map(target)))
    }

    fn step(&self, period: Option<Period>) -> Result<usize, Violations> {
        let Some(period) = period else { return Ok(self.horizon) };
        let last = self.panel.periods()[self.panel.periods().len() - 1];
        let ahead = |h: usize| last.plus(i32::try_from(h.min(MAX_HORIZON)).unwrap_or(0));
        (1..=self.horizon).find(|h| ahead(*h) == period).ok_or_else(|| {
            let rule = format!("must be a period of the forecast, {} to {}", ahead(1), ahead(self.horizon));
            Violation::new("period", rule, period).into()
        })
    }

    /// The number of a place in [`super::super::Study::areas`]: rows first, then regions of a model of cells, groups and
    /// nation.
    fn area(&self, quantity: Quantity, place: &Place, field: &str) -> Result<usize, Violations> {
        let (rows, regions) = (self.program.rows(), self.panel.regions().len());
        let has_cells = self.program.unit() == Unit::Cell && self.panel.industries().is_some();
        let after = if has_cells { rows + regions } else { rows };
        let region = |name: &str| {
            find("region", self.panel.regions().names().iter().map(String::as_str), name, &format!("{field}.region"))
        };
        let area = match place {
            Place::Nation => after + self.groups.map_or(0, <[String]>::len),
            Place::Group(name) => match self.groups {
                Some([]) => {
                    return Err(Violation::new(format!("{field}.group"), "the forecast names no groups", name).into());
                }
                Some(groups) => {
                    after + find("group", groups.iter().map(String::as_str), name, &format!("{field}.group"))?
                }
                None => after,
            },
            Place::Region(name) => region(name)? + if has_cells { rows } else { 0 },
            Place::Cell { region: name, industry } => match self.panel.industries() {
                Some(labels) if has_cells => {
                    let names = labels.names().iter().map(String::as_str);
                    region(name)? * self.panel.width()
                        + find("industry", names, industry, &format!("{field}.industry"))?
                }
                _ => {
                    let rule = "the model's observations have no industry";
                    return Err(Violation::new(format!("{field}.industry"), rule, industry).into());
                }
            },
        };
        if quantity == Quantity::Outcome && area >= rows {
            let rule = "the outcome belongs to single observations of the model: name one, or ask for growth or level";
            return Err(Violation::new(field, rule, "").into());
        }
        Ok(area)
    }
}
