//! Tokens to syntax trees, by recursive descent.
//!
//! ```text
//! formula    = expression "~" sum [ "|" effects ] [ "|" sum "~" sum ]
//! sum        = item { "+" item | "-" "1" }         item = crossed | "0" | "1" | sw(sum, …)
//! crossed    = product-of-terms { "*" … }          a*b is a + b + a:b
//! term       = factor { ":" factor }               factor = power { "/" power }
//! effects    = effect { "+" effect }               effect = name { "^" name } [ "[" expression "]" ]
//! expression = the usual arithmetic + - * / ^, unary minus, calls, parentheses
//! ```

use super::ast::{Argument, Call, Effect, Expr, Formula, Instruments, Op, Term};
use super::caret::{At, Text};
use super::expand;
use super::lexer::{Token, tokens};
use crate::error::Violation;

/// Parentheses, calls and signs within one another; keeps the descent within the stack.
const DEEPEST: usize = 50;
/// Operators and calls in one text; keeps trees within the stack.
const MOST_OPERATIONS: usize = 1000;
/// Formulas that one text may expand to, and terms that one formula may have.
const MOST_FORMULAS: usize = 100;
const MOST_TERMS: usize = 1000;

type Parsed<T> = Result<T, Violation>;

/// What stands between the plus signs of a right-hand side.
#[derive(Clone)]
enum Piece {
    Term(Term),
    Intercept(bool),
}

pub(super) struct Parser<'a> {
    source: &'a Text,
    tokens: Vec<(Token, At)>,
    next: usize,
    depth: usize,
    operations: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(source: &'a Text) -> Parsed<Self> {
        Ok(Self { source, tokens: tokens(source)?, next: 0, depth: 0, operations: 0 })
    }

    /// The whole text as one or several formulas.
    pub(super) fn formulas(&mut self) -> Parsed<Vec<Formula>> {
        let outcome = self.expression()?;
        let outcomes = expand::outcomes(self.source, outcome)?;
        if !self.eat('~') {
            return Err(self.expected("~ between the outcome and the regressors"));
        }
        let sides = self.sum(Self::pieces)?;
        let mut effects = vec![Vec::new()];
        let mut instruments = None;
        let mut more = self.eat('|');
        if more && !self.instruments_follow() {
            effects = self.sum(Self::effect)?;
            more = self.eat('|');
        }
        if more {
            instruments = Some(self.instruments()?);
        }
        if self.peek() != &Token::End {
            return Err(self.expected("an operator or the end of the formula"));
        }
        let count = outcomes.len() * sides.len() * effects.len();
        self.limit(count, MOST_FORMULAS, "formulas")?;
        let sides: Vec<_> = sides.iter().map(|side| assemble(side)).collect();
        let mut formulas = Vec::with_capacity(count);
        for outcome in &outcomes {
            for (intercept, terms) in &sides {
                for effects in &effects {
                    formulas.push(Formula {
                        source: self.source.clone(),
                        outcome: outcome.clone(),
                        intercept: *intercept,
                        terms: terms.clone(),
                        effects: effects.clone(),
                        instruments: instruments.clone(),
                    });
                }
            }
        }
        Ok(formulas)
    }

    /// The whole text as one expression.
    pub(super) fn whole_expression(&mut self) -> Parsed<Expr> {
        let expression = self.expression()?;
        expand::no_ranges(self.source, &expression)?;
        if self.peek() == &Token::End { Ok(expression) } else { Err(self.expected("an operator or the end")) }
    }

    /// Whether what follows is `endogenous ~ instruments`.
    fn instruments_follow(&self) -> bool {
        let part = self.tokens[self.next..].iter().map(|(token, _)| token);
        part.take_while(|token| **token != Token::Symbol('|')).any(|token| *token == Token::Symbol('~'))
    }

    fn instruments(&mut self) -> Parsed<Instruments> {
        let at = self.at();
        let endogenous = self.terms()?;
        if !self.eat('~') {
            return Err(self.expected("~ between the endogenous regressors and their instruments"));
        }
        Ok(Instruments { endogenous, excluded: self.terms()?, at })
    }

    /// Terms without choices and without an intercept.
    fn terms(&mut self) -> Parsed<Vec<Term>> {
        let mut terms = self.crossed()?;
        while self.eat('+') {
            terms.extend(self.crossed()?);
            self.limit(terms.len(), MOST_TERMS, "terms")?;
        }
        Ok(terms)
    }

    /// Items between plus signs, and the variants that `sw()` and its kin make of them.
    fn sum<T: Clone>(&mut self, item: fn(&mut Self) -> Parsed<Vec<T>>) -> Parsed<Vec<Vec<T>>> {
        let mut variants: Vec<Vec<T>> = vec![Vec::new()];
        loop {
            let options = match self.step() {
                Some(step) => self.options(step, item)?,
                None => vec![item(self)?],
            };
            self.limit(variants.len() * options.len(), MOST_FORMULAS, "formulas")?;
            let longest = |lists: &[Vec<T>]| lists.iter().map(Vec::len).max().unwrap_or(0);
            self.limit(longest(&variants) + longest(&options), MOST_TERMS, "terms")?;
            variants = variants
                .iter()
                .flat_map(|v| options.iter().map(move |o| v.iter().chain(o).cloned().collect()))
                .collect();
            if !self.eat('+') && self.peek() != &Token::Symbol('-') {
                return Ok(variants);
            }
        }
    }

    /// The stepwise function that begins here.
    fn step(&self) -> Option<expand::Step> {
        match (&self.tokens[self.next].0, self.tokens.get(self.next + 1)) {
            (Token::Name { name, plain: true }, Some((Token::Symbol('('), _))) => expand::Step::find(name),
            _ => None,
        }
    }

    /// The choices of `sw(a, b + c)`.
    fn options<T: Clone>(&mut self, step: expand::Step, item: fn(&mut Self) -> Parsed<Vec<T>>) -> Parsed<Vec<Vec<T>>> {
        self.next += 2;
        let mut options = Vec::new();
        loop {
            let mut option = item(self)?;
            while self.eat('+') {
                option.extend(item(self)?);
                self.limit(option.len(), MOST_TERMS, "terms")?;
            }
            options.push(option);
            self.limit(step.count(options.len()), MOST_FORMULAS, "formulas")?;
            if self.eat(')') {
                return Ok(step.variants(options));
            }
            if !self.eat(',') {
                return Err(self.expected("+, a comma or )"));
            }
        }
    }

    fn pieces(&mut self) -> Parsed<Vec<Piece>> {
        let minus = self.eat('-');
        let lone = !matches!(self.tokens.get(self.next + 1), Some((Token::Symbol('*' | '/' | '^' | ':'), _)));
        match self.peek() {
            Token::Number(1.0) if lone => {
                self.next += 1;
                Ok(vec![Piece::Intercept(!minus)])
            }
            Token::Number(0.0) if lone && !minus => {
                self.next += 1;
                Ok(vec![Piece::Intercept(false)])
            }
            _ if minus => Err(self.expected("1 after -, for no intercept (a difference is written I(a - b))")),
            _ => Ok(self.crossed()?.into_iter().map(Piece::Term).collect()),
        }
    }

    /// Terms joined by `*`: main effects and interactions.
    fn crossed(&mut self) -> Parsed<Vec<Term>> {
        let mut terms = self.interaction()?;
        while self.eat('*') {
            let right = self.interaction()?;
            self.limit(terms.len() * right.len(), MOST_TERMS, "terms")?;
            terms = expand::cross(&terms, &right);
        }
        Ok(terms)
    }

    /// Factors joined by `:`; several terms when a factor is a range of lags.
    fn interaction(&mut self) -> Parsed<Vec<Term>> {
        let mut terms: Vec<Term> = self.factor()?.into_iter().map(|factor| Term(vec![factor])).collect();
        while self.eat(':') {
            let right: Vec<Term> = self.factor()?.into_iter().map(|factor| Term(vec![factor])).collect();
            self.limit(terms.len() * right.len(), MOST_TERMS, "terms")?;
            terms = expand::interact(&terms, &right);
        }
        Ok(terms)
    }

    fn factor(&mut self) -> Parsed<Vec<Expr>> {
        let at = self.at();
        let mut factor = self.power()?;
        while self.eat('/') {
            factor = self.binary(Op::Divide, factor, Self::power)?;
        }
        let rule = match &factor {
            Expr::Number(_) => "a number alone is no term; arithmetic among terms is written I(2*x)",
            Expr::Text(_) => "a word in quotes is no term; names of columns are written without quotes",
            Expr::Negate(_) | Expr::Binary(Op::Add | Op::Subtract | Op::Multiply, ..) => {
                "arithmetic among terms is written I(a + b); several terms are written without parentheses"
            }
            _ => return expand::lags(self.source, factor),
        };
        Err(self.source.refuse(at, rule))
    }

    fn effect(&mut self) -> Parsed<Vec<Effect>> {
        if self.peek() == &Token::Number(0.0) {
            self.next += 1;
            return Ok(Vec::new());
        }
        let mut keys = vec![self.key()?];
        while self.eat('^') {
            keys.push(self.key()?);
        }
        if self.peek() == &Token::Symbol('(') {
            return Err(self.expected("a plain name: fixed effects are keys or attributes, joined by ^"));
        }
        if !self.eat('[') {
            return Ok(vec![Effect { keys, slope: None, intercept: true }]);
        }
        let double = self.eat('[');
        let mut effects = Vec::new();
        loop {
            let slope = self.expression()?;
            expand::no_ranges(self.source, &slope)?;
            let intercept = !double && effects.is_empty();
            effects.push(Effect { keys: keys.clone(), slope: Some(slope), intercept });
            if !self.eat(',') {
                break;
            }
        }
        if !self.eat(']') || (double && !self.eat(']')) {
            return Err(self.expected("]"));
        }
        Ok(effects)
    }

    fn key(&mut self) -> Parsed<(String, At)> {
        let at = self.at();
        let Token::Name { name, .. } = self.peek().clone() else {
            return Err(self.expected("the name of a key or of a text attribute"));
        };
        self.next += 1;
        Ok((name, at))
    }

    fn expression(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            left = match self.peek() {
                Token::Symbol('+') => self.operate(Op::Add, left, Self::product)?,
                Token::Symbol('-') => self.operate(Op::Subtract, left, Self::product)?,
                _ => return Ok(left),
            };
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            left = match self.peek() {
                Token::Symbol('*') => self.operate(Op::Multiply, left, Self::unary)?,
                Token::Symbol('/') => self.operate(Op::Divide, left, Self::unary)?,
                _ => return Ok(left),
            };
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        if self.peek() != &Token::Symbol('-') {
            return self.power();
        }
        self.next += 1;
        self.count()?;
        self.nested(|parser| Ok(Expr::Negate(Box::new(parser.unary()?))))
    }

    fn power(&mut self) -> Parsed<Expr> {
        let base = self.atom()?;
        if self.peek() == &Token::Symbol('^') {
            return self.nested(|parser| parser.operate(Op::Power, base, Self::unary));
        }
        Ok(base)
    }

    /// `left op right`, from the operator on.
    fn operate(&mut self, op: Op, left: Expr, right: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        self.next += 1;
        self.binary(op, left, right)
    }

    fn binary(&mut self, op: Op, left: Expr, right: fn(&mut Self) -> Parsed<Expr>) -> Parsed<Expr> {
        self.count()?;
        Ok(Expr::Binary(op, Box::new(left), Box::new(right(self)?)))
    }

    fn atom(&mut self) -> Parsed<Expr> {
        let at = self.at();
        let token = self.peek().clone();
        let atom = match token {
            Token::Number(x) => Expr::Number(x),
            Token::Text(text) => Expr::Text(text),
            Token::Name { name, plain } => {
                self.next += 1;
                if plain && self.eat('(') {
                    self.count()?;
                    return self.nested(|parser| Ok(Expr::Call(Call { name, args: parser.arguments()?, at })));
                }
                return Ok(Expr::Name(name, at));
            }
            Token::Symbol('(') => {
                self.next += 1;
                let inner = self.nested(Self::expression)?;
                return if self.eat(')') { Ok(inner) } else { Err(self.expected("an operator or )")) };
            }
            _ => return Err(self.expected("a name, a number or a function")),
        };
        self.next += 1;
        Ok(atom)
    }

    /// The arguments of a call, from after its `(`.
    fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        let mut args = Vec::new();
        if self.eat(')') {
            return Ok(args);
        }
        loop {
            args.push(self.argument()?);
            if self.eat(')') {
                return Ok(args);
            }
            if !self.eat(',') {
                return Err(self.expected("an operator, a comma or )"));
            }
        }
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let mut name = None;
        if let (Token::Name { name: word, plain: true }, Some((Token::Symbol('='), _))) =
            (self.peek(), self.tokens.get(self.next + 1))
        {
            name = Some(word.clone());
            self.next += 2;
        }
        let at = self.at();
        let mut value = self.expression()?;
        if self.peek() == &Token::Symbol(':') {
            let colon = self.at();
            self.next += 1;
            let last = self.unary()?;
            let (Some(first), Some(last)) = (expand::whole(&value), expand::whole(&last)) else {
                let rule = "within a call : makes a range of whole numbers, as in l(x, 1:3)";
                return Err(self.source.refuse(colon, rule));
            };
            value = Expr::Range(first, last);
        }
        Ok(Argument { name, value, at })
    }

    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn at(&self) -> At {
        self.tokens[self.next].1
    }

    fn eat(&mut self, symbol: char) -> bool {
        let found = self.peek() == &Token::Symbol(symbol);
        self.next += usize::from(found);
        found
    }

    fn expected(&self, what: &str) -> Violation {
        let found = self.peek().to_string();
        self.source.refuse(self.at(), &format!("expected {what}, found {found}"))
    }

    fn nested<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        self.limit(self.depth, DEEPEST, "levels of nesting")?;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    fn count(&mut self) -> Parsed<()> {
        self.operations += 1;
        self.limit(self.operations, MOST_OPERATIONS, "operators and functions")
    }

    fn limit(&self, count: usize, most: usize, what: &str) -> Parsed<()> {
        if count <= most {
            return Ok(());
        }
        Err(self.source.refuse(self.at(), &format!("a formula may have at most {most} {what}")))
    }
}

/// The intercept and the terms of one right-hand side; repeated terms count once.
fn assemble(side: &[Piece]) -> (bool, Vec<Term>) {
    let mut intercept = true;
    let mut terms = Vec::new();
    for piece in side {
        match piece {
            Piece::Intercept(present) => intercept = *present,
            Piece::Term(term) if terms.contains(term) => {}
            Piece::Term(term) => terms.push(term.clone()),
        }
    }
    (intercept, terms)
}
