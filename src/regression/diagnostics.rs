//! Tests of fitted models: one file, one card and one formula each.

mod andrews_quandt;
mod bera_sosa_escudero_yoon;
mod breusch_godfrey;
mod breusch_pagan;
mod breusch_pagan_lm;
mod chow;
mod condition_number;
mod hausman;
mod influence;
mod instruments;
mod jarque_bera;
mod linear_restrictions;
mod lm_spatial;
mod moran_residuals;
mod panel_design;
mod panel_residuals;
mod panel_unit_root;
mod pesaran_cd;
mod poolability;
mod reset;
mod restrictions;
mod sample;
mod series;
mod stored;
mod unit_root_tables;
mod verdict;
mod vif;
mod wald;
mod white;
mod wooldridge;

use super::design::Design;
use super::{Fit, Outcome};
use crate::card::{Card, Params, Raw};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use std::collections::BTreeMap;

/// A test of a fitted model.
pub trait Test: Sync + std::fmt::Debug {
    /// Its card.
    fn card(&self) -> &'static Card;

    /// Whether the test says something about this model; then it is one of those that a diagnosis runs.
    fn fits(&self, subject: &Subject<'_>) -> bool;

    /// Tests the model.
    ///
    /// # Errors
    /// [`Error::Invalid`] at `tests`: a model or a parameter for which the test is not defined. [`Error::Cancelled`] when
    /// `stop` is raised.
    fn run(&self, subject: &Subject<'_>, params: &Params, stop: &Stop) -> Result<Outcome, Error>;
}

/// Every test, in the order of the catalogue and of a diagnosis: what the terms and instruments are worth, then effects, form,
/// variance, dependence over time and in space, breaks, and the rows and terms behind the numbers.
pub static TESTS: &[&dyn Test] = &[
    &wald::Wald,
    &linear_restrictions::LinearRestrictions,
    &instruments::FirstStage,
    &instruments::EffectiveF,
    &instruments::CraggDonald,
    &instruments::KleibergenPaap,
    &instruments::AndersonRubin,
    &instruments::WuHausman,
    &instruments::HansenJ,
    &instruments::DifferenceInJ,
    &breusch_pagan_lm::BreuschPaganLm,
    &hausman::Hausman,
    &poolability::Poolability,
    &reset::Reset,
    &breusch_pagan::BreuschPagan,
    &white::White,
    &breusch_godfrey::BreuschGodfrey,
    &wooldridge::Wooldridge,
    &bera_sosa_escudero_yoon::BeraSosaEscuderoYoon,
    &pesaran_cd::PesaranCd,
    &moran_residuals::MoranResiduals,
    &lm_spatial::LmSpatial,
    &panel_unit_root::PanelUnitRoot,
    &chow::Chow,
    &andrews_quandt::AndrewsQuandt,
    &jarque_bera::JarqueBera,
    &vif::Vif,
    &condition_number::ConditionNumber,
    &influence::Influence,
];

/// The test of this id or alias.
pub fn find_test(name: &str) -> Option<&'static dyn Test> {
    TESTS.iter().copied().find(|test| test.card().answers_to(name))
}

/// What is tested.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The model.
    pub fit: &'a Fit,
    /// The design that the estimator was given, before it made differences or means of it; `None` where only the stored
    /// model is at hand.
    pub design: Option<&'a Design>,
}

impl<'a> Subject<'a> {
    /// The design.
    ///
    /// # Errors
    /// A violation at `dataset` where there is none.
    pub fn design(&self) -> Result<&'a Design, Violation> {
        self.design.ok_or_else(|| Violation::new("dataset", "the test needs the data of the model", ""))
    }
}

/// A test by name with its parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Id or alias of the test.
    pub id: String,
    /// Parameters by name, as its card lists them.
    pub parameters: BTreeMap<String, Raw>,
}

/// Runs tests in the order asked; without any, those that fit the model.
///
/// # Errors
/// [`Error::Invalid`] with everything that is wrong at `tests[i]`. [`Error::Cancelled`] when `stop` is raised.
pub fn run(subject: &Subject<'_>, asked: &[Asked], stop: &Stop) -> Result<Vec<Outcome>, Error> {
    if asked.is_empty() {
        return diagnose(subject, stop);
    }
    let mut violations = Violations::default();
    let mut outcomes = Vec::with_capacity(asked.len());
    for (i, asked) in asked.iter().enumerate() {
        let path = format!("tests[{i}]");
        match run_one(subject, asked, stop) {
            Ok(outcome) => outcomes.push(outcome),
            Err(Error::Invalid(found)) => violations.absorb(&path, found),
            Err(other) => return Err(other),
        }
    }
    Ok(violations.into_result(outcomes)?)
}

fn run_one(subject: &Subject<'_>, asked: &Asked, stop: &Stop) -> Result<Outcome, Error> {
    let Some(test) = find_test(&asked.id) else {
        let near = crate::suggest::nearest(&asked.id, TESTS.iter().map(|test| test.card().id));
        let hint = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
        return Err(Violation::new("id", format!("must be the id of a test from ListMethods{hint}"), &asked.id).into());
    };
    let params = Params::parse(test.card(), &asked.parameters, "parameters")?;
    Ok(test.run(subject, &params, stop)?.sound())
}

/// The tests that fit the model with their defaults; one that turns out not to be defined for it is left out.
fn diagnose(subject: &Subject<'_>, stop: &Stop) -> Result<Vec<Outcome>, Error> {
    let mut outcomes = Vec::new();
    for test in TESTS.iter().filter(|test| test.fits(subject)) {
        let Ok(params) = Params::parse(test.card(), &BTreeMap::new(), "") else { continue };
        match test.run(subject, &params, stop) {
            Ok(outcome) => outcomes.push(outcome.sound()),
            Err(Error::Invalid(_)) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(outcomes)
}
