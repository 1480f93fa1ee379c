//! Geographically weighted regression: a regression at every place, in which near rows count more.

use super::design::Design;
use super::{Estimate, Estimated, Estimator, Figure, Own, Part, Response, Sandwich, Scores, Takes};
use crate::card::{Card, Domain, Kind, Param, Params};
use crate::error::{Error, Violation, Violations};
use crate::numeric::Stop;
use crate::numeric::least_squares::Orthogonal;
use crate::numeric::vector::{add_scaled, dot};
use crate::panel::{Value, finite, ratio};
use nalgebra::DMatrix;
use rayon::prelude::*;

/// Mean radius of the Earth in kilometres.
const EARTH: f64 = 6371.0;
/// An adaptive bandwidth reaches this much further than its last neighbour, so that the neighbour has a weight.
const BEYOND: f64 = 1.000_000_1;
/// Regressions of one step, whose sums are added in order.
const STEP: usize = 64;
/// The golden section.
const GOLDEN: f64 = 0.381_966_011_250_105;

/// Geographically weighted regression.
#[derive(Debug)]
pub(super) struct Gwr;

static CARD: Card = Card {
    id: "geographically_weighted",
    aliases: &["gwr"],
    title: "Geographically weighted regression: coefficients that differ by place",
    kind: Kind::Estimator,
    formula: "b_i = C_i y, C_i = (X'W_iX)^-1 X'W_i, W_i the kernel of the distances to place i over the bandwidth; S has the \
              rows x_i'C_i. The coefficients are the means of the b_i, which are linear in y: V = sigma2 * M M', M the mean of \
              the C_i, sigma2 = SSR/(n - tr S); the part `local` has the b_i with standard errors sigma * |row of C_i|, which \
              hold the noise and not what smoothing does to a slope that varies. A bandwidth of 0 is chosen by AICc = \
              2n ln(sigma_ml) + n ln(2 pi) + n (n + tr S)/(n - 2 - tr S) with a golden section search",
    reference: "Fotheringham, Brunsdon and Charlton (2002), Geographically Weighted Regression, eq. 2.12-2.33; Oshan et al. \
                (2019), ISPRS Int. J. Geo-Information 8(6), mgwr",
    params: &[
        Param {
            name: "kernel",
            doc: "How weight falls with the distance d over the bandwidth: bisquare (1-d^2)^2 up to 1, gaussian exp(-d^2/2), \
                  exponential exp(-d).",
            domain: Domain::Choice(&["bisquare", "gaussian", "exponential"]),
        },
        Param {
            name: "adaptive",
            doc: "`yes`: the bandwidth is a number of nearest rows, the row itself included. `no`: it is a distance.",
            domain: Domain::Choice(&["yes", "no"]),
        },
        Param {
            name: "bandwidth",
            doc: "Rows, or a distance in the unit of the metric; 0 chooses it.",
            domain: Domain::Number { min: 0.0, max: 1e12, default: 0.0 },
        },
        Param {
            name: "metric",
            doc: "`sphere`: great circles in kilometres from degrees. `plane`: straight lines in the unit of the coordinates.",
            domain: Domain::Choice(&["sphere", "plane"]),
        },
        Param {
            name: "latitude",
            doc: "The numeric attribute of the regions with their latitude, or second coordinate; `latitude` when left out.",
            domain: Domain::Measure { required: false },
        },
        Param {
            name: "longitude",
            doc: "The numeric attribute of the regions with their longitude, or first coordinate; `longitude` when left out.",
            domain: Domain::Measure { required: false },
        },
    ],
    inference: &[],
    laws: &[],
};

impl Estimator for Gwr {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn takes(&self) -> Takes {
        Takes { effects: false, weights: false, any_units: false, ..Takes::default() }
    }

    fn estimate(&self, design: Design, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
        let places = places(&design, params)?;
        let surface = Surface { design: &design, places, params };
        let bandwidth = match params.number("bandwidth") {
            0.0 => surface.choose(stop)?,
            given => given,
        };
        let Some(local) = surface.fit(bandwidth, stop)? else {
            let rule = "leaves too few rows near some place for its regression; take a larger one";
            return Err(Violation::new("estimator_parameters.bandwidth", rule, bandwidth).into());
        };
        let estimate = local.estimate(&design, bandwidth)?;
        Ok(Estimated { design, estimate })
    }
}

/// First and second coordinate of each row.
fn places(design: &Design, params: &Params) -> Result<Vec<(f64, f64)>, Violations> {
    let mut violations = Violations::default();
    let mut read = |name: &'static str| {
        let attribute = params.text(name).unwrap_or(name);
        let field = format!("estimator_parameters.{name}");
        let Some(values) = design.facts.number(attribute) else {
            violations.push(Violation::new(field, "is a numeric attribute of the regions", attribute));
            return Vec::new();
        };
        let mut of_rows = Vec::with_capacity(design.rows.len());
        for row in &design.rows {
            match values[row.region as usize] {
                Ok(value) => of_rows.push(value),
                Err(reason) => {
                    let region = &design.facts.regions[row.region as usize];
                    let rule = format!("the region {region} has no {attribute} ({reason})");
                    violations.push(Violation::new(field, rule, region));
                    break;
                }
            }
        }
        of_rows
    };
    let (x, y) = (read("longitude"), read("latitude"));
    violations.into_result(x.into_iter().zip(y).collect())
}

/// The rows with their places.
struct Surface<'a> {
    design: &'a Design,
    places: Vec<(f64, f64)>,
    params: &'a Params,
}

/// The regressions at every row.
struct Local {
    /// k columns of n coefficients.
    coefficients: Vec<Vec<f64>>,
    /// k columns of n: the squared lengths of the rows of C_i.
    squares: Vec<Vec<f64>>,
    /// M: k rows of n, the mean of the C_i.
    mean: Vec<Vec<f64>>,
    /// tr S.
    trace: f64,
    u_hat: Vec<f64>,
}

/// One regression: its coefficients, C_i row by row with the rows of the data it is about, and its own leverage.
struct Point {
    coefficients: Vec<f64>,
    rows: Vec<usize>,
    map: Vec<Vec<f64>>,
    leverage: f64,
}

impl Surface<'_> {
    fn distance(&self, i: usize, j: usize) -> f64 {
        let ((x, y), (u, v)) = (self.places[i], self.places[j]);
        if self.params.chooses("metric", "plane") {
            return (x - u).hypot(y - v);
        }
        let half = |a: f64, b: f64| ((a - b).to_radians() / 2.0).sin().powi(2);
        let square = half(y, v) + y.to_radians().cos() * v.to_radians().cos() * half(x, u);
        2.0 * EARTH * square.sqrt().min(1.0).asin()
    }

    fn weight(&self, scaled: f64) -> f64 {
        match self.params.text("kernel") {
            Some("gaussian") => (-0.5 * scaled * scaled).exp(),
            Some("exponential") => (-scaled).exp(),
            _ if scaled < 1.0 => (1.0 - scaled * scaled).powi(2),
            _ => 0.0,
        }
    }

    /// The weights of all rows at the place of row `i`.
    fn weights(&self, i: usize, bandwidth: f64) -> Vec<f64> {
        let distances: Vec<f64> = (0..self.places.len()).map(|j| self.distance(i, j)).collect();
        let reach = if self.params.chooses("adaptive", "yes") {
            let mut sorted = distances.clone();
            let rank = (bandwidth as usize).clamp(1, sorted.len()) - 1;
            *sorted.select_nth_unstable_by(rank, f64::total_cmp).1 * BEYOND
        } else {
            bandwidth
        };
        let weight = |d: &f64| if reach > 0.0 { self.weight(d / reach) } else { f64::from(u8::from(*d == 0.0)) };
        distances.iter().map(weight).collect()
    }

    /// The regression at the place of row `i`; `None` when its columns depend on each other.
    fn point(&self, i: usize, bandwidth: f64, stop: &Stop) -> Result<Option<Point>, Error> {
        let weights = self.weights(i, bandwidth);
        let rows: Vec<usize> = (0..weights.len()).filter(|j| weights[*j] > 0.0).collect();
        let column = |x: &Vec<f64>| rows.iter().map(|j| x[*j] * weights[*j].sqrt()).collect::<Vec<f64>>();
        let qr = Orthogonal::new(self.design.x.iter().map(column).collect(), stop)?;
        if !qr.dependent.is_empty() {
            return Ok(None);
        }
        let inverse = qr.inverse_triangle();
        let mut map = vec![vec![0.0; rows.len()]; self.design.x.len()];
        for (k, row) in map.iter_mut().enumerate() {
            qr.basis.iter().enumerate().for_each(|(q, basis)| add_scaled(row, inverse[(k, q)], basis));
            row.iter_mut().zip(&rows).for_each(|(c, j)| *c *= weights[*j].sqrt());
        }
        let y: Vec<f64> = rows.iter().map(|j| self.design.y[*j]).collect();
        let at_home = rows.binary_search(&i).ok();
        let leverage = at_home.map_or(0.0, |place| map.iter().zip(&self.design.x).map(|(c, x)| c[place] * x[i]).sum());
        Ok(Some(Point { coefficients: map.iter().map(|c| dot(c, &y)).collect(), rows, map, leverage }))
    }

    /// The regressions at every row; `None` when one of them cannot be told.
    fn fit(&self, bandwidth: f64, stop: &Stop) -> Result<Option<Local>, Error> {
        let (n, k) = (self.places.len(), self.design.x.len());
        let empty = || vec![Vec::with_capacity(n); k];
        let mut local = Local {
            coefficients: empty(),
            squares: empty(),
            mean: vec![vec![0.0; n]; k],
            trace: 0.0,
            u_hat: Vec::with_capacity(n),
        };
        for start in (0..n).step_by(STEP) {
            stop.check()?;
            let step = (start..n.min(start + STEP)).into_par_iter();
            let points = step.map(|i| self.point(i, bandwidth, stop)).collect::<Result<Vec<_>, _>>()?;
            for (i, point) in points.into_iter().enumerate() {
                let Some(point) = point else { return Ok(None) };
                local.add(self.design, start + i, &point);
            }
        }
        Ok(Some(local))
    }

    /// The bandwidth of the smallest AICc, by golden section; what cannot be told counts as infinite.
    fn choose(&self, stop: &Stop) -> Result<f64, Error> {
        let n = self.places.len();
        let adaptive = self.params.chooses("adaptive", "yes");
        let (mut low, mut high) = if adaptive {
            ((self.design.x.len() + 2) as f64, n as f64)
        } else {
            let far = (0..n).map(|i| self.distance(0, i)).fold(0.0, f64::max);
            (far / 100.0, 2.0 * far)
        };
        let round = |x: f64| if adaptive { x.round() } else { x };
        let score = |bandwidth: f64| -> Result<f64, Error> {
            Ok(self.fit(bandwidth, stop)?.map_or(f64::INFINITY, |local| local.aicc(n)))
        };
        let (mut left, mut right) = (round(low + GOLDEN * (high - low)), round(high - GOLDEN * (high - low)));
        let (mut at_left, mut at_right) = (score(left)?, score(right)?);
        let enough = if adaptive { 1.0 } else { 1e-5 * high };
        while high - low > enough && left < right {
            if at_left <= at_right {
                (high, right, at_right) = (right, left, at_left);
                left = round(low + GOLDEN * (high - low));
                at_left = score(left)?;
            } else {
                (low, left, at_left) = (left, right, at_right);
                right = round(high - GOLDEN * (high - low));
                at_right = score(right)?;
            }
        }
        let ends = [(low, score(low)?), (left, at_left), (right, at_right), (high, score(high)?)];
        let best = ends.into_iter().min_by(|a, b| a.1.total_cmp(&b.1));
        Ok(best.map_or(high, |(bandwidth, _)| bandwidth))
    }
}

impl Local {
    fn add(&mut self, design: &Design, i: usize, point: &Point) {
        let n = design.y.len() as f64;
        let mut fitted = 0.0;
        for (k, c) in point.map.iter().enumerate() {
            self.coefficients[k].push(point.coefficients[k]);
            self.squares[k].push(dot(c, c));
            point.rows.iter().zip(c).for_each(|(row, c)| self.mean[k][*row] += c / n);
            fitted += point.coefficients[k] * design.x[k][i];
        }
        self.trace += point.leverage;
        self.u_hat.push(design.y[i] - fitted);
    }

    fn aicc(&self, n: usize) -> f64 {
        let (ssr, n) = (dot(&self.u_hat, &self.u_hat), n as f64);
        if self.trace >= n - 2.0 {
            return f64::INFINITY;
        }
        let log_likelihood = -0.5 * n * ((ssr / n).ln() + (2.0 * std::f64::consts::PI).ln() + 1.0);
        -2.0 * log_likelihood + 2.0 * n * (self.trace + 1.0) / (n - self.trace - 2.0)
    }

    fn estimate(self, design: &Design, bandwidth: f64) -> Result<Estimate, Violation> {
        let (n, k) = (design.y.len(), design.x.len());
        let ssr = dot(&self.u_hat, &self.u_hat);
        let left = n as f64 - self.trace;
        if left <= 0.0 {
            let rule = "leaves no degrees of freedom; take a larger one";
            return Err(Violation::new("estimator_parameters.bandwidth", rule, bandwidth));
        }
        let sigma2 = ssr / left;
        let matrix = DMatrix::from_fn(k, k, |i, j| sigma2 * dot(&self.mean[i], &self.mean[j]));
        let scores = self.mean.iter().map(|m| m.iter().zip(&self.u_hat).map(|(m, u)| m * u).collect()).collect();
        Ok(Estimate {
            kept: (0..k).collect(),
            coefficients: self.coefficients.iter().map(|b| b.iter().sum::<f64>() / n as f64).collect(),
            ssr,
            ssr_effects: dot(&design.y, &design.y),
            response: Response::Joint,
            sandwich: Sandwich {
                bread_root: DMatrix::identity(k, k),
                scores: Scores::new(scores),
                leverages: Vec::new(),
            },
            own: Some(Own {
                matrix,
                rule: format!("SSR/(n - tr S) = {sigma2:.6e} times M M', M the mean of the local maps"),
            }),
            figures: vec![
                Figure::new("bandwidth", bandwidth),
                Figure::new("effective_parameters", self.trace),
                Figure::new("aicc", self.aicc(n)),
                Figure::new("sigma", sigma2.sqrt()),
            ],
            parts: vec![self.part(design, sigma2)],
            u_hat: self.u_hat,
            ..Estimate::default()
        })
    }

    /// The local coefficients with standard errors and t.
    fn part(&self, design: &Design, sigma2: f64) -> Part {
        let facts = &design.facts;
        let region = |row: &super::design::RowId| facts.regions.get(row.region as usize).cloned().unwrap_or_default();
        let mut columns: Vec<(String, Vec<Value>)> =
            vec![("row".to_owned(), (1..=design.rows.len()).map(|i| Ok(i as f64)).collect())];
        for (k, name) in design.names.iter().enumerate() {
            let errors: Vec<f64> = self.squares[k].iter().map(|s| (sigma2 * s).sqrt()).collect();
            let t = self.coefficients[k].iter().zip(&errors).map(|(b, se)| ratio(*b, *se)).collect();
            columns.push((name.clone(), self.coefficients[k].iter().map(|b| finite(*b)).collect()));
            columns.push((format!("{name}_se"), errors.iter().map(|se| finite(*se)).collect()));
            columns.push((format!("{name}_t"), t));
        }
        Part {
            name: "local".to_owned(),
            title: "Coefficients at the place of each row, in the order of the rows used".to_owned(),
            keys: vec![("region".to_owned(), design.rows.iter().map(region).collect())],
            columns,
        }
    }
}
