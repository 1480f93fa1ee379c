//! Scores that are correlated over the calendar, with Bartlett's weights.
//!
//! A series is a sequence of moments by period: of one observed unit, or of a whole period. A period that a
//! series lacks is no step of it: lags count the calendar's periods, not the rows.

use super::{Vcov, residual_df, sandwich};
use crate::card::{Domain, Param, Params};
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::vector::dot;
use crate::regression::design::{Design, RowId};
use crate::regression::{Estimate, Scores};
use nalgebra::DMatrix;

/// The lag, as the cards list it.
pub(super) const LAG: Param = Param {
    name: "lag",
    doc: "The longest lag L counted, in periods of the calendar; left out, the fourth root of the number of periods with \
          rows, rounded down",
    domain: Domain::Lags { max: 1_000 },
};

/// The covariance of scores that are correlated within series up to a lag; rows of one name are one moment.
///
/// # Errors
/// At `covariance`: a single period; at `covariance.parameters.lag`: a lag that no two periods lie apart.
/// [`Error::Cancelled`] when `stop` is raised.
pub(super) fn autocorrelated(
    estimate: &Estimate,
    design: &Design,
    series: &[RowId],
    params: &Params,
    stop: &Stop,
) -> Result<Vcov, Error> {
    let (periods, lag) = periods_and_lag(&design.rows, params)?;
    let (parameters, df) = residual_df(estimate, design);
    let n = design.y.len();
    let factor = periods as f64 / (periods - 1) as f64 * (n - 1) as f64 / df as f64;
    let meat = Moments::new(&estimate.sandwich.scores, series).long_run(lag, stop)?;
    Ok(Vcov {
        matrix: sandwich(&estimate.sandwich.bread_root, &meat) * factor,
        parameters,
        factor,
        t_df: Some(periods - 1),
        rule: format!(
            "Bartlett weights 1-l/(L+1) up to lag L = {lag}; (n-1)/(n-K) = {}/{df} with K = {parameters}, T/(T-1) = \
             {periods}/{t_df} with T periods; t with {t_df} degrees of freedom",
            n - 1,
            t_df = periods - 1,
        ),
        lag: Some(lag),
        ..Vcov::default()
    })
}

/// The number of periods with rows, and the longest lag.
fn periods_and_lag(rows: &[RowId], params: &Params) -> Result<(usize, usize), Violation> {
    let mut periods: Vec<i32> = rows.iter().map(|row| row.period).collect();
    periods.sort_unstable();
    periods.dedup();
    let count = periods.len();
    if count < 2 {
        return Err(Violation::new("covariance", "correlation over time needs rows of at least two periods", ""));
    }
    let apart = (periods[count - 1] - periods[0]) as usize;
    match params.number_if_given(LAG.name) {
        None => Ok((count, (count as f64).sqrt().sqrt() as usize)),
        Some(lag) if lag <= apart as f64 => Ok((count, lag as usize)),
        Some(lag) => {
            let rule = format!("the first and the last period with rows are {apart} periods apart; no lag is longer");
            Err(Violation::new("covariance.parameters.lag", rule, lag))
        }
    }
}

/// Scores summed by observed unit and period.
#[derive(Debug)]
pub(super) struct Moments {
    /// Unit and period of each moment, ascending.
    pub names: Vec<RowId>,
    /// k columns of moments.
    pub columns: Vec<Vec<f64>>,
}

impl Moments {
    /// Sums the scores of rows that share a name in `series`.
    pub(super) fn new(scores: &Scores, series: &[RowId]) -> Self {
        let mut names = series.to_vec();
        names.sort_unstable();
        names.dedup();
        let codes: Vec<u32> = series.iter().map(|name| names.partition_point(|other| other < name) as u32).collect();
        let columns = scores.sums(&codes, names.len());
        Self { names, columns }
    }

    /// Σ over series of Γ₀ + Σₗ (1 − l/(L+1))·(Γₗ + Γₗ').
    pub(super) fn long_run(&self, lag: usize, stop: &Stop) -> Result<DMatrix<f64>, Error> {
        // Each moment with half of its own and the weighted earlier ones: one half of a symmetric sum.
        let mut halves = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            stop.check()?;
            halves.push((0..self.names.len()).map(|j| half(column, &self.names, j, lag)).collect::<Vec<f64>>());
        }
        let k = self.columns.len();
        let half = DMatrix::from_fn(k, k, |i, j| dot(&self.columns[i], &halves[j]));
        Ok(&half + half.transpose())
    }
}

/// Half of the `j`-th moment, and the earlier ones of its series by their weights.
fn half(column: &[f64], names: &[RowId], j: usize, lag: usize) -> f64 {
    let of_series = |i: &usize| (names[*i].region, names[*i].industry) == (names[j].region, names[j].industry);
    let earlier = (0..j).rev().map(|i| (i, (names[j].period - names[i].period) as usize));
    let counted = earlier.take_while(|(i, apart)| of_series(i) && *apart <= lag);
    let weighted = counted.map(|(i, apart)| (1.0 - apart as f64 / (lag + 1) as f64) * column[i]);
    weighted.fold(0.5 * column[j], |sum, term| sum + term)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(region: u32, period: i32) -> RowId {
        RowId { region, industry: 0, period }
    }

    #[test]
    fn lags_count_periods_of_the_calendar_within_a_series() {
        let scores = vec![vec![1.0, 2.0, 4.0, 8.0]];
        // Out of order; region 1 has no 2002.
        let series = [name(1, 2003), name(0, 2000), name(1, 2001), name(1, 2000)];
        let moments = Moments::new(&Scores::new(scores), &series);
        let meat = |lag| moments.long_run(lag, &Stop::default()).unwrap()[(0, 0)];
        let own = 1.0 + 4.0 + 16.0 + 64.0;
        let expected = [own, own + 2.0 * 0.5 * 32.0, own + 2.0 * (2.0 / 3.0 * 32.0 + 1.0 / 3.0 * 4.0)];
        for (lag, expected) in expected.iter().enumerate() {
            assert!((meat(lag) - expected).abs() < 1e-12, "lag {lag}");
        }
    }
}
