//! Capital from investment by the perpetual inventory method.

use super::column::Column;
use super::node::{Context, Node};
use crate::indices::Shape;
use crate::panel::{Absent, Period, Value, finite};

/// `K_t = (1 − δ) K_{t−1} + I_t`, from the first period in which a cell's investment is
/// present, where it starts in its steady state `K = I / δ`.
///
/// Goldsmith, R. W. (1951), A perpetual inventory of national wealth, Studies in Income and
/// Wealth 14; the start as in Harberger, A. C. (1978) without growth. Once a period of
/// investment is absent the stock stays absent with that reason.
#[derive(Debug, Clone)]
pub(super) struct Stock {
    /// Place in the [`Cache`].
    pub(super) slot: usize,
    /// δ in (0, 1], a period.
    pub(super) depreciation: f64,
    /// I.
    pub(super) investment: Node,
    /// The shape of the result: cells or regions.
    pub(super) shape: Shape,
}

/// What a program remembers between periods of one source, so that a recursion goes on where
/// it stood.
///
/// A cache belongs to one program and one source. When periods of the source change, as in
/// the next draw of a simulation, [`Cache::rewind`] forgets what came from them.
#[derive(Debug, Clone, Default)]
pub struct Cache {
    first: Option<Period>,
    /// By stock and period since the first.
    stocks: Vec<Vec<Vec<Value>>>,
}

impl Cache {
    /// Forgets what was computed for periods after `last`.
    pub fn rewind(&mut self, last: Period) {
        let Some(first) = self.first else { return };
        let kept = usize::try_from(last.ordinal - first.ordinal + 1).unwrap_or(0);
        for stock in &mut self.stocks {
            stock.truncate(kept);
        }
    }

    /// What is known of a stock, taken out of the cache.
    fn take(&mut self, slot: usize, first: Period) -> Vec<Vec<Value>> {
        self.first = Some(first);
        if self.stocks.len() <= slot {
            self.stocks.resize(slot + 1, Vec::new());
        }
        std::mem::take(&mut self.stocks[slot])
    }
}

impl Stock {
    pub(super) fn run<'a>(&'a self, context: Context<'a>, period: Period, cache: &mut Cache) -> Column<'a> {
        let first = context.source.first_period();
        let Ok(wanted) = usize::try_from(period.ordinal - first.ordinal) else {
            return Column::One(Err(Absent::NoPeriod));
        };
        let mut past = cache.take(self.slot, first);
        while past.len() <= wanted {
            let now = first.plus(past.len() as i32);
            let investment = self.investment.run(context, now, cache).spread(self.shape, context.size);
            let next = investment.iter().enumerate().map(|(cell, flow)| self.next(&past, cell, *flow)).collect();
            past.push(next);
        }
        let values = past[wanted].clone();
        cache.stocks[self.slot] = past;
        Column::owned(self.shape, values)
    }

    /// The stock of a cell after its `past` and a further `flow`.
    fn next(&self, past: &[Vec<Value>], cell: usize, flow: Value) -> Value {
        match past.last().map(|stocks| stocks[cell]) {
            Some(Ok(stock)) => finite((1.0 - self.depreciation) * stock + flow?),
            Some(Err(reason)) if past.iter().any(|stocks| stocks[cell].is_ok()) => Err(reason),
            _ => finite(flow? / self.depreciation),
        }
    }
}
