"""Geographically weighted regressions of mgwr on the counties of Georgia (libpysal's georgia)."""
import os

import libpysal
import mgwr
import numpy as np
import pandas as pd
from mgwr.gwr import GWR
from mgwr.sel_bw import Sel_BW

from common import GOLDEN, write

TERMS = ["PctFB", "PctBlack", "PctRural"]

data = pd.read_csv(libpysal.examples.get_path("GData_utm.csv")).sort_values("AreaKey").reset_index(drop=True)
columns = {"AreaKey": "county", "Latitude": "latitude", "Longitud": "longitude", "X": "x", "Y": "y"}
table = data[[*columns, "PctBach", *TERMS]].rename(columns=columns)
table.insert(1, "year", 1990)
table.to_csv(os.path.join(GOLDEN, "data", "georgia.csv"), index=False)

y = data[["PctBach"]].to_numpy()
X = data[TERMS].to_numpy()
source = f"mgwr {mgwr.__version__}"


def case(name, kernel, adaptive, bandwidth, metric, chosen=False):
    sphere = metric == "sphere"
    coords = data[["Longitud", "Latitude"]].to_numpy() if sphere else data[["X", "Y"]].to_numpy()
    if chosen:
        scores = {}
        for k in range(20, 160):
            scores[k] = GWR(coords, y, X, k, kernel=kernel, fixed=False, spherical=sphere, hat_matrix=True).fit().aicc
        bandwidth = min(scores, key=scores.get)
    model = GWR(coords, y, X, bandwidth, kernel=kernel, fixed=not adaptive, spherical=sphere, hat_matrix=True).fit()
    parameters = {"kernel": kernel, "adaptive": "yes" if adaptive else "no", "metric": metric}
    if not chosen:
        parameters["bandwidth"] = bandwidth
    expected = {"effective_parameters": model.tr_S, "aicc": model.aicc, "sigma": np.sqrt(model.sigma2),
                "bandwidth": bandwidth, "r2": model.R2}
    terms = ["(Intercept)", *TERMS]
    expected["local"] = {term: model.params[:, k] for k, term in enumerate(terms)}
    expected["local_se"] = {term: model.bse[:, k] for k, term in enumerate(terms)}
    expected["mean"] = {term: model.params[:, k].mean() for k, term in enumerate(terms)}
    return {"name": name, "source": f"{source}, GWR" + (", the smallest aicc of bandwidths 20 to 159" if chosen else ""),
            "script": "tests/golden/scripts/gwr.py", "tolerance": 1e-8, "data": "tests/golden/data/georgia.csv",
            "formula": "PctBach ~ " + " + ".join(TERMS), "parameters": parameters, "expected": expected}


write("regression/gwr/gwr.json", "Share of residents with a bachelor's degree, 159 counties of Georgia", [
    case("bisquare_adaptive", "bisquare", True, 90, "plane"),
    case("gaussian_adaptive", "gaussian", True, 40, "sphere"),
    case("exponential_fixed", "exponential", False, 120.0, "sphere"),
    case("bisquare_fixed", "bisquare", False, 200000.0, "plane"),
    case("bandwidth_chosen", "bisquare", True, None, "plane", chosen=True),
])
