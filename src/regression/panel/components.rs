//! Variances of random effects and errors, from sums of squared residuals within and between groups.
//!
//! With residuals e = M(y − Xb) that are linear in the errors, E[e'Qe] = Σ_c σ²_c·tr(M'QM V_c), where V_c is the identity for
//! the idiosyncratic error and has ones within groups for the effect of groups. One sum of squares Q for each unknown
//! variance gives linear equations (Baltagi and Chang 1994; two-way: Baltagi, Song and Jung 2002).

use super::{Grouping, INTERCEPT};
use crate::card::Params;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::absorb::Absorber;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::regression::Estimate;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use nalgebra::{DMatrix, DVector};

/// The variances of the error components.
#[derive(Debug, Clone)]
pub(in crate::regression) struct Components {
    /// Of the error of a row.
    pub(in crate::regression) idiosyncratic: f64,
    /// Of the effects of each grouping; estimates below zero are set to zero.
    pub(in crate::regression) effects: Vec<f64>,
    /// Whether the estimate was below zero.
    pub(super) was_negative: Vec<bool>,
}

/// One sum of squares for each unknown, and what is expected of it.
struct Equations {
    squares: DVector<f64>,
    expected: DMatrix<f64>,
}

/// The sample whose components are wanted.
struct Sample<'a> {
    design: &'a Design,
    groups: &'a [Grouping],
    balanced: bool,
    stop: &'a Stop,
}

/// Estimates the components by the method that `components` of the card names.
pub(in crate::regression) fn components(
    design: &Design,
    groups: &[Grouping],
    params: &Params,
    stop: &Stop,
) -> Result<Components, Error> {
    let balanced = is_balanced(design);
    let sample = Sample { design, groups, balanced, stop };
    let method = params.text("components").unwrap_or("swamy_arora");
    let raw = match method {
        "amemiya" => sample.amemiya()?.solve(),
        "wallace_hussain" => sample.wallace_hussain()?.solve(),
        "nerlove" => Some(sample.nerlove()?),
        _ => sample.swamy_arora()?.solve(),
    };
    let usable = raw.filter(|raw| raw.iter().all(|v| v.is_finite()) && raw[0] > 0.0);
    let raw = usable.ok_or_else(|| refuse(method, "is not defined for residuals without variance or so few groups"))?;
    Ok(Components {
        idiosyncratic: raw[0],
        effects: raw[1..].iter().map(|v| v.max(0.0)).collect(),
        was_negative: raw[1..].iter().map(|v| *v < 0.0).collect(),
    })
}

/// Whether every unit has a row in every period.
pub(super) fn is_balanced(design: &Design) -> bool {
    Grouping::units(&design.rows).len() * Grouping::periods(&design.rows).len() == design.rows.len()
}

fn refuse(method: &str, rule: &str) -> Error {
    Violation::new("estimator_parameters.components", format!("{method} {rule}"), method).into()
}

impl Equations {
    fn new(unknowns: usize) -> Self {
        Self { squares: DVector::zeros(unknowns), expected: DMatrix::zeros(unknowns, unknowns) }
    }

    fn solve(self) -> Option<Vec<f64>> {
        self.expected.lu().solve(&self.squares).map(|v| v.as_slice().to_vec())
    }
}

impl Sample<'_> {
    fn n(&self) -> f64 {
        self.design.y.len() as f64
    }

    fn equations(&self) -> Equations {
        Equations::new(1 + self.groups.len())
    }

    /// Degrees of freedom that the fixed effects of all groupings take.
    fn levels(&self) -> f64 {
        (self.groups.iter().map(Grouping::len).sum::<usize>() + 1 - self.groups.len()) as f64
    }

    /// Least squares with the fixed effects of all groupings.
    fn within(&self) -> Result<Estimate, Error> {
        let effects = self.groups.iter().map(|g| g.effect("")).collect();
        least_squares(&Design { effects, ..self.design.clone() }, self.stop)
    }

    /// Swamy and Arora (1972): residuals within, and of the regressions of group means.
    fn swamy_arora(&self) -> Result<Equations, Error> {
        let mut equations = self.equations();
        let within = self.within()?;
        equations.squares[0] = within.ssr;
        equations.expected[(0, 0)] = self.n() - self.levels() - within.kept.len() as f64;
        for (g, grouping) in self.groups.iter().enumerate() {
            let (basis, squares) = self.between(grouping)?;
            let rest = grouping.len().saturating_sub(basis.len()) as f64;
            if rest == 0.0 {
                return Err(refuse(
                    "swamy_arora",
                    "needs more groups than terms; choose another way to estimate the variances",
                ));
            }
            equations.squares[1 + g] = squares;
            equations.expected[(1 + g, 0)] = rest;
            for (h, other) in self.groups.iter().enumerate() {
                // The rows of the basis by unit are √Tᵢ times those by row.
                let by_row: Vec<_> =
                    basis.iter().map(|q| grouping.spread(&scale(q, grouping, |n| 1.0 / n.sqrt()))).collect();
                let taken: f64 = by_row.iter().map(|q| square(&other.sums(q))).sum();
                let all = if g == h { self.n() } else { grouping.len() as f64 };
                equations.expected[(1 + g, 1 + h)] = all - taken;
            }
        }
        Ok(equations)
    }

    /// An orthonormal basis of the group means times √rows, and the squared residuals of the outcome's.
    fn between(&self, grouping: &Grouping) -> Result<(Vec<Vec<f64>>, f64), Error> {
        let means = |column: &[f64]| scale(&grouping.means(column), grouping, f64::sqrt);
        let qr = Orthogonal::new(self.design.x.iter().map(|x| means(x)).collect(), self.stop)?;
        let mut rest = means(&self.design.y);
        qr.project(&mut rest);
        Ok((qr.basis, square(&rest)))
    }

    /// The plain divisors of balanced panels: residual degrees of freedom within, and the number of groups between.
    fn balanced_equations(&self, within: f64, between: &[f64]) -> Equations {
        let mut equations = self.equations();
        equations.squares[0] = within;
        equations.expected[(0, 0)] = self.n() - self.levels();
        for (g, grouping) in self.groups.iter().enumerate() {
            equations.squares[1 + g] = between[g];
            equations.expected[(1 + g, 0)] = grouping.len() as f64;
            equations.expected[(1 + g, 1 + g)] = self.n();
        }
        equations
    }

    /// Squared group means of residuals, each as often as the group has rows.
    fn between_squares(&self, residuals: &[f64]) -> Vec<f64> {
        let squares = |g: &Grouping| square(&scale(&g.means(residuals), g, f64::sqrt));
        self.groups.iter().map(squares).collect()
    }

    /// Amemiya (1971): residuals of the within regression in both sums of squares.
    fn amemiya(&self) -> Result<Equations, Error> {
        let within = self.varying_within("amemiya")?;
        let residuals = self.centred_residuals(&within);
        let between = self.between_squares(&residuals);
        if self.balanced {
            return Ok(self.balanced_equations(within.ssr, &between));
        }
        let mut equations = self.equations();
        equations.squares[0] = within.ssr;
        equations.expected[(0, 0)] = self.n() - self.levels() - within.kept.len() as f64;
        let kept: Vec<Vec<f64>> = within.kept.iter().map(|j| centre(&self.design.x[*j])).collect();
        for (g, grouping) in self.groups.iter().enumerate() {
            let means: Vec<_> = kept.iter().map(|x| scale(&grouping.means(x), grouping, f64::sqrt)).collect();
            let root = &within.sandwich.bread_root;
            let taken: f64 = root.column_iter().map(|r| square(&combine(&means, r.as_slice()))).sum();
            equations.squares[1 + g] = between[g];
            equations.expected[(1 + g, 0)] = grouping.len() as f64 - 1.0 + taken;
            for (h, other) in self.groups.iter().enumerate() {
                let all = if g == h { self.n() } else { grouping.len() as f64 };
                equations.expected[(1 + g, 1 + h)] =
                    all - other.counts.iter().map(|n| (*n * *n) as f64).sum::<f64>() / self.n();
            }
        }
        Ok(equations)
    }

    /// The within regression, if it says something about every regressor.
    fn varying_within(&self, method: &str) -> Result<Estimate, Error> {
        let within = self.within()?;
        let lost = within.collinear.iter().find(|c| c.absorbed && self.design.names[c.column] != INTERCEPT);
        match lost {
            None => Ok(within),
            Some(lost) => {
                let name = &self.design.names[lost.column];
                let rule = format!(
                    "says nothing about {name}, which fixed effects determine; choose swamy_arora or wallace_hussain"
                );
                Err(refuse(method, &rule))
            }
        }
    }

    /// y − Xb with the coefficients of the within regression, less its mean.
    fn centred_residuals(&self, within: &Estimate) -> Vec<f64> {
        let mut residuals = self.design.y.clone();
        for (j, b) in within.kept.iter().zip(&within.coefficients) {
            add_scaled(&mut residuals, -b, &self.design.x[*j]);
        }
        centre(&residuals)
    }

    /// Wallace and Hussain (1969): residuals of pooled least squares in both sums of squares.
    fn wallace_hussain(&self) -> Result<Equations, Error> {
        let qr = Orthogonal::new(self.design.x.clone(), self.stop)?;
        let mut residuals = self.design.y.clone();
        qr.project(&mut residuals);
        let factors: Vec<_> = self.groups.iter().map(|g| g.effect("")).collect();
        let factors: Vec<_> = factors.iter().map(|e| e.factor()).collect();
        let absorber = Absorber::new(self.design.y.len(), &factors, None, self.stop);
        let within = square(&absorber.absorb(&residuals)?.residual);
        let between = self.between_squares(&residuals);
        if self.balanced {
            return Ok(self.balanced_equations(within, &between));
        }
        let mut equations = self.expected_of_pooled(&qr, &absorber)?;
        equations.squares[0] = within;
        between.iter().enumerate().for_each(|(g, squares)| equations.squares[1 + g] = *squares);
        Ok(equations)
    }

    /// The expectations of the sums of squares of pooled residuals.
    fn expected_of_pooled(&self, qr: &Orthogonal, absorber: &Absorber<'_>) -> Result<Equations, Error> {
        let absorbed = qr.basis.iter().map(|q| Ok(absorber.absorb(q)?.residual)).collect::<Result<Vec<_>, Error>>()?;
        let inside = gram(&absorbed, &absorbed);
        let sums: Vec<_> = self.groups.iter().map(|g| columns(&qr.basis, |q| g.sums(q))).collect();
        let sum_grams: Vec<_> = sums.iter().map(|s| gram(s, s)).collect();
        let mut equations = self.equations();
        equations.expected[(0, 0)] = self.n() - self.levels() - inside.trace();
        for (h, of_sums) in sum_grams.iter().enumerate() {
            equations.expected[(0, 1 + h)] = (&inside * of_sums).trace();
        }
        for (g, grouping) in self.groups.iter().enumerate() {
            let means = columns(&qr.basis, |q| scale(&grouping.means(q), grouping, f64::sqrt));
            let of_means = gram(&means, &means);
            equations.expected[(1 + g, 0)] = grouping.len() as f64 - of_means.trace();
            for (h, other) in self.groups.iter().enumerate() {
                let spread = columns(&qr.basis, |q| other.sums(&grouping.spread(&grouping.means(q))));
                let all = if g == h { self.n() } else { grouping.len() as f64 };
                let taken = 2.0 * gram(&spread, &sums[h]).trace() - (&of_means * &sum_grams[h]).trace();
                equations.expected[(1 + g, 1 + h)] = all - taken;
            }
        }
        Ok(equations)
    }

    /// Nerlove (1971): the variances of the fixed effects about their mean, and of the residuals without a correction.
    fn nerlove(&self) -> Result<Vec<f64>, Error> {
        let within = self.varying_within("nerlove")?;
        let mut variances = vec![within.ssr / self.n()];
        for (g, grouping) in self.groups.iter().enumerate() {
            let mut effects = within.outcome_effects[g].intercepts.clone();
            for (b, of_regressor) in within.coefficients.iter().zip(&within.regressor_effects) {
                add_scaled(&mut effects, -b, &of_regressor[g].intercepts);
            }
            let about_mean = centre(&grouping.spread(&effects));
            let groups = grouping.len() as f64;
            variances.push(square(&about_mean) / self.n() * groups / (groups - 1.0));
        }
        Ok(variances)
    }
}

fn square(column: &[f64]) -> f64 {
    dot(column, column)
}

/// Each value of a group times a function of its number of rows.
fn scale(values: &[f64], grouping: &Grouping, by: impl Fn(f64) -> f64) -> Vec<f64> {
    values.iter().zip(&grouping.counts).map(|(v, n)| v * by(*n as f64)).collect()
}

fn centre(column: &[f64]) -> Vec<f64> {
    let mean = column.iter().sum::<f64>() / column.len() as f64;
    column.iter().map(|x| x - mean).collect()
}

fn columns(basis: &[Vec<f64>], of: impl Fn(&[f64]) -> Vec<f64>) -> Vec<Vec<f64>> {
    basis.iter().map(|q| of(q)).collect()
}

/// Σ_j columns_j · coefficients_j.
fn combine(columns: &[Vec<f64>], coefficients: &[f64]) -> Vec<f64> {
    let mut sum = vec![0.0; columns.first().map_or(0, Vec::len)];
    columns.iter().zip(coefficients).for_each(|(x, c)| add_scaled(&mut sum, *c, x));
    sum
}

/// A'B of two lists of columns.
fn gram(a: &[Vec<f64>], b: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_fn(a.len(), b.len(), |i, j| dot(&a[i], &b[j]))
}
