//! The rows of a sample level by level of the base, so that one pass takes the base out and sums for the others.

use super::block::Block;
use super::lanes::{LANES, Lanes, add};

/// The columns of all factors in the order of the base's levels.
#[derive(Debug)]
pub(super) struct Sorted {
    /// The row at each place.
    order: Vec<u32>,
    /// Where the rows of each level of the base begin, and where the last ones end.
    starts: Vec<usize>,
    /// The weight of the row at each place.
    weights: Option<Vec<f64>>,
    base: Vec<Term>,
    others: Vec<Term>,
}

/// Columns of one factor: its dummies or its slopes.
#[derive(Debug)]
struct Term {
    /// Column of the row at each place, counted through all others; empty for the base, whose rows are sorted.
    codes: Vec<u32>,
    /// Entry of the row at each place; `None` for ones.
    entry: Option<Vec<f64>>,
    /// The same times the weight.
    weighted: Option<Vec<f64>>,
    /// One over the length of each column.
    scale: Vec<f64>,
}

impl Sorted {
    /// Sorts the rows of `blocks` by the levels of the one called `base`.
    pub(super) fn new(rows: usize, blocks: &[Block<'_>], base: usize, weights: Option<&[f64]>) -> Self {
        let (order, starts) = by_level(rows, blocks.get(base));
        let weights: Option<Vec<f64>> = weights.map(|w| pick(w, &order));
        let (mut base_terms, mut others, mut offset) = (Vec::new(), Vec::new(), 0);
        for (q, block) in blocks.iter().enumerate() {
            for (scale, entry) in block.terms() {
                let entry = entry.map(|z| pick(z, &order));
                let weighted = match (&weights, &entry) {
                    (Some(weights), Some(z)) => Some(weights.iter().zip(z).map(|(w, z)| w * z).collect()),
                    (weights, entry) => weights.clone().or_else(|| entry.clone()),
                };
                let mut term = Term { codes: Vec::new(), entry, weighted, scale: scale.to_vec() };
                if q == base {
                    base_terms.push(term);
                    continue;
                }
                term.codes = order.iter().map(|i| offset + block.codes()[*i as usize]).collect();
                offset += scale.len() as u32;
                others.push(term);
            }
        }
        Self { order, starts, weights, base: base_terms, others }
    }

    /// Rows in the order of the base's levels, and where each level's rows begin.
    pub(super) fn rows(&self) -> (&[u32], &[usize]) {
        (&self.order, &self.starts)
    }

    /// How many coefficients the others have.
    pub(super) fn len_of_others(&self) -> usize {
        self.others.iter().map(|term| term.scale.len()).sum()
    }

    /// Coefficients of the base, all zero.
    pub(super) fn no_base(&self) -> Vec<Vec<Lanes>> {
        self.base.iter().map(|term| vec![[0.0; LANES]; term.scale.len()]).collect()
    }

    /// Up to four columns side by side, in the order of the base.
    pub(super) fn load(&self, columns: &[&[f64]]) -> Vec<Lanes> {
        let mut values = vec![[0.0; LANES]; self.order.len()];
        for (value, row) in values.iter_mut().zip(&self.order) {
            columns.iter().enumerate().for_each(|(l, column)| value[l] = column[*row as usize]);
        }
        values
    }

    /// The first `count` lanes as columns, in the order of the sample.
    pub(super) fn unload(&self, values: &[Lanes], count: usize) -> Vec<Vec<f64>> {
        let mut columns = vec![vec![0.0; values.len()]; count];
        for (value, row) in values.iter().zip(&self.order) {
            columns.iter_mut().enumerate().for_each(|(l, column)| column[*row as usize] = value[l]);
        }
        columns
    }

    /// Σ of weight times square.
    pub(super) fn squares(&self, values: &[Lanes]) -> Lanes {
        let Some(weights) = &self.weights else { return super::lanes::dots(values, values) };
        let mut sum = [0.0; LANES];
        for (v, w) in values.iter().zip(weights) {
            (0..LANES).for_each(|l| sum[l] += w * v[l] * v[l]);
        }
        sum
    }

    /// Takes the base out of `values` until nothing is left of it, adds its coefficients to `found` and returns
    /// the products of the others' columns with what remains.
    pub(super) fn begin(&self, values: &mut [Lanes], found: &mut [Vec<Lanes>]) -> Vec<Lanes> {
        let mut sums = vec![[0.0; LANES]; self.len_of_others()];
        for level in 0..self.starts.len() - 1 {
            let span = self.starts[level]..self.starts[level + 1];
            let rows = &mut values[span.clone()];
            // What rounding leaves of a large mean is gone the second time.
            self.project(level, span.start, rows, Some(found));
            self.project(level, span.start, rows, Some(found));
            self.gather(span.start, rows, &mut sums);
        }
        self.scale(&mut sums);
        sums
    }

    /// Takes the others' columns times `coefficients` and then the base out of `values`, with its coefficients
    /// added to `found`; returns the products of the others' columns with what remains.
    pub(super) fn take(&self, coefficients: &[Lanes], values: &mut [Lanes], found: &mut [Vec<Lanes>]) -> Vec<Lanes> {
        let scaled = self.scaled(-1.0, coefficients);
        let mut sums = vec![[0.0; LANES]; coefficients.len()];
        for level in 0..self.starts.len() - 1 {
            let span = self.starts[level]..self.starts[level + 1];
            let rows = &mut values[span.clone()];
            self.spread(span.start, &scaled, rows);
            self.project(level, span.start, rows, Some(found));
            self.gather(span.start, rows, &mut sums);
        }
        self.scale(&mut sums);
        sums
    }

    /// The Schur complement of the base, times `coefficients`; no vector of the length of the sample is formed.
    pub(super) fn schur(&self, coefficients: &[Lanes]) -> Vec<Lanes> {
        let scaled = self.scaled(1.0, coefficients);
        let mut sums = vec![[0.0; LANES]; coefficients.len()];
        let longest = self.starts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or(0);
        let mut scratch = vec![[0.0; LANES]; longest];
        for level in 0..self.starts.len() - 1 {
            let start = self.starts[level];
            let rows = &mut scratch[..self.starts[level + 1] - start];
            rows.fill([0.0; LANES]);
            self.spread(start, &scaled, rows);
            self.project(level, start, rows, None);
            self.gather(start, rows, &mut sums);
        }
        self.scale(&mut sums);
        sums
    }

    fn scales(&self) -> impl Iterator<Item = &f64> {
        self.others.iter().flat_map(|term| &term.scale)
    }

    fn scale(&self, sums: &mut [Lanes]) {
        for (sum, scale) in sums.iter_mut().zip(self.scales()) {
            *sum = sum.map(|s| s * scale);
        }
    }

    fn scaled(&self, sign: f64, coefficients: &[Lanes]) -> Vec<Lanes> {
        coefficients.iter().zip(self.scales()).map(|(c, scale)| c.map(|c| sign * c * scale)).collect()
    }

    /// rows += the others' columns · coefficients; the rows stand from `start` on.
    fn spread(&self, start: usize, coefficients: &[Lanes], rows: &mut [Lanes]) {
        let span = start..start + rows.len();
        for term in &self.others {
            let codes = &term.codes[span.clone()];
            match &term.entry {
                None => rows.iter_mut().zip(codes).for_each(|(v, c)| add(v, 1.0, &coefficients[*c as usize])),
                Some(entry) => {
                    let entries = codes.iter().zip(&entry[span.clone()]);
                    rows.iter_mut().zip(entries).for_each(|(v, (c, z))| add(v, *z, &coefficients[*c as usize]));
                }
            }
        }
    }

    /// sums += the others' columns' · W · rows.
    fn gather(&self, start: usize, rows: &[Lanes], sums: &mut [Lanes]) {
        let span = start..start + rows.len();
        for term in &self.others {
            let codes = &term.codes[span.clone()];
            match &term.weighted {
                None => rows.iter().zip(codes).for_each(|(v, c)| add(&mut sums[*c as usize], 1.0, v)),
                Some(entry) => {
                    let entries = codes.iter().zip(&entry[span.clone()]);
                    rows.iter().zip(entries).for_each(|(v, (c, z))| add(&mut sums[*c as usize], *z, v));
                }
            }
        }
    }

    /// Takes the columns of one level of the base out of its rows.
    fn project(&self, level: usize, start: usize, rows: &mut [Lanes], mut found: Option<&mut [Vec<Lanes>]>) {
        let span = start..start + rows.len();
        for (t, term) in self.base.iter().enumerate() {
            let mut sum = [0.0; LANES];
            match &term.weighted {
                None => rows.iter().for_each(|v| add(&mut sum, 1.0, v)),
                Some(entry) => rows.iter().zip(&entry[span.clone()]).for_each(|(v, z)| add(&mut sum, *z, v)),
            }
            let coefficient = sum.map(|sum| sum * term.scale[level] * term.scale[level]);
            match &term.entry {
                None => rows.iter_mut().for_each(|v| add(v, -1.0, &coefficient)),
                Some(entry) => rows.iter_mut().zip(&entry[span.clone()]).for_each(|(v, z)| add(v, -z, &coefficient)),
            }
            if let Some(found) = &mut found {
                add(&mut found[t][level], 1.0, &coefficient);
            }
        }
    }
}

/// The rows by level of a block, in their order within a level, and where each level begins.
fn by_level(rows: usize, block: Option<&Block<'_>>) -> (Vec<u32>, Vec<usize>) {
    let Some(block) = block else { return ((0..rows as u32).collect(), vec![0, rows]) };
    let mut starts = vec![0; block.levels() + 1];
    block.codes().iter().for_each(|g| starts[*g as usize + 1] += 1);
    (0..block.levels()).for_each(|g| starts[g + 1] += starts[g]);
    let (mut order, mut next) = (vec![0; rows], starts.clone());
    for (i, g) in block.codes().iter().enumerate() {
        order[next[*g as usize]] = i as u32;
        next[*g as usize] += 1;
    }
    (order, starts)
}

fn pick(column: &[f64], order: &[u32]) -> Vec<f64> {
    order.iter().map(|i| column[*i as usize]).collect()
}
