#!/usr/bin/env python3
"""Makes the CSV files of tests/golden/data (see the README there)."""
import os

import numpy as np
import pandas as pd
import statsmodels.api as sm
from libpysal import examples

from common import GOLDEN

OUT = os.path.join(GOLDEN, "data")


def save(frame, name):
    frame.to_csv(os.path.join(OUT, name), index=False, lineterminator="\n")
    print(name, len(frame))


def grunfeld():
    frame = sm.datasets.grunfeld.load_pandas().data
    frame = frame[frame.firm != "American Steel"].copy()
    frame["year"] = frame.year.astype(int)
    frame = frame[["firm", "year", "invest", "value", "capital"]]
    save(frame, "grunfeld.csv")
    # Gaps in the calendar: no firm has 1942 and 1943, and three have holes of their own.
    holes = {("General Motors", 1937), ("General Electric", 1948), ("IBM", 1950), ("IBM", 1951)}
    gone = frame.year.isin([1942, 1943]) | np.array([pair in holes for pair in zip(frame.firm, frame.year)])
    save(frame[~gone], "grunfeld_gaps.csv")


def panel_three_way(seed=20240611):
    """Simulated region x industry x year panel with holes and (recursive) singletons."""
    rng = np.random.default_rng(seed)
    regions = [f"R{i:02d}" for i in range(1, 61)]
    industries = ["agriculture", "manufacturing", "construction", "trade", "services"]
    years = range(2001, 2013)
    a = rng.normal(0, 1.0, len(regions))
    b = rng.normal(0, 0.5, len(industries))
    c = rng.normal(0, 0.3, len(years))
    area = np.round(np.exp(rng.normal(3, 0.7, len(regions))), 2)
    rows = []
    for i, r in enumerate(regions):
        shock = rng.normal(0, 0.2, len(years))
        for j, s in enumerate(industries):
            for k, t in enumerate(years):
                x1 = round(0.5 * a[i] + rng.normal(), 3)
                x2 = round(0.4 * b[j] - c[k] + 0.3 * x1 + rng.normal(), 3)
                y = 1 + 0.7 * x1 - 0.3 * x2 + a[i] + b[j] + c[k] + shock[k] + rng.normal(0, 0.4 + 0.2 * abs(x1))
                w = round(float(np.exp(rng.normal(0, 0.8))), 3)
                if rng.random() < 0.12:
                    continue
                rows.append([r, s, t, round(y, 4), x1, x2, round(x1 + x2, 3), area[i], w])
    # Singletons. First round: R61, R63 and the year 2000 have one row each. Then R62 and
    # mining are left with one row (the same one). All four rows go: 3168 remain.
    rows += [["R61", "trade", 2005, 1.25, 0.5, -0.25, 0.25, 17.5, 1.0],
             ["R62", "services", 2000, 0.75, -0.4, 0.6, 0.2, 21.25, 1.5],
             ["R62", "mining", 2006, 2.5, 1.1, -0.3, 0.8, 21.25, 0.5],
             ["R63", "mining", 2007, -0.5, -1.2, 0.9, -0.3, 9.75, 2.0]]
    save(pd.DataFrame(rows, columns=["region", "industry", "year", "y", "x1", "x2", "x3", "area", "w"]),
         "panel_three_way.csv")


def pysal():
    save(pd.read_csv(examples.get_path("usjoin.csv")).rename(
        columns=lambda c: {"Name": "state", "STATE_FIPS": "fips"}.get(c, c)), "us_income.csv")
    save(pd.read_csv(examples.get_path("mexico.csv")).rename(columns={"State": "state"})
         [["state"] + [f"pcgdp{y}" for y in range(1940, 2001, 10)] + ["hanson98"]].astype({"hanson98": int}),
         "mexico.csv")


if __name__ == "__main__":
    os.makedirs(OUT, exist_ok=True)
    grunfeld()
    panel_three_way()
    pysal()
