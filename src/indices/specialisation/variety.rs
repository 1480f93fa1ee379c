//! Entropy of a region's industries, split by the groups they belong to: related and unrelated variety.
//!
//! With P_g the share of group g, the entropy of all industries is that between the groups and the mean, weighted by
//! P_g, of that inside each group.

use super::draws::{Estimate, extras};
use crate::card::{Domain, Param, Params};
use crate::indices::distribution::{Distribution, Over, distributions};
use crate::indices::{Ask, Classes, Extra, Input};
use crate::panel::{Absent, Value};
use std::collections::BTreeMap;

/// The parameters of both indices.
pub(super) const PARAMS: &[Param] = &[
    Param {
        name: "groups",
        doc: "A text attribute of the industries: the class, such as the two-digit one, whose members are related.",
        domain: Domain::IndustryGroups { required: true },
    },
    Param {
        name: "base",
        doc: "Base of the logarithm: 2 (bits), e (nats) or 10.",
        domain: Domain::Choice(&["2", "e", "10"]),
    },
];

/// The statements of an answer.
pub(super) fn conventions(params: &Params) -> Vec<String> {
    vec![
        format!("logarithm to base {}", params.text("base").unwrap_or_default()),
        "related and unrelated are absent when the group of an industry that the region has is unknown".to_owned(),
    ]
}

/// A part of the variety of a region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Variety {
    /// Within groups: Σ_g P_g H_g.
    Related,
    /// Between groups: −Σ_g P_g log P_g.
    Unrelated,
    /// Their sum: the entropy of the industries.
    Total,
}

impl Variety {
    /// This part for one region.
    pub(super) fn of(self, region: &Distribution, input: &Input<'_>, params: &Params) -> Value {
        self.estimate(region, input, params).map(|(variety, _)| variety)
    }

    /// The analytic columns of this part.
    pub(super) fn extras(self, part: &str, input: &Input<'_>, params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let regions = distributions(&input.measure, Over::Industries);
        extras(ask, part, &regions, |region| self.estimate(region, input, params))
    }

    /// The variety is the mean over a region's things of the surprise −log of its industry's share: of its group's
    /// share, or of the industry's in the group. But for a constant, the surprise is the slope by that share, too.
    fn estimate(self, region: &Distribution, input: &Input<'_>, params: &Params) -> Result<Estimate, Absent> {
        let log = match params.text("base") {
            Some("2") => f64::log2,
            Some("10") => f64::log10,
            _ => f64::ln,
        };
        let present = || region.shares().zip(&region.categories).filter(|(share, _)| *share > 0.0);
        let groups = if self == Self::Total { None } else { Some(Groups::of(present(), input)?) };
        let surprise = |share: f64, industry: usize| match (self, &groups) {
            (Self::Related, Some(groups)) => log(groups.share(industry) / share),
            (Self::Unrelated, Some(groups)) => log(1.0 / groups.share(industry)),
            _ => log(1.0 / share),
        };
        let slopes: Vec<(f64, f64)> = present().map(|(share, i)| (share, surprise(share, *i))).collect();
        let mean: f64 = slopes.iter().map(|(share, surprise)| share * surprise).sum();
        Ok((mean.max(0.0), slopes))
    }
}

/// The groups' shares of one region.
struct Groups<'a> {
    classes: &'a Classes,
    shares: BTreeMap<usize, f64>,
}

impl<'a> Groups<'a> {
    fn of<'i>(present: impl Iterator<Item = (f64, &'i usize)>, input: &'a Input<'_>) -> Result<Self, Absent> {
        let Some(classes) = input.classes("groups") else { unreachable!("the card requires groups") };
        let mut shares = BTreeMap::new();
        for (share, industry) in present {
            *shares.entry(classes.of[*industry].ok_or(Absent::Missing)?).or_default() += share;
        }
        Ok(Self { classes, shares })
    }

    /// The share of an industry's group.
    fn share(&self, industry: usize) -> f64 {
        self.classes.of[industry].and_then(|group| self.shares.get(&group)).copied().unwrap_or_default()
    }
}
