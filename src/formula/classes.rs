//! Keys and attributes as classes: for fixed effects, clusters and factors.

use crate::error::Violation;
use crate::panel::{Absent, AttributeData, Panel, Period};

/// Combined classes that one name may have.
const MOST_CLASSES: usize = 1 << 40;

/// A key, a text attribute of the regions or a combination of them, as numbered classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Classes {
    name: String,
    parts: Vec<Part>,
}

/// One of the combined names.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    levels: Vec<String>,
    by: By,
}

/// What decides the class.
#[derive(Debug, Clone, PartialEq)]
enum By {
    Region,
    Industry,
    Period(Vec<Period>),
    Attribute(Vec<Option<usize>>),
}

/// One of the three keys of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Region,
    Period,
    Industry,
}

impl Key {
    /// The key called `name`: by its role, or by the word the data use.
    pub(super) fn find(panel: &Panel, name: &str) -> Option<Self> {
        let keys = panel.key_names();
        match name {
            "region" => Some(Self::Region),
            "period" => Some(Self::Period),
            "industry" => Some(Self::Industry),
            _ if name == keys.region => Some(Self::Region),
            _ if name == keys.period => Some(Self::Period),
            _ if Some(name) == keys.industry.as_deref() => Some(Self::Industry),
            _ => None,
        }
    }
}

impl Classes {
    /// The name as it was asked for, such as `division^year`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many classes there can be; combined names may have classes without any row.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| part.levels.len()).product()
    }

    /// Whether there is no class.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name of a class; those of combined names are joined by `_`.
    pub fn level(&self, code: usize) -> String {
        let mut names = Vec::with_capacity(self.parts.len());
        let mut rest = code;
        for part in self.parts.iter().rev() {
            names.push(part.levels[rest % part.levels.len()].as_str());
            rest /= part.levels.len();
        }
        names.reverse();
        names.join("_")
    }

    /// The class of a row, numbered from 0 in lexicographic order of the levels.
    ///
    /// # Errors
    /// [`Absent::UnknownLevel`] for a period that the panel lacks, [`Absent::Missing`] for a
    /// region whose attribute is unknown.
    pub fn code(&self, region: usize, industry: usize, period: Period) -> Result<usize, Absent> {
        self.code_at(region, industry, self.find_period(period))
    }

    /// The place of a period among those of the classification; anything where periods have no part in it.
    ///
    /// # Errors
    /// [`Absent::UnknownLevel`] for a period that the panel lacks.
    pub fn find_period(&self, period: Period) -> Result<usize, Absent> {
        let periods = self.parts.iter().find_map(|part| match &part.by {
            By::Period(periods) => Some(periods),
            _ => None,
        });
        let find = |periods: &Vec<Period>| periods.binary_search_by_key(&period.ordinal, |p| p.ordinal);
        periods.map_or(Ok(0), |periods| find(periods).map_err(|_| Absent::UnknownLevel))
    }

    /// Like [`Classes::code`], with what [`Classes::find_period`] says of the period.
    ///
    /// # Errors
    /// As [`Classes::code`].
    pub fn code_at(&self, region: usize, industry: usize, period: Result<usize, Absent>) -> Result<usize, Absent> {
        self.parts.iter().try_fold(0, |code, part| {
            let class = match &part.by {
                By::Region => region,
                By::Industry => industry,
                By::Period(_) => period?,
                By::Attribute(classes) => classes[region].ok_or(Absent::Missing)?,
            };
            Ok(code * part.levels.len() + class)
        })
    }

    /// Whether the class depends on the industry.
    pub fn by_industry(&self) -> bool {
        self.parts.iter().any(|part| part.by == By::Industry)
    }
}

/// The classes of `name`: a key (`region`, `period`, `industry`, or the word the data use), a
/// text attribute, or several of them joined by `^`.
///
/// # Errors
/// A violation with an empty field, naming what is unknown or cannot be classes.
pub fn classes(panel: &Panel, name: &str) -> Result<Classes, Violation> {
    let parts = name.split('^').map(|part| find(panel, part.trim())).collect::<Result<Vec<_>, _>>()?;
    combine(name.to_owned(), parts)
}

/// Like [`classes`], for names that are split already.
pub(super) fn combined(panel: &Panel, name: String, keys: &[&str]) -> Result<Classes, Violation> {
    let parts = keys.iter().map(|key| find(panel, key)).collect::<Result<Vec<_>, _>>()?;
    combine(name, parts)
}

fn combine(name: String, parts: Vec<Part>) -> Result<Classes, Violation> {
    let count = parts.iter().try_fold(1_usize, |count, part| count.checked_mul(part.levels.len()));
    if count.is_none_or(|count| count > MOST_CLASSES) {
        return Err(Violation::new("", format!("{name} combines into more than {MOST_CLASSES} classes"), name));
    }
    Ok(Classes { name, parts })
}

fn find(panel: &Panel, name: &str) -> Result<Part, Violation> {
    match Key::find(panel, name) {
        Some(Key::Region) => Ok(Part { levels: panel.regions().names().to_vec(), by: By::Region }),
        Some(Key::Period) => {
            let levels = panel.periods().iter().map(ToString::to_string).collect();
            Ok(Part { levels, by: By::Period(panel.periods().to_vec()) })
        }
        Some(Key::Industry) => match panel.industries() {
            Some(industries) => Ok(Part { levels: industries.names().to_vec(), by: By::Industry }),
            None => Err(Violation::new("", "the data have no industries", name)),
        },
        None => attribute(panel, name),
    }
}

fn attribute(panel: &Panel, name: &str) -> Result<Part, Violation> {
    match panel.find_attribute(name).map(|a| &a.data) {
        Some(AttributeData::Text(entries)) => {
            let (levels, codes) = number(entries);
            Ok(Part { levels, by: By::Attribute(codes) })
        }
        Some(AttributeData::Numeric(_)) => {
            Err(Violation::new("", format!("{name} is numeric; classes are keys or text attributes"), name))
        }
        None if panel.find_measure(name).is_some() => {
            Err(Violation::new("", format!("{name} is a measure; classes are keys or text attributes"), name))
        }
        None => {
            let rule = format!("there is no key or text attribute called {name}{}", known(panel, name));
            Err(Violation::new("", rule, name))
        }
    }
}

/// The distinct entries in lexicographic order and each entry's number.
pub(super) fn number(entries: &[Option<String>]) -> (Vec<String>, Vec<Option<usize>>) {
    let mut levels: Vec<String> = entries.iter().flatten().cloned().collect();
    levels.sort_unstable();
    levels.dedup();
    let code = |entry: &Option<String>| levels.binary_search(entry.as_ref()?).ok();
    let codes = entries.iter().map(code).collect();
    (levels, codes)
}

/// The names that can be classes, for an error text.
fn known(panel: &Panel, name: &str) -> String {
    let keys = panel.key_names();
    let text = panel.attributes().iter().filter(|a| matches!(a.data, AttributeData::Text(_)));
    let names = [Some(keys.region.as_str()), Some(keys.period.as_str()), keys.industry.as_deref()];
    let names = names.into_iter().flatten().chain(["region", "period"]).chain(text.map(|a| a.name.as_str()));
    crate::suggest::hint(name, names)
}
