//! The second and third eigenvalue of how regions share industries, and the second eigenvector.
//!
//! With D the diversities and U the ubiquities, D⁻¹ M U⁻¹ Mᵀ has the eigenvalues of the symmetric matrix
//! S = D^(−½) M U⁻¹ Mᵀ D^(−½), and so has the same of the industries; S is taken on the smaller side and never formed.
//! Its first eigenvalue is 1, with the eigenvector √D. On the complement of that vector a Krylov space grows by two
//! vectors a step, so that an eigenvalue that is double shows as such, until the residual of the second eigenvector
//! is below 1e-13: Golub and Van Loan (2013), Matrix Computations, 4th ed., section 10.3.

use super::component::Component;
use super::network::Lists;
use crate::numeric::random::{normals, stream};
use crate::numeric::vector::{add_scaled, dot, norm};
use crate::panel::Absent;
use nalgebra::{DMatrix, SymmetricEigen};

/// Residual ‖S v − λ v‖ at which the second eigenvector is found.
const RESIDUAL: f64 = 1e-13;
/// Residual at which the third eigenvalue is found; its error is of the order of the square.
const LOOSE: f64 = 1e-8;
/// Vectors shorter than this lie in the space already.
const EXHAUSTED: f64 = 1e-11;

/// What the second and the third eigenvector tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spectrum {
    /// The second eigenvalue; 0 when the smaller side has one member only.
    pub(super) second: f64,
    /// The third eigenvalue; 0 when it has two only.
    pub(super) third: f64,
    /// The second eigenvector of D⁻¹ M U⁻¹ Mᵀ or of U⁻¹ Mᵀ D⁻¹ M: one value for each member of the smaller side.
    pub(super) vector: Vec<f64>,
    /// Whether the smaller side is that of the regions.
    pub(super) of_regions: bool,
}

impl Spectrum {
    /// Of a component; `stopped` tells that nobody waits any longer.
    ///
    /// # Errors
    /// It was stopped.
    pub(super) fn of(component: &Component, stopped: impl Fn() -> bool) -> Result<Self, Absent> {
        let of_regions = component.rows.len() <= component.columns.len();
        let sides = [&component.rows, &component.columns];
        let shared = if of_regions { Shared::new(sides[0], sides[1]) } else { Shared::new(sides[1], sides[0]) };
        if shared.root.len() < 2 {
            return Ok(Self { second: 0.0, third: 0.0, vector: vec![0.0; shared.root.len()], of_regions });
        }
        let mut space = Space::new(&shared);
        let [mut second, third] = loop {
            if let Some(pairs) = space.grow(&shared) {
                break pairs;
            }
            if stopped() {
                return Err(Absent::Undetermined);
            }
        };
        for (x, root) in second.1.iter_mut().zip(&shared.root) {
            *x /= root;
        }
        Ok(Self { second: second.0, third: third.0, vector: second.1, of_regions })
    }
}

/// The operator S.
struct Shared<'a> {
    near: &'a Lists,
    far: &'a Lists,
    /// √D of the near side.
    root: Vec<f64>,
}

impl<'a> Shared<'a> {
    fn new(near: &'a Lists, far: &'a Lists) -> Self {
        let root = near.rows().map(|row| (row.len() as f64).sqrt()).collect();
        Self { near, far, root }
    }

    /// S applied to two vectors at once.
    fn apply(&self, [x, y]: [&[f64]; 2]) -> [Vec<f64>; 2] {
        let sum = |row: &[u32], of: &[[f64; 2]]| {
            row.iter().fold([0.0; 2], |[a, b], item| {
                let [x, y] = of[*item as usize];
                [a + x, b + y]
            })
        };
        let scaled: Vec<[f64; 2]> =
            x.iter().zip(y).zip(&self.root).map(|((x, y), root)| [x / root, y / root]).collect();
        let means = self.far.map(|row| sum(row, &scaled).map(|total| total / row.len() as f64));
        let sums = self.near.map(|row| sum(row, &means));
        let (x, y) = sums.iter().zip(&self.root).map(|([x, y], root)| (x / root, y / root)).unzip();
        [x, y]
    }
}

/// An eigenvalue and its vector.
type Pair = (f64, Vec<f64>);

/// A space of orthonormal vectors, all orthogonal to √D, and S seen within it.
struct Space {
    /// √D, of length 1.
    first: Vec<f64>,
    basis: Vec<Vec<f64>>,
    /// S applied to each vector of the basis.
    images: Vec<Vec<f64>>,
    /// Columns of the upper triangle of S within the space.
    within: Vec<Vec<f64>>,
    /// Size of the space from which on the eigenvalues are looked at again.
    look: usize,
}

impl Space {
    fn new(shared: &Shared<'_>) -> Self {
        let length = norm(&shared.root);
        let first: Vec<f64> = shared.root.iter().map(|x| x / length).collect();
        let mut space = Self { first, basis: Vec::new(), images: Vec::new(), within: Vec::new(), look: 8 };
        for draw in 0..2 {
            space.add(normals(&mut stream(0, draw), shared.root.len()));
        }
        space
    }

    /// Adds what is new in a vector, if anything is.
    fn add(&mut self, mut vector: Vec<f64>) {
        let before = norm(&vector);
        // Twice is enough: Parlett (1998), The Symmetric Eigenvalue Problem, section 6.9.
        for _ in 0..2 {
            for known in std::iter::once(&self.first).chain(&self.basis) {
                let along = dot(known, &vector);
                add_scaled(&mut vector, -along, known);
            }
        }
        let length = norm(&vector);
        if length > EXHAUSTED * before.max(1e-3) && self.basis.len() + 1 < vector.len() {
            self.basis.push(vector.into_iter().map(|x| x / length).collect());
        }
    }

    /// Applies S to the vectors that are new, and adds what comes out of it; the two largest eigenvalues and their
    /// vectors, once they are found.
    fn grow(&mut self, shared: &Shared<'_>) -> Option<[Pair; 2]> {
        let (known, size) = (self.images.len(), self.basis.len());
        let images = shared.apply([&self.basis[known], &self.basis[size - 1]]);
        for image in images.into_iter().take(size - known) {
            let column = self.basis[..=self.images.len()].iter().map(|vector| dot(vector, &image)).collect();
            self.within.push(column);
            self.images.push(image);
        }
        for new in known..size {
            self.add(self.images[new].clone());
        }
        let exhausted = self.basis.len() == size;
        if !exhausted && size < self.look {
            return None;
        }
        self.look = size + 4 + size / 4;
        let pairs = self.largest();
        let found = exhausted || (pairs[0].1 <= RESIDUAL && pairs[1].1 <= LOOSE);
        found.then(|| pairs.map(|(value, _, vector)| (value, vector)))
    }

    /// The two largest eigenvalues within the space, their residuals and vectors.
    fn largest(&self) -> [(f64, f64, Vec<f64>); 2] {
        let size = self.within.len();
        let within = DMatrix::from_fn(size, size, |i, j| self.within[i.max(j)][i.min(j)]);
        let eigen = SymmetricEigen::new(within);
        let mut order: Vec<usize> = (0..size).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        [0, 1].map(|rank| {
            let Some(place) = order.get(rank) else { return (0.0, 0.0, Vec::new()) };
            let value = eigen.eigenvalues[*place];
            let combined = |vectors: &[Vec<f64>]| {
                let mut sum = vec![0.0; self.first.len()];
                for (vector, weight) in vectors.iter().zip(&eigen.eigenvectors.column(*place)) {
                    add_scaled(&mut sum, *weight, vector);
                }
                sum
            };
            let (vector, mut image) = (combined(&self.basis[..size]), combined(&self.images));
            add_scaled(&mut image, -value, &vector);
            (value, norm(&image), vector)
        })
    }
}
