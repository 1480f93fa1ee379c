#!/usr/bin/env python3
"""tests/golden/forecast/drivers.json: point paths of the methods that project drivers, and Minnesota posteriors.

statsmodels where it has the method; statsforecast's digits are literals, because it needs an older pandas; otherwise
numpy evaluations of the published formulas, written without the shortcuts of the Rust code.
"""
import numpy as np
import statsmodels.api as sm
from scipy.optimize import least_squares
from scipy.special import multigammaln
from statsmodels.tsa.ar_model import AutoReg, ar_select_order
from statsmodels.tsa.exponential_smoothing.ets import ETSModel

from common import write

SCRIPT = "tests/golden/scripts/drivers.py"
NUMPY = "numpy evaluation of the formula in the note"
# Box and Jenkins (1976), Time Series Analysis, series G: airline passengers, thousands, 1949-1960 by month.
AIR = [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149, 170, 170, 158, 133,
       114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166, 171, 180, 193, 181, 183, 218, 230, 242,
       209, 191, 172, 194, 196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264,
       302, 293, 259, 229, 203, 229, 242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313,
       318, 374, 413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336, 340, 318,
       362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405,
       417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432]
NILE = sm.datasets.nile.load_pandas().data["volume"].to_numpy(float)
MACRO = sm.datasets.macrodata.load_pandas().data
GDP, UNEMPLOYMENT = MACRO["realgdp"].to_numpy(float), MACRO["unemp"].to_numpy(float)


def case(name, method, values, path, source, tolerance, params=None, kind="stock", **more):
    """One panel (periods × regions, a flat list is one region) and the path of each region."""
    values, path = np.asarray(values, float), np.asarray(path, float)
    values, path = values.reshape(len(values), -1), path.reshape(len(path), -1)
    return {"name": name, "method": method, "source": source, "script": SCRIPT, "tolerance": tolerance, **more,
            "inputs": {"values": values, "kind": kind, "params": params or {}}, "expected": {"path": path}}


def smooth(y, alpha, beta, phi, level, growth, horizon=0):
    """One-step errors, or the path after the last observation."""
    errors = []
    for value in y:
        ahead = level + phi * growth
        errors.append(value - ahead)
        level, growth = ahead + alpha * errors[-1], phi * growth + beta * errors[-1]
    path = []
    for _ in range(horizon):
        level, growth = level + phi * growth, phi * growth
        path.append(level)
    return np.array(path if horizon else errors)


def ets(y, trend, damped, horizon):
    """Least squares over gains and first states together, from many starts; the path of the best."""
    low, high = 1e-4, 0.9999
    size = np.std(np.diff(y))

    def split(p):
        alpha = low + p[0] * (high - low)
        beta = low + p[1] * (alpha - low) if trend else 0.0
        phi = (0.8 + 0.18 * p[2]) if damped else float(trend)
        return alpha, beta, phi, y[0] + size * p[3], size * p[4] if trend else 0.0

    best = None
    for a in (0.1, 0.5, 0.9):
        for b in (0.05, 0.5):
            start = [a, b, 0.5, 0.0, 0.0]
            fit = least_squares(lambda p: smooth(y, *split(p)), start, xtol=1e-15, ftol=1e-15, gtol=1e-15,
                                bounds=([0, 0, 0, -np.inf, -np.inf], [1, 1, 1, np.inf, np.inf]), max_nfev=5000,
                                x_scale=[1, 1, 1, 1, 1])
            if best is None or fit.cost < best.cost:
                best = fit
    model = ETSModel(y, trend="add" if trend else None, damped_trend=damped).fit(disp=False, maxiter=5000)
    assert 2 * best.cost <= model.sse * (1 + 1e-9), (2 * best.cost, model.sse)
    path = smooth(y, *split(best.x), horizon=horizon)
    print("ets", split(best.x), "sse", 2 * best.cost, "statsmodels", model.sse,
          np.abs(path / model.forecast(horizon) - 1).max())
    return path


def smoothing_cases():
    note = ("Least squares over gains and first states by scipy from six starts; its sum of squares is not above that "
            "of statsmodels 0.15.0 ETSModel, whose optimiser stops earlier.")
    reason = "two iterative searches for the same minimum of a flat function"
    more = dict(tolerance_reason=reason, note=note)
    yield case("ets_simple_nile", "ets", NILE, ets(NILE, False, False, 3), "scipy 1.17.1 least_squares", 1e-6,
               {"scale": "level", "trend": "none"}, **more)
    gdp = np.log(GDP[-80:])
    yield case("ets_holt_gdp", "ets", GDP[-80:], np.exp(ets(gdp, True, False, 5)), "scipy 1.17.1 least_squares", 1e-6,
               {"trend": "additive"}, **more)
    yield case("damped_trend_gdp", "damped_trend", GDP[-80:], np.exp(ets(gdp, True, True, 5)),
               "scipy 1.17.1 least_squares", 1e-6, **more)
    yield case("damped_trend_nile", "damped_trend", NILE[:40], ets(NILE[:40], True, True, 5),
               "scipy 1.17.1 least_squares", 1e-6, {"scale": "level"}, **more)


def published_cases():
    yield case("drift_air", "random_walk_drift", AIR, [434.23776224, 436.47552448, 438.71328671],
               "statsforecast 2.1.1 RandomWalkWithDrift", 1e-8, {"scale": "level"})
    yield case("theta_air", "theta", AIR, [432.92916006, 434.25775201, 435.58634396],
               "statsforecast 2.1.1 Theta(season_length=1)", 1e-6, {"scale": "level"},
               tolerance_reason="statsforecast minimises with a loose simplex search; the gain is at its bound 0.99")
    yield case("holt_air", "ets", AIR, [434.238814, 436.481602, 438.724391], "statsforecast 2.1.1 AutoETS(model='AAN')",
               2e-4, {"scale": "level", "trend": "additive"},
               tolerance_reason="statsforecast's search over gains and first states stops early")


def autoregression_cases():
    horizon = 6
    for name, y, params, kind in [
        ("ar_unemployment", UNEMPLOYMENT[:120], {"lags": 4}, "rate"),
        ("ar_growth", np.diff(np.log(GDP[-100:])), {"lags": 4}, "stock"),
        ("ar_level_short", UNEMPLOYMENT[:25], {"lags": 2}, "rate"),
    ]:
        chosen = ar_select_order(y, maxlag=params["lags"], ic="aic", trend="c").ar_lags
        lags = max(chosen) if chosen else 0
        fit = AutoReg(y, lags=lags, trend="c").fit()
        assert np.all(np.abs(fit.roots) > 1), name
        ahead = fit.forecast(horizon)
        print(name, "order", lags, fit.params)
        values, path = (GDP[-100:], GDP[-1] * np.exp(np.cumsum(ahead))) if kind == "stock" else (y, ahead)
        yield case(name, "ar", values, path, "statsmodels 0.15.0 ar_select_order(ic='aic'), AutoReg", 1e-10, params, kind)


def share_cases():
    values = np.array([[100, 50, 20], [104, 55, 21], [110, 54, 24], [115, 58, 29]], float)
    periods, horizon = len(values) - 1, 3
    total = values.sum(axis=1)
    nation = (total[-1] / total[0]) ** (1 / periods) - 1
    own = (values[-1] / values[0]) ** (1 / periods) - 1
    note = ("R = (X_T/X_1)^(1/3) - 1, s_r = (x_rT/x_r1)^(1/3) - 1 - R, x_r,T+h = x_rT (1 + R + k s_r)^h, scaled to "
            "sum X_T (1 + R)^h")
    for name, method, k, params in [("constant_share", "national_growth", 0.0, {}),
                                    ("shift_share_half", "shift_share", 0.5, {}),
                                    ("shift_share_whole", "shift_share", 1.0, {"shrinkage": 1.0})]:
        h = np.arange(1, horizon + 1)[:, None]
        path = values[-1] * (1 + nation + k * (own - nation)) ** h
        path *= total[-1] * (1 + nation) ** h / path.sum(axis=1, keepdims=True)
        yield case(name, method, values, path, NUMPY, 1e-10, params, note=note)


def own_scale(y, lags):
    """Residual variance of each variable's own autoregression of that order."""
    out = []
    for j in range(y.shape[1]):
        x = np.column_stack([np.ones(len(y) - lags)] + [y[lags - l:len(y) - l, j] for l in range(1, lags + 1)])
        beta, *_ = np.linalg.lstsq(x, y[lags:, j], rcond=None)
        e = y[lags:, j] - x @ beta
        out.append(e @ e / (len(x) - x.shape[1]))
    return np.array(out)


def minnesota(values, lags, lam, alpha, mean, psi=None):
    """Posterior by the dense Kronecker form of vec B, marginal likelihood as a matrix-t density."""
    m = values.shape[1]
    psi = own_scale(values, lags) if psi is None else np.asarray(psi, float)
    y = values[lags:]
    x = np.column_stack([np.ones(len(y))] + [values[lags - l:len(values) - l] for l in range(1, lags + 1)])
    n, k = x.shape
    omega = np.diag(np.concatenate([[1e7]] + [lam ** 2 / (l ** alpha * psi) for l in range(1, lags + 1)]))
    b = np.zeros((k, m))
    b[1:1 + m] = mean * np.eye(m)
    prior = np.linalg.inv(np.kron(np.eye(m), omega))
    data = np.kron(np.eye(m), x)
    vec = np.linalg.solve(prior + data.T @ data, data.T @ y.T.ravel() + prior @ b.T.ravel())
    coefficients = vec.reshape(m, k).T
    e, moved = y - x @ coefficients, coefficients - b
    scale = np.diag(psi) + e.T @ e + moved.T @ np.linalg.inv(omega) @ moved
    # Y is matrix t: rows covary as I + X Omega X', columns as Psi.
    rows, d = np.eye(n) + x @ omega @ x.T, m + 2
    centred = y - x @ b
    quadratic = np.diag(psi) + centred.T @ np.linalg.solve(rows, centred)
    logdet = lambda a: np.linalg.slogdet(a)[1]
    log_ml = (-n * m / 2 * np.log(np.pi) + multigammaln((n + d) / 2, m) - multigammaln(d / 2, m)
              - m / 2 * logdet(rows) + d / 2 * np.log(psi).sum() - (n + d) / 2 * logdet(quadratic))
    expected = {"coefficients": coefficients, "scale": scale, "log_marginal_likelihood": log_ml, "freedom": n + m + 2,
                "psi": psi}
    return expected


def iterate(coefficients, values, lags, horizon):
    past, path = list(values[::-1][:lags]), []
    for _ in range(horizon):
        now = np.concatenate([[1.0], *past]) @ coefficients
        path.append(now)
        past = [now, *past[:-1]]
    return np.array(path)


def minnesota_cases():
    rng = np.random.default_rng(20251125)
    for name, n, m, lags, lam, alpha, mean, psi in [("minnesota_levels", 9, 2, 1, 0.2, 2.0, 1.0, [1.0, 4.0]),
                                                    ("minnesota_growth", 30, 3, 2, 0.35, 2.0, 0.0, None)]:
        values = np.cumsum(rng.normal(size=(n, m)), axis=0) if mean else rng.normal(0.02, 0.03, size=(n, m))
        values = np.round(values, 6)
        inputs = {"values": values, "lags": lags, "lambda": lam, "alpha": alpha, "mean": mean, "psi": psi}
        yield {"name": name, "method": "minnesota", "script": SCRIPT, "tolerance": 1e-10, "inputs": inputs,
               "source": "numpy: vec B by its Kronecker form, ln p(Y) as a matrix t density",
               "expected": minnesota(values, lags, lam, alpha, mean, psi)}
    # Two lags, so that a path that forgets to move the second on is wrong from the third step.
    growth = np.round(rng.normal([0.02, 0.01], 0.02, size=(24, 2)), 6)
    growth[2:] += 0.6 * growth[1:-1] + 0.3 * growth[:-2]
    levels = 100 * np.exp(np.vstack([np.zeros(2), np.cumsum(growth, axis=0)]))
    growth = np.diff(np.log(levels), axis=0)
    posterior = minnesota(growth, 2, 0.5, 2.0, 0.0)
    path = levels[-1] * np.exp(np.cumsum(iterate(posterior["coefficients"], growth, 2, 5), axis=0))
    yield {"name": "bvar_path", "method": "bvar", "script": SCRIPT, "tolerance": 1e-10, "source": NUMPY,
           "note": "g_{T+h} = c + A_1 g_{T+h-1} + A_2 g_{T+h-2} with the posterior mean; levels from its partial sums",
           "inputs": {"measures": levels, "params": {"with": "other", "lags": 2, "lambda": 0.5}},
           "expected": {"path": path[:, :1]}}
    grid = np.exp(np.linspace(np.log(1e-4), np.log(5), 20001))
    best = grid[np.argmax([minnesota(growth, 2, lam, 2.0, 0.0)["log_marginal_likelihood"] for lam in grid])]
    yield {"name": "bvar_lambda", "method": "bvar", "script": SCRIPT, "tolerance": 1e-3, "source": NUMPY,
           "tolerance_reason": "expected is the best of a grid with steps of 0.05 %",
           "inputs": {"measures": levels, "params": {"with": "other", "lags": 2}}, "expected": {"lambda": best}}


def auto_case():
    rng = np.random.default_rng(7)
    values = np.round(100 * np.exp(np.cumsum(rng.normal(0.03, 0.02, size=(12, 3)), axis=0)), 3)
    origins, horizon, n = 4, 3, len(values)
    scores = {"constant": [], "constant_growth": []}
    for r in range(values.shape[1]):
        errors = {name: [] for name in scores}
        for back in range(1, origins + 1):
            past = values[:n - back, r]
            scale = np.abs(np.diff(past)).mean()
            factor = (past[-1] / past[0]) ** (1 / (len(past) - 1))
            for h in range(1, min(back, horizon) + 1):
                actual = values[n - back + h - 1, r]
                errors["constant"].append(abs(past[-1] - actual) / scale)
                errors["constant_growth"].append(abs(past[-1] * factor ** h - actual) / scale)
        for name in scores:
            scores[name].append(np.mean(errors[name]))
    return {"name": "auto_scores", "method": "auto", "script": SCRIPT, "tolerance": 1e-10, "source": NUMPY,
            "note": "mean over regions of the mean over origins and steps of |error| / mean absolute change before",
            "inputs": {"values": values, "kind": "stock", "horizon": horizon,
                       "params": {"candidates": "constant;constant_growth", "origins": origins}},
            "expected": {"mase": {name: np.mean(score) for name, score in scores.items()},
                         "by_region": scores}}


write("forecast/drivers.json", "Methods that project drivers",
      [*published_cases(), *smoothing_cases(), *autoregression_cases(), *share_cases(), *minnesota_cases(), auto_case()])
