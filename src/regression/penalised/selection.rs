//! Least squares of the terms that a penalty leaves in.
//!
//! A penalised coefficient has no standard error of any use: its distribution has a point mass at zero. So the
//! coefficients of the fit are those of least squares on the selected terms (post-lasso), whose standard errors take the
//! selection as given, and the penalised ones are told in a table.

use super::Within;
use super::minimum::GAP;
use super::path::{Chosen, choose};
use crate::card::Params;
use crate::error::Error;
use crate::numeric::Stop;
use crate::panel::finite;
use crate::regression::design::Design;
use crate::regression::ols::least_squares;
use crate::regression::{Estimate, Estimated, Figure, Part, Remark};

/// Selects by the penalty with this share of absolute values, and fits what is selected.
pub(super) fn select_and_fit(design: Design, mixing: f64, params: &Params, stop: &Stop) -> Result<Estimated, Error> {
    let within = Within::new(&design, params, stop)?;
    let chosen = choose(&design, &within, mixing, params, stop)?;
    let is_selected = |l: &usize| *l < within.fixed || chosen.minimum.b[l - within.fixed] != 0.0;
    let selected: Vec<usize> = (0..within.full.kept.len()).filter(is_selected).map(|l| within.full.kept[l]).collect();
    let mut smaller = design.clone();
    smaller.x = selected.iter().map(|j| design.x[*j].clone()).collect();
    smaller.names = selected.iter().map(|j| design.names[*j].clone()).collect();
    let estimate = least_squares(&smaller, stop)?;
    let estimate = Estimate {
        kept: estimate.kept.iter().map(|l| selected[*l]).collect(),
        collinear: within.full.collinear.clone(),
        figures: figures(&chosen, selected.len() - within.fixed),
        parts: std::iter::once(penalised(&design, &within, &chosen)).chain(chosen.part.clone()).collect(),
        remarks: remarks(&chosen),
        ..estimate
    };
    Ok(Estimated { design, estimate })
}

/// What the penalty came to.
pub(super) fn figures(chosen: &Chosen, terms: usize) -> Vec<Figure> {
    vec![
        Figure::new("lambda", chosen.penalty.lambda),
        Figure::new("terms", terms as f64),
        Figure::new("relative_duality_gap", chosen.minimum.gap),
    ]
}

fn penalised(design: &Design, within: &Within, chosen: &Chosen) -> Part {
    let coefficients = chosen.minimum.b.iter().zip(&within.scales).map(|(b, scale)| finite(b / scale));
    Part {
        name: "penalised".to_owned(),
        title:
            "The penalised coefficients; the others of the fit are least squares of the terms that are not zero here"
                .to_owned(),
        keys: vec![("term".to_owned(), within.names(design))],
        columns: vec![("coefficient".to_owned(), coefficients.collect())],
    }
}

fn remarks(chosen: &Chosen) -> Vec<Remark> {
    let remark = |code: &str, message: String| Remark { code: code.to_owned(), message };
    let selected = "coefficients are least squares of the selected terms; their standard errors take the selection as given \
                    and are too small where it was not obvious";
    let mut remarks = vec![remark("SELECTED", selected.to_owned())];
    if chosen.minimum.gap > GAP {
        let told = format!("the relative duality gap is {:.1e}; it should be below {GAP:.0e}", chosen.minimum.gap);
        remarks.push(remark("NOT_CONVERGED", told));
    }
    remarks
}
