//! Where the variance of a forecast comes from: each source of uncertainty by itself, on the same draws.

use super::answer::{SourceShares, VarianceShares};
use super::area::Levels;
use super::future::Future;
use super::request::Source;
use super::series::Series;
use super::study::{Draws, Side, Study, growth};
use crate::error::Error;
use crate::panel::{Absent, Value, ratio};
use rayon::prelude::*;

/// Variances of level and growth, of the baseline or of a scenario's effects: area × step.
type Variances = [Vec<Vec<Value>>; 2];

/// The share of each source that is on in the variance of level and growth: its variance with all others switched
/// off, over that with all that are on. What is left to one is their interaction, which may be negative.
///
/// One entry a future, the baseline first; of scenarios the shares are those of their effects.
///
/// # Errors
/// [`Error::Cancelled`].
pub(super) fn shares(study: &Study<'_>) -> Result<Vec<VarianceShares>, Error> {
    let all = variances(study)?;
    let sources: Vec<Source> = Source::ALL.into_iter().filter(|source| study.varies(*source)).collect();
    let mut alone = Vec::with_capacity(sources.len());
    for source in &sources {
        alone.push(variances(&study.only(*source)?)?);
    }
    let future = |(i, all): (usize, &Variances)| {
        let of = |quantity: usize, alone: &[Variances]| divide(&alone[i][quantity], &all[quantity]);
        let source = |(source, alone): (&Source, &Vec<Variances>)| SourceShares {
            source: *source,
            level: of(0, alone),
            growth: of(1, alone),
        };
        VarianceShares { sources: sources.iter().zip(&alone).map(source).collect() }
    };
    Ok(all.iter().enumerate().map(future).collect())
}

fn divide(part: &[Vec<Value>], whole: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let share = |(part, whole): (&Value, &Value)| ratio((*part)?, (*whole)?);
    part.iter().zip(whole).map(|(part, whole)| part.iter().zip(whole).map(share).collect()).collect()
}

/// The variances of every future of a study.
fn variances(study: &Study<'_>) -> Result<Vec<Variances>, Error> {
    let mut all = vec![of_future(study, None)?];
    for scenario in study.scenarios() {
        all.push(of_future(study, Some(&study.run(scenario, Draws::All)?))?);
    }
    Ok(all)
}

/// Variances of the baseline, or of a scenario less the baseline.
fn of_future(study: &Study<'_>, scenario: Option<&[Future]>) -> Result<Variances, Error> {
    let rules = |futures: &[Future]| Side::new(study.engine(), &futures[0].point.drivers).levels;
    let theirs = rules(&study.baseline);
    let mut base = study.walk(&study.baseline, Draws::All);
    let mut beside = scenario.map(|futures| (study.walk(futures, Draws::All), rules(futures)));
    let mut variances: Variances = std::array::from_fn(|_| vec![Vec::new(); study.areas.len()]);
    for h in 1..=study.horizon() {
        study.stop.check()?;
        let view = base.next();
        let ours = beside.as_mut().map(|(walk, rule)| (walk.next(), &*rule));
        let of = |rule: &Levels, area: &_, view: &super::walk::View<'_>| -> [Series; 2] {
            let (now, before) = (rule.level(area, h, view.level), rule.level(area, h - 1, view.before));
            let growth = growth(&now, &before);
            [now, growth]
        };
        let spread = |area| {
            let theirs = of(&theirs, area, &view);
            match &ours {
                None => theirs.map(|series| series.variance()),
                Some((ours, rule)) => {
                    let ours = of(rule, area, ours);
                    std::array::from_fn(|i| ours[i].minus(&theirs[i]).variance())
                }
            }
        };
        let step: Vec<[Result<f64, Absent>; 2]> = study.areas.par_iter().map(spread).collect();
        for (area, values) in step.into_iter().enumerate() {
            values.into_iter().zip(&mut variances).for_each(|(value, all)| all[area].push(value));
        }
    }
    Ok(variances)
}
