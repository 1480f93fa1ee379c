//! Errors that are correlated across all regions and over time.

use super::autocovariance::{LAG, autocorrelated};
use super::{Covariance, Vcov};
use crate::card::{Card, Kind, Params};
use crate::error::Error;
use crate::numeric::Stop;
use crate::regression::Estimate;
use crate::regression::design::{Design, RowId};

/// The covariance of Driscoll and Kraay: the scores of a period are one moment.
#[derive(Debug)]
pub(super) struct DriscollKraay;

static CARD: Card = Card {
    id: "driscoll_kraay",
    aliases: &["dk"],
    title: "Errors correlated across regions in any way, and over time",
    kind: Kind::Covariance,
    formula: "V = T/(T-1) * (n-1)/(n-K) * B (G_0 + sum_{l=1..L} (1-l/(L+1)) (G_l + G_l')) B, G_l = sum_t s_t s_(t-l)', \
              s_t the sum of the scores w x u of period t, B = (X'WX)^-1, T periods with rows, K all parameters; t with \
              T-1 degrees of freedom. t-l is a period of the calendar: periods on either side of a gap are not \
              neighbours, as they are to fixest, pyfixest and linearmodels. Holds for many periods, however many regions",
    reference: "Driscoll and Kraay (1998), Review of Economics and Statistics 80(4); Hoechle (2007), Stata Journal 7(3), \
                for unbalanced panels; factors and default lag as in the R package fixest 0.14, vcov_DK() with ssc() \
                defaults",
    params: &[LAG],
    inference: &[],
    laws: &[],
};

impl Covariance for DriscollKraay {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn vcov(&self, estimate: &Estimate, design: &Design, params: &Params, stop: &Stop) -> Result<Vcov, Error> {
        let periods: Vec<RowId> = design.rows.iter().map(|row| RowId { region: 0, industry: 0, ..*row }).collect();
        autocorrelated(estimate, design, &periods, params, stop)
    }
}
