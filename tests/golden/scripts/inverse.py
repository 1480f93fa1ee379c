#!/usr/bin/env python3
"""tests/golden/forecast/inverse.json: goal seek and budget allocation.

Closed forms where there are any; otherwise the conditions of Karush, Kuhn and Tucker solved by scipy root finders, all
active sets of a quadratic programme in turn, or SLSQP with exact slopes (complex steps).
"""
from itertools import product

import numpy as np
from scipy.optimize import brentq, fsolve, linprog, minimize

from common import write

SCRIPT = "tests/golden/scripts/inverse.py"
RNG = np.random.default_rng(20260731)
NOTE = ("A = R x_jr / sum_r x_jr; growth of region r in per cent g_r = sum_j beta_j A_jr; instrument j multiplies x_jr of "
        "the target's region by a factor. ")
STOCKS = np.array([[100, 60, 40], [500, 200, 100]], float)
BETA = np.array([0.153, 1.42])


def growth(factors, region, beta=BETA, stocks=STOCKS):
    total = 0
    for j, factor in enumerate(factors):
        x = stocks[j, region] * factor
        rest = stocks[j].sum() - stocks[j, region]
        total = total + beta[..., j] * stocks.shape[1] * x / (x + rest)
    return total


def slopes(f, z):
    return np.array([np.imag(f(z + 1e-30j * np.eye(len(z))[i])) / 1e-30 for i in range(len(z))])


def case(name, source, note, inputs, expected, tolerance=1e-10, **extra):
    return dict(name=name, source=source, script=SCRIPT, tolerance=tolerance, note=note, inputs=inputs, expected=expected,
                **extra)


def seek_one():
    beta, stock, rest, target = 1.42, 100.0, 700.0, 1.0
    factor = target * rest / (stock * (3 * beta - target))
    return case("one_share", "closed form", NOTE + "beta R f x / (f x + S) = g gives f = g S / (x (beta R - g)); beta R is "
                "the supremum.", {"beta": beta, "regions": 3, "stock": stock, "rest": rest, "target": target,
                                  "bounds": [0.0, 50.0]}, {"factor": factor, "supremum": 3 * beta})


def least(target, weights, high, region=2):
    """KKT of min sum w (z - 1)^2, growth(z) = target, z <= high, for every set of amounts at their most."""
    best = None
    for at_high in product([False, True], repeat=2):
        free = [i for i in range(2) if not at_high[i]]
        if not free:
            continue

        def full(v):
            z = np.array(high, float)
            z[free] = v
            return z

        def kkt(v):
            z, lam = full(v[:-1]), v[-1]
            g = slopes(lambda z: growth(z, region), z)
            return [2 * weights[i] * (z[i] - 1) - lam * g[i] for i in free] + [growth(z, region) - target]

        v, _, ok, _ = fsolve(kkt, np.append(np.full(len(free), 1.2), 1.0), xtol=1e-15, full_output=True)
        z = full(v[:-1])
        if max(abs(np.array(kkt(v)))) < 1e-9 and (z <= np.array(high) + 1e-12).all():
            cost = float(np.dot(weights, (z - 1) ** 2))
            if best is None or cost < best[0]:
                best = (cost, z)
    check = minimize(lambda z: np.dot(weights, (z - 1) ** 2), [1.1, 1.1], method="SLSQP", bounds=[(1, h) for h in high],
                     constraints={"type": "eq", "fun": lambda z: growth(z, region) - target}, options={"ftol": 1e-15})
    assert abs(check.fun - best[0]) < 1e-7, (check.fun, best)
    return best


def seek_several():
    for name, target, weights, high in [("two_shares", 1.0, [1.0, 1.0], [3.0, 3.0]),
                                        ("two_shares_weighted", 1.0, [1.0, 25.0], [3.0, 3.0]),
                                        ("two_shares_bound", 1.0, [1.0, 1.0], [8.0, 1.5])]:
        # Changes are measured in ranges: weights over squared widths.
        start = growth(np.ones(2), 2)
        width = np.array(high) - 0.0
        cost, z = least(target, np.array(weights) / width ** 2, high)
        yield case(name, "scipy.optimize.fsolve on the KKT conditions, checked with SLSQP",
                   NOTE + "min sum w ((f - 1)/range)^2 subject to the growth of region 3 and f <= high, range = high.",
                   {"stocks": STOCKS, "beta": BETA, "region": 2, "target": target, "weights": weights, "high": high},
                   {"start": start, "factors": z, "cost": cost}, 1e-8)


def seek_chance():
    draws = BETA + RNG.normal(size=(200, 2)) * [0.1, 0.25]
    noise = RNG.normal(size=200) * 0.05

    def enough(z, target, p):
        x = np.sort(growth(z, 2, draws) + noise)
        return x[len(x) - int(np.ceil(p * len(x) - 1e-9))] - target

    target, p = 1.0, 0.9
    factor = brentq(lambda f: enough([1.0, f], target, p), 1, 30, xtol=1e-14, rtol=1e-15)
    inputs = {"stocks": STOCKS, "beta": BETA, "region": 2, "target": target, "probability": p, "draws": draws,
              "noise": noise, "high": [30.0, 30.0]}
    yield case("chance_one", "scipy.optimize.brentq on the ordered draws", NOTE + "The second instrument alone: the factor "
               "at which 90 % of the draws (beta_d, noise_d) reach the target.", inputs, {"factor": factor}, 1e-8)
    angles = np.linspace(0.0, np.pi / 2, 4001)
    best = (np.inf, None)
    for angle in angles:
        ray = np.array([np.cos(angle), np.sin(angle)])
        at = lambda t: enough(1 + t * ray, target, p)
        if at(28.0) < 0:
            continue
        t = brentq(at, 0, 28.0, xtol=1e-12)
        best = min(best, (t, list(1 + t * ray)))
    yield case("chance_two", "scipy.optimize.brentq on 4001 rays", NOTE + "Both instruments with equal weights: the least "
               "change at which 90 % of the draws reach the target.", inputs, {"change": best[0], "factors": best[1]},
               0.005, tolerance_reason="the slopes of a quantile are means over the 15 draws next to it; the change found is "
               "compared, relative to the least one")


def quadratic(number, count=6):
    a = RNG.normal(size=(count, count))
    q = a @ a.T + 0.1 * np.eye(count)
    b = RNG.normal(size=count) + 1.0
    cost = RNG.uniform(0.2, 3.0, count)
    high = RNG.uniform(0.3, 2.0, count)
    budget = 0.12 * float(cost @ high)
    best = None
    for sides in product([0, 1, 2], repeat=count):
        free = [i for i in range(count) if sides[i] == 2]
        z0 = np.array([high[i] if sides[i] == 1 else 0.0 for i in range(count)])
        for binds in (False, True):
            k = len(free)
            rhs = b[free] - q[np.ix_(free, range(count))] @ z0
            if binds:
                if k == 0:
                    continue
                system = np.block([[q[np.ix_(free, free)], cost[free][:, None]], [cost[free][None], np.zeros((1, 1))]])
                solved = np.linalg.solve(system, np.append(rhs, budget - cost @ z0))
                zf, mu = solved[:-1], solved[-1]
            else:
                zf, mu = (np.linalg.solve(q[np.ix_(free, free)], rhs) if k else np.zeros(0)), 0.0
            z = z0.copy()
            z[free] = zf
            slack = b - q @ z - mu * cost
            good = (z >= -1e-10).all() and (z <= high + 1e-10).all() and cost @ z <= budget + 1e-10 and mu >= -1e-10
            good = good and all((sides[i] == 2) or (slack[i] >= -1e-10 if sides[i] == 1 else slack[i] <= 1e-10)
                                for i in range(count))
            if good and (best is None or b @ z - z @ q @ z / 2 > best[0] + 1e-12):
                best = (b @ z - z @ q @ z / 2, z, mu)
    check = minimize(lambda z: z @ q @ z / 2 - b @ z, np.zeros(count), jac=lambda z: q @ z - b, method="SLSQP",
                     bounds=[(0, h) for h in high], constraints={"type": "ineq", "fun": lambda z: budget - cost @ z},
                     options={"ftol": 1e-15, "maxiter": 500})
    assert abs(-check.fun - best[0]) < 1e-8, (check.fun, best)
    return case(f"quadratic_{number}", "all active sets in turn (numpy), checked with scipy.optimize.minimize SLSQP",
                "max b'z - z'Qz/2 over 0 <= z <= high, cost'z <= budget.",
                {"q": q, "b": b, "cost": cost, "high": high, "budget": budget},
                {"value": best[0], "amounts": best[1], "shadow_price": best[2]}, 1e-6,
                tolerance_reason="amounts and shadow price come from slopes by differences with a step of 1e-5 of the "
                "range; the value is compared at 1e-10")


def linear():
    count = 40
    gain, cost = RNG.uniform(-0.2, 1.0, count), RNG.uniform(0.5, 2.0, count)
    low, high = RNG.uniform(0, 0.2, count), RNG.uniform(0.5, 3.0, count)
    budget = 20.0
    solved = linprog(-gain, A_ub=cost[None], b_ub=[budget], bounds=list(zip(low, high)), method="highs")
    return case("linear", "scipy.optimize.linprog (HiGHS)", "max gain'z over low <= z <= high, cost'z <= budget: the "
                "fractional knapsack.", {"gain": gain, "cost": cost, "low": low, "high": high, "budget": budget},
                {"value": -solved.fun, "amounts": solved.x, "shadow_price": -solved.ineqlin.marginals[0]}, 1e-8)


def water():
    weight, cost = np.array([3.0, 2.0, 1.0, 0.5, 0.05]), np.array([1.0, 0.5, 2.0, 1.0, 1.0])
    high, budget = np.array([1.0, 10.0, 10.0, 10.0, 10.0]), 7.5
    at = lambda mu: np.clip(weight / (mu * cost) - 1, 0, high)
    mu = brentq(lambda mu: cost @ at(mu) - budget, 1e-6, 100, xtol=1e-15, rtol=1e-15)
    return case("water_filling", "closed form; the level with scipy.optimize.brentq", "max sum w ln(1 + z) over 0 <= z <= "
                "high, cost'z <= budget: z = w / (mu c) - 1 within the bounds.",
                {"weight": weight, "cost": cost, "high": high, "budget": budget},
                {"amounts": at(mu), "value": float(weight @ np.log1p(at(mu))), "shadow_price": mu}, 1e-6,
                tolerance_reason="slopes by differences with a step of 1e-5 of the range; the value is compared at 1e-10")


def frontier():
    level = np.array([1000.0, 400.0, 200.0, 150.0])
    gain = np.array([3.0, 1.5, 1.2, 1.0])
    cost, budget = np.ones(4), 5.0

    def numbers(z):
        grown = level * (1 + gain * np.log(1 + z) / 100)
        share = grown / grown.sum()
        return 100 * (grown.sum() / level.sum() - 1), (share * np.log(share * 4)).sum()

    points = []
    for gamma in [0.0, 20.0, 50.0, 200.0]:
        aim = lambda z: numbers(z)[0] - gamma * numbers(z)[1]
        best = max((minimize(lambda z: -np.real(aim(z)), start, jac=lambda z: -slopes(aim, z), method="SLSQP",
                             bounds=[(0, 5)] * 4, options={"ftol": 1e-16, "maxiter": 1000},
                             constraints={"type": "ineq", "fun": lambda z: budget - cost @ z, "jac": lambda z: -cost})
                    for start in np.vstack([np.eye(4) * 5, np.full((1, 4), 1.25)])), key=lambda s: -s.fun)
        growth, theil = numbers(best.x)
        points.append({"gamma": gamma, "value": -best.fun, "growth": growth, "theil": theil, "amounts": best.x})
    return case("frontier", "scipy.optimize.minimize SLSQP with exact slopes, five starts", "level_r grows by gain_r ln(1 + "
                "z_r) per cent; growth is that of the sum in per cent, Theil T = sum s ln(R s); max growth - gamma Theil over "
                "0 <= z <= 5, sum z <= budget.", {"level": level, "gain": gain, "cost": cost, "budget": budget},
                {"points": points}, 1e-5, tolerance_reason="amounts where the objective is flat, to what SLSQP and slopes by "
                "differences both know; the value is compared at 1e-8")


write("forecast/inverse.json", "Goal seek and budget allocation",
      [seek_one(), *seek_several(), *seek_chance(), linear(), *(quadratic(i) for i in range(6)), water(), frontier()])
