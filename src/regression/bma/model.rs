//! One model: its marginal likelihood and its coefficients.

use crate::numeric::vector::{add_scaled, dot, norm};
use crate::regression::Estimate;
use nalgebra::DMatrix;
use statrs::function::gamma::ln_gamma;

/// Probabilities of models before the data.
#[derive(Debug, Clone, Copy)]
pub(super) enum Prior {
    /// All models alike.
    Uniform,
    /// Every term with the same probability, which is Beta(1, (K − size)/size) itself.
    Random {
        /// The expected number of terms.
        size: f64,
    },
}

/// The least-squares problem of all terms, reduced to their triangle.
#[derive(Debug)]
pub(super) struct Problem {
    /// Column j of R has j + 1 entries.
    triangle: Vec<Vec<f64>>,
    /// Q'y.
    target: Vec<f64>,
    /// Sum of squares without any term.
    total: f64,
    /// Rows less what intercept and effects take.
    freedom: f64,
    /// The prior's share g of the information.
    g: f64,
    prior: Prior,
}

/// A model as it grows term by term: an orthonormal basis of its columns, and what follows from it.
#[derive(Debug, Clone)]
pub(super) struct Model {
    /// Its terms, one bit each.
    pub(super) terms: u128,
    basis: Vec<Vec<f64>>,
    members: Vec<usize>,
    /// Columns of the triangle's inverse, over `members`.
    inverse: Vec<Vec<f64>>,
    /// Sum of squared residuals.
    ssr: f64,
    /// Least-squares coefficients of `members`.
    coefficients: Vec<f64>,
}

impl Problem {
    pub(super) fn new(full: &Estimate, fixed: usize, rows: usize, freedom: usize, prior: Prior) -> Self {
        let all = full.coefficients.len();
        let root = &full.sandwich.bread_root;
        let Some(triangle) = root.solve_upper_triangular(&DMatrix::identity(all, all)) else {
            unreachable!("the root of the bread is a triangle of full rank")
        };
        let column = |j: usize| (fixed..=j).map(|i| triangle[(i, j)]).collect::<Vec<f64>>();
        let columns: Vec<Vec<f64>> = (fixed..all).map(column).collect();
        let target: Vec<f64> =
            (fixed..all).map(|i| (i..all).map(|j| triangle[(i, j)] * full.coefficients[j]).sum()).collect();
        let total = full.ssr + target.iter().map(|c| c * c).sum::<f64>();
        let g = 1.0 / (rows as f64).max((columns.len() * columns.len()) as f64);
        Self { triangle: columns, target, total, freedom: freedom as f64, g, prior }
    }

    /// The number of terms K.
    pub(super) fn len(&self) -> usize {
        self.target.len()
    }

    /// Whether the outcome varies, beyond rounding of `squares`, about intercept and effects.
    pub(super) fn has_variation(&self, squares: f64) -> bool {
        self.total > 1e-24 * squares
    }

    /// Rows less what intercept and effects take.
    pub(super) fn freedom(&self) -> f64 {
        self.freedom
    }

    /// 1/(1+g), by which coefficients are less than those of least squares.
    pub(super) fn shrinkage(&self) -> f64 {
        1.0 / (1.0 + self.g)
    }

    /// The model without terms.
    pub(super) fn empty(&self) -> Model {
        Model {
            terms: 0,
            basis: Vec::new(),
            members: Vec::new(),
            inverse: Vec::new(),
            ssr: self.total,
            coefficients: Vec::new(),
        }
    }

    /// The model with these terms.
    pub(super) fn model(&self, terms: u128) -> Model {
        let mut model = self.empty();
        (0..self.len()).filter(|j| terms >> j & 1 == 1).for_each(|j| self.add(&mut model, j));
        model
    }

    /// The model with one term more.
    pub(super) fn with(&self, model: &Model, term: usize) -> Model {
        let mut larger = model.clone();
        self.add(&mut larger, term);
        larger
    }

    fn add(&self, model: &mut Model, term: usize) {
        let mut column = self.triangle[term].clone();
        column.resize(self.len(), 0.0);
        let mut entries = vec![0.0; model.basis.len()];
        for _ in 0..2 {
            for (q, entry) in model.basis.iter().zip(&mut entries) {
                let h = dot(q, &column);
                add_scaled(&mut column, -h, q);
                *entry += h;
            }
        }
        let length = norm(&column);
        column.iter_mut().for_each(|x| *x /= length);
        // The last column of the inverse: −R⁻¹·entries/length over the old members, 1/length for the new one.
        let mut last = vec![0.0; entries.len()];
        for (h, inverse) in entries.iter().zip(&model.inverse) {
            add_scaled(&mut last, -h / length, inverse);
        }
        last.push(1.0 / length);
        let coordinate = dot(&column, &self.target);
        model.coefficients.push(0.0);
        add_scaled(&mut model.coefficients, coordinate, &last);
        model.terms |= 1 << term;
        model.members.push(term);
        model.basis.push(column);
        model.inverse.push(last);
        model.ssr = (model.ssr - coordinate * coordinate).max(0.0);
    }

    /// SSR/(1+g) + g·TSS/(1+g).
    fn squares(&self, model: &Model) -> f64 {
        (model.ssr + self.g * self.total) * self.shrinkage()
    }

    /// The logarithm of prior times marginal likelihood, less what all models share.
    pub(super) fn log_weight(&self, model: &Model) -> f64 {
        let (k, all) = (model.members.len() as f64, self.len() as f64);
        let prior = match self.prior {
            Prior::Uniform => 0.0,
            Prior::Random { size } => ln_gamma(1.0 + k) + ln_gamma((all - size) / size + all - k),
        };
        prior + 0.5 * k * (self.g * self.shrinkage()).ln()
            - 0.5 * self.freedom * (self.squares(model) / self.total).ln()
    }

    /// The posterior mean of the errors' variance in a model.
    pub(super) fn variance(&self, model: &Model) -> f64 {
        self.squares(model) / (self.freedom - 2.0)
    }
}

impl Model {
    /// Terms with their least-squares coefficients.
    pub(super) fn coefficients(&self) -> impl Iterator<Item = (usize, f64)> {
        self.members.iter().copied().zip(self.coefficients.iter().copied())
    }

    /// Calls with each entry of (X'X)⁻¹ in the lower triangle, summed column by column of the triangle's inverse.
    pub(super) fn for_inverse(&self, mut entry: impl FnMut(usize, usize, f64)) {
        for column in &self.inverse {
            for (i, a) in column.iter().enumerate() {
                for (j, b) in column[..=i].iter().enumerate() {
                    entry(self.members[i], self.members[j], a * b);
                }
            }
        }
    }

    /// The diagonal of (X'X)⁻¹, one a member.
    pub(super) fn inverse_diagonal(&self) -> Vec<f64> {
        let mut diagonal = vec![0.0; self.members.len()];
        for column in &self.inverse {
            diagonal.iter_mut().zip(column).for_each(|(d, r)| *d += r * r);
        }
        diagonal
    }
}
