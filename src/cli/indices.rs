//! `agglo indices`: indices of one dataset.

use super::data::{DataArgs, Ready};
use super::failure::{Exit, Failure};
use super::more::MoreArgs;
use super::print;
use super::upload::waiting;
use crate::api::v1::{
    Column, ComputeIndicesRequest, ComputeIndicesResponse, IndexCall, IndexOutcome, IndexResult, SuppressedBounds,
    Table, column::Values, index_outcome::Outcome,
};
use prost_types::Value;
use prost_types::value::Kind;
use std::collections::BTreeMap;
use tonic_types::RpcStatusExt;

/// Computes indices of agglomeration, specialisation, concentration and inequality.
#[derive(Debug, clap::Args)]
pub(super) struct IndicesArgs {
    #[command(flatten)]
    data: DataArgs,
    /// An index by its id, with parameters, as in density:per=area or theil_t:groups=division,weights=population; may
    /// be repeated. `agglo methods` lists them.
    #[arg(long = "index", value_name = "ID[:PARAM=VALUE,…]", required = true, value_parser = parse_index)]
    indices: Vec<Asked>,
    /// The measure to take the indices of; may be repeated. All measures that add up when left out.
    #[arg(long = "measure", value_name = "MEASURE")]
    measures: Vec<String>,
    /// The first period to answer for.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    from: String,
    /// The last period to answer for.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    to: String,
    #[command(flatten)]
    more: MoreArgs,
    /// Print the response message as JSON and nothing else.
    #[arg(long)]
    json: bool,
}

/// An index and its parameters, as typed.
#[derive(Debug, Clone)]
struct Asked {
    id: String,
    parameters: BTreeMap<String, Value>,
}

fn parse_index(text: &str) -> Result<Asked, String> {
    parse_call(text).map(|(id, parameters)| Asked { id, parameters })
}

/// `ID[:PARAM=VALUE,…]`: a method and its parameters.
pub(super) fn parse_call(text: &str) -> Result<(String, BTreeMap<String, Value>), String> {
    let (id, rest) = text.split_once(':').unwrap_or((text, ""));
    let mut parameters = BTreeMap::new();
    for pair in rest.split(',').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').ok_or_else(|| format!("{pair:?} is not PARAM=VALUE"))?;
        let kind = value.parse().map_or_else(|_| Kind::StringValue(value.to_owned()), Kind::NumberValue);
        parameters.insert(name.to_owned(), Value { kind: Some(kind) });
    }
    Ok((id.to_owned(), parameters))
}

impl IndicesArgs {
    /// Runs the command.
    ///
    /// # Errors
    /// When the data or the request are refused, or every index failed.
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Ready { client, source } = self.data.open().await?;
        if client.owns_server() && !self.more.save_as.is_empty() {
            let text = "--save-as stores on a server; name one with --endpoint";
            return Err(Failure::new(Exit::Usage, text.to_owned()));
        }
        let beside = self.more.beside(&client).await?;
        let measures =
            if self.measures.is_empty() { additive_measures(&client, &source).await? } else { self.measures };
        if measures.is_empty() {
            let text = "no measure of the data adds up; name the measure to take with --measure";
            return Err(Failure::new(Exit::Data, text.to_owned()));
        }
        let calls = self.indices.iter().flat_map(|asked| {
            measures.iter().map(|measure| IndexCall {
                index: asked.id.clone(),
                measure: measure.clone(),
                parameters: asked.parameters.clone(),
                gap: self.more.gap.clone(),
            })
        });
        let request = ComputeIndicesRequest {
            indices: calls.collect(),
            dataset: Some(source),
            first_period: self.from,
            last_period: self.to,
            beside,
            inference: self.more.inference(),
            suppressed_bounds: self.more.bounds.map(|most| SuppressedBounds { most }),
            save_as: self.more.save_as.clone(),
            request_id: String::new(),
        };
        let mut indices = client.indices();
        let answer = waiting("computing", indices.compute_indices(request)).await;
        client.close().await;
        let answer = answer?.into_inner();
        print::answer(&answer, self.json, describe)?;
        failed(&answer)
    }
}

async fn additive_measures(
    client: &super::client::Client,
    source: &crate::api::v1::DatasetSource,
) -> Result<Vec<String>, Failure> {
    let dataset = super::datasets::get(client, source).await?;
    let adds_up = |m: &crate::api::v1::Measure| m.kind() != crate::api::v1::MeasureKind::Rate;
    Ok(dataset.measures.iter().filter(|m| adds_up(m)).map(|m| m.name.clone()).collect())
}

/// A failure when no index could be computed; a partial result is a result, and says on stderr what is lacking.
fn failed(answer: &ComputeIndicesResponse) -> Result<(), Failure> {
    let errors: Vec<String> = answer
        .outcomes
        .iter()
        .filter_map(|o| match &o.outcome {
            Some(Outcome::Error(status)) => Some(format!("{} of {}: {}", o.index, o.measure, mistakes(status))),
            _ => None,
        })
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::new(Exit::Data, errors.join("\n")))
}

/// Every mistake of one index.
fn mistakes(status: &tonic_types::Status) -> String {
    let Some(bad_request) = status.get_details_bad_request() else { return status.message.clone() };
    let told = bad_request.field_violations.iter().map(|v| format!("\n  {}: {}", v.field, v.description));
    told.collect()
}

fn describe(answer: &ComputeIndicesResponse) -> String {
    let mut outcomes: Vec<_> = answer.outcomes.iter().filter_map(describe_outcome).collect();
    if !answer.saved_dataset.is_empty() {
        outcomes.push(format!("stored as {}", answer.saved_dataset));
    }
    outcomes.join("\n\n")
}

fn describe_outcome(outcome: &IndexOutcome) -> Option<String> {
    let Some(Outcome::Result(result)) = &outcome.outcome else { return None };
    let parameters: Vec<_> = result.parameters.iter().map(|p| format!("{}={}", p.name, p.value)).collect();
    let mut text = format!("{} of {}", outcome.index, outcome.measure);
    if !parameters.is_empty() {
        text.push_str(&format!(" ({})", parameters.join(", ")));
    }
    text.push('\n');
    text.push_str(&result.table.as_ref().map(|table| values(table, &result.keys)).unwrap_or_default());
    if let Some(gap) = &result.gap {
        text.push_str("\nthe gap between the two groups, of means over their regions or of each group alone\n");
        text.push_str(&values(gap, &["industry".to_owned()]));
    }
    text.push_str(&notes(result));
    Some(text)
}

/// What the keys name by period; for indices of the nation the parts by period.
fn values(table: &Table, keys: &[String]) -> String {
    let periods = print::texts(table, "period");
    let is_key = |column: &&Column| keys.contains(&column.name);
    let keys: Vec<Vec<String>> = table.columns.iter().filter(is_key).map(entries_of_key).collect();
    let parts: Vec<_> = table.columns.iter().filter(|c| c.name != "period" && !is_key(c)).collect();
    if keys.is_empty() {
        let names: Vec<String> =
            parts.iter().flat_map(|p| std::iter::repeat_n(p.name.clone(), periods.len())).collect();
        let periods: Vec<String> = parts.iter().flat_map(|_| periods.to_vec()).collect();
        let entries: Vec<_> = parts.iter().flat_map(|p| print::entries(p)).collect();
        return print::pivot("", &names, &periods, &entries);
    }
    let row = |i: usize| keys.iter().map(|key| key[i].as_str()).collect::<Vec<_>>().join(" · ");
    let rows: Vec<String> = (0..periods.len()).map(row).collect();
    let tables: Vec<_> =
        parts.iter().map(|part| print::pivot(&part.name, &rows, periods, &print::entries(part))).collect();
    tables.join("\n")
}

/// The entries of a key, whether they are names or numbers.
fn entries_of_key(column: &Column) -> Vec<String> {
    match &column.values {
        Some(Values::Numbers(numbers)) => numbers.values.iter().map(f64::to_string).collect(),
        Some(Values::Texts(texts)) => texts.values.clone(),
        None => Vec::new(),
    }
}

/// What the numbers rest on, as a paragraph.
fn notes(result: &IndexResult) -> String {
    let left_out: Vec<_> = result.left_out.iter().map(|l| format!("{} {}", l.count, l.reason)).collect();
    let mut text = format!("{} cells used", result.used_cell_count);
    if !left_out.is_empty() {
        text.push_str(&format!(", left out: {}", left_out.join(", ")));
    }
    if !result.inference.is_empty() {
        text.push_str(&format!("; inference: {}", result.inference));
    }
    for convention in &result.conventions {
        text.push_str(&format!("; {convention}"));
    }
    format!("\n{}", print::wrapped(&text, print::PAGE).join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_follow_the_id() {
        let asked = parse_index("theil_t:groups=division,ddof=1").unwrap();
        assert_eq!(asked.id, "theil_t");
        assert_eq!(asked.parameters["ddof"].kind, Some(Kind::NumberValue(1.0)));
        assert_eq!(asked.parameters["groups"].kind, Some(Kind::StringValue("division".into())));
        assert!(parse_index("hhi:over").is_err());
    }
}
