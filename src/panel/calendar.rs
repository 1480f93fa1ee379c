//! Periods that know their neighbours: years, quarters and months.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The length of a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Frequency {
    /// One period a year, written `1990`.
    Year,
    /// Four periods a year, written `1990Q3`.
    Quarter,
    /// Twelve periods a year, written `1990-07`.
    Month,
}

impl Frequency {
    /// The calendar in words, as in `quarters`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Year => "years",
            Self::Quarter => "quarters",
            Self::Month => "months",
        }
    }

    /// Periods in a year.
    pub const fn per_year(self) -> i32 {
        match self {
            Self::Year => 1,
            Self::Quarter => 4,
            Self::Month => 12,
        }
    }
}

/// A calendar period: its frequency and its number counted from the year 0.
///
/// The successor of a period is `ordinal + 1`, so a lag across a gap in the data is
/// recognised as a period that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Period {
    /// Year, quarter or month.
    pub frequency: Frequency,
    /// Periods since the start of year 0: the year, 4·year + quarter − 1, or 12·year + month − 1.
    pub ordinal: i32,
}

impl Period {
    /// Reads `1990`, `1990Q3`, `1990-Q3`, `1990-07` or `1990M07`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if digits != 4 {
            return None;
        }
        let (year, rest) = text.split_at(digits);
        let year: i32 = year.parse().ok()?;
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        if rest.is_empty() {
            return (text.len() == digits).then_some(Self { frequency: Frequency::Year, ordinal: year });
        }
        let (frequency, number) = match rest.as_bytes()[0].to_ascii_uppercase() {
            b'Q' => (Frequency::Quarter, &rest[1..]),
            b'M' => (Frequency::Month, &rest[1..]),
            _ => (Frequency::Month, rest),
        };
        if number.is_empty() || number.len() > 2 || !number.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let number: i32 = number.parse().ok()?;
        let per_year = frequency.per_year();
        (1..=per_year).contains(&number).then_some(Self { frequency, ordinal: year * per_year + number - 1 })
    }

    /// The period `steps` later (earlier when negative).
    #[must_use]
    pub const fn plus(self, steps: i32) -> Self {
        Self { frequency: self.frequency, ordinal: self.ordinal + steps }
    }

    /// The calendar year the period lies in.
    pub const fn year(self) -> i32 {
        self.ordinal.div_euclid(self.frequency.per_year())
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = self.ordinal.rem_euclid(self.frequency.per_year()) + 1;
        match self.frequency {
            Frequency::Year => write!(f, "{:04}", self.ordinal),
            Frequency::Quarter => write!(f, "{:04}Q{within}", self.year()),
            Frequency::Month => write!(f, "{:04}-{within:02}", self.year()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_every_frequency() {
        for (text, written) in [
            ("1990", "1990"),
            ("1990Q3", "1990Q3"),
            ("1990-q3", "1990Q3"),
            ("1990-07", "1990-07"),
            ("1990M7", "1990-07"),
        ] {
            assert_eq!(Period::parse(text).unwrap().to_string(), written);
        }
        for text in ["", "90", "1990Q5", "1990-13", "19901", "1990-", "x", "1990Q", "1990-00"] {
            assert!(Period::parse(text).is_none(), "{text:?} is no period");
        }
    }

    #[test]
    fn neighbours_cross_the_turn_of_the_year() {
        let december = Period::parse("1990-12").unwrap();
        assert_eq!(december.plus(1).to_string(), "1991-01");
        assert_eq!(Period::parse("1990Q1").unwrap().plus(-1).to_string(), "1989Q4");
    }
}
