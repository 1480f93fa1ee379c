//! What `agglo seek` and `agglo allocate` are typed with: a number of the forecast, and changes whose amounts are free.

use crate::api::v1::change::Action;
use crate::api::v1::extensive::Entry;
use crate::api::v1::{Change, Companion, Extensive, ForecastNumber, ForecastPlace, ForecastQuantity, Intensive, Move};

/// A number of the forecast.
#[derive(Debug, clap::Args)]
pub(super) struct NumberArgs {
    /// The quantity: outcome, level, growth, average-growth, theil, theil-between, theil-within, sigma,
    /// gini, gap or beta.
    #[arg(long = "of", value_name = "QUANTITY", value_parser = parse_quantity, default_value = "growth")]
    quantity: ForecastQuantity,
    /// The region it belongs to; all regions together when left out.
    #[arg(long, value_name = "NAME", default_value = "", conflicts_with = "class")]
    in_region: String,
    /// The industry of the region, in a model of cells.
    #[arg(long, value_name = "NAME", default_value = "", requires = "in_region")]
    in_industry: String,
    /// The class of --group it belongs to, such as a macro-region.
    #[arg(long, value_name = "NAME", default_value = "", requires = "group")]
    class: String,
    /// A region whose quantity is taken off: the number is then the gap to it.
    #[arg(long, value_name = "NAME")]
    gap_to: Option<String>,
    /// The period it is of; the last one when left out.
    #[arg(long, value_name = "PERIOD", default_value = "")]
    in_period: String,
}

impl NumberArgs {
    /// The number as the request has it.
    pub(super) fn read(self) -> ForecastNumber {
        let region = |region| ForecastPlace { region, ..ForecastPlace::default() };
        ForecastNumber {
            quantity: self.quantity.into(),
            place: Some(ForecastPlace { region: self.in_region, industry: self.in_industry, group: self.class }),
            less: self.gap_to.map(region),
            period: self.in_period,
        }
    }

    /// The number in words.
    pub(super) fn title(number: &ForecastNumber) -> String {
        let quantity = match number.quantity() {
            ForecastQuantity::AverageGrowth => "average growth".to_owned(),
            other => other.as_str_name().trim_start_matches("FORECAST_QUANTITY_").to_lowercase().replace('_', " "),
        };
        let place = number.place.as_ref().map(name).filter(|name| !name.is_empty());
        let less = number.less.as_ref().map(|less| format!(" above {}", name(less)));
        let of = place.map_or_else(String::new, |place| format!(" of {place}"));
        let period = if number.period.is_empty() { "the last period" } else { &number.period };
        let when =
            if number.quantity() == ForecastQuantity::AverageGrowth { "from the end of the data to" } else { "in" };
        format!("{quantity}{of}{} {when} {period}", less.unwrap_or_default())
    }
}

fn name(place: &ForecastPlace) -> String {
    let names = [&place.region, &place.industry, &place.group];
    names.into_iter().filter(|name| !name.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn parse_quantity(text: &str) -> Result<ForecastQuantity, String> {
    let name = format!("FORECAST_QUANTITY_{}", text.replace('-', "_").to_uppercase());
    ForecastQuantity::from_str_name(&name).filter(|quantity| *quantity != ForecastQuantity::Unspecified).ok_or_else(
        || {
            "write outcome, level, growth, average-growth, theil, theil-between, theil-within, sigma, gini, gap or beta"
                .to_owned()
        },
    )
}

/// A change whose amount is free, as typed: `MEASURE=ACTION[*COST][:LOW..HIGH][@REGION;REGION][>REGION;REGION]`,
/// the measure followed by `+MEASURE` for each that an extensive or intensive change moves along.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FreeChange {
    /// The change; its amount is no change at all.
    pub(super) change: Change,
    /// Money a unit of the amount.
    pub(super) cost: Option<f64>,
    /// The bounds.
    pub(super) bounds: Option<(f64, f64)>,
}

impl std::str::FromStr for FreeChange {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (measure, rest) =
            text.split_once('=').ok_or("write it as MEASURE=ACTION…, as in capital=scale:1..3@Ohio")?;
        let mut measures = measure.split('+').map(|name| name.trim().to_owned());
        let measure = measures.next().unwrap_or_default();
        let companions: Vec<String> = measures.collect();
        let (rest, to) = rest.split_once('>').map_or((rest, None), |(rest, to)| (rest, Some(names(to))));
        let (rest, regions) = rest.split_once('@').map_or((rest, Vec::new()), |(rest, regions)| (rest, names(regions)));
        let (rest, bounds) = match rest.split_once(':') {
            Some((rest, bounds)) => (rest, Some(parse_bounds(bounds)?)),
            None => (rest, None),
        };
        let (action, cost) = match rest.split_once('*') {
            Some((action, cost)) => (action, Some(parse_number(cost)?)),
            None => (rest, None),
        };
        let action = match (action, to) {
            ("scale", None) => Action::Scale(1.0),
            ("add", None) => Action::Add(0.0),
            ("extensive", None) => Action::Extensive(Extensive {
                entry: Some(Entry::Rate(0.0)),
                companions: companions
                    .iter()
                    .map(|name| Companion { measure: name.clone(), relative_size: None })
                    .collect(),
            }),
            ("intensive", None) => Action::Intensive(Intensive { rate: 0.0, companions: companions.clone() }),
            ("move", Some(to_regions)) => Action::Move(Move { share: 0.0, to_regions }),
            ("move", None) => return Err("a move needs regions to go to, as in capital=move:0..1@Ohio>Iowa".to_owned()),
            (_, Some(_)) => return Err("only a move has regions to go to".to_owned()),
            _ => return Err("the action is scale, add, move, extensive or intensive".to_owned()),
        };
        if !companions.is_empty() && !matches!(action, Action::Extensive(_) | Action::Intensive(_)) {
            return Err("only the extensive and the intensive lever change several measures".to_owned());
        }
        let change = Change { measure, action: Some(action), regions, ..Change::default() };
        Ok(Self { change, cost, bounds })
    }
}

fn names(text: &str) -> Vec<String> {
    text.split(';').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn parse_bounds(text: &str) -> Result<(f64, f64), String> {
    let (low, high) = text.split_once("..").ok_or("write bounds as LOW..HIGH, as in 1..3")?;
    Ok((parse_number(low)?, parse_number(high)?))
}

fn parse_number(text: &str) -> Result<f64, String> {
    text.trim().parse().map_err(|_| format!("{text:?} is not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn free_changes_are_read_as_they_are_typed() {
        let read = |text: &str| text.parse::<FreeChange>();
        let lever = read("capital=add*1.5:0..500@New York;Ohio").unwrap();
        assert_eq!((lever.cost, lever.bounds), (Some(1.5), Some((0.0, 500.0))));
        assert_eq!(
            (lever.change.regions, lever.change.action),
            (vec!["New York".into(), "Ohio".into()], Some(Action::Add(0.0)))
        );
        let moved = read("jobs=move:0..1@Ohio>Iowa").unwrap().change;
        assert_eq!(moved.action, Some(Action::Move(Move { share: 0.0, to_regions: vec!["Iowa".into()] })));
        assert_eq!(read("jobs=scale").unwrap().bounds, None);
        let entrants = read("enterprises+capital=extensive:0..0.5@Ohio").unwrap().change;
        let Some(Action::Extensive(extensive)) = entrants.action else { panic!("an extensive lever") };
        assert_eq!((entrants.measure.as_str(), extensive.companions[0].measure.as_str()), ("enterprises", "capital"));
        for wrong in [
            "jobs",
            "jobs=grow",
            "jobs=scale:1",
            "jobs=scale:a..b",
            "jobs=move@Ohio",
            "jobs=add>Iowa",
            "jobs+capital=add",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
