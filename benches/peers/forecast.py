"""The forecast of benches/forecast in numpy, all draws at once: what an analyst would write for this one model.

Reads the panel that the bench wrote to the folder argv[1]: growth of GDP on four agglomeration indices with effects of
region and year, 15 years, 1,000 draws, a baseline and one policy, with medians and the 80 and 95 % intervals of levels,
growth, effects and inequality. Fit, simulation and summary are timed; reading the data and talking to a server are not.
Prints one JSON line a task: name, peer and seconds (the median of a few runs after a warm-up).
"""

import json
import sys
import time
from pathlib import Path

import numpy as np

FOLDER = Path(sys.argv[1])
DRIVERS = ["firms", "value_added", "capital", "employees"]
YEARS, REGIONS = (int(x) for x in (FOLDER / "shape").read_text().split())
HORIZON, DRAWS = 15, 1000
LEVELS = [0.025, 0.1, 0.5, 0.9, 0.975]


def read(measure):
    return np.fromfile(FOLDER / f"{measure}.f64").reshape(YEARS, REGIONS)


GDP = read("gdp")
HISTORY = np.stack([read(driver) for driver in DRIVERS])


def index(x):
    return REGIONS * x / x.sum(axis=-1, keepdims=True)


def within(x):
    return x - x.mean(axis=-1, keepdims=True) - x.mean(axis=-2, keepdims=True) + x.mean(axis=(-1, -2), keepdims=True)


def fit():
    y = 100 * (GDP[1:] / GDP[:-1] - 1)
    x = index(HISTORY[:, 1:])
    flat, target = within(x).reshape(4, -1).T, within(y).reshape(-1)
    bread = np.linalg.inv(flat.T @ flat)
    beta = bread @ flat.T @ target
    residuals = target - flat @ beta
    scores = (flat * residuals[:, None]).reshape(YEARS - 1, REGIONS, 4).sum(axis=0)
    rest = y - np.tensordot(beta, x, 1)
    return beta, bread @ (scores.T @ scores) @ bread, residuals.reshape(YEARS - 1, REGIONS), rest.mean(axis=0), x.mean(axis=1)


def paths(random, known):
    change = np.log(HISTORY[:, 1:] / HISTORY[:, :-1])
    drift = change.mean(axis=1)
    steps = np.broadcast_to(drift[:, None, None, :], (4, 1, HORIZON, REGIONS))
    if not known:
        weights = random.normal(size=(DRAWS, HORIZON, YEARS - 1)) / np.sqrt(YEARS - 1)
        steps = steps + np.einsum("dht,jtr->jdhr", weights, change - drift[:, None])
    return HISTORY[:, -1][:, None, None, :] * np.exp(np.cumsum(steps, axis=2))


def gini(x):
    n = x.shape[-1]
    x = np.sort(x, axis=-1)
    return (2 * np.arange(1, n + 1) - n - 1) @ np.swapaxes(x, -1, -2) / (n * x.sum(axis=-1))


def inequality(level):
    share = level / level.mean(axis=-1, keepdims=True)
    return [(share * np.log(share)).mean(axis=-1), np.log(level).std(axis=-1), gini(level)]


def summary(level, growth):
    numbers = [level, growth, level.sum(axis=-1), *inequality(level)]
    return [np.quantile(x, LEVELS, axis=0) for x in numbers]


def forecast(known):
    random = np.random.default_rng(1)
    beta, covariance, residuals, intercept, mean = fit()
    drivers = paths(random, known)
    draws = beta + random.multivariate_normal(np.zeros(4), covariance, size=DRAWS)
    weights = random.normal(size=(DRAWS, HORIZON, YEARS - 1)) / np.sqrt(YEARS - 1)
    errors = weights @ residuals
    futures = []
    for factor in (1.0, 1.1):
        changed = drivers.copy()
        changed[0, ..., 0] *= factor
        x = index(changed)
        terms = np.einsum("dj,jdhr->dhr", draws, np.broadcast_to(x, (4, DRAWS, HORIZON, REGIONS)))
        growth = intercept - ((draws - beta) @ mean)[:, None, :] + terms + errors
        futures.append((GDP[-1] * np.cumprod(1 + growth / 100, axis=1), growth))
    told = [summary(*future) for future in futures]
    (base, of_base), (ours, of_ours) = futures
    told.append(summary(100 * (ours / base - 1) + 1e3, of_ours - of_base))
    return told


def main(runs=7):
    for name, known in (("known", True), ("forecast", False)):
        forecast(known)
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            forecast(known)
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"name": name, "peer": "numpy", "seconds": sorted(seconds)[runs // 2]}), flush=True)


main()
