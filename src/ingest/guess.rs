//! Roles of columns, guessed from their names and from a sample of rows, with the reasons in words.

use super::layout::{AttributeColumn, AttributeKind, Layout};
use crate::panel::{Frequency, MeasureKind, Period};
use std::collections::{HashMap, HashSet};

/// A guessed layout and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Guess {
    /// The layout; a role that could not be guessed has an empty name. Measures are left empty, so
    /// that the import takes every column of numbers.
    pub layout: Layout,
    /// One sentence for each decision.
    pub reasons: Vec<String>,
}

const REGION: &[&str] = &[
    "region",
    "state",
    "province",
    "nuts",
    "county",
    "prefecture",
    "municipality",
    "district",
    "department",
    "territory",
    "geo",
    "geography",
    "area",
    "city",
    "country",
    "fips",
    "code",
    "name",
];
const PERIOD: &[&str] = &["period", "year", "date", "time", "quarter", "month", "yr"];
const INDUSTRY: &[&str] = &["industry", "sector", "nace", "naics", "isic", "sic", "branch", "activity"];
const SIZE: &[&str] = &["area", "km2", "latitude", "longitude", "lat", "lon", "lng", "elevation", "altitude"];
const RATE: &[&str] = &["rate", "share", "percent", "pct", "unemployment", "ratio", "index", "growth"];
const COUNT: &[&str] = &[
    "firms",
    "enterprises",
    "establishments",
    "companies",
    "employees",
    "employed",
    "employment",
    "workers",
    "jobs",
    "persons",
    "population",
    "inhabitants",
    "households",
    "units",
];
const STOCK: &[&str] = &["capital", "stock", "wealth", "assets", "debt"];

/// Guesses which columns are region, period, industry and attributes; the same input gives the same guess.
pub fn guess_layout(header: &[String], sample: &[Vec<String>]) -> Guess {
    let table = Table { header, sample };
    let mut layout = Layout::new("", "");
    let mut reasons = Vec::new();
    let period = table.period();
    let industry = table.named(INDUSTRY, &[period]).first().copied();
    let region = table.region(period, industry);
    if let Some(column) = region {
        layout.region = header[column].clone();
        reasons.push(table.because("region", column, REGION, "it is text and with the period it tells the rows apart"));
    }
    if let Some(column) = period {
        layout.period = header[column].clone();
        reasons.push(table.because("period", column, PERIOD, "all its values are periods"));
        if let Some(frequency) = table.calendar(column) {
            reasons.push(format!("the dates in {:?} are read as {}", header[column], frequency.plural()));
        }
    }
    if let Some(column) = industry {
        layout.industry = Some(header[column].clone());
        reasons.push(table.because("industry", column, INDUSTRY, ""));
    }
    let keys: Vec<usize> = [region, period, industry].into_iter().flatten().collect();
    if let Some(region) = region {
        layout.attributes = table.attributes(region, &keys);
    }
    for attribute in &layout.attributes {
        reasons.push(format!("{:?} describes the regions: it is the same in all rows of a region", attribute.name));
    }
    reasons.extend(table.measures(&keys, &layout.attributes));
    Guess { layout, reasons }
}

/// The kind of a measure, by the words in its name; a flow when none tells.
pub fn kind_of(name: &str) -> MeasureKind {
    let tokens = tokens(name);
    let has = |words: &[&str]| tokens.iter().any(|token| words.contains(&token.as_str()));
    match () {
        () if has(RATE) => MeasureKind::Rate,
        () if has(COUNT) => MeasureKind::Count,
        () if has(STOCK) => MeasureKind::Stock,
        () => MeasureKind::Flow,
    }
}

/// Year and month of a full date (`1990-07-01`, with or without a time).
pub(super) fn date(text: &str) -> Option<(u32, u32)> {
    let day = text.get(..10)?;
    let rest = &text[10..];
    let is_number = |part: &&str| part.len() >= 2 && part.bytes().all(|b| b.is_ascii_digit());
    let mut parts = day.split('-').map(|part| Some(part).filter(is_number)?.parse::<u32>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let ends = rest.is_empty() || rest.starts_with(['T', ' ']);
    (ends && parts.next().is_none() && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month))
}

/// The calendar of dates that fall in these months of the year: years when it is always the same month,
/// quarters when it is every third.
pub(super) fn calendar_of(months: impl Iterator<Item = u32>) -> Frequency {
    let months: HashSet<u32> = months.collect();
    let within_quarter: HashSet<u32> = months.iter().map(|month| month % 3).collect();
    match (months.len(), within_quarter.len()) {
        (1, _) => Frequency::Year,
        (_, 1) => Frequency::Quarter,
        _ => Frequency::Month,
    }
}

/// The words of a name, in lower case; a word ends at a character that is no letter or digit.
fn tokens(name: &str) -> Vec<String> {
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

/// Position of the first word of `words` that the name contains, also with digits behind it (`nuts2`).
fn rank(name: &str, words: &[&str]) -> Option<usize> {
    let tokens = tokens(name);
    words.iter().position(|word| tokens.iter().any(|t| t.trim_end_matches(|c: char| c.is_ascii_digit()) == *word))
}

struct Table<'a> {
    header: &'a [String],
    sample: &'a [Vec<String>],
}

impl Table<'_> {
    fn values(&self, column: usize) -> impl Iterator<Item = &str> {
        self.sample.iter().filter_map(move |row| row.get(column)).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// Whether the column has values and all of them pass.
    fn all(&self, column: usize, passes: impl Fn(&str) -> bool) -> bool {
        self.values(column).next().is_some() && self.values(column).all(passes)
    }

    fn is_number(&self, column: usize) -> bool {
        let layout = Layout::new("", "");
        let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
        self.values(column).any(is_number)
            && self.all(column, |text| is_number(text) || layout.is_missing(text) || layout.is_suppressed(text))
    }

    /// Columns whose name has one of the words, best word first, then from left to right.
    fn named(&self, words: &[&str], but: &[Option<usize>]) -> Vec<usize> {
        let mut found: Vec<_> = (0..self.header.len())
            .filter(|column| !but.contains(&Some(*column)))
            .filter_map(|column| Some((rank(&self.header[column], words)?, column)))
            .collect();
        found.sort_unstable();
        found.into_iter().map(|(_, column)| column).collect()
    }

    /// A column of periods or dates, by name first.
    fn period(&self) -> Option<usize> {
        let is_period = |text: &str| {
            let text = text.strip_suffix(".0").unwrap_or(text);
            Period::parse(text).is_some_and(|p| (1500..2200).contains(&p.year())) || date(text).is_some()
        };
        let plausible = |column: &usize| self.sample.is_empty() || self.all(*column, is_period);
        let named = self.named(PERIOD, &[]);
        named.into_iter().find(plausible).or_else(|| (0..self.header.len()).find(|c| self.all(*c, is_period)))
    }

    /// The column that is called like a region, otherwise one of names; best one that, with the other keys, tells the
    /// rows apart.
    fn region(&self, period: Option<usize>, industry: Option<usize>) -> Option<usize> {
        let others = [period, industry];
        let is_name = |column: &usize| !self.all(*column, |text| text.parse::<f64>().is_ok_and(|x| x.fract() != 0.0));
        let named: Vec<_> = self.named(REGION, &others).into_iter().filter(is_name).collect();
        let texts = (0..self.header.len()).filter(|c| !others.contains(&Some(*c)) && !self.is_number(*c));
        let candidates: Vec<_> = if named.is_empty() { texts.collect() } else { named };
        let tells_apart = |column: &usize| {
            let mut seen = HashSet::new();
            let key =
                |row: &Vec<String>| [Some(*column), period, industry].map(|c| c.and_then(|c| row.get(c).cloned()));
            self.sample.iter().all(|row| seen.insert(key(row)))
        };
        candidates.iter().copied().find(tells_apart).or(candidates.first().copied())
    }

    /// The calendar of a column of full dates.
    fn calendar(&self, column: usize) -> Option<Frequency> {
        let dates: Option<Vec<_>> = self.values(column).map(date).collect();
        let dates = dates.filter(|dates| !dates.is_empty())?;
        Some(calendar_of(dates.into_iter().map(|(_, month)| month)))
    }

    /// Text, and numbers that measure the land, that never change within a region of the sample.
    fn attributes(&self, region: usize, keys: &[usize]) -> Vec<AttributeColumn> {
        let free = (0..self.header.len()).filter(|c| !keys.contains(c) && !self.header[*c].is_empty());
        let found = free.filter_map(|column| {
            let kind = match (self.is_number(column), rank(&self.header[column], SIZE)) {
                (true, Some(_)) => AttributeKind::Numeric,
                (false, _) if self.values(column).next().is_some() => AttributeKind::Text,
                _ => return None,
            };
            let attribute = AttributeColumn { name: self.header[column].clone(), unit: String::new(), kind };
            self.is_constant(column, region).then_some(attribute)
        });
        found.collect()
    }

    /// Whether the sample has a region twice, and every region one value only.
    fn is_constant(&self, column: usize, region: usize) -> bool {
        let mut first: HashMap<&str, &str> = HashMap::new();
        let mut repeated = false;
        for row in self.sample {
            let (Some(region), Some(value)) = (row.get(region), row.get(column)) else { return false };
            match first.insert(region, value) {
                Some(earlier) if earlier != value => return false,
                Some(_) => repeated = true,
                None => {}
            }
        }
        repeated
    }

    fn measures(&self, keys: &[usize], attributes: &[AttributeColumn]) -> Vec<String> {
        let is_attribute = |name: &String| attributes.iter().any(|attribute| attribute.name == *name);
        let free = (0..self.header.len()).filter(|c| !keys.contains(c) && !is_attribute(&self.header[*c]));
        let numbers = free.filter(|c| self.is_number(*c)).map(|c| {
            let kind = match kind_of(&self.header[c]) {
                MeasureKind::Rate => "a rate: it does not add up over regions",
                MeasureKind::Count => "a count",
                MeasureKind::Stock => "a stock",
                MeasureKind::Flow => "a flow",
            };
            format!("{:?} is a measure, {kind}", self.header[c])
        });
        numbers.collect()
    }

    fn because(&self, role: &str, column: usize, words: &[&str], by_value: &str) -> String {
        let name = &self.header[column];
        match rank(name, words) {
            Some(word) => format!("{name:?} is the {role}: its name says {}", words[word]),
            None => format!("{name:?} is the {role}: {by_value}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guess(text: &str) -> Guess {
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        guess_layout(&header, &lines.collect::<Vec<_>>())
    }

    #[test]
    fn roles_come_from_names() {
        let found = guess(
            "division,state,year,gsp,unemployment,area_km2\nSouth,Ohio,1990,1.5,4,7\nSouth,Ohio,1991,2,(D),7\nEast,Iowa,1990,2,1,9",
        );
        let layout = &found.layout;
        assert_eq!((layout.region.as_str(), layout.period.as_str(), &layout.industry), ("state", "year", &None));
        let attributes: Vec<_> = layout.attributes.iter().map(|a| (a.name.as_str(), a.kind)).collect();
        assert_eq!(attributes, [("division", AttributeKind::Text), ("area_km2", AttributeKind::Numeric)]);
        assert_eq!(
            found.reasons,
            [
                "\"state\" is the region: its name says state",
                "\"year\" is the period: its name says year",
                "\"division\" describes the regions: it is the same in all rows of a region",
                "\"area_km2\" describes the regions: it is the same in all rows of a region",
                "\"gsp\" is a measure, a flow",
                "\"unemployment\" is a measure, a rate: it does not add up over regions",
            ]
        );
    }

    #[test]
    fn roles_come_from_values() {
        let found = guess("a,b,c\n12.5,DE1,2001Q1\n13.5,DE1,2001Q2\n1.5,DE2,2001Q1");
        assert_eq!((found.layout.region.as_str(), found.layout.period.as_str()), ("b", "c"));
        assert!(found.reasons[0].contains("tells the rows apart"), "{:?}", found.reasons);
    }

    #[test]
    fn a_repeated_key_does_not_hide_the_region() {
        let found = guess("province,year,note,x\nA,1990,k,1\nA,1990,l,2\nB,1990,m,2");
        assert_eq!(found.layout.region, "province");
    }

    #[test]
    fn the_region_that_tells_rows_apart_wins() {
        let found = guess("state,county,nace_r2,year,x\nA,k,C10,1990,1\nA,l,C10,1990,2\nA,l,C11,1990,2");
        assert_eq!(found.layout.region, "county");
        assert_eq!(found.layout.industry.as_deref(), Some("nace_r2"));
    }

    #[test]
    fn dates_stand_for_the_calendar_they_keep() {
        for (dates, word) in [
            ("a,1990-01-01,1\na,1991-01-01,2", "years"),
            ("a,1990-03-31,1\na,1990-06-30,2", "quarters"),
            ("a,1990-01-01,1\na,1990-02-01,2", "months"),
        ] {
            let reasons = guess(&format!("geo,date,x\n{dates}")).reasons;
            assert!(reasons[2].ends_with(&format!("are read as {word}")), "{reasons:?}");
        }
        assert_eq!(date("1990-08-15T00:00:00"), Some((1990, 8)));
        for text in ["1990-13-01", "1990-1-1", "1990-01-01x", "1990-+1-01", "01-01-1990", "1990-01-32", "ü990-01-01"] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn kinds_come_from_words() {
        assert_eq!(kind_of("Unemployment rate"), MeasureKind::Rate);
        assert_eq!(kind_of("employment"), MeasureKind::Count);
        assert_eq!(kind_of("private_capital"), MeasureKind::Stock);
        assert_eq!(kind_of("gsp"), MeasureKind::Flow);
    }

    #[test]
    fn what_cannot_be_guessed_stays_empty() {
        let found = guess("x,y\n1.5,2.5\n2.5,3.5");
        assert_eq!((found.layout.region.as_str(), found.layout.period.as_str()), ("", ""));
    }
}
