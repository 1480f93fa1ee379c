//! One regression a unit, and their combinations.

use super::Grouping;
use crate::error::{Error, Violation};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::finite;
use crate::regression::design::{Design, LeftOut, RowId};
use crate::regression::ols::least_squares;
use crate::regression::{Estimate, Own, Part, Sandwich, Scores};
use nalgebra::{DMatrix, DVector};

/// The regression of one unit.
#[derive(Debug)]
pub(super) struct UnitFit {
    /// Positions of its rows.
    pub(super) rows: Vec<usize>,
    /// Its coefficients.
    pub(super) coefficients: DVector<f64>,
    /// R⁻¹ with (X'X)⁻¹ = R⁻¹R⁻ᵀ.
    pub(super) root: DMatrix<f64>,
    /// The columns of Q = XR⁻¹, one entry a row.
    basis: Vec<Vec<f64>>,
    /// Residual variance.
    pub(super) sigma2: f64,
}

impl UnitFit {
    /// (X'X)⁻¹.
    pub(super) fn inverse(&self) -> DMatrix<f64> {
        &self.root * self.root.transpose()
    }

    /// X'X.
    pub(super) fn gram(&self) -> Option<DMatrix<f64>> {
        let triangle = self.root.clone().try_inverse()?;
        Some(triangle.transpose() * triangle)
    }
}

/// The units whose own rows determine all coefficients, and the design of their rows.
#[derive(Debug)]
pub(super) struct ByUnit {
    /// Their rows.
    pub(super) design: Design,
    /// Least squares of all their rows.
    pub(super) pooled: Estimate,
    /// Their regressions.
    pub(super) units: Vec<UnitFit>,
}

impl ByUnit {
    /// Estimates a regression a unit; rows of units that are too short are left out as not usable. `spent` says how many
    /// parameters each unit's rows have been cleared of before.
    pub(super) fn new(mut design: Design, spent: &[usize], stop: &Stop) -> Result<Self, Error> {
        let kept = least_squares(&design, stop)?.kept;
        let members = Grouping::units(&design.rows).members();
        let mut usable = Vec::new();
        for (rows, spent) in members.into_iter().zip(spent) {
            stop.check()?;
            if unit_fit(&design, &kept, &rows, *spent, stop)?.is_some() {
                usable.extend(rows);
            }
        }
        usable.sort_unstable();
        let lost = design.y.len() - usable.len();
        if lost > 0 {
            *design.left_out.entry(LeftOut::NotUsable).or_default() += lost;
        }
        let spent = spent_of_kept(&design, spent, &usable);
        design.keep(&usable);
        let groups = Grouping::units(&design.rows);
        if groups.len() < 2 {
            let rule =
                "needs at least two units with more periods than parameters, whose own rows determine every term";
            return Err(Violation::new("formula", rule, design.names.join(" + ")).into());
        }
        let pooled = least_squares(&design, stop)?;
        let fits = groups
            .members()
            .into_iter()
            .zip(spent)
            .map(|(rows, spent)| unit_fit(&design, &pooled.kept, &rows, spent, stop));
        let units = fits.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().collect();
        Ok(Self { design, pooled, units })
    }

    /// The plain mean of the coefficients, and the covariance that their dispersion tells:
    /// Σ (bᵢ − b)(bᵢ − b)'/(N(N − 1)).
    pub(super) fn mean(&self) -> (DVector<f64>, DMatrix<f64>) {
        let (k, count) = (self.pooled.kept.len(), self.units.len() as f64);
        let mean = self.units.iter().fold(DVector::zeros(k), |sum, unit| sum + &unit.coefficients) / count;
        let outer = |sum: DMatrix<f64>, unit: &UnitFit| {
            let deviation = &unit.coefficients - &mean;
            sum + &deviation * deviation.transpose()
        };
        let dispersion = self.units.iter().fold(DMatrix::zeros(k, k), outer);
        (mean, dispersion / (count * (count - 1.0)))
    }

    /// The estimate Σ Wᵢbᵢ with weights that sum to the identity. A row's influence is Wᵢ(X'X)⁻¹xu, with u its residual from
    /// the combined coefficients: they sum to Wᵢ(bᵢ − b) in each unit.
    pub(super) fn combine(self, weight: impl Fn(&UnitFit) -> DMatrix<f64>, own: Own) -> (Design, Estimate) {
        let Self { design, pooled, units } = self;
        let k = pooled.kept.len();
        let weights: Vec<DMatrix<f64>> = units.iter().map(weight).collect();
        let combined =
            units.iter().zip(&weights).fold(DVector::zeros(k), |sum, (unit, w)| sum + w * &unit.coefficients);
        let mut u_hat = design.y.clone();
        for (j, b) in pooled.kept.iter().zip(combined.iter()) {
            add_scaled(&mut u_hat, -b, &design.x[*j]);
        }
        let mut scores = vec![vec![0.0; u_hat.len()]; k];
        for (unit, w) in units.iter().zip(&weights) {
            let to_scores = triangle_of(&pooled) * w * &unit.root;
            for (t, i) in unit.rows.iter().enumerate() {
                let q = DVector::from_iterator(k, unit.basis.iter().map(|column| column[t]));
                let influence = &to_scores * q * u_hat[*i];
                scores.iter_mut().zip(influence.iter()).for_each(|(column, s)| column[*i] = *s);
            }
        }
        let parts = vec![table(&design, &pooled.kept, &units)];
        let estimate = Estimate {
            coefficients: combined.as_slice().to_vec(),
            sandwich: Sandwich {
                scores: Scores::new(scores),
                leverages: Vec::new(),
                bread_root: pooled.sandwich.bread_root,
            },
            own: Some(own),
            asymptotic: true,
            ssr: dot(&u_hat, &u_hat),
            u_hat,
            parts,
            ..pooled
        };
        (design, estimate)
    }
}

/// R of the pooled regression, the inverse of its bread's root.
fn triangle_of(pooled: &Estimate) -> DMatrix<f64> {
    let root = &pooled.sandwich.bread_root;
    root.solve_upper_triangular(&DMatrix::identity(root.nrows(), root.ncols())).unwrap_or_else(|| root.clone())
}

/// The parameters spent of the units that have a row in `usable`.
fn spent_of_kept(design: &Design, spent: &[usize], usable: &[usize]) -> Vec<usize> {
    let groups = Grouping::units(&design.rows);
    let mut present = vec![false; groups.len()];
    usable.iter().for_each(|i| present[groups.codes[*i] as usize] = true);
    spent.iter().zip(present).filter(|(_, present)| *present).map(|(spent, _)| *spent).collect()
}

/// The regression of some rows; `None` if they do not determine it.
fn unit_fit(
    design: &Design,
    kept: &[usize],
    rows: &[usize],
    spent: usize,
    stop: &Stop,
) -> Result<Option<UnitFit>, Error> {
    let used = kept.len() + spent;
    if rows.len() <= used {
        return Ok(None);
    }
    let pick = |column: &[f64]| rows.iter().map(|i| column[*i]).collect::<Vec<f64>>();
    let qr = Orthogonal::new(kept.iter().map(|j| pick(&design.x[*j])).collect(), stop)?;
    if qr.basis.len() < kept.len() {
        return Ok(None);
    }
    let mut residuals = pick(&design.y);
    let coefficients = qr.solve(qr.project(&mut residuals));
    Ok(Some(UnitFit {
        rows: rows.to_vec(),
        coefficients: DVector::from_vec(coefficients),
        root: qr.inverse_triangle(),
        sigma2: dot(&residuals, &residuals) / (rows.len() - used) as f64,
        basis: qr.basis,
    }))
}

/// The coefficients of every unit.
pub(super) fn table(design: &Design, kept: &[usize], units: &[UnitFit]) -> Part {
    let facts = &design.facts;
    let rows: Vec<_> = units.iter().map(|unit| design.rows[unit.rows[0]]).collect();
    let mut keys = vec![("region".to_owned(), rows.iter().map(|row| facts.region(row.region)).collect())];
    if !facts.industries.is_empty() {
        let industry = |row: &RowId| facts.industries.get(row.industry as usize).cloned().unwrap_or_default();
        keys.push(("industry".to_owned(), rows.iter().map(industry).collect()));
    }
    let column = |(c, j): (usize, &usize)| {
        (design.names[*j].clone(), units.iter().map(|unit| finite(unit.coefficients[c])).collect())
    };
    Part {
        name: "coefficients_by_unit".to_owned(),
        title: "Coefficients of each unit's own regression".to_owned(),
        keys,
        columns: kept.iter().enumerate().map(column).collect(),
    }
}
