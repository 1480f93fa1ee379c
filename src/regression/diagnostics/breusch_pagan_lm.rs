//! Are there random effects at all?

use super::panel_design::{is_of_units, pooled, refuse_weights};
use super::{Subject, Test};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::distributions::{chi_squared_tail, normal_tail};
use crate::numeric::vector::dot;
use crate::panel::{Value, finite, ratio};
use crate::regression::Outcome;
use crate::regression::ols::least_squares;
use crate::regression::panel::Grouping;

/// Lagrange multiplier tests for random effects.
#[derive(Debug)]
pub(super) struct BreuschPaganLm;

static CARD: Card = Card {
    id: "breusch_pagan_lm",
    aliases: &["random_effects_lm"],
    title: "Lagrange multiplier tests for random effects: Breusch-Pagan, Honda, King-Wu, Gourieroux-Holly-Monfort",
    kind: Kind::Test,
    formula: "from residuals u of pooled least squares: A = sum_g (sum of u in group g)^2 / sum u^2 - 1, M = sum_g n_g^2 - n, \
              LM = n A / sqrt(2M) for groups that are units (1) or periods (2). breusch_pagan: LM^2, or LM1^2 + LM2^2, chi2(1) or \
              chi2(2). honda: LM, or (LM1 + LM2)/sqrt(2), standard normal, one-sided. king_wu: LM, or (sqrt(M1) LM1 + sqrt(M2) LM2) \
              / sqrt(M1 + M2). gourieroux_holly_monfort (two_way): max(LM1, 0)^2 + max(LM2, 0)^2, 1/4 chi2(0) + 1/2 chi2(1) + 1/4 \
              chi2(2). Balanced panels or not",
    reference: "Breusch and Pagan (1980), Review of Economic Studies 47(1); Honda (1985), ibid. 52(4); King and Wu (1997), \
                Econometric Reviews 16(2); Gourieroux, Holly and Monfort (1982), Econometrica 50(1); unbalanced: Baltagi and Li \
                (1990), Econometric Reviews 9(1)",
    params: &[FORM, EFFECT],
    inference: &[],
    laws: &[],
};

const FORM: Param = Param {
    name: "form",
    doc: "breusch_pagan is two-sided; the others know that a variance is not negative",
    domain: Domain::Choice(&["breusch_pagan", "honda", "king_wu", "gourieroux_holly_monfort"]),
};

const EFFECT: Param = Param {
    name: "effect",
    doc: "effects of units (individual), of periods (time) or of both (two_way)",
    domain: Domain::Choice(&["individual", "time", "two_way"]),
};

impl Test for BreuschPaganLm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fits(&self, subject: &Subject<'_>) -> bool {
        let Some(design) = subject.design else { return false };
        let units = Grouping::units(&design.rows);
        let has_units = design.effects.iter().any(|effect| is_of_units(effect, &units));
        subject.fit.estimator == "random_effects" || (subject.fit.estimator == "ols" && !has_units)
    }

    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error> {
        let design = subject.design()?;
        refuse_weights(design)?;
        let units = Grouping::units(&design.rows);
        let periods = Grouping::periods(&design.rows);
        let design = pooled(design, &units)?;
        let residuals = least_squares(&design, stop)?.u_hat;
        let groups = match params.text("effect") {
            Some("time") => vec![periods],
            Some("two_way") => vec![units, periods],
            _ => vec![units],
        };
        let multipliers = groups.iter().map(|g| multiplier(&residuals, g)).collect::<Result<Vec<_>, _>>();
        let form = params.text("form").unwrap_or("breusch_pagan");
        let (distribution, test) = law(form, groups.len())?;
        let found = multipliers.map(|found| test(&found));
        Ok(Outcome {
            id: CARD.id.to_owned(),
            null: "there are no random effects".to_owned(),
            statistic: found.and_then(|(statistic, _)| finite(statistic)),
            distribution: distribution.to_owned(),
            p_value: found.and_then(|(_, p_value)| finite(p_value)),
            reading: reading(found.map(|(_, p_value)| p_value)),
            figures: Vec::new(),
            parts: Vec::new(),
        })
    }
}

/// LM of one grouping, and M.
#[derive(Debug, Clone, Copy)]
struct Multiplier {
    lm: f64,
    m: f64,
}

fn multiplier(residuals: &[f64], groups: &Grouping) -> Result<Multiplier, crate::panel::Absent> {
    let n = residuals.len() as f64;
    let sums = groups.sums(residuals);
    let a = ratio(dot(&sums, &sums), dot(residuals, residuals))? - 1.0;
    let m = groups.counts.iter().map(|rows| (*rows * *rows) as f64).sum::<f64>() - n;
    Ok(Multiplier { lm: ratio(n * a, (2.0 * m).sqrt())?, m })
}

/// Statistic and p-value from the multipliers.
type Form = fn(&[Multiplier]) -> (f64, f64);

/// The distribution and the test of a form with one or two effects.
fn law(form: &str, effects: usize) -> Result<(&'static str, Form), Violation> {
    Ok(match (form, effects) {
        ("honda", _) => ("N(0, 1), upper tail", honda),
        ("king_wu", _) => ("N(0, 1), upper tail", king_wu),
        ("gourieroux_holly_monfort", 2) => ("1/4 chi2(0) + 1/2 chi2(1) + 1/4 chi2(2)", gourieroux_holly_monfort),
        ("gourieroux_holly_monfort", _) => {
            let rule = "gourieroux_holly_monfort is a test of two effects; set effect to two_way";
            return Err(Violation::new("parameters.form", rule, form));
        }
        (_, 2) => ("chi2(2)", breusch_pagan),
        _ => ("chi2(1)", breusch_pagan),
    })
}

fn breusch_pagan(of: &[Multiplier]) -> (f64, f64) {
    let statistic: f64 = of.iter().map(|one| one.lm * one.lm).sum();
    (statistic, chi_squared_tail(statistic, of.len() as f64))
}

fn honda(of: &[Multiplier]) -> (f64, f64) {
    let statistic = of.iter().map(|one| one.lm).sum::<f64>() / (of.len() as f64).sqrt();
    (statistic, normal_tail(statistic))
}

fn king_wu(of: &[Multiplier]) -> (f64, f64) {
    let weighted: f64 = of.iter().map(|one| one.m.sqrt() * one.lm).sum();
    let statistic = weighted / of.iter().map(|one| one.m).sum::<f64>().sqrt();
    (statistic, normal_tail(statistic))
}

fn gourieroux_holly_monfort(of: &[Multiplier]) -> (f64, f64) {
    let statistic: f64 = of.iter().map(|one| one.lm.max(0.0).powi(2)).sum();
    let tail = 0.5 * chi_squared_tail(statistic, 1.0) + 0.25 * chi_squared_tail(statistic, 2.0);
    (statistic, if statistic > 0.0 { tail } else { 1.0 })
}

fn reading(p_value: Value) -> String {
    let text = match p_value {
        Ok(p) if p < 0.05 => {
            "rejected at 5 %: there are effects, and pooled least squares understates its standard errors"
        }
        Ok(_) => "not rejected at 5 %: pooled least squares will do",
        Err(_) => "the test has no value in this sample",
    };
    text.to_owned()
}
