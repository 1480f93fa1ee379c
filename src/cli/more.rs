//! What `agglo indices` can ask for beside the indices themselves.

use super::client::Client;
use super::data::{RoleArgs, dataset_name};
use super::failure::{Exit, Failure};
use super::upload;
use crate::api::v1::{
    Alternative, BesideDataset, DatasetSource, GroupGap, ImportHeader, Inference, dataset_source::Source,
};
use std::path::Path;

/// Datasets beside the main one, uncertainty, comparisons and where the values go.
#[derive(Debug, clap::Args)]
pub(super) struct MoreArgs {
    /// A further dataset that parameters may name, as in io=table.csv: a file, or with --endpoint the name of a stored
    /// dataset; may be repeated. The columns of a file are told as in io=table.csv,region=from,industry=to.
    #[arg(long = "beside", value_name = "NAME=DATA[,ROLE=COLUMN…]", value_parser = parse_beside)]
    besides: Vec<Beside>,
    /// Add standard errors, intervals and p-values: analytic, bootstrap_regions, bootstrap_industries, bootstrap_units,
    /// permutation, or auto for the first way that the card of each index offers.
    #[arg(long, value_name = "METHOD")]
    inference: Option<String>,
    /// Draws of the bootstrap or permutation.
    #[arg(long, value_name = "N", default_value_t = 999)]
    draws: i32,
    /// The seed of the draws.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: i64,
    /// The level of intervals.
    #[arg(long, value_name = "LEVEL", default_value_t = 0.95)]
    level: f64,
    /// The side of p-values: two_sided, greater or less.
    #[arg(long, value_name = "SIDE", default_value = "two_sided", value_parser = parse_alternative)]
    alternative: Alternative,
    /// Compare two groups of regions by every index, as in macro_region=East,West; the second may be left out.
    #[arg(long, value_name = "ATTRIBUTE=FIRST[,SECOND]", value_parser = parse_gap)]
    pub(super) gap: Option<GroupGap>,
    /// Tell the least and the largest value of each index when every suppressed cell holds between 0 and this.
    #[arg(long, value_name = "MOST")]
    pub(super) bounds: Option<f64>,
    /// Store the values as the dataset of this name in place of printing them; with --endpoint.
    #[arg(long, value_name = "NAME", default_value = "", requires = "endpoint")]
    pub(super) save_as: String,
}

/// A dataset beside the main one, as typed.
#[derive(Debug, Clone)]
struct Beside {
    name: String,
    data: String,
    roles: RoleArgs,
}

impl MoreArgs {
    /// The datasets beside the main one; files are uploaded to a server of the command's own first.
    ///
    /// # Errors
    /// When a file cannot be read or is refused.
    pub(super) async fn beside(&self, client: &Client) -> Result<Vec<BesideDataset>, Failure> {
        let mut found = Vec::new();
        for Beside { name, data, roles } in &self.besides {
            let path = Path::new(data);
            let stored = if client.owns_server() {
                if !path.is_file() {
                    return Err(Failure::new(Exit::NoInput, format!("{data} is no file")));
                }
                let dataset_id = format!("beside-{}", found.len());
                let header = ImportHeader { dataset_id, ..ImportHeader::default() };
                let answer = upload::send_file(client, header, roles, path).await?;
                answer.dataset.map(|dataset| dataset.name).unwrap_or_default()
            } else {
                dataset_name(data)
            };
            let dataset = Some(DatasetSource { source: Some(Source::Name(stored)) });
            found.push(BesideDataset { name: name.clone(), dataset });
        }
        Ok(found)
    }

    /// The question about uncertainty; `None` when none is asked.
    pub(super) fn inference(&self) -> Option<Inference> {
        let method = self.inference.as_ref()?;
        let method = if method == "auto" { String::new() } else { method.clone() };
        Some(Inference {
            method,
            draws: self.draws,
            seed: self.seed,
            level: self.level,
            alternative: self.alternative.into(),
        })
    }
}

fn parse_beside(text: &str) -> Result<Beside, String> {
    let (name, rest) = text.split_once('=').ok_or("write it as NAME=DATA")?;
    let mut pieces = rest.split(',');
    let mut beside = Beside {
        name: name.to_owned(),
        data: pieces.next().unwrap_or_default().to_owned(),
        roles: RoleArgs::default(),
    };
    for piece in pieces {
        let (role, column) =
            piece.split_once('=').ok_or("write roles as region=COLUMN, period=COLUMN, industry=COLUMN")?;
        let place = match role {
            "region" => &mut beside.roles.region,
            "period" => &mut beside.roles.period,
            "industry" => &mut beside.roles.industry,
            other => return Err(format!("{other:?} is none of region, period and industry")),
        };
        *place = Some(column.to_owned());
    }
    Ok(beside)
}

fn parse_alternative(text: &str) -> Result<Alternative, String> {
    match text {
        "two_sided" => Ok(Alternative::TwoSided),
        "greater" => Ok(Alternative::Greater),
        "less" => Ok(Alternative::Less),
        other => Err(format!("{other:?} is none of two_sided, greater and less")),
    }
}

fn parse_gap(text: &str) -> Result<GroupGap, String> {
    let (groups, sides) = text.split_once('=').ok_or("write it as ATTRIBUTE=FIRST,SECOND")?;
    let (first, second) = sides.split_once(',').unwrap_or((sides, ""));
    Ok(GroupGap { groups: groups.to_owned(), first: first.to_owned(), second: second.to_owned() })
}
