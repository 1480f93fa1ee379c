//! The language of linear restrictions: `agglomeration(firms) = 2*x1; x2 - x3 = 0.5`.
//!
//! Names of terms may hold any sign, so a name is found as the longest known one that starts at a place and does not go on.

use super::linear_restrictions::Restrictions;
use super::sample::unknown;
use crate::error::Violation;
use nalgebra::{DMatrix, DVector};

/// A sum of coefficients times numbers, and a number.
#[derive(Debug, Clone)]
struct Sum {
    coefficients: Vec<f64>,
    number: f64,
}

impl Sum {
    fn number(number: f64, k: usize) -> Self {
        Self { coefficients: vec![0.0; k], number }
    }

    fn is_number(&self) -> bool {
        self.coefficients.iter().all(|c| *c == 0.0)
    }

    fn plus(mut self, sign: f64, other: &Self) -> Self {
        self.coefficients.iter_mut().zip(&other.coefficients).for_each(|(a, b)| *a += sign * b);
        self.number += sign * other.number;
        self
    }

    fn times(mut self, factor: f64) -> Self {
        self.coefficients.iter_mut().for_each(|c| *c *= factor);
        self.number *= factor;
        self
    }
}

/// The equations of a text, and each as it was written.
///
/// # Errors
/// At `parameters.restrictions`: the first place that cannot be read, with a caret under it.
pub(super) fn read(text: &str, names: &[&str]) -> Result<(Restrictions, Vec<String>), Violation> {
    let mut reader = Reader { text, at: 0, names };
    let (mut equations, mut told) = (Vec::new(), Vec::new());
    loop {
        reader.skip_space();
        let start = reader.at;
        equations.push(reader.equation()?);
        told.push(text[start..reader.at].trim().to_owned());
        if !reader.take(';') || reader.rest().trim().is_empty() {
            break;
        }
    }
    reader.skip_space();
    if !reader.rest().is_empty() && reader.rest() != ";" {
        return Err(reader.refuse(reader.at, "needs an operator + - * =, or ; before the next equation"));
    }
    let left = DMatrix::from_fn(equations.len(), names.len(), |i, j| equations[i].coefficients[j]);
    let right = DVector::from_fn(equations.len(), |i, _| -equations[i].number);
    Ok((Restrictions { left, right }, told))
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    names: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Steps over a sign if it is next.
    fn take(&mut self, sign: char) -> bool {
        self.skip_space();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len_utf8() } else { 0 };
        found
    }

    /// `sum = sum`, or a sum that is zero.
    fn equation(&mut self) -> Result<Sum, Violation> {
        let start = self.at;
        let left = self.sum()?;
        let difference = if self.take('=') { left.plus(-1.0, &self.sum()?) } else { left };
        if difference.is_number() {
            return Err(self.refuse(start, "an equation needs a term that does not cancel"));
        }
        Ok(difference)
    }

    fn sum(&mut self) -> Result<Sum, Violation> {
        let mut sum = self.product()?;
        loop {
            let sign = match (self.take('+'), self.take('-')) {
                (false, false) => return Ok(sum),
                (true, false) => 1.0,
                (false, true) | (true, true) => -1.0,
            };
            sum = sum.plus(sign, &self.product()?);
        }
    }

    fn product(&mut self) -> Result<Sum, Violation> {
        let mut product = self.factor()?;
        loop {
            self.skip_space();
            let place = self.at;
            if !self.take('*') {
                return Ok(product);
            }
            let factor = self.factor()?;
            product = match (product.is_number(), factor.is_number()) {
                (true, _) => factor.times(product.number),
                (_, true) => product.times(factor.number),
                _ => return Err(self.refuse(place, "terms cannot be multiplied by each other")),
            };
        }
    }

    /// A signed number, term or bracket.
    fn factor(&mut self) -> Result<Sum, Violation> {
        self.skip_space();
        if let Some((name, length)) = self.name() {
            self.at += length;
            let mut sum = Sum::number(0.0, self.names.len());
            sum.coefficients[name] = 1.0;
            return Ok(sum);
        }
        if self.take('-') {
            return Ok(self.factor()?.times(-1.0));
        }
        if self.take('(') {
            let sum = self.sum()?;
            return if self.take(')') { Ok(sum) } else { Err(self.refuse(self.at, "needs a closing bracket")) };
        }
        match number(self.rest()) {
            Some((number, length)) => {
                self.at += length;
                Ok(Sum::number(number, self.names.len()))
            }
            None => Err(self.refuse_word()),
        }
    }

    /// The longest term that starts here, in backquotes or not, and its length in the text.
    fn name(&self) -> Option<(usize, usize)> {
        let rest = self.rest();
        let quoted = rest.strip_prefix('`').and_then(|inner| inner.split_once('`')).map(|(name, _)| name);
        let ends = |name: &str| !rest[name.len()..].starts_with(|c: char| continues(c) || c == '(');
        let found = |(_, name): &(usize, &&str)| match quoted {
            Some(quoted) => quoted == **name,
            None => rest.starts_with(**name) && ends(name),
        };
        let (j, name) = self.names.iter().enumerate().filter(found).max_by_key(|(_, name)| name.len())?;
        Some((j, name.len() + if quoted.is_some() { 2 } else { 0 }))
    }

    /// The violation of a place where a term or number should be.
    fn refuse_word(&self) -> Violation {
        let word = word(self.rest());
        match word {
            "" => self.refuse(self.at, "needs a term or a number"),
            word => self.refuse(self.at, &unknown(word.trim_matches('`'), self.names)),
        }
    }

    fn refuse(&self, at: usize, rule: &str) -> Violation {
        let line: String = self.text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        let column = self.text[..at].chars().count() + 1;
        let rule = format!("{rule} (column {column})\n  {line}\n  {:>column$}", '^');
        Violation::new("parameters.restrictions", rule, word(&self.text[at..]))
    }
}

/// Whether a sign goes on with a name.
fn continues(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | ':' | '^' | '/')
}

/// What looks like a term: up to the next operator outside brackets.
fn word(rest: &str) -> &str {
    let mut depth = 0_usize;
    let mut ends = |c: char| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            _ => return depth == 0 && matches!(c, '+' | '-' | '*' | '=' | ';' | ')'),
        }
        false
    };
    let end = rest.char_indices().find(|(_, c)| ends(*c)).map_or(rest.len(), |(i, _)| i);
    rest[..end].trim()
}

/// The number at the start of a text and its length.
fn number(rest: &str) -> Option<(f64, usize)> {
    let digits = |text: &str| text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let mut end = digits(rest);
    if rest[end..].starts_with('.') {
        end += 1 + digits(&rest[end + 1..]);
    }
    if let Some(exponent) = rest[end..].strip_prefix(['e', 'E']) {
        let sign = usize::from(exponent.starts_with(['+', '-']));
        let length = digits(&exponent[sign..]);
        end += if length > 0 { 1 + sign + length } else { 0 };
    }
    let ends = !rest[end..].starts_with(|c: char| continues(c) || c == '(');
    rest[..end].parse().ok().filter(|x: &f64| ends && x.is_finite()).map(|x| (x, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 6] =
        ["(Intercept)", "agglomeration(firms)", "gdp/population", "x1", "x10", "density(firms, per=I(a + b))"];

    fn rows(text: &str) -> Vec<(Vec<f64>, f64)> {
        let (restrictions, _) = read(text, &NAMES).unwrap_or_else(|e| panic!("{text}: {e}"));
        let rows = restrictions.left.row_iter().zip(restrictions.right.iter());
        rows.map(|(row, right)| (row.iter().copied().collect(), *right)).collect()
    }

    #[test]
    fn equations_become_rows() {
        let zero = vec![0.0; 6];
        let at = |parts: &[(usize, f64)]| {
            parts.iter().fold(zero.clone(), |mut row, (j, x)| {
                row[*j] = *x;
                row
            })
        };
        assert_eq!(rows("agglomeration(firms) = x1"), [(at(&[(1, 1.0), (3, -1.0)]), 0.0)]);
        assert_eq!(rows("2*x1 + x10 = 1"), [(at(&[(3, 2.0), (4, 1.0)]), 1.0)]);
        assert_eq!(rows("x1*2 - -3 = x10 - .5e1;"), [(at(&[(3, 2.0), (4, -1.0)]), -8.0)]);
        assert_eq!(
            rows("gdp/population - 2*(x1 - 1); (Intercept)=1"),
            [(at(&[(2, 1.0), (3, -2.0)]), -2.0), (at(&[(0, 1.0)]), 1.0)]
        );
        assert_eq!(rows("`density(firms, per=I(a + b))` = x1"), rows("density(firms, per=I(a + b)) = x1"));
    }

    #[test]
    fn the_caret_points_at_what_is_wrong() {
        let refusal = |text: &str| read(text, &NAMES).unwrap_err().to_string();
        let unknown = refusal("x1 = agglomeration(frims)");
        assert!(unknown.contains("did you mean agglomeration(firms)?"), "{unknown}");
        assert!(unknown.ends_with("\n  x1 = agglomeration(frims)\n       ^"), "{unknown}");
        for (text, rule) in [
            ("x1*x10 = 1", "multiplied"),
            ("x1 = ", "needs a term or a number"),
            ("x1 x10", "needs an operator"),
            ("x1 = x1", "does not cancel"),
            ("(x1 = 2", "closing bracket"),
            ("x100 = 1", "no term of that name"),
            ("", "needs a term or a number"),
        ] {
            assert!(refusal(text).contains(rule), "{text}: {}", refusal(text));
        }
    }
}
