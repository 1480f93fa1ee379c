//! How many places a region has climbed.

use super::change::{PER, SPAN, changes, per};
use super::rank::ranks;
use crate::card::{Card, Kind, Law, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::Absent;

/// `rank_(t−span) − rank_t`.
#[derive(Debug)]
pub(super) struct RankChange;

impl Index for RankChange {
    fn card(&self) -> &'static Card {
        &Card {
            id: "rank_change",
            aliases: &[],
            title: "Rank change: places that a region has climbed (above 0) or fallen between two periods",
            kind: Kind::Index,
            formula: "value = earlier_rank − rank, with rank 1 for the region of the largest value among those \
                      present in both periods, and equal values sharing the mean of their ranks",
            reference: "Rey (2004), in Getis, Mur and Zoller (eds), Spatial Econometrics and Spatial Statistics, \
                        Palgrave, 193–213",
            params: &[SPAN, PER],
            inference: &[],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::SumsTo(0), Law::ZeroWhenEqual],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text(PER.name).is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let span = params.number("span");
        vec![format!(
            "over {span} periods; rank 1 is the largest; regions present in both periods; industries are summed{}",
            per(params)
        )]
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let changes = changes(input, params.number("span") as usize);
        let present = || changes.iter().flatten();
        let now = ranks(&present().map(|c| c.now).collect::<Vec<_>>());
        let earlier = ranks(&present().map(|c| c.earlier).collect::<Vec<_>>());
        let mut ranked = now.into_iter().zip(earlier);
        let rows: Vec<_> = changes
            .iter()
            .map(|change| {
                let (now, earlier) = change.and_then(|_| ranked.next().ok_or(Absent::Missing))?;
                Ok([Ok(earlier - now), Ok(now), Ok(earlier)])
            })
            .collect();
        Output::of_rows(Shape::Region, ["value", "rank", "earlier_rank"], &rows)
    }
}
