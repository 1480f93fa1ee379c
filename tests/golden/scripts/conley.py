#!/usr/bin/env python3
"""tests/golden/regression/conley.json: errors correlated up to a distance, in a cross-section and on panels.

numpy evaluation, pair of rows by pair of rows, of

  V = n/(n - nparams) * B (sum_ij w_ij s_i s_j') B,   B = (X'WX)^-1,  s_i = w_i x_i u_i,  t with n - nparams df,

of the regression with dummies. w_ij is the kernel of the great-circle distance over the cutoff for rows of one period
(Conley 1999), and 1 - l/(L + 1) for rows of one region l > 0 periods apart (Hsiang 2010, ols_spatial_HAC). Distances:
haversines on a sphere of radius 6371.0088 km. R fixest 0.14.2 has the same formula with pi = 3.14159 and a diameter of
12752 km. Cross-sections without weights: the meat is that of spreg's HAC with libpysal's triangular kernel.
"""
import warnings

import libpysal
import numpy as np
import spreg
from scipy import stats

from common import write
from covariances import Sample
from regression import MUNNELL, PRODUCTION, close, load, production

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/conley.py"
CENTERS = "tests/golden/data/us_state_centers.csv"
EARTH = 6371.0088
KERNELS = {"uniform": lambda z: 1 + 0 * z, "bartlett": lambda z: 1 - z, "triangular": lambda z: 1 - z,
           "epanechnikov": lambda z: 1 - z * z}


def distances(latitude, longitude):
    a, b = np.radians(latitude), np.radians(longitude)
    h = np.sin((a[:, None] - a) / 2) ** 2 + np.cos(a)[:, None] * np.cos(a) * np.sin((b[:, None] - b) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(np.minimum(h, 1)))


def conley(sample, centers, cutoff, kernel, lag):
    place = sample.frame.merge(centers, on="state", how="left")
    z = distances(place.latitude.to_numpy(), place.longitude.to_numpy()) / cutoff
    apart = np.abs(sample.years[:, None] - sample.years)
    same = sample.units[:, None] == sample.units
    weights = np.where((apart == 0) & (z <= 1), KERNELS[kernel](z), 0.0)
    weights = np.where(same & (apart > 0) & (apart <= lag), 1 - apart / (lag + 1), weights)
    meat = sample.scores.T @ weights @ sample.scores
    factor = sample.n / (sample.n - sample.nparams)
    v = sample.bread @ meat @ sample.bread * factor
    assert np.linalg.eigvalsh(v[:sample.k, :sample.k])[0] > 0, (cutoff, kernel, lag)
    return sample.expected(np.sqrt(np.diag(v)), sample.n - sample.nparams), meat


def against_spreg(sample, centers, cutoff, meat):
    place = sample.frame.merge(centers, on="state", how="left")
    points = place[["longitude", "latitude"]].to_numpy()
    tree = libpysal.cg.KDTree(points, distance_metric="Arc", radius=EARTH)
    kernel = libpysal.weights.Kernel(tree, bandwidth=float(cutoff), fixed=True, function="triangular", diagonal=True,
                                     distance_metric="Arc", radius=EARTH)
    fit = spreg.OLS(sample.frame._y.to_numpy()[:, None], sample.design.to_numpy()[:, 1:], robust="hac", gwk=kernel)
    theirs = np.sqrt(np.diag(fit.vm))
    ours = np.sqrt(np.diag(sample.bread @ meat @ sample.bread))
    close(theirs, ours, 1e-8, "spreg")


def main():
    cases = []
    centers = load(CENTERS)
    frame = load(MUNNELL)
    settings = [("uniform", 700, 0), ("bartlett", 1000, 0), ("epanechnikov", 900, 0), ("bartlett", 1000, 2),
                ("triangular", 400, 5), ("uniform", 500, 3)]
    for effects, weight in (([], None), (["state", "year"], None), (["state"], "employment")):
        y, x = production(frame)
        sample = Sample(frame, y, x, effects, weights=weight, unit="state")
        formula = PRODUCTION + (" | " + " + ".join(effects) if effects else "")
        name = "production_" + ("_".join(effects) or "pooled") + ("_weighted" if weight else "")
        for kernel, cutoff, lag in settings:
            expected, _ = conley(sample, centers, cutoff, kernel, lag)
            case = {"name": f"{name}_{kernel}_{cutoff}_{lag}",
                    "source": "numpy evaluation of Conley (1999) with Bartlett weights over time as in Hsiang (2010)",
                    "script": SCRIPT, "tolerance": 1e-8 if effects else 1e-10, "data": MUNNELL, "coordinates": CENTERS,
                    "region": "state", "period": "year", "formula": formula,
                    "vcov": f"conley:cutoff={cutoff},kernel={kernel},lag={lag}"}
            if weight:
                case["weights"] = weight
            cases.append(case | {"expected": expected})
    for year in (1970, 1986):
        one = frame[frame.year == year].reset_index(drop=True)
        y, x = production(one)
        sample = Sample(one, y, x, [], unit="state")
        for kernel, cutoff in (("bartlett", 800), ("uniform", 400)):
            expected, meat = conley(sample, centers, cutoff, kernel, 0)
            checked = {}
            if kernel == "bartlett":
                against_spreg(sample, centers, cutoff, meat)
                checked["checked_against"] = [f"standard errors: spreg {spreg.__version__}, OLS(robust='hac') with "
                                              "libpysal's triangular kernel, times sqrt(n/(n-k))"]
            cases.append({"name": f"production_{year}_{kernel}_{cutoff}",
                          "source": "numpy evaluation of Conley (1999)", "script": SCRIPT, "tolerance": 1e-10,
                          "data": MUNNELL, "coordinates": CENTERS, "region": "state", "period": "year", "only_period": year,
                          "formula": PRODUCTION, "vcov": f"conley:cutoff={cutoff},kernel={kernel}"}
                         | checked | {"expected": expected})
    write("regression/conley.json", "Errors correlated up to a distance and over time", cases)


if __name__ == "__main__":
    main()
