//! Allocation of a budget: which changes it should pay for.

use super::super::answer::{Area, AreaKind, Band};
use super::super::honesty::Honesty;
use super::super::request::Request;
use super::super::series::Series;
use super::super::study::{Draws, Quantity, Study, Target};
use super::super::warning::{Code, Warning};
use super::allocate::{Allocation, Item, Tradeoff, allocate, check, check_gammas, compare, equal_split, frontier};
use super::free::{Free, Ground, OfStudy, Span};
use super::question::{Asked, bands, quantiles};
use super::range::Range;
use super::subject::Subject;
use crate::error::{Error, Violation, Violations};
use crate::formula::Program;
use crate::panel::Panel;
use std::collections::BTreeSet;

/// Which changes a budget should pay for.
#[derive(Debug, Clone, PartialEq)]
pub struct AllocateBudget {
    /// The number to be made as large, or as small, as can be.
    pub subject: Subject,
    /// Whether it is to be small.
    pub is_small_aim: bool,
    /// Weights γ of Theil's T of the same period, which is taken off; none asks for the number alone.
    pub gammas: Vec<f64>,
    /// Changes whose amounts are free, region by region, and the money that a unit of the amount costs in each region.
    pub levers: Vec<(Free, f64)>,
    /// Money there is.
    pub budget: f64,
    /// Seed of the corners from which the search starts.
    pub seed: u64,
}

/// The answer to [`AllocateBudget`].
#[derive(Debug, Clone)]
pub struct BudgetAnswer {
    /// What the money may go to.
    pub items: Vec<BudgetItem>,
    /// The number, and Theil's T where there is a trade-off, without any spending.
    pub start: Vec<Band>,
    /// One plan, or the efficient ones from the least γ up.
    pub plans: Vec<BudgetPlan>,
    /// The amounts that an equal split of the money buys.
    pub equal_split: Vec<f64>,
    /// The numbers of the equal split; `None` where it cannot be carried out.
    pub equal_numbers: Option<Vec<Band>>,
    /// What the reader must know.
    pub warnings: Vec<Warning>,
}

/// A lever in a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BudgetItem {
    /// Number of the lever in the question.
    pub lever: usize,
    /// Number of the region in the panel.
    pub region: usize,
}

/// One way to spend the budget.
#[derive(Debug, Clone)]
pub struct BudgetPlan {
    /// Weight of Theil's T; 0 without a trade-off.
    pub gamma: f64,
    /// The amounts, and how they were found.
    pub allocation: Allocation,
    /// The number and, with a trade-off, Theil's T.
    pub numbers: Vec<Band>,
    /// The objective's lead over the equal split, draw by draw; `None` without draws.
    pub lead: Option<Band>,
    /// Share of the draws in which it leads; `None` without draws.
    pub probability: Option<f64>,
}

/// Most items, levers times their regions.
const MAX_ITEMS: usize = 500;

impl AllocateBudget {
    /// Checks the question against the formulas of the outcome and of drivers and the data, without computing anything.
    ///
    /// # Errors
    /// Everything wrong with the forecast and the question: at `levers[i]`, `subject`, `gammas` and `budget`.
    pub fn check(
        &self,
        programs: (&[&Program], &[&Program]),
        panel: &Panel,
        request: &Request,
    ) -> Result<(), Violations> {
        let mut violations = Violations::default();
        let asked = violations.keep("", self.read(&Ground::of_programs(programs, panel)?, request));
        violations.absorb("", check_gammas(&self.gammas));
        if !self.gammas.is_empty() && (self.subject.quantity.is_inequality() || self.subject.less.is_some()) {
            let rule = "are traded off against a number of one place, not against inequality or a gap";
            violations.push(Violation::new("gammas", rule, ""));
        } else if !self.gammas.is_empty() && self.is_small_aim {
            let rule = "are taken off a number that is to be large";
            violations.push(Violation::new("gammas", rule, ""));
        }
        let levers: Vec<Item> = self.levers.iter().map(|(free, cost)| item(free, *cost)).collect();
        let found = check(&levers, self.budget).and_then(|()| match &asked {
            Some(asked) if asked.free.changes.len() > MAX_ITEMS => {
                let rule = format!("must be at most {MAX_ITEMS}, each region of a lever counted");
                Err(Violation::new("items", rule, asked.free.changes.len()).into())
            }
            Some(asked) => check(&self.items(asked), self.budget),
            None => Ok(()),
        });
        let on_levers = |field: &str| field.replacen("items", "levers", 1).replace(".start", ".change.amount");
        violations.keep("", found.map_err(|found| found.renamed(on_levers)));
        violations.into_result(())
    }

    fn read(&self, ground: &Ground<'_>, request: &Request) -> Result<Asked, Violations> {
        let free: Vec<Free> = self.levers.iter().map(|(free, _)| free.clone()).collect();
        let with_theil = !self.gammas.is_empty();
        let mut asked = Asked::read(ground, request, &free, &self.subject, ("levers", with_theil))?;
        asked.free = asked.free.by_region();
        Ok(asked)
    }

    /// The items, as ordered in the scenario.
    fn items(&self, asked: &Asked) -> Vec<Item> {
        let levers = asked.free.changes.iter().map(|span| &self.levers[span.origin]);
        levers.map(|(free, cost)| item(free, *cost)).collect()
    }

    /// Answers the question on the draws of a study, whose request holds at most the scenario that is in place anyway.
    ///
    /// # Errors
    /// As [`AllocateBudget::check`]; [`Error::Cancelled`].
    pub fn answer(&self, study: &Study<'_>) -> Result<BudgetAnswer, Error> {
        let request = &study.request;
        let asked = self.read(&Ground::of_study(study), request)?;
        let response = OfStudy { study, free: &asked.free, numbers: &asked.numbers };
        let items = self.items(&asked);
        let sign = if self.is_small_aim { -1.0 } else { 1.0 };
        let points = if self.gammas.is_empty() {
            let allocation = allocate(&response, &items, self.budget, &[sign], self.seed, study.stop)?;
            vec![Tradeoff { gamma: 0.0, allocation }]
        } else {
            frontier(&response, &items, self.budget, &self.gammas, self.seed, study.stop)?
        };
        let equal = equal_split(&items, self.budget)?;
        let plan = |Tradeoff { gamma, allocation }: Tradeoff| {
            let weights = &[sign, -gamma][..asked.numbers.len()];
            let lead = compare(&response, weights, &allocation.amounts, &equal)?;
            Ok(BudgetPlan {
                gamma,
                numbers: bands(&response, &allocation.amounts, request)?,
                probability: lead.as_ref().map(|lead| lead.probability),
                lead: lead.map(|lead| Series { point: Ok(lead.point), draws: Ok(lead.lead) }.band(&request.quantiles)),
                allocation,
            })
        };
        let plans: Vec<BudgetPlan> = points.into_iter().map(plan).collect::<Result<_, Error>>()?;
        let start: Vec<f64> = items.iter().map(|item| item.range.start).collect();
        let item = |span: &Span| BudgetItem { lever: span.origin, region: span.regions()[0] };
        let (mut warnings, honesty) = (study.warnings(), Honesty::new(study));
        for (i, plan) in plans.iter().enumerate() {
            let (place, amounts) = (format!("plans[{i}]"), &plan.allocation.amounts);
            warnings.extend(of_search(&place, &plan.allocation));
            warnings.extend(self.perverse(&place, study, &asked, (&start, amounts))?);
            warnings.extend(honesty.of_scenario(&place, &asked.free.with(amounts))?);
        }
        Ok(BudgetAnswer {
            items: asked.free.changes.iter().map(item).collect(),
            start: bands(&response, &start, request)?,
            equal_numbers: response.series(&equal, Draws::All)?.map(|all| quantiles(all, request)),
            equal_split: equal,
            warnings,
            plans,
        })
    }

    /// Warns of regions whose own level falls by the money that is spent on them.
    fn perverse(
        &self,
        place: &str,
        study: &Study<'_>,
        asked: &Asked,
        (start, amounts): (&[f64], &[f64]),
    ) -> Result<Option<Warning>, Error> {
        let spans = asked.free.changes.iter().zip(start.iter().zip(amounts));
        let raised: BTreeSet<usize> = spans.filter(|(_, (a, b))| b > a).map(|(span, _)| span.regions()[0]).collect();
        let names = study.engine().panel.regions();
        let area = |region: &usize| {
            let is_it = |area: &Area| area.kind == AreaKind::Region && area.name == names.name(*region);
            study.areas().iter().position(is_it)
        };
        let raised: Vec<(usize, usize)> = raised.iter().filter_map(|region| Some((*region, area(region)?))).collect();
        let target = |(_, area): &(usize, usize)| Target {
            quantity: Quantity::Level,
            area: *area,
            step: asked.numbers[0].0.step,
        };
        let targets: Vec<Target> = raised.iter().map(target).collect();
        let levels = |amounts: &[f64]| study.values(Some(&asked.free.with(amounts)), &targets, Draws::Point);
        let (before, after) = (levels(start)?, levels(amounts)?);
        let falls = |(before, after): &(Series, Series)| matches!((before.point, after.point), (Ok(a), Ok(b)) if b < a);
        let pairs = raised.into_iter().zip(before.into_iter().zip(after));
        let fallen: Vec<&str> =
            pairs.filter(|(_, pair)| falls(pair)).map(|((region, _), _)| names.name(region)).collect();
        let more = if fallen.len() > 5 { ", …" } else { "" };
        let message = format!(
            "the money lowers the level of {} of the regions it goes to ({}{more}), against what raising a measure \
             promises: the plan lives on what that does to other regions",
            fallen.len(),
            fallen[..fallen.len().min(5)].join(", ")
        );
        Ok((!fallen.is_empty()).then(|| Warning::new(Code::SignPerverse, place, message)))
    }
}

fn item(free: &Free, cost: f64) -> Item {
    Item { range: Range { start: free.change.amount, low: free.low, high: free.high }, cost }
}

fn of_search(place: &str, allocation: &Allocation) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if !allocation.converged {
        let message = format!("the search ended {} short of an optimum (residual)", allocation.residual);
        warnings.push(Warning::new(Code::SearchNotConverged, place, message));
    }
    if allocation.agreeing < allocation.starts {
        let (agreeing, starts) = (allocation.agreeing, allocation.starts);
        let message = format!("{agreeing} of {starts} searches ended here, the others lower: there are several peaks");
        warnings.push(Warning::new(Code::SeveralSolutions, place, message));
    }
    warnings
}
