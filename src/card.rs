//! Method cards: what the catalogue, the parameter checks, the docs and the common tests read.

use crate::error::{Violation, Violations};
use std::collections::BTreeMap;

/// What a method is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An index of agglomeration, specialisation, concentration or inequality.
    Index,
    /// An estimator of a regression.
    Estimator,
    /// A covariance of the coefficients.
    Covariance,
    /// A test of a fitted model.
    Test,
    /// A projection of a driver into the future.
    Driver,
    /// A way to make forecasts of regions, macro-regions and the nation add up.
    Reconciliation,
    /// A score of forecasts, or a test of them.
    Score,
}

/// The card of one method: everything a caller must know to use and to cite it.
#[derive(Debug)]
pub struct Card {
    /// The method's name in requests and formulas, `lower_snake_case`.
    pub id: &'static str,
    /// Other names the field uses for it, accepted wherever the id is.
    pub aliases: &'static [&'static str],
    /// What it is, in one line.
    pub title: &'static str,
    /// What kind of method it is.
    pub kind: Kind,
    /// The formula, in plain text with its symbols explained.
    pub formula: &'static str,
    /// Author, year, equation or page.
    pub reference: &'static str,
    /// The parameters it takes.
    pub params: &'static [Param],
    /// The ways in which its uncertainty can be learnt, by name; empty for methods that are no index.
    pub inference: &'static [Infer],
    /// The laws it obeys; the common tests check each one.
    pub laws: &'static [Law],
}

impl Card {
    /// Whether `name` is the id or an alias.
    pub fn answers_to(&self, name: &str) -> bool {
        self.id == name || self.aliases.contains(&name)
    }
}

/// A way to learn how uncertain an index is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Infer {
    /// By a formula of the index's own.
    Analytic,
    /// Regions drawn with replacement.
    BootstrapRegions,
    /// Industries drawn with replacement.
    BootstrapIndustries,
    /// The counted things (plants, enterprises, employees) drawn with replacement, for measures that are counts.
    BootstrapUnits,
    /// Values dealt out anew under the null hypothesis of the index.
    Permutation,
}

impl Infer {
    /// All ways.
    pub const ALL: [Self; 5] =
        [Self::Analytic, Self::BootstrapRegions, Self::BootstrapIndustries, Self::BootstrapUnits, Self::Permutation];

    /// The way's name in requests.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Analytic => "analytic",
            Self::BootstrapRegions => "bootstrap_regions",
            Self::BootstrapIndustries => "bootstrap_industries",
            Self::BootstrapUnits => "bootstrap_units",
            Self::Permutation => "permutation",
        }
    }
}

/// One parameter of a method.
#[derive(Debug)]
pub struct Param {
    /// Its name in requests, formulas and on the command line.
    pub name: &'static str,
    /// What it does, its unit and the meaning of leaving it out.
    pub doc: &'static str,
    /// Its type, range and default.
    pub domain: Domain,
}

/// The values a parameter may take.
#[derive(Debug, Clone, Copy)]
pub enum Domain {
    /// A number in `[min, max]`.
    Number {
        /// Smallest value allowed.
        min: f64,
        /// Largest value allowed.
        max: f64,
        /// Value when left out.
        default: f64,
    },
    /// A whole number in `[min, max]`.
    Integer {
        /// Smallest value allowed.
        min: i64,
        /// Largest value allowed.
        max: i64,
        /// Value when left out.
        default: i64,
    },
    /// A whole number of periods in `[0, max]`; left out, the method's own rule decides.
    Lags {
        /// Largest value allowed.
        max: i64,
    },
    /// One of a few words; the first is the default.
    Choice(&'static [&'static str]),
    /// The name of a measure or of a numeric region attribute of the dataset.
    Measure {
        /// Whether the method can do without it.
        required: bool,
    },
    /// The name of any measure, rates included where the data have no industries, or of a numeric region attribute.
    Variable {
        /// Whether the method can do without it.
        required: bool,
    },
    /// The name of another measure that adds up, read cell by cell.
    Cells {
        /// Whether the method can do without it.
        required: bool,
    },
    /// The name of a text attribute of the regions (such as a macro-region).
    Groups {
        /// Whether the method can do without it.
        required: bool,
    },
    /// The name of a text attribute of the industries (such as the class they belong to).
    IndustryGroups {
        /// Whether the method can do without it.
        required: bool,
    },
    /// Names of regions, separated by semicolons.
    Regions {
        /// Whether the method can do without it.
        required: bool,
    },
    /// Names of industries, separated by semicolons.
    Industries {
        /// Whether the method can do without it.
        required: bool,
    },
    /// Names of terms of the formula, separated by semicolons.
    Terms {
        /// Whether the method can do without it.
        required: bool,
    },
    /// Another dataset that comes with the request: its name there or, where it has several measures, `name.measure`.
    Dataset {
        /// Whether the method can do without it.
        required: bool,
    },
}

/// A property that holds for every input, checked by the common tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// Multiplying the measure by a positive constant changes nothing.
    ScaleInvariant,
    /// Multiplying the measure by a positive constant multiplies the index by it.
    ScaleEquivariant,
    /// Reordering regions (and industries) reorders the result and changes nothing else.
    PermutationEquivariant,
    /// The values of the regions sum to the number of regions present.
    SumsToRegions,
    /// Zero when all shares are equal to those of the reference.
    ZeroWhenEqual,
    /// One when all shares are equal to those of the reference.
    OneWhenEqual,
    /// Every value lies in the closed interval between these whole numbers.
    Within(i32, i32),
    /// No value is below zero.
    NonNegative,
    /// The total equals the sum of its between and within components.
    AddsUp,
    /// No value is below this whole number.
    AtLeast(i32),
    /// The parts of these names sum to the part of the first name, row by row.
    Decomposes(&'static str, &'static [&'static str]),
    /// Adding a constant to the measure changes nothing.
    TranslationInvariant,
    /// The values of one period sum to this whole number.
    SumsTo(i32),
    /// Every region twice over changes nothing (the principle of population).
    ReplicationInvariant,
}

/// A raw parameter, before the card has looked at it.
#[derive(Debug, Clone, PartialEq)]
pub enum Raw {
    /// A number.
    Number(f64),
    /// A word.
    Text(String),
}

/// Parameters that passed their card: complete, typed, in range.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params(BTreeMap<&'static str, Raw>);

impl Params {
    /// Checks `given` against the card and fills the defaults in.
    ///
    /// # Errors
    /// Every unknown name, wrong type and value out of range, each at `{path}.{name}`.
    pub fn parse(card: &Card, given: &BTreeMap<String, Raw>, path: &str) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        for name in given.keys() {
            if !card.params.iter().any(|p| p.name == name) {
                let known: Vec<_> = card.params.iter().map(|p| p.name).collect();
                let rule = if known.is_empty() {
                    format!("{} takes no parameters", card.id)
                } else {
                    format!("{} knows only: {}", card.id, known.join(", "))
                };
                violations.push(Violation::new(format!("{path}.{name}"), rule, name));
            }
        }
        let mut params = Self::default();
        for param in card.params {
            match param.domain.read(given.get(param.name)) {
                Ok(Some(raw)) => {
                    params.0.insert(param.name, raw);
                }
                Ok(None) => {}
                Err((rule, got)) => violations.push(Violation::new(
                    format!("{path}.{}", param.name),
                    format!("{} of {} must be {rule}", param.name, card.id),
                    got,
                )),
            }
        }
        violations.into_result(params)
    }

    /// The number called `name`; the card guarantees it.
    pub fn number(&self, name: &str) -> f64 {
        match self.0.get(name) {
            Some(Raw::Number(x)) => *x,
            other => unreachable!("no number {name} on the card: {other:?}"),
        }
    }

    /// The number called `name`, or `None` when a rule of the method decides.
    pub fn number_if_given(&self, name: &str) -> Option<f64> {
        match self.0.get(name) {
            Some(Raw::Number(x)) => Some(*x),
            _ => None,
        }
    }

    /// The word called `name`, or `None` when it is optional and was left out.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.0.get(name) {
            Some(Raw::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The names in a list separated by semicolons; none when it was left out.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let names = self.text(name).unwrap_or_default().split(';');
        names.map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    /// Whether the choice `name` is `word`.
    pub fn chooses(&self, name: &str, word: &str) -> bool {
        self.text(name) == Some(word)
    }

    /// Every parameter in force, defaults included, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &Raw)> {
        self.0.iter().map(|(name, raw)| (*name, raw))
    }
}

impl Domain {
    /// Whether the parameter must be given.
    pub const fn is_required(self) -> bool {
        match self {
            Self::Number { .. } | Self::Integer { .. } | Self::Lags { .. } | Self::Choice(_) => false,
            Self::Measure { required }
            | Self::Variable { required }
            | Self::Cells { required }
            | Self::Groups { required }
            | Self::IndustryGroups { required }
            | Self::Regions { required }
            | Self::Industries { required }
            | Self::Terms { required }
            | Self::Dataset { required } => required,
        }
    }

    /// The value in force, or the rule broken and the offending value.
    fn read(self, given: Option<&Raw>) -> Result<Option<Raw>, (String, String)> {
        let as_number = |given: Option<&Raw>, default: f64| match given {
            None => Ok(default),
            Some(Raw::Number(x)) => Ok(*x),
            Some(Raw::Text(text)) => text.trim().parse::<f64>().map_err(|_| text.clone()),
        };
        match self {
            Self::Number { min, max, default } => {
                let rule = format!("a number in [{min}, {max}]");
                match as_number(given, default) {
                    Ok(x) if x >= min && x <= max => Ok(Some(Raw::Number(x))),
                    Ok(x) => Err((rule, x.to_string())),
                    Err(text) => Err((rule, text)),
                }
            }
            Self::Integer { min, max, default } => {
                let rule = format!("a whole number in [{min}, {max}]");
                match as_number(given, default as f64) {
                    Ok(x) if x >= min as f64 && x <= max as f64 && x.fract() == 0.0 => Ok(Some(Raw::Number(x))),
                    Ok(x) => Err((rule, x.to_string())),
                    Err(text) => Err((rule, text)),
                }
            }
            Self::Lags { max } => match given {
                None => Ok(None),
                Some(_) => Self::Integer { min: 0, max, default: 0 }.read(given),
            },
            Self::Choice(words) => match given {
                None => Ok(Some(Raw::Text(words[0].to_owned()))),
                // A word may look like a number, and then come as one.
                Some(raw) => match words.iter().find(|word| **word == raw.to_string()) {
                    Some(word) => Ok(Some(Raw::Text((*word).to_owned()))),
                    None => Err((format!("one of {}", words.join(", ")), raw.to_string())),
                },
            },
            Self::Measure { required }
            | Self::Variable { required }
            | Self::Cells { required }
            | Self::Groups { required }
            | Self::IndustryGroups { required }
            | Self::Dataset { required } => match given {
                None if required => Err(("given".to_owned(), String::new())),
                None => Ok(None),
                Some(Raw::Text(_)) => Ok(given.cloned()),
                Some(raw) => Err(("a name".to_owned(), raw.to_string())),
            },
            // A name may look like a number, and then come as one.
            Self::Regions { required } | Self::Industries { required } | Self::Terms { required } => match given {
                None if required => Err(("given".to_owned(), String::new())),
                None => Ok(None),
                Some(raw) => Ok(Some(Raw::Text(raw.to_string()))),
            },
        }
    }
}

impl std::fmt::Display for Raw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Number(x) => write!(f, "{x}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}
