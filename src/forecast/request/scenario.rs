//! The scenario language: what policies change, and what responds.

use crate::panel::Period;

/// A counterfactual: changes to drivers, and where what is added comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Name in the answer; distinct within a request and not `baseline`.
    pub name: String,
    /// The changes; their order does not matter.
    pub changes: Vec<Change>,
    /// Where the amounts added come from.
    pub closure: Closure,
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Name of the policy it belongs to; `None` means the policy called like the scenario.
    pub policy: Option<String>,
    /// Name of the measure; of an extensive change the one that counts enterprises.
    pub measure: String,
    /// What is done to it.
    pub action: Action,
    /// Level, share, percent, factor, amount or rate, as the [`Action`] says.
    pub amount: f64,
    /// Regions it applies to; with neither regions nor a group, all.
    pub regions: Vec<String>,
    /// Class of regions it applies to.
    pub group: Option<Group>,
    /// Industries it applies to; with neither industries nor classes, all.
    pub industries: Vec<String>,
    /// Classes of industries it applies to, such as a sector and a size of firm; an industry must be in all of them.
    pub industry_classes: Vec<Group>,
    /// First period in which it is in force; `None` means the first of the forecast.
    pub first_period: Option<Period>,
    /// Last period in which it is in force to the full; `None` makes it permanent.
    pub last_period: Option<Period>,
    /// Periods over which it comes into force linearly; 0 and 1 mean at once.
    pub phase_periods: usize,
    /// Periods over which it fades out linearly after its last one; 0 and 1 mean at once.
    pub fade_periods: usize,
}

/// The regions (industries) with one value of a text attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name of the attribute, such as `division`.
    pub attribute: String,
    /// Its value, such as `Pacific`.
    pub value: String,
}

/// What a change does.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Brings each region to the level `amount` (the sum of its selected industries).
    Set,
    /// Brings all selected regions together to the share `amount`, in [0, 1), of the nation's total of the selected
    /// industries.
    SetShare,
    /// Lets each region grow `amount` percent a period from its level in the last period of the data.
    SetGrowth,
    /// Multiplies by the factor `amount`, in [0, 1000].
    Scale,
    /// Adds `amount` to each region (shared by its selected industries in proportion to their size).
    Add,
    /// Moves the share `amount`, in [0, 1], of what each region has to other regions.
    Move {
        /// The regions that receive it, in proportion to their size.
        to: Vec<String>,
    },
    /// Attracts enterprises, who bring what entrants bring: the extensive margin.
    Extensive {
        /// What `amount` counts.
        entrants: Entrants,
        /// What they bring with them.
        companions: Vec<Companion>,
    },
    /// Multiplies by 1 + `amount` while the number of enterprises stays, so raises the measure per enterprise: the
    /// intensive margin.
    Intensive {
        /// Names of further measures that rise at the same rate.
        companions: Vec<String>,
    },
}

/// How the entrants of an extensive change are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entrants {
    /// Entrants per incumbent enterprise, as 0.25; negative for exits.
    Rate,
    /// Enterprises in each region, compared with its incumbents in the last period of the data.
    Number,
}

/// A measure that entrants bring with them.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// Name of the measure.
    pub measure: String,
    /// How much of it an entrant has relative to the region's average incumbent, in [0, 1000].
    pub relative_size: f64,
}

/// Where the amounts that changes other than moves bring come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closure {
    /// From nowhere: new activity.
    NewActivity,
    /// From the same industry in every region without a change of its own, in proportion to size.
    RelocateProRata,
    /// From the same industry in these regions, in proportion to size.
    RelocateFrom(Vec<String>),
    /// From every cell (region and industry) without a change of its own, in proportion to size, so
    /// that the national total stays what it was.
    FixedNationalTotal,
}

/// A measure that responds to the outcome's level.
#[derive(Debug, Clone, PartialEq)]
pub struct Feedback {
    /// Name of the measure.
    pub measure: String,
    /// Percent by which the measure moves in the next period for each percent by which the region's
    /// level is above its baseline (on the same draw).
    pub elasticity: f64,
    /// Whether it moves between regions, each industry's national total as it was, rather than being created and lost.
    pub migrates: bool,
}
