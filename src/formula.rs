//! The formula language: text → syntax tree → program → values, one cross-section at a time.
//!
//! ```text
//! growth(gdp) ~ agglomeration(firms) + l(ln(gdp/population)) | region + period
//! outcome     ~ regressors | fixed effects | endogenous ~ instruments
//! ```
//!
//! | written | means |
//! |---|---|
//! | `l(x, k)` `f(x, k)` | the value `k` periods earlier, later (1 when left out) |
//! | `d(x, k)` `dln(x, k)` `growth(x, k)` | difference, log difference, growth in per cent over `k` periods |
//! | `ma(x, k)` | mean of this and the `k − 1` periods before |
//! | `stock(x, depreciation)` | capital from investment `x` by perpetual inventory |
//! | `ln` (or `log`) `exp` `sqrt` `abs` `pow(x, p)` `min` `max` | as usual |
//! | `w(x)` | mean of the neighbours |
//! | `trend`, or the period's name | the period's number in the calendar: the year, or quarters or months since year 0 |
//! | `lq(employees)` `density(firms, per=area)` | any index of the catalogue, with its parameters |
//! | `i(x, ref=a)` `i(x, z)` | one dummy a level of `x`; with `z`, its slope in each level |
//! | `x:y` `x*y` | product; both and their product |
//! | `0 +` `- 1` | no intercept |
//! | `region + period` `division^year` `region[trend]` `region[[x]]` | fixed effects; combined; with a slope; slope alone |
//! | `l(x, 1:3)` `sw(a, b)` `csw(a, b)` `mvsw(a, b)` `c(y, z) ~` | several terms; several formulas |
//! | `\| region \| x ~ z` | `x` is endogenous, explained by the instruments `z` and all other terms |
//!
//! Among terms `+`, `-`, `*` and `:` join terms while `/` and `^` are arithmetic, so
//! `gdp/population` is a ratio; arithmetic with the other signs is written `I(a + b)`. The
//! outcome, arguments of functions and slopes are plain arithmetic throughout.
//!
//! Where rows are regions, a measure is summed over industries: the total is suppressed when any of its cells is, so
//! that no disclosure looks like growth; a missing cell is left out. Indices take what is present.
//!
//! A lag reaches back by the calendar: across a gap it is absent, never the previous row. The
//! same [`Program`] runs on history and on a simulated future, through a [`Source`].

mod ast;
mod basis;
mod caret;
mod classes;
mod column;
mod compile;
mod expand;
mod factor;
mod functions;
mod indexed;
mod lexer;
mod link;
mod node;
mod parser;
mod program;
mod source;
mod stock;

pub use ast::Formula;
pub use basis::Basis;
pub use classes::{Classes, classes};
pub use link::{Form, Link};
pub use program::{CrossSection, EffectTerm, Options, Predictors, Program, Unit};
pub use source::{History, Source};
pub use stock::Cache;

use crate::error::{Violation, Violations};

/// Characters that one formula may have.
const LONGEST: usize = 10_000;

/// Reads a text; `sw()`, `csw()` and several outcomes make several formulas.
///
/// # Errors
/// The first place in the text that cannot be read, at the field `formula`.
pub fn parse(text: &str) -> Result<Vec<Formula>, Violations> {
    let source = checked(text, "formula")?;
    Ok(parser::Parser::new(&source)?.formulas()?)
}

/// Reads a text that is one expression.
fn parse_expression(text: &str, field: &'static str) -> Result<(caret::Text, ast::Expr), Violation> {
    let source = checked(text, field)?;
    let expression = parser::Parser::new(&source)?.whole_expression()?;
    Ok((source, expression))
}

fn checked(text: &str, field: &'static str) -> Result<caret::Text, Violation> {
    if text.len() > LONGEST {
        return Err(Violation::new(field, format!("a formula has at most {LONGEST} bytes"), text.len()));
    }
    Ok(caret::Text { field, text: text.to_owned() })
}
