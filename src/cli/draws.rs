//! The draws of a forecast as a file, for a reader's own statistics.

use super::client::Client;
use super::failure::{Exit, Failure};
use super::upload::waiting;
use crate::api::v1::{ForecastGrowthRequest, PlaceDraws, StreamForecastDrawsRequest, StreamForecastDrawsResponse};
use std::fs::File;
use std::path::Path;

/// Writes the draws of `forecast` to `path`: CSV, one row a future, period, place and draw.
///
/// # Errors
/// When the server refuses the request or the file cannot be written.
pub(super) async fn write(client: &Client, forecast: ForecastGrowthRequest, path: &Path) -> Result<(), Failure> {
    let cannot = |e: &dyn std::fmt::Display| {
        Failure::new(Exit::CannotCreate, format!("the draws {} cannot be written: {e}", path.display()))
    };
    let request = StreamForecastDrawsRequest { forecast: Some(forecast) };
    let mut service = client.forecast();
    let mut messages = waiting("drawing", service.stream_forecast_draws(request)).await?.into_inner();
    let mut file = csv::Writer::from_writer(File::create(path).map_err(|e| cannot(&e))?);
    let header = ["future", "period", "region", "industry", "draw", "outcome", "level"];
    file.write_record(header).map_err(|e| cannot(&e))?;
    while let Some(message) = messages.message().await? {
        for place in &message.places {
            write_place(&mut file, &message, place).map_err(|e| cannot(&e))?;
        }
    }
    file.flush().map_err(|e| cannot(&e))
}

/// The rows of a place; one without numbers where there are none.
fn write_place(
    file: &mut csv::Writer<File>,
    message: &StreamForecastDrawsResponse,
    place: &PlaceDraws,
) -> csv::Result<()> {
    let keys = [&message.future, &message.period, &place.region, &place.industry];
    let mut write = |draw: String, numbers: [String; 2]| {
        let cells = keys.into_iter().cloned().chain([draw]).chain(numbers);
        file.write_record(cells.collect::<Vec<_>>())
    };
    let count = place.outcome.len().max(place.level.len());
    if count == 0 {
        return write(String::new(), [String::new(), String::new()]);
    }
    let cell = |numbers: &[f64], draw: usize| numbers.get(draw).map_or_else(String::new, f64::to_string);
    (0..count)
        .try_for_each(|draw| write((draw + 1).to_string(), [cell(&place.outcome, draw), cell(&place.level, draw)]))
}
