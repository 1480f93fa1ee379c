//! Levels that cannot be negative and become so.

use super::series::Section;
use super::study::Study;
use super::warning::{Code, Doubt, Warning};

/// Where the levels of a future have fallen below zero.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Step from 1 and row of the first.
    first: Option<(usize, usize)>,
    /// Values of the point forecast.
    points: usize,
    /// By draw, whether it has.
    draws: Vec<bool>,
}

impl Below {
    /// Adds the levels of step `h`.
    pub(super) fn see(&mut self, level: &Section, h: usize) {
        self.draws.resize(level.count, false);
        for row in 0..level.point.len() {
            let draws = level.at(row).draws.unwrap_or_default();
            let mut below = level.point[row].is_ok_and(|x| x < 0.0);
            self.points += usize::from(below);
            for (seen, x) in self.draws.iter_mut().zip(draws) {
                *seen |= *x < 0.0;
                below |= *x < 0.0;
            }
            if below {
                self.first.get_or_insert((h, row));
            }
        }
    }

    /// What to tell of a future of this name; a rate may be negative.
    pub(super) fn doubt(&self, study: &Study<'_>, name: &str) -> Option<Doubt> {
        let measure = &study.engine().panel.measures()[study.engine().main.link.measure];
        let (h, row) = self.first.filter(|_| measure.adds_up())?;
        let message = format!(
            "{} falls below zero, first in {} in {}: {} values of the point forecast and some in {} of {} draws; \
             growth below -100 % has no meaning for it",
            measure.name,
            study.rows[row].label(),
            study.engine().plan.periods[h - 1],
            self.points,
            self.draws.iter().filter(|seen| **seen).count(),
            self.draws.len(),
        );
        Some(((Code::NegativeLevel, 0), Warning::new(Code::NegativeLevel, name, message)))
    }
}
