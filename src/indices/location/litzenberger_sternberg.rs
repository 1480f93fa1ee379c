//! The cluster index of Litzenberger and Sternberg: density and frequency of an industry against the size of its plants.

use super::national_shares::NationalShares;
use crate::card::{Card, Domain, Infer, Kind, Law, Param, Params};
use crate::indices::{Index, Input, Output, Shape};
use crate::panel::{Value, ratio};

/// `(x_ri/x_i) (n_ri/n_i) / ((a_r/a) (p_r/p))`.
#[derive(Debug)]
pub(super) struct LitzenbergerSternberg;

impl Index for LitzenbergerSternberg {
    fn card(&self) -> &'static Card {
        &Card {
            id: "litzenberger_sternberg",
            aliases: &["cluster_index"],
            title: "Litzenberger and Sternberg's cluster index: an industry's density times its stock per head over the \
                    size of its plants; above 1 towards a cluster",
            kind: Kind::Index,
            formula: "CI_ri = ID·IS/PS, with ID = (x_ri/a_r)/(x_i/a), IS = (x_ri/p_r)/(x_i/p), PS = (x_ri/n_ri)/(x_i/n_i), \
                      which is (x_ri/x_i)(n_ri/n_i) / ((a_r/a)(p_r/p)); x employees, n plants, a area, p population, \
                      sums over the regions whose area and population are known",
            reference: "Litzenberger and Sternberg (2006), Geographische Zeitschrift 94, 209–224; Sternberg and Litzenberger (2004), \
                        European Planning Studies 12, 767–791",
            params: &[
                Param {
                    name: "area",
                    doc: "The measure or numeric attribute that gives the regions' area.",
                    domain: Domain::Measure { required: true },
                },
                Param {
                    name: "population",
                    doc: "The measure or numeric attribute that counts the heads.",
                    domain: Domain::Measure { required: true },
                },
                Param {
                    name: "plants",
                    doc: "The measure that counts the industry's plants (enterprises) of each region.",
                    domain: Domain::Cells { required: true },
                },
            ],
            inference: &[Infer::BootstrapUnits],
            laws: &[Law::ScaleInvariant, Law::PermutationEquivariant, Law::NonNegative],
        }
    }

    fn shape(&self, _params: &Params, _width: usize) -> Shape {
        Shape::Cell
    }

    fn conventions(&self, params: &Params) -> Vec<String> {
        let [area, population] = ["area", "population"].map(|name| params.text(name).unwrap_or_default());
        vec![
            format!("the nation is the regions whose {area} and {population} are known"),
            "0, not 0/0, where the region has no plants or no employees of the industry".to_owned(),
        ]
    }

    fn compute(&self, input: &Input<'_>, _params: &Params) -> Output {
        let [area, population] = ["area", "population"].map(|name| input.regional(name).unwrap_or_default());
        let Some(plants) = input.cells("plants") else { unreachable!("the card requires plants") };
        let known: Vec<Value> = area.iter().zip(population).map(|(a, p)| a.and(*p)).collect();
        let land = NationalShares::of_regions(area, &known);
        let heads = NationalShares::of_regions(population, &known);
        let jobs = NationalShares::of_cells(&input.measure, &known);
        let firms = NationalShares::of_cells(plants, &known);
        let values = input.measure.cells().zip(plants.values()).map(|((region, industry, x), plants)| {
            let stock = jobs.of(industry, x?)? * firms.of(industry, (*plants)?)?;
            ratio(stock, land.of(0, area[region]?)? * heads.of(0, population[region]?)?)
        });
        Output::of(Shape::Cell, values.collect())
    }
}
