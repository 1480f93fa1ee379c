#!/usr/bin/env python3
"""tests/golden/forecast/scores.json: scores of forecasts, their tests of uniformity and of equal accuracy.

Needs R with jsonlite, and FORECAST_R, the R folder of the Debian package r-cran-forecast 8.20 (see dm_test.R).
"""
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import properscoring
import scoringrules as sr
from dieboldmariano import dm_test
from scipy import stats
from scipy.stats._ksstats import _kolmogn_DMTW, _kolmogn_Pomeranz
from utilsforecast.losses import mase, rmsse

from common import write

SCRIPT = "tests/golden/scripts/scores.py"
HERE = Path(__file__).parent
RNG = np.random.default_rng(20)


def case(name, source, expected, note="", tolerance=1e-10, **inputs):
    return {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance, "note": note, "inputs": inputs, "expected": expected}


def crps_cases():
    small = np.array([1.0, 2.0, 4.0, 7.0])
    samples = {"four draws": (small, 3.0), "beyond the draws": (small, 9.5), "ties": (np.array([2.0, 2.0, 2.0, 5.0, 5.0]), 2.0),
               "large numbers": (1e6 + RNG.normal(size=200), 1e6 + 0.3), "skewed": (np.exp(RNG.normal(size=501)), 0.8)}
    for name, (x, y) in samples.items():
        m = len(x)
        pairs = np.abs(x[:, None] - x[None, :]).sum()
        mine = np.abs(x - y).mean() - pairs / (2 * m * m)
        assert np.isclose(mine, sr.crps_ensemble(y, x, estimator="nrg"), rtol=1e-8)
        assert np.isclose(mine, properscoring.crps_ensemble(y, x), rtol=1e-8)
        fair = np.abs(x - y).mean() - pairs / (2 * m * (m - 1))
        assert np.isclose(fair, sr.crps_ensemble(y, x, estimator="fair"), rtol=1e-8)
        note = "E|X-y| - E|X-X'|/2, all pairs summed one by one; scoringrules crps_ensemble(nrg, fair) and properscoring agree to 1e-8."
        yield case(f"crps, {name}", "numpy evaluation; scoringrules 0.10.0 and properscoring 0.1 crps_ensemble", {"crps": mine, "fair_crps": fair}, note, draws=x, actual=y)
    assert np.isclose(np.abs(small - 3).mean() - 20 / 16, 0.75)


def quantile_cases():
    """Type 6 quantiles: numpy's weibull. Interval score and pinball from scoringrules."""
    x = np.array([3.0, -1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0])
    y_values = {"below": -4.0, "inside": 3.3, "above": 12.0}
    for name, y in y_values.items():
        expected = {}
        for level in (0.5, 0.8, 0.95):
            low, high = np.quantile(x, [(1 - level) / 2, (1 + level) / 2], method="weibull")
            expected[f"interval_score level={level}"] = float(sr.interval_score(y, low, high, 1 - level))
            expected[f"coverage level={level}"] = float(low <= y <= high)
        for p in (0.1, 0.5, 0.9):
            expected[f"pinball probability={p}"] = float(sr.quantile_score(y, np.quantile(x, p, method="weibull"), p))
        yield case(f"quantiles, {name}", "scoringrules 0.10.0 interval_score, quantile_score; numpy quantile(method='weibull')", expected, draws=x, actual=y)
    # Printed in the reference: the 90 % interval [1, 6] and 7 give 5 + 20.
    assert float(sr.interval_score(7.0, 1.0, 6.0, 0.1)) == 25.0


def point_cases():
    history, forecast, actual = [1.0, 3.0, 2.0, 5.0, 4.0], [5.0, 6.0], [7.0, 4.0]
    train = pd.DataFrame({"unique_id": 1, "ds": range(5), "y": history})
    test = pd.DataFrame({"unique_id": 1, "ds": [5, 6], "y": actual, "model": forecast})
    for season in (1, 2):
        a = mase(test, ["model"], season, train)["model"][0]
        b = rmsse(test, ["model"], season, train)["model"][0]
        e = np.subtract(actual, forecast)
        expected = {f"mase season={season}": a, f"rmsse season={season}": b, "mae": np.abs(e).mean(), "rmse": np.sqrt((e ** 2).mean()),
                    "bias": e.mean(), "mape": 100 * np.abs(e / actual).mean()}
        yield case(f"points, season {season}", "utilsforecast 0.2.17 mase, rmsse; numpy for the others", expected,
                   "RMSSE divides by the mean squared change, as the M5 competition does.", history=history, points=forecast, actuals=actual)
        if season == 1:
            assert np.allclose([a, b], [1.1428571, 1.0327956])


def pit_cases():
    samples = {"one": [0.31], "six": [0.02, 0.11, 0.35, 0.36, 0.61, 0.93], "even": (np.arange(40) + 0.5) / 40, "in the middle": 0.3 + 0.4 * RNG.random(30),
               "uniform": RNG.random(150), "to the right": RNG.random(60) ** 0.7, "many": RNG.random(1200), "far off": 0.5 * RNG.random(80)}
    for name, u in samples.items():
        u = np.asarray(u)
        test = stats.kstest(u, "uniform", method="exact")
        n, d = len(u), test.statistic
        exact = _kolmogn_Pomeranz(n, d, cdf=False)
        if n < 1000:
            assert np.isclose(exact, _kolmogn_DMTW(n, d, cdf=False), rtol=1e-9, atol=1e-13)
        assert np.isclose(exact, test.pvalue, rtol=1e-5, atol=1e-12)
        note = "kstest takes an approximation good to 5 digits or more from n = 141 on; the two exact algorithms behind it agree."
        bins = np.histogram(u, bins=10, range=(0, 1))[0].tolist()
        yield case(f"uniformity, {name}", "scipy 1.17.1 stats.kstest for the statistic, the exact algorithm of Pomeranz in stats._ksstats for the p-value; numpy histogram",
                   {"statistic": d, "p_value": exact, "histogram": bins}, note, tolerance=1e-8, pits=u)


def place_cases():
    x = np.array([1.0, 2.0, 2.0, 4.0])
    for y in (0.0, 1.5, 2.0, 4.0, 5.0):
        yield case(f"place of {y}", "numpy evaluation of the definition", {"pit": ((x < y).sum() + 0.5 * ((x == y).sum() + 1)) / (len(x) + 1)}, draws=x, actual=y)


def comparisons():
    """Errors whose loss differences correlate as those of overlapping forecasts do."""
    inputs = []
    for n, h, power, kernel in [(20, 1, 2, "acf"), (20, 1, 1, "acf"), (30, 3, 2, "acf"), (30, 4, 1, "acf"), (30, 4, 1, "bartlett"), (12, 8, 2, "bartlett"), (100, 6, 2, "bartlett")]:
        moving = lambda sd: np.convolve(RNG.normal(scale=sd, size=n + h - 1), np.ones(h), mode="valid")
        inputs.append({"e1": moving(1.0).tolist(), "e2": moving(1.25).tolist(), "h": h, "power": power, "varestimator": kernel})
    told = json.loads(subprocess.run(["Rscript", HERE / "dm_test.R"], input=json.dumps(inputs), capture_output=True, text=True, check=True, env=os.environ).stdout)
    for x, r in zip(inputs, told):
        loss = lambda e: np.abs(np.array(e)) ** x["power"]
        if x["varestimator"] == "acf":
            # The package of Python has the rectangular kernel only; errors against zero are the forecasts.
            mine = dm_test([0.0] * len(x["e1"]), x["e1"], x["e2"], loss=lambda a, e: abs(e) ** x["power"], h=x["h"])
            assert np.allclose(mine, (r["statistic"], r["p_value"]), rtol=1e-9), (mine, r)
        kernel = {"acf": "rectangular", "bartlett": "bartlett"}[x["varestimator"]]
        differences = loss(x["e1"]) - loss(x["e2"])
        yield case(f"diebold_mariano, n = {len(differences)}, h = {x['h']}, power {x['power']}, {kernel}", "R forecast 8.20 dm.test; dieboldmariano 1.1.0 where rectangular",
                   {**r, "difference": differences.mean()}, differences=differences, horizon=x["h"], kernel=kernel)


def main():
    families = [crps_cases, quantile_cases, point_cases, pit_cases, place_cases, comparisons]
    write("forecast/scores.json", "Scores of forecasts", [c for family in families for c in family()])


if __name__ == "__main__":
    main()
