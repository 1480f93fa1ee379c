#!/usr/bin/env python3
"""tests/golden/forecast/toy.json: one-step scenario with three regions, and forecast scores.

The scenario numbers are evaluated from the definitions in each case's note; the scores come from
scoringrules and utilsforecast.
"""
from itertools import combinations
from math import factorial

import numpy as np
import pandas as pd
import scoringrules as sr
from utilsforecast.losses import mase, rmsse

from common import write

SCRIPT = "tests/golden/scripts/forecast.py"
SOURCE = "numpy evaluation of the definitions in the note"
REGIONS, DRIVERS = ["r1", "r2", "r3"], ["n", "K", "L"]
X = np.array([[100, 60, 40], [500, 200, 100], [50, 30, 20]], float)     # drivers x regions
Y = np.array([1000, 400, 200], float)
BETA = np.array([0.153, 1.42, -0.11])
MODEL = ("A_jr = R * x_jr / sum_r x_jr; growth in per cent g_r = sum_j beta_j * A_jr; "
         "delta is the scenario's g minus the baseline's; weighted = sum_r Y_r * delta_r / sum_r Y_r.")


def index(x):
    return x.shape[1] * x / x.sum(axis=1, keepdims=True)


def growth(x):
    return BETA @ index(x)


def effect(x):
    delta = growth(x) - growth(X)
    return delta, float(delta @ Y / Y.sum())


def expand(x, region, rate):
    """Enterprises of average size: n, K and L of the region grow by the rate; national totals grow."""
    out = x.copy()
    out[:, region] *= 1 + rate
    return out


def relocate(x, region, rate):
    """The same increase, taken from the other regions: national totals of n, K and L do not change."""
    out = x.copy()
    for j in range(len(out)):
        added = rate * x[j, region]
        others = [r for r in range(x.shape[1]) if r != region]
        for r in others:
            out[j, r] -= added * x[j, r] / x[j, others].sum()
        out[j, region] += added
    return out


def scale(x, driver, region, rate):
    out = x.copy()
    out[DRIVERS.index(driver), region] *= 1 + rate
    return out


POLICIES = {"P1": lambda x: expand(x, 2, 0.25), "P2": lambda x: scale(x, "K", 2, 0.10), "P3": lambda x: scale(x, "L", 0, -0.05)}
SPEC = {"P1": {"kind": "enterprises", "region": "r3", "rate": 0.25, "closure": "greenfield"},
        "P2": {"kind": "scale", "driver": "K", "region": "r3", "rate": 0.10},
        "P3": {"kind": "scale", "driver": "L", "region": "r1", "rate": -0.05}}


def value(names):
    x = X
    for name in sorted(names):
        x = POLICIES[name](x)
    return growth(x) - growth(X)


def shapley():
    names, out = list(POLICIES), {}
    for i in names:
        rest = [k for k in names if k != i]
        total = np.zeros(3)
        for size in range(len(names)):
            for s in combinations(rest, size):
                weight = factorial(size) * factorial(len(names) - size - 1) / factorial(len(names))
                total += weight * (value((*s, i)) - value(s))
        out[i] = total
    return out


def near(mine, printed):
    mine, printed = np.asarray(mine, float), np.asarray(printed, float)
    assert np.all(np.abs(mine - printed) < 6e-10), (mine, printed)


def case(name, expected, note, source=SOURCE, **inputs):
    return {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-10, "note": note, "inputs": inputs, "expected": expected}


def main():
    base = dict(regions=REGIONS, drivers={d: X[j] for j, d in enumerate(DRIVERS)}, output=Y, coefficients=dict(zip(DRIVERS, BETA)), index="agglomeration")
    cases = [case("baseline", {"indices": dict(zip(DRIVERS, index(X))), "growth": growth(X)}, MODEL, **base)]
    near(growth(X), [2.727, 1.1037, 0.5583])

    new = expand(X, 2, 0.25)
    delta, weighted = effect(new)
    near(delta, [-.083753247, -.034115584, .117868831])
    near(weighted, -.046141071)
    assert abs(delta.sum()) < 1e-14
    parts = BETA[:, None] * (index(new) - index(X))
    near(parts[:, 2], [.017485714, .112954545, -.012571429])
    cases.append(case("greenfield", {"drivers_after": dict(zip(DRIVERS, new)), "delta_growth": delta, "sum": 0.0, "weighted": weighted,
                                     "by_driver": dict(zip(DRIVERS, parts))},
                      MODEL + " 25 % more enterprises in r3, of the average size there: n, K and L of r3 are multiplied by 1.25, other regions keep theirs, national totals grow. "
                      "by_driver is beta_j * change of A_jr, which adds up exactly. The unweighted sum of delta is 0 up to rounding.", policies=[SPEC["P1"]], **base))
    new = relocate(X, 2, 0.25)
    delta, weighted = effect(new)
    near(delta, [-.099120536, -.040454464, .139575])
    near(weighted, -.054617076)
    assert np.allclose(new.sum(axis=1), X.sum(axis=1), rtol=1e-15)
    cases.append(case("relocation_pro_rata", {"drivers_after": dict(zip(DRIVERS, new)), "delta_growth": delta, "sum": 0.0, "weighted": weighted,
                                              "by_driver": dict(zip(DRIVERS, BETA[:, None] * (index(new) - index(X))))},
                      MODEL + " r3 gains 25 % of its own n, K and L (10, 25, 5), as in greenfield. For each driver separately that amount is taken from the other regions in proportion "
                      "to their own stock of that same driver (r1 gives 6.25 n, 25*5/7 K, 3.125 L), so the national total of every driver is unchanged. It is not: moving enterprises "
                      "pro rata by n with the capital of their origin.", policies=[SPEC["P1"] | {"closure": "relocate_pro_rata"}], **base))
    total = value(POLICIES)
    phi = shapley()
    near(total, [-.1180718186, -.0518290759, .1699008945])
    near(phi["P1"], [-.086592732, -.035129025, .121721757])
    near(phi["P2"], [-.035702485, -.014280994, .049983479])
    near(phi["P3"], [.004223399, -.002419057, -.001804342])
    assert np.allclose(sum(phi.values()), total, atol=1e-15)
    alone = {p: value([p]) for p in POLICIES}
    residual = total - sum(alone.values())
    near(residual, [-.005678971, -.002026882, .007705852])
    last = {p: total - value([q for q in POLICIES if q != p]) for p in POLICIES}
    cases.append(case("three_policies", {"total": total, "shapley": phi, "one_at_a_time": alone, "one_at_a_time_residual": residual, "leave_one_out": last,
                                         "coalitions": {"+".join(s): value(s) for k in (1, 2, 3) for s in combinations(POLICIES, k)}},
                      MODEL + " Policies multiply the drivers (K of r3 by 1.25 * 1.10 under P1 and P2), so their order does not matter. Shapley value over the eight coalitions of the growth effect; "
                      "residual = total - sum of the effects alone; leave_one_out = total - effect of the other two.", policies=SPEC, **base))
    s = X[0] / X[0].sum()
    jacobian = BETA[0] * 3 * (np.diag(s) - np.outer(s, s))
    near(jacobian[0], [.11475, -.06885, -.0459])
    step = 1e-6
    for q in range(3):
        up, down = X.copy(), X.copy()
        up[0, q] *= np.exp(step)
        down[0, q] *= np.exp(-step)
        assert np.allclose((growth(up) - growth(down)) / (2 * step), jacobian[:, q], atol=1e-9)
    cases.append(case("jacobian_n", {"d_growth_d_ln_n": jacobian}, "d g_r / d ln n_q = beta_n * R * (s_r * [r = q] - s_r * s_q), s = shares of n; row r, column q; checked by central differences.", **base))
    x, e = np.array([30, 20, 10.0]), np.array([100, 80, 70.0])
    q = (x / e) / (x.sum() / e.sum())
    near(np.round(q, 7), [1.25, 1.0416667, .5952381])
    jq = np.diag(1 - x / e) - x / x.sum() + x / e.sum()
    for k in range(3):
        def lq(step):
            y, total = x.copy(), e.copy()
            y[k] *= np.exp(step)
            total[k] += y[k] - x[k]
            return np.log((y / total) / (y.sum() / total.sum()))
        assert np.allclose((lq(1e-6) - lq(-1e-6)) / 2e-6, jq[:, k], atol=1e-9)
    cases.append(case("location_quotient", {"location_quotient": q, "weighted_sum": 1.0, "d_ln_lq_d_ln_x": jq},
                      "A_r = (x_r/e_r)/(X/E), e includes x; weighted_sum = sum_r (e_r/E) A_r; d ln A_r / d ln x_q = [r = q](1 - x_r/e_r) - x_q/X + x_q/E; row r, column q; checked by central differences.",
                      regions=REGIONS, x=x, e=e))

    samples = np.array([1, 2, 4, 7.0])
    crps, fair = float(sr.crps_ensemble(3.0, samples, estimator="nrg")), float(sr.crps_ensemble(3.0, samples, estimator="fair"))
    normal = float(sr.crps_normal(0.5, 0.0, 1.0))
    interval = float(sr.interval_score(7.0, 1.0, 6.0, 0.1))
    near([crps, normal, interval], [.75, .3314035313, 25])
    near(np.round(fair, 7), .3333333)
    S = "scoringrules 0.10.0, "
    cases += [
        case("crps_sample", {"crps": crps, "crps_fair": fair}, "mean|x - y| - half the mean of |x_i - x_j| over m^2 pairs; fair: over m(m - 1) pairs",
             source=S + "crps_ensemble(estimator='nrg' and 'fair')", samples=samples, observed=3.0),
        case("crps_normal", {"crps": normal}, "N(0, 1)", source=S + "crps_normal", mean=0.0, sd=1.0, observed=0.5),
        case("interval_score", {"interval_score": interval}, "width + (2/alpha) * distance outside, alpha = 0.1", source=S + "interval_score", lower=1.0, upper=6.0, level=0.9, observed=7.0),
    ]
    series, forecast, actual = [1.0, 3, 2, 5, 4], [5.0, 6], [7.0, 4]
    train = pd.DataFrame({"unique_id": "a", "ds": range(1, 6), "y": series})
    test = pd.DataFrame({"unique_id": "a", "ds": [6, 7], "y": actual, "m": forecast})
    scaled = {"mase": float(mase(test, ["m"], 1, train)["m"].iloc[0]), "rmsse": float(rmsse(test, ["m"], 1, train)["m"].iloc[0])}
    near(np.round([scaled["mase"], scaled["rmsse"]], 7), [1.1428571, 1.0327956])
    cases.append(case("scaled_errors", scaled, "scale: mean absolute (square) one-step change in the training series", source="utilsforecast 0.2.17, losses.mase, losses.rmsse, seasonality 1",
                      series=series, forecast=forecast, observed=actual))
    write("forecast/toy.json", "One-step scenario with three regions; forecast scores", cases)


if __name__ == "__main__":
    main()
