//! Rank mobility: how far the order of the regions has changed, and whether macro-regions move together.

use super::change::{Change, PER, SPAN, changes, per};
use super::rank::{kendall, ranks, spearman};
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::distribution::present;
use crate::indices::{Ask, Extra, Index, Input, Output, Shape, permuted};
use crate::panel::{Absent, Value, ratio};

/// Correlations of the two rankings, and Θ of the changes of rank within groups.
#[derive(Debug)]
pub(super) struct RankMobility;

impl Index for RankMobility {
    fn card(&self) -> &'static Card {
        &Card {
            id: "rank_mobility",
            aliases: &[],
            title: "Rank mobility of regions between two periods: rank correlations (1: nobody moved), and whether \
                    macro-regions move together",
            kind: Kind::Index,
            formula: "spearman = correlation of the ranks; kendall τ_b = (C − D)/√((N − N_now)(N − N_earlier)), with \
                      C, D the concordant and discordant pairs of regions, N all pairs, N_now, N_earlier those tied; \
                      theta = Σ_g |Σ_(r in g) Δ_r| / Σ_r |Δ_r|, with Δ the change of rank, 1 where the regions of \
                      every group move the same way",
            reference: "Spearman (1904), American Journal of Psychology 15, 72–101; Kendall (1945), Biometrika 33, \
                        239–251; theta: Rey (2004), in Getis, Mur and Zoller (eds), Spatial Econometrics and Spatial \
                        Statistics, Palgrave, 193–213",
            params: &[
                SPAN,
                PER,
                Param {
                    name: "groups",
                    doc: "A text attribute of the regions, such as the macro-region, for theta.",
                    domain: Domain::Groups { required: false },
                },
            ],
            inference: &[Infer::Permutation, Infer::BootstrapRegions],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(-1, 1), Law::ReplicationInvariant],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Nation
    }

    fn needs_additive(&self, params: &Params) -> bool {
        params.text(PER.name).is_some()
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let mut conventions = vec![format!(
            "regions present in both periods, {} apart; equal values share their mean rank; industries are summed{}",
            params.number("span"),
            per(params)
        )];
        if params.text("groups").is_some() {
            conventions.push("theta is absent when the group of a region is unknown".to_owned());
        }
        conventions
    }

    fn compute(&self, input: &Input<'_>, params: &Params) -> Output {
        let moves = Moves::of(input, params);
        if input.classes("groups").is_none() {
            let row = moves.map(|moves| moves.correlations(|r| r));
            return Output::of_rows(Shape::Nation, ["spearman", "kendall"], &[row]);
        }
        let row = moves.map(|moves| {
            let [spearman, kendall] = moves.correlations(|r| r);
            [spearman, kendall, moves.theta(|r| r)]
        });
        Output::of_rows(Shape::Nation, ["spearman", "kendall", "theta"], &[row])
    }

    /// Under the null hypotheses the later rank, and the group, of a region could be that of any other.
    fn infer(&self, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        if ask.infer != Infer::Permutation {
            return None;
        }
        let observed = self.compute(input, params).parts;
        let values: Vec<Value> = observed.iter().map(|(_, values)| values[0]).collect();
        let p = match Moves::of(input, params) {
            Err(_) => values,
            Ok(moves) => permuted(ask, moves.ranks.len(), &values, |order| {
                if input.stopped() {
                    return vec![Err(Absent::Missing); 3];
                }
                let [spearman, kendall] = moves.correlations(|r| order[r]);
                vec![spearman, kendall, moves.theta(|r| order[r])]
            }),
        };
        Some(observed.iter().zip(p).map(|((part, _), p)| (format!("{part}_p"), vec![p])).collect())
    }
}

/// The ranks of the regions that are present in both periods.
struct Moves {
    /// Now and earlier.
    ranks: Vec<(f64, f64)>,
    groups: Vec<Option<usize>>,
}

impl Moves {
    fn of(input: &Input<'_>, params: &Params) -> Result<Self, Absent> {
        let regions: Vec<Change> = present(changes(input, params.number("span") as usize).into_iter())?;
        let rank = |of: fn(&Change) -> f64| ranks(&regions.iter().map(of).collect::<Vec<_>>());
        let ranks = rank(|c| c.now).into_iter().zip(rank(|c| c.earlier)).collect();
        let group = |c: &Change| input.classes("groups").and_then(|groups| groups.of[c.region]);
        Ok(Self { ranks, groups: regions.iter().map(group).collect() })
    }

    /// The correlations when `of` says whose later rank a region has.
    fn correlations(&self, of: impl Fn(usize) -> usize) -> [Value; 2] {
        let pairs: Vec<_> =
            self.ranks.iter().enumerate().map(|(r, (_, earlier))| (self.ranks[of(r)].0, *earlier)).collect();
        [spearman(&pairs), kendall(pairs)]
    }

    /// Rey's Θ when `of` says whose group a region has.
    fn theta(&self, of: impl Fn(usize) -> usize) -> Value {
        let mut sums = vec![0.0_f64; self.groups.iter().flatten().max().map_or(0, |last| last + 1)];
        let mut all = 0.0;
        for (r, (now, earlier)) in self.ranks.iter().enumerate() {
            sums[self.groups[of(r)].ok_or(Absent::Missing)?] += now - earlier;
            all += (now - earlier).abs();
        }
        ratio(sums.iter().map(|sum| sum.abs()).sum(), all)
    }
}
