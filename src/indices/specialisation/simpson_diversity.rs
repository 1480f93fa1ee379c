//! The Gini–Simpson index: the chance that two things drawn from a region belong to different industries.

use super::draws::extras;
use crate::card::{Card, Infer, Kind, Law, Params};
use crate::indices::distribution::{Distribution, Over, distributions};
use crate::indices::{Ask, Extra, Index, Input, Output, Shape};

/// `1 − Σ s²`.
#[derive(Debug)]
pub(super) struct SimpsonDiversity;

impl Index for SimpsonDiversity {
    fn card(&self) -> &'static Card {
        &Card {
            id: "simpson_diversity",
            aliases: &["gini_simpson", "blau"],
            title: "Gini–Simpson index: the chance that two draws from a region belong to different industries",
            kind: Kind::Index,
            formula: "D_r = 1 − Σ_i s_ri², with s_ri = x_ri/x_r: one less the Herfindahl–Hirschman index. Analytic \
                      inference is for counts, multinomial in x_r: variance 4 (Σ s³ − (Σ s²)²) / x_r",
            reference: "Simpson (1949), Nature 163, 688, drawn with replacement; Gini (1912), Variabilità e mutabilità",
            params: &[],
            inference: &[Infer::Analytic, Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::Within(0, 1)],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Region
    }

    fn needs_industries(&self) -> bool {
        true
    }

    fn conventions(&self, _params: &Params) -> Vec<String> {
        vec!["drawn with replacement: not the estimate n (n − 1) / N (N − 1) for small counts".to_owned()]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let regions = distributions(&input.measure, Over::Industries).into_iter();
        Output::of(Shape::Region, regions.map(|region| Ok(diversity(&region?))).collect())
    }

    fn infer(&self, input: &Input<'_>, _params: &Params, ask: &Ask) -> Option<Vec<Extra>> {
        let regions = distributions(&input.measure, Over::Industries);
        let terms = |region: &Distribution| region.shares().map(|s| (s, -2.0 * s)).collect();
        extras(ask, "value", &regions, |region| Ok((diversity(region), terms(region))))
    }
}

fn diversity(region: &Distribution) -> f64 {
    1.0 - region.shares().map(|s| s * s).sum::<f64>()
}
