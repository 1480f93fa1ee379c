//! `CatalogService`: the cards of all methods, and the server's limits.

use super::provenance::ENGINE_VERSION;
use super::v1::catalog_service_server::CatalogService;
use super::v1::{
    GetServerInfoRequest, GetServerInfoResponse, ListMethodsRequest, ListMethodsResponse, Method, MethodKind,
    MethodParameter,
};
use super::{State, page};
use crate::card::{Card, Domain, Kind, Law, Param};
use crate::error::{Error, Violation, Violations};
use crate::{forecast, indices, regression};
use tonic::{Request, Response, Status};

const PAGE: usize = 1000;

/// Formats that uploads and exports may have.
const FORMATS: [&str; 3] = ["csv", "parquet", "arrow_ipc"];

/// Every card, by kind and in the order of its catalogue.
pub fn all() -> Vec<&'static Card> {
    let indices = indices::all().map(|index| index.card());
    let estimators = regression::ESTIMATORS.iter().map(|estimator| estimator.card());
    let covariances = regression::covariance::ALL.iter().map(|covariance| covariance.card());
    let tests = regression::diagnostics::TESTS.iter().map(|test| test.card());
    let drivers = forecast::driver::ALL.iter().map(|driver| driver.card());
    let reconciliations = forecast::reconcile::ALL.iter().map(|method| method.card());
    let scores = forecast::score::cards();
    indices
        .chain(estimators)
        .chain(covariances)
        .chain(tests)
        .chain(drivers)
        .chain(reconciliations)
        .chain(scores)
        .collect()
}

/// The service over the state it shares with the others.
#[derive(Debug, Clone)]
pub struct Catalog {
    state: State,
}

impl Catalog {
    /// The service.
    pub fn new(state: State) -> Self {
        Self { state }
    }
}

#[tonic::async_trait]
impl CatalogService for Catalog {
    async fn list_methods(
        &self,
        request: Request<ListMethodsRequest>,
    ) -> Result<Response<ListMethodsResponse>, Status> {
        Ok(Response::new(list_methods(request.get_ref()).map_err(Error::from)?))
    }

    async fn get_server_info(
        &self,
        _: Request<GetServerInfoRequest>,
    ) -> Result<Response<GetServerInfoResponse>, Status> {
        let limits = self.state.compute().limits();
        Ok(Response::new(GetServerInfoResponse {
            engine_version: ENGINE_VERSION.to_owned(),
            max_message_bytes: self.state.message_limits().request_bytes as i64,
            max_call_memory_bytes: i64::try_from(limits.call_memory).unwrap_or(i64::MAX),
            worker_count: i32::try_from(limits.workers).unwrap_or(i32::MAX),
            max_calculation_count: i32::try_from(limits.calculations).unwrap_or(i32::MAX),
            data_formats: FORMATS.map(str::to_owned).into(),
        }))
    }
}

fn list_methods(request: &ListMethodsRequest) -> Result<ListMethodsResponse, Violations> {
    let mut violations = Violations::default();
    let wanted = MethodKind::try_from(request.kind);
    if wanted.is_err() {
        violations.push(Violation::new("kind", "is a MethodKind", request.kind));
    }
    let asked = page::asked(request.page_size, PAGE, &request.page_token, |token| token.parse::<usize>().ok());
    let asked = violations.keep("", asked);
    violations.into_result(())?;
    let (size, start) = asked.map_or((PAGE, 0), |asked| (asked.size, asked.after.unwrap_or(0)));
    let wanted = wanted.unwrap_or_default();
    let is_wanted = |card: &&&Card| wanted == MethodKind::Unspecified || kind(card.kind) == wanted;
    let cards = all();
    let cards: Vec<_> = cards.iter().filter(is_wanted).collect();
    let methods = cards.iter().skip(start).take(size).map(|card| method(card)).collect();
    let end = start.saturating_add(size);
    let next_page_token = if end < cards.len() { end.to_string() } else { String::new() };
    Ok(ListMethodsResponse { methods, next_page_token })
}

fn method(card: &Card) -> Method {
    Method {
        id: card.id.to_owned(),
        aliases: card.aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        title: card.title.to_owned(),
        kind: kind(card.kind).into(),
        formula: card.formula.to_owned(),
        reference: card.reference.to_owned(),
        parameters: card.params.iter().map(|param| parameter(param, card.kind)).collect(),
        family: indices::family(card.id).unwrap_or_default().to_owned(),
        inference: card.inference.iter().map(|way| way.name().to_owned()).collect(),
        laws: card.laws.iter().map(|law| law_in_words(*law)).collect(),
    }
}

fn kind(kind: Kind) -> MethodKind {
    match kind {
        Kind::Index => MethodKind::Index,
        Kind::Estimator => MethodKind::Estimator,
        Kind::Covariance => MethodKind::Covariance,
        Kind::Driver => MethodKind::Driver,
        Kind::Score => MethodKind::Score,
        Kind::Test => MethodKind::Test,
        Kind::Reconciliation => MethodKind::Reconciliation,
    }
}

fn parameter(param: &Param, kind: Kind) -> MethodParameter {
    let (domain, default) = match param.domain {
        Domain::Number { min, max, default } if max > 1e300 && min < -1e300 => {
            ("a number".to_owned(), default.to_string())
        }
        Domain::Number { min, max, default } => (format!("a number in [{min}, {max}]"), default.to_string()),
        Domain::Integer { min, max, default } => (format!("a whole number in [{min}, {max}]"), default.to_string()),
        Domain::Lags { max } => (format!("a whole number in [0, {max}]; left out, the method's rule"), String::new()),
        Domain::Choice(words) => {
            (format!("one of {}", words.join(", ")), words.first().copied().unwrap_or_default().to_owned())
        }
        Domain::Measure { .. } => ("the name of a measure or of a numeric attribute".to_owned(), String::new()),
        Domain::Groups { .. } if kind == Kind::Covariance => {
            ("names of keys or text attributes, or combinations such as division^year".to_owned(), String::new())
        }
        Domain::Variable { .. } => (
            "the name of a measure, a rate only where there are no industries, or of a numeric attribute".to_owned(),
            String::new(),
        ),
        Domain::Cells { .. } => ("the name of another measure that adds up".to_owned(), String::new()),
        Domain::Groups { .. } => ("the name of a text attribute of the regions".to_owned(), String::new()),
        Domain::IndustryGroups { .. } => ("the name of a text attribute of the industries".to_owned(), String::new()),
        Domain::Regions { .. } => ("names of regions, separated by semicolons".to_owned(), String::new()),
        Domain::Industries { .. } => ("names of industries, separated by semicolons".to_owned(), String::new()),
        Domain::Terms { .. } => ("names of terms of the formula, separated by semicolons".to_owned(), String::new()),
        Domain::Dataset { .. } => {
            let domain = "the name of a dataset that comes with the request in beside, or name.measure";
            (domain.to_owned(), String::new())
        }
    };
    MethodParameter {
        name: param.name.to_owned(),
        description: param.doc.to_owned(),
        domain,
        default_value: default,
        required: param.domain.is_required(),
    }
}

fn law_in_words(law: Law) -> String {
    match law {
        Law::ScaleInvariant => "scale invariant".to_owned(),
        Law::ScaleEquivariant => "scale equivariant".to_owned(),
        Law::PermutationEquivariant => "permutation equivariant".to_owned(),
        Law::SumsToRegions => "sums to the number of regions".to_owned(),
        Law::ZeroWhenEqual => "zero when all shares are equal".to_owned(),
        Law::OneWhenEqual => "one when all shares are equal".to_owned(),
        Law::Within(low, high) => format!("in [{low}, {high}]"),
        Law::NonNegative => "not negative".to_owned(),
        Law::AddsUp => "between and within add up to the total".to_owned(),
        Law::AtLeast(least) => format!("at least {least}"),
        Law::Decomposes(total, parts) => format!("{total} = {}", parts.join(" + ")),
        Law::TranslationInvariant => "unchanged by a constant added to the measure".to_owned(),
        Law::SumsTo(sum) => format!("sums to {sum}"),
        Law::ReplicationInvariant => "unchanged when every region is there twice".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn pages_cover_the_catalogue_once() {
        let mut ids = Vec::new();
        let mut request = ListMethodsRequest { page_size: 3, ..ListMethodsRequest::default() };
        loop {
            let page = list_methods(&request).unwrap();
            assert!(page.methods.len() <= 3);
            ids.extend(page.methods.into_iter().map(|method| method.id));
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        let expected: Vec<_> = all().iter().map(|card| card.id.to_owned()).collect();
        assert_eq!(ids, expected);
    }

    #[test]
    fn no_name_means_two_methods_of_a_kind() {
        let mut seen = BTreeSet::new();
        for card in all() {
            for name in card.aliases.iter().chain([&card.id]) {
                assert!(seen.insert((kind(card.kind) as i32, *name)), "{name} is taken");
            }
        }
    }

    #[test]
    fn every_fault_of_the_request_is_told() {
        let request = ListMethodsRequest { kind: 99, page_size: -1, page_token: "x".into() };
        assert_eq!(list_methods(&request).unwrap_err().count(), 3);
    }
}
