//! Rows that effects or terms fit exactly, so that their coefficients have no finite estimate.

use super::family::Family;
use crate::error::Error;
use crate::numeric::Stop;
use crate::numeric::absorb::Absorber;
use crate::numeric::least_squares::Orthogonal;
use crate::regression::design::{Design, Effect, LeftOut};

/// The linear predictor of a share beyond which it counts as 0 or 1.
pub(super) const FAR: f64 = 15.0;
/// How much more a row with an outcome above zero weighs.
const HEAVY: f64 = 1e10;
/// What counts as zero of a fitted value that starts at one.
const ZERO: f64 = 1e-4;
/// Rounds of the rectifier after which nothing is found.
const ROUNDS: usize = 500;

/// Leaves out the levels of which every outcome is at the edge of its range: of their rows the likelihood grows
/// without end.
pub(super) fn drop_settled_levels(design: &mut Design, family: Family) {
    loop {
        let mut kept: Vec<usize> = (0..design.y.len()).collect();
        for effect in design.effects.iter().filter(|effect| effect.intercept) {
            let is_open = open_levels(design, effect, &kept, family);
            kept.retain(|i| is_open[effect.groups.codes[*i] as usize]);
        }
        if kept.len() == design.y.len() {
            return;
        }
        leave_out(design, &kept);
    }
}

/// Which levels have outcomes that are not all at the same edge.
fn open_levels(design: &Design, effect: &Effect, rows: &[usize], family: Family) -> Vec<bool> {
    let mut outcomes = vec![Vec::new(); effect.groups.levels.len()];
    rows.iter().for_each(|i| outcomes[effect.groups.codes[*i] as usize].push(design.y[*i]));
    outcomes.into_iter().map(|outcomes| !family.is_settled(outcomes.into_iter())).collect()
}

fn leave_out(design: &mut Design, kept: &[usize]) {
    *design.left_out.entry(LeftOut::Separated).or_default() += design.y.len() - kept.len();
    design.keep(kept);
    design.drop_singletons();
}

/// Leaves out rows of zero outcome that a combination of terms and effects separates from the others; whether any was.
///
/// Such a combination is zero for every outcome above zero, nowhere negative, and positive in the rows separated.
/// It is found by the iterative rectifier of Correia, Guimarães and Zylkin (2019): regress an indicator
/// of zero outcomes, heavy weights keeping the fitted values of the others at zero; cut negative fitted
/// values off; repeat.
pub(super) fn drop_separated(design: &mut Design, family: Family, stop: &Stop) -> Result<bool, Error> {
    if family.is_share() {
        return Ok(false);
    }
    let separated = rectify(design, stop)?;
    let kept: Vec<usize> = (0..design.y.len()).filter(|i| !separated[*i]).collect();
    let any = kept.len() < design.y.len();
    if any {
        leave_out(design, &kept);
        drop_settled_levels(design, family);
    }
    Ok(any)
}

fn rectify(design: &Design, stop: &Stop) -> Result<Vec<bool>, Error> {
    let weights: Vec<f64> = design.y.iter().map(|y| if *y > 0.0 { HEAVY } else { 1.0 }).collect();
    let factors: Vec<_> = design.effects.iter().map(Effect::factor).collect();
    let absorber = Absorber::new(design.y.len(), &factors, Some(&weights), stop);
    let weigh = |column: Vec<f64>| column.iter().zip(&weights).map(|(x, w)| x * w.sqrt()).collect::<Vec<_>>();
    let columns = design.x.iter().map(|x| Ok(weigh(absorber.absorb(x)?.residual)));
    let qr = Orthogonal::new(columns.collect::<Result<_, Error>>()?, stop)?;

    let mut u: Vec<f64> = design.y.iter().map(|y| f64::from(u8::from(*y == 0.0))).collect();
    for _ in 0..ROUNDS {
        let mut residual = weigh(absorber.absorb(&u)?.residual);
        qr.project(&mut residual);
        let fitted: Vec<f64> = (0..u.len())
            .map(|i| u[i] - residual[i] / weights[i].sqrt())
            .map(|f| if f.abs() < ZERO { 0.0 } else { f })
            .collect();
        if fitted.iter().all(|f| *f >= 0.0) {
            return Ok((0..u.len()).map(|i| design.y[i] == 0.0 && fitted[i] > 0.0).collect());
        }
        u = (0..u.len()).map(|i| if design.y[i] == 0.0 { fitted[i].max(0.0) } else { 0.0 }).collect();
    }
    Ok(vec![false; u.len()])
}
