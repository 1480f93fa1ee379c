//! The test of some instruments by what they add to Hansen's J.

use super::super::{Subject, Test};
use super::hansen_j::{NULL, READINGS};
use super::{Stages, chi_squared, outcome};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::regression::Outcome;
use crate::regression::design::Design;
use crate::regression::instruments::{Efficient, Model, Rule, one_step};

/// The C statistic.
#[derive(Debug)]
pub(in crate::regression::diagnostics) struct DifferenceInJ;

static CARD: Card = Card {
    id: "difference_in_j",
    aliases: &["c_statistic", "difference_in_sargan"],
    title: "C statistic: are these instruments valid, if the others are?",
    kind: Kind::Test,
    formula: "C = J - J_0, J as overidentification tells it, J_0 without the instruments in question and with their rows and \
              columns left out of S, so that C is not negative; chi-squared, degrees of freedom the number of instruments in question",
    reference: "Eichenbaum, Hansen and Singleton (1988), Quarterly Journal of Economics 103(1), appendix C; Hayashi (2000), \
                Econometrics, proposition 3.7",
    params: &[Param {
        name: "instruments",
        doc: "Names of the instruments in question, separated by semicolons",
        domain: Domain::Terms { required: true },
    }],
    inference: &[],
    laws: &[],
};

impl Test for DifferenceInJ {
    fn card(&self) -> &'static Card {
        &CARD
    }

    /// It asks about instruments that the caller must name.
    fn fits(&self, _: &Subject<'_>) -> bool {
        false
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let stages = Stages::new(subject, stop)?;
        let suspects = suspects(stages.design, &params.list("instruments"))?;
        let design = suspects_last(stages.design, &suspects);
        let trusted = Model::new(&without_last(design.clone(), suspects.len()), stop)?;
        let (model, rule) = (Model::new(&design, stop)?, Rule::of(subject.fit)?);
        let kept = trusted.basis.len();
        let errors = model.errors(&one_step(&model, stop)?.coefficients).all;
        let s = rule.of_moments(&model, &design, &errors, stop)?;
        let less = Efficient::new(&model, s.view((0, 0), (kept, kept)).into_owned(), stop)?.j;
        let df = model.basis.len() - kept;
        if df == 0 {
            let rule = "the other instruments determine those in question";
            return Err(Violation::new("parameters.instruments", rule, params.list("instruments").join("; ")).into());
        }
        let all = Efficient::new(&model, s, stop)?.j;
        Ok(outcome(CARD.id, NULL, chi_squared(all - less, df), READINGS))
    }
}

fn suspects(design: &Design, names: &[&str]) -> Result<Vec<usize>, Violations> {
    let mut violations = Violations::default();
    let mut found = Vec::new();
    for name in names {
        match design.instruments.iter().position(|known| known == name) {
            Some(number) => found.push(number),
            None => {
                let near = crate::suggest::nearest(name, design.instruments.iter().map(String::as_str));
                let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
                let rule = format!("must be instruments of the formula{hint}");
                violations.push(Violation::new("parameters.instruments", rule, name));
            }
        }
    }
    violations.into_result(found)
}

/// The design with the instruments in question behind the others.
fn suspects_last(design: &Design, suspects: &[usize]) -> Design {
    let others = (0..design.z.len()).filter(|j| !suspects.contains(j));
    let order: Vec<usize> = others.chain(suspects.iter().copied()).collect();
    Design {
        z: order.iter().map(|j| design.z[*j].clone()).collect(),
        instruments: order.iter().map(|j| design.instruments[*j].clone()).collect(),
        ..design.clone()
    }
}

fn without_last(mut design: Design, count: usize) -> Design {
    let left = design.z.len() - count;
    design.z.truncate(left);
    design.instruments.truncate(left);
    design
}
