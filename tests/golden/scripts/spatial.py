#!/usr/bin/env python3
"""Golden file of spatial regressions: tests/golden/regression/space/spatial.json.

The maximum-likelihood cases are a numpy evaluation written independently of the service's code: dense matrices, the score
of the log-likelihood (Anselin 1988, section 6.2) brought to zero by Newton's method from several starts, the whole
information matrix of (b, rho, lambda, sigma2) inverted. Packages are compared with it here before anything is written, as
far as their optimisers go: spreg 1.9 (rho to 1e-7), digits printed by R spatialreg 1.2-6 and splm 1.6-5.
"""
import os
import warnings

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

from common import ROOT, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/spatial.py"
NUMPY = "numpy 2.4 evaluation of the likelihood's score and information, Anselin (1988) section 6.2, dense; " + SCRIPT


def load(path):
    return pd.read_csv(os.path.join(ROOT, path), float_precision="round_trip")


# ---- weights -------------------------------------------------------------------------------------------------------

def contiguity(regions, path):
    place = {name: i for i, name in enumerate(regions)}
    w = np.zeros((len(regions), len(regions)))
    for a, b in load(path).itertuples(index=False):
        w[place[a], place[b]] = w[place[b], place[a]] = 1.0
    return w


def distances(latitude, longitude):
    lat, lon = np.radians(latitude), np.radians(longitude)
    h = np.sin((lat[:, None] - lat) / 2) ** 2
    h = h + np.cos(lat[:, None]) * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    return 2 * 6371.0 * np.arcsin(np.sqrt(h))


def by_distance(kind, d, neighbours=5, cutoff=0.0, power=1.0):
    d = d + np.diag(np.full(len(d), np.inf))
    if kind == "nearest":
        w = np.zeros_like(d)
        for i, row in enumerate(d):
            w[i, np.argsort(row, kind="stable")[:neighbours]] = 1.0
        return w
    if kind == "distance_band":
        return (d <= (cutoff or d.min(axis=1).max())).astype(float)
    return np.where(d <= (cutoff or np.inf), d ** -power, 0.0)


def standardised(w, how):
    if how == "row":
        sums = w.sum(axis=1, keepdims=True)
        return np.divide(w, sums, out=np.zeros_like(w), where=sums > 0)
    if how == "spectral":
        return w / np.abs(np.linalg.eigvals(w)).max()
    return w


def over_rows(frame, region, period, regions, raw, how):
    """Block-diagonal: the weights among the regions of each period."""
    place = {name: i for i, name in enumerate(regions)}
    w = np.zeros((len(frame), len(frame)))
    for _, rows in frame.reset_index(drop=True).groupby(period):
        i = rows.index.to_numpy()
        among = [place[name] for name in rows[region]]
        w[np.ix_(i, i)] = standardised(raw[np.ix_(among, among)], how)
    return w


# ---- maximum likelihood --------------------------------------------------------------------------------------------

class Model:
    def __init__(self, y, x, w, effects=None, lag=True, error=False, counted=None, one=0.0, periods=None):
        self.n, self.k = x.shape
        d = effects if effects is not None else np.zeros((self.n, 0))
        self.m = np.eye(self.n) - d @ np.linalg.pinv(d) if d.shape[1] else np.eye(self.n)
        self.y, self.x, self.w, self.lag, self.error = y, x, w, lag, error
        self.eigen = np.linalg.eigvals(w)
        # Lee and Yu: errors counted, share of the determinant, periods whose eigenvalue one is left out.
        self.counted, self.share = counted or (self.n, 1.0)
        self.one, self.periods = one, periods

    def parts(self, rho, lam):
        eye = np.eye(self.n)
        a, b = eye - rho * self.w, eye - lam * self.w
        y, x = self.m @ (b @ (a @ self.y)), self.m @ (b @ self.x)
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        e = y - x @ beta
        return a, b, x, beta, e

    def log_likelihood(self, rho, lam):
        *_, e = self.parts(rho, lam)
        n = self.counted
        det = 0.0
        for p in (rho, lam):
            det += self.share * (np.log(1 - p * self.eigen).sum().real - self.one * np.log(1 - p))
        return -n / 2 * (np.log(2 * np.pi * (e @ e) / n) + 1) + det

    def trace(self, p):
        return self.share * ((self.eigen / (1 - p * self.eigen)).sum().real - self.one / (1 - p))

    def score(self, rho, lam):
        a, b, x, beta, e = self.parts(rho, lam)
        by_rho = self.m @ (b @ (self.w @ self.y))
        by_lam = self.m @ self.w @ (a @ self.y - self.x @ beta)
        s2 = e @ e / self.counted
        return np.array([e @ by_rho / s2 - self.trace(rho), e @ by_lam / s2 - self.trace(lam)])

    def fit(self):
        free = [i for i, on in enumerate((self.lag, self.error)) if on]
        best = None
        real = self.eigen[np.abs(self.eigen.imag) < 1e-9].real
        low, high = 1 / real.min(), 1 / real.max()
        starts = [(-0.4,), (0.0,), (0.3,), (0.6,), (0.85,)] if len(free) == 1 else \
            [(r, l) for r in (-0.7, -0.2, 0.2, 0.6) for l in (-0.5, 0.0, 0.5, 0.95)]
        if self.n > 100:
            starts = [s for s in starts if s in ((0.0,), (0.6,), (0.2, 0.0), (0.2, 0.5), (0.6, -0.5), (-0.2, 0.5))]
        for start in starts:
            at = np.zeros(2)
            at[free] = np.where(np.array(start) > 0, high, -low) * start
            last = False
            for _ in range(60):
                g = self.score(*at)[free]
                h = 1e-6 * high
                jac = np.array([(self.score(*(at + h * unit))[free] - self.score(*(at - h * unit))[free]) / (2 * h)
                                for unit in np.eye(2)[free]]).T
                step = np.linalg.solve(jac, g)
                while (at[free] - step).max() >= high or (at[free] - step).min() <= low:
                    step = step / 2
                at[free] -= step
                polished = np.abs(step).max() < 1e-9     # one more step is quadratically better
                if last:
                    break
                last = polished
            value = self.log_likelihood(*at)
            if np.abs(self.score(*at)[free]).max() < 1e-7 and (best is None or value > best[0] + 1e-9):
                best = (value, at.copy())
        self.value, (self.rho, self.lam) = best
        return self.inference(free)

    def inference(self, free):
        rho, lam = self.rho, self.lam
        a, b, x, beta, e = self.parts(rho, lam)
        n, k = self.counted, self.k
        s2 = e @ e / n
        both = [self.w @ np.linalg.inv(a), self.w @ np.linalg.inv(b)]
        j = np.eye(self.n)
        if self.one:
            same = self.periods[:, None] == self.periods
            j = j - same / same.sum(axis=1, keepdims=True)
        raw = b @ (a @ self.y) - e
        means = [self.m @ (both[0] @ raw), self.m @ (both[1] @ (raw - b @ (self.x @ beta)))]
        q = len(free)
        info = np.zeros((k + q + 1, k + q + 1))
        info[:k, :k] = x.T @ x / s2
        for i, f in enumerate(free):
            info[:k, k + i] = info[k + i, :k] = x.T @ means[f] / s2
            for l, h in enumerate(free):
                jg, jh = j @ both[f], j @ both[h]
                info[k + i, k + l] = self.share * (np.trace(jg @ jh) + np.trace(jg.T @ jh)) + means[f] @ means[h] / s2
            info[k + i, -1] = info[-1, k + i] = self.share * np.trace(j @ both[f]) / s2
        info[-1, -1] = n / (2 * s2 ** 2)
        v = np.linalg.inv(info)
        self.beta, self.s2, self.e, self.info, self.v = beta, s2, e, info, v[:-1, :-1]
        self.both, self.means, self.free, self.xf = both, means, free, x
        return self

    def hc0(self, order):
        """Sandwich of martingale differences, rows in the given order (Kelejian and Prucha 2001)."""
        k, q, n = self.k, len(self.free), self.n
        g = np.zeros((n, k + q + 1))
        g[:, :k] = self.xf * self.e[:, None] / self.s2
        for i, f in enumerate(self.free):
            p = np.empty(n, int)
            p[order] = np.arange(n)
            m = self.both[f] + self.both[f].T
            before = (m * (p[None, :] < p[:, None])) @ self.e
            d = np.diag(self.both[f])
            g[:, k + i] = (self.e * (self.means[f] + before) + d * (self.e ** 2 - self.s2)) / self.s2
        g[:, -1] = (self.e ** 2 / self.s2 - 1) / (2 * self.s2)
        inverse = np.linalg.inv(self.info)
        return (inverse @ g.T @ g @ inverse)[:-1, :-1]


def impacts(names, beta, v, w, rho=None):
    """{term: [direct, indirect, total, and their delta errors]}; the place of rho in v follows the coefficients."""
    n = len(w)
    inv = np.linalg.inv(np.eye(n) - (rho or 0.0) * w)
    by_rho = inv @ w @ inv
    ones, out = np.ones(n), {}
    mean = {"direct": lambda s: np.trace(s) / n, "total": lambda s: ones @ s @ ones / n}
    for i, name in enumerate(names):
        if name == "(Intercept)" or name.startswith("w("):
            continue
        lag = names.index(f"w({name})") if f"w({name})" in names else None
        c = beta[lag] if lag is not None else 0.0
        got, grads = {}, {}
        for what, f in mean.items():
            got[what] = f(inv @ (beta[i] * np.eye(n) + c * w))
            grad = np.zeros(len(v))
            grad[i] = f(inv)
            if lag is not None:
                grad[lag] = f(inv @ w)
            if rho is not None:
                grad[len(names)] = f(by_rho @ (beta[i] * np.eye(n) + c * w))
            grads[what] = grad
        got["indirect"], grads["indirect"] = got["total"] - got["direct"], grads["total"] - grads["direct"]
        order = ["direct", "indirect", "total"]
        out[name] = [got[o] for o in order] + [float(np.sqrt(grads[o] @ v @ grads[o])) for o in order]
    return out


# ---- cases ---------------------------------------------------------------------------------------------------------

COLUMBUS = dict(data="tests/golden/data/columbus_old.csv", neighbours="tests/golden/data/columbus_old_neighbours.csv",
                region="id", period="year", formula="crime ~ income + housing")
MUNNELL = dict(data="data/munnell.csv", neighbours="data/us_contiguity.csv", region="state", period="year")
LOGS = ["ln(public_capital)", "ln(private_capital)", "ln(employment)", "unemployment"]
MODELS = {"spatial_lag": (True, False, False), "spatial_error": (False, True, False), "sac": (True, True, False),
          "spatial_durbin": (True, False, True), "spatial_durbin_error": (False, True, True), "slx": (False, False, True)}


def munnell(effects, skip=None):
    """The panel up to 1975; `skip` leaves out the rows of the file whose number has a remainder of 3."""
    frame = load(MUNNELL["data"])
    if skip:
        frame = frame[np.arange(len(frame)) % skip != 3]
    frame = frame[frame.year <= 1975].reset_index(drop=True)
    x = np.column_stack([np.log(frame.public_capital), np.log(frame.private_capital), np.log(frame.employment),
                         frame.unemployment])
    names = list(LOGS)
    dummies = [pd.get_dummies(frame[e]).to_numpy(float) for e in effects]
    if not effects:
        x, names = np.column_stack([np.ones(len(frame)), x]), ["(Intercept)"] + names
    formula = "ln(gsp) ~ " + " + ".join(LOGS) + (" | " + " + ".join(effects) if effects else "")
    return frame, np.log(frame.gsp).to_numpy(), x, names, np.hstack(dummies) if dummies else None, formula


def columbus():
    frame = load(COLUMBUS["data"])
    x = np.column_stack([np.ones(49), frame.income, frame.housing])
    return frame, frame.crime.to_numpy(), x, ["(Intercept)", "income", "housing"], None, COLUMBUS["formula"]


def weights_of(frame, base, parameters):
    regions = sorted(frame[base["region"]].unique())
    kind = parameters.get("weights", "contiguity")
    if kind == "contiguity":
        raw = contiguity_of_known(regions, base["neighbours"])
    else:
        first = frame.drop_duplicates(base["region"]).set_index(base["region"]).loc[regions]
        numbers = {k: v for k, v in parameters.items() if k in ("neighbours", "cutoff", "power")}
        raw = by_distance(kind, distances(first.latitude.to_numpy(), first.longitude.to_numpy()), **numbers)
    return over_rows(frame, base["region"], base["period"], regions, raw, parameters.get("standardise", "row"))


def contiguity_of_known(regions, path):
    everyone = sorted(set(load(path).to_numpy().ravel()) | set(regions))
    w = contiguity(everyone, path)
    at = [everyone.index(r) for r in regions]
    return w[np.ix_(at, at)]


def case(name, base, sample, estimator, parameters=None, vcov="iid", tolerance=1e-8, **more):
    parameters = parameters or {}
    frame, y, x, names, dummies, formula = sample
    w = weights_of(frame, base, parameters)
    lag, error, durbin = MODELS[estimator]
    if durbin:
        own = [i for i, n in enumerate(names) if n != "(Intercept)"]
        x = np.column_stack([x] + [w @ x[:, i] for i in own])
        names = names + [f"w({names[i]})" for i in own]
    counted, one = None, 0.0
    if parameters.get("bias_correction") == "lee_yu":
        t = frame[base["period"]].nunique()
        regional = base["region"] in formula.split("|")[1]
        periodic = base["period"] in formula.split("|")[1]
        size = len(frame) // t
        counted = ((size - periodic) * (t - regional), (t - regional) / t)
        one = t if periodic else 0.0
    if estimator == "slx":
        return slx_case(name, base, (y, x, names, dummies, formula, w), parameters, tolerance, **more)
    model = Model(y, x, w, dummies, lag, error, counted=counted, one=one,
                  periods=frame[base["period"]].to_numpy()).fit()
    others = [p for p, on in (("rho", lag), ("lambda", error)) if on]
    values = [model.rho] * lag + [model.lam] * error
    order = np.lexsort([frame[base["region"]].to_numpy(), frame[base["period"]].to_numpy()])
    v = model.v if vcov == "iid" else model.hc0(order)
    labels = names + others
    expected = {
        "coefficients": dict(zip(labels, list(model.beta) + values)),
        "standard_errors": dict(zip(labels, np.sqrt(np.diag(v)))),
        "figures": {"log_likelihood": model.value, "log_likelihood_linear": model.log_likelihood(0.0, 0.0),
                    "sigma2_ml": model.s2},
        "tests": {"likelihood_ratio": 2 * (model.value - model.log_likelihood(0.0, 0.0))},
    }
    if lag or durbin:
        expected["impacts"] = impacts(names, model.beta, model.v, w, model.rho if lag else None)
    return entry(name, NUMPY, tolerance, base, formula, estimator, parameters, vcov, expected, **more)


def slx_case(name, base, parts, parameters, tolerance, **more):
    import statsmodels.api as sm
    y, x, names, dummies, formula, w = parts
    k = x.shape[1]
    if "+" in formula.partition("|")[2]:
        dummies = dummies[:, 1:]                 # two effects share a constant
    everything = x if dummies is None else np.column_stack([x, dummies])
    ols = sm.OLS(y, everything).fit(method="qr")
    v = np.asarray(ols.cov_params())[:k, :k]
    expected = {"coefficients": dict(zip(names, ols.params[:k])), "standard_errors": dict(zip(names, np.sqrt(np.diag(v)))),
                "impacts": impacts(names, ols.params[:k], v, w)}
    source = "statsmodels 0.15.0, OLS with lags and dummies as columns; impacts: numpy evaluation of b I + c W"
    return entry(name, source, tolerance, base, formula, "slx", parameters, "iid", expected, **more)


def entry(name, source, tolerance, base, formula, estimator, parameters, vcov, expected, **more):
    return dict(name=name, source=source, script=SCRIPT, tolerance=tolerance, **base | dict(formula=formula),
                estimator=estimator, parameters=parameters, vcov=vcov, expected=expected, **more)


def likelihood_cases():
    col = columbus()
    cases = [case(f"columbus_{e}", COLUMBUS, col, e) for e in MODELS]
    for how in ("none", "spectral"):
        for e in ("spatial_lag", "spatial_durbin", "spatial_error", "sac"):
            cases.append(case(f"columbus_{how}_{e}", COLUMBUS, col, e, {"standardise": how}))
    for kind, extra in (("nearest", {"neighbours": 4}), ("distance_band", {}), ("inverse_distance", {"power": 2, "cutoff": 900})):
        for e in ("spatial_lag", "spatial_error", "spatial_durbin") + (("sac",) if kind == "nearest" else ()):
            cases.append(case(f"columbus_{kind}_{e}", COLUMBUS, col, e, {"weights": kind, **extra}))
    for e in ("spatial_lag", "spatial_error", "sac"):
        cases.append(case(f"columbus_hc0_{e}", COLUMBUS, col, e, vcov="hc0"))
    for effects, label in (([], "pooled"), (["state"], "state"), (["year"], "year"), (["state", "year"], "two_way")):
        sample = munnell(effects)
        for e in MODELS:
            if e in ("sac", "spatial_durbin_error") and label in ("pooled", "year"):
                continue
            cases.append(case(f"munnell_{label}_{e}", MUNNELL, sample, e, until="1975"))
        if effects:
            for e in ("spatial_lag", "spatial_error"):
                cases.append(case(f"munnell_{label}_lee_yu_{e}", MUNNELL, sample, e, {"bias_correction": "lee_yu"},
                                  until="1975"))
    for effects, label in (([], "pooled"), (["state", "year"], "two_way")):
        sample = munnell(effects, skip=11)
        for e in ("spatial_lag", "spatial_error", "sac", "spatial_durbin"):
            cases.append(case(f"munnell_gaps_{label}_{e}", MUNNELL, sample, e, skip=11, until="1975"))
    return cases


def spreg_cases():
    import spreg
    from libpysal.weights import full2W
    frame, y, x, names, _, formula = columbus()
    base = {k: v for k, v in COLUMBUS.items() if k != "formula"}
    raw = contiguity_of_known(sorted(frame.id), COLUMBUS["neighbours"])
    w = full2W(raw)
    w.transform = "r"
    source = f"spreg {spreg.__version__}, "
    small = np.sqrt(49 / (49 - 4))               # spreg divides by n, the service by n - K
    lag = spreg.GM_Lag(y[:, None], x[:, 1:], w=w, w_lags=2)
    combo = spreg.GM_Combo(y[:, None], x[:, 1:], w=w, w_lags=2)
    error = spreg.GM_Error(y[:, None], x[:, 1:], w=w)
    rho = names + ["rho"]
    return [
        entry("spreg_gm_lag", source + "GM_Lag(w_lags=2), variance times n/(n - K)", 1e-8, base, formula, "spatial_lag",
              {"method": "s2sls"}, "iid", {"coefficients": dict(zip(rho, lag.betas.ravel())),
                                           "standard_errors": dict(zip(rho, small * np.sqrt(np.diag(lag.vm))))}),
        entry("spreg_gm_combo", source + "GM_Combo(w_lags=2), variance times n/(n - K)", 1e-5, base, formula, "sac",
              {"method": "gmm"}, "iid", {"coefficients": dict(zip(rho, combo.betas.ravel()[:4])),
                                         "standard_errors": dict(zip(rho, small * np.sqrt(np.diag(combo.vm))))},
              tolerance_reason="spreg's optimiser stops early"),
        entry("spreg_gm_error", source + "GM_Error", 1e-5, base, formula, "spatial_error", {"method": "gmm"}, "iid",
              {"coefficients": dict(zip(names, error.betas.ravel()[:3])), "figures": {"lambda": error.betas.ravel()[3]}},
              tolerance_reason="spreg's optimiser stops early"),
    ]


def published(name, source, base, formula, estimator, tolerance, reason, expected, parameters=None, vcov="iid"):
    return entry(name, source, tolerance, base, formula, estimator, parameters or {}, vcov, expected,
                 tolerance_reason=reason)


def by_name(names, values):
    return dict(zip(names, values))


def published_cases():
    """Digits printed by R: spatialreg 1.2-6 (data(oldcol), Anselin 1988, ch. 12) and splm 1.6-5 (Produc, usaww).

    splm's models with effects of periods are not among them: it lags demeaned data and does not demean the lags, which then
    keep a mean, so that its likelihood is not the highest (lag: 1659.447694 where dummies give 1659.486883).
    """
    r, splm = "R spatialreg 1.2-6, ", "R splm 1.6-5, spml(Produc, usaww), "
    loose = "spatialreg's optimize() stops at 1.5e-8 of the parameter"
    names = ["(Intercept)", "income", "housing"]
    f = COLUMBUS["formula"]
    base = {k: v for k, v in COLUMBUS.items() if k != "formula"}
    out = [
        published("spatialreg_lag", r + "lagsarlm; impacts(); Anselin (1988) p. 193", base, f, "spatial_lag", 1e-7, loose, {
            "coefficients": by_name(names + ["rho"], [45.079250282409937, -1.031615698986253, -0.265926254726685,
                                                      0.431023201845039]),
            "standard_errors": by_name(names + ["rho"], [7.1773465315089489, 0.3051429683642259, 0.0884986199475569,
                                                         0.1176807258700437]),
            "figures": {"log_likelihood": -182.3904271668047, "sigma2_ml": 95.4944966108499},
            "impacts": {"income": [-1.086021999802486, -0.727084795292684, -1.813106795095170],
                        "housing": [-0.279950918973082, -0.187425352939960, -0.467376271913043]}}),
        published("spatialreg_error", r + "errorsarlm", base, f, "spatial_error", 1e-7, loose, {
            "coefficients": by_name(names + ["lambda"], [59.893219043825091, -0.941311950339023, -0.302250212901796,
                                                         0.561790278429212]),
            "standard_errors": by_name(names + ["lambda"], [5.3661625602504833, 0.3305685662392618, 0.0904760503167477,
                                                            0.133868674650607]),
            "figures": {"log_likelihood": -183.380468953145}}),
        published("spatialreg_sac", r + "sacsarlm", base, f, "sac", 1e-6, "spatialreg's nlminb() stops at 1e-7", {
            "coefficients": by_name(names + ["rho", "lambda"], [47.783766475470692, -1.025893576476684,
                                                                -0.281650906601004, 0.368067340005004, 0.166679318924009]),
            "standard_errors": by_name(names + ["rho", "lambda"], [9.9026588609333768, 0.3263261414371247,
                                                                   0.0900334552714447, 0.1966764550906999,
                                                                   0.2966054662122865]),
            "figures": {"log_likelihood": -182.234759158938}}),
        published("spatialreg_durbin", r + "lagsarlm(Durbin = TRUE); impacts()", base, f, "spatial_durbin", 2e-7, loose, {
            "coefficients": by_name(names + ["w(income)", "w(housing)", "rho"],
                                    [42.822412775746287, -0.914223180381921, -0.293737777527759, -0.520283490880294,
                                     0.245640280898342, 0.426335524962189]),
            "figures": {"log_likelihood": -181.393510839707},
            "impacts": {"income": [-1.023890951660355, -1.476711288294742, -2.5006022399550969],
                        "housing": [-0.279227537453965, 0.195384980136386, -0.0838425573175789]}}),
        published("spatialreg_durbin_error", r + "errorsarlm(Durbin = TRUE)", base, f, "spatial_durbin_error", 1e-7, loose, {
            "coefficients": by_name(names + ["w(income)", "w(housing)", "lambda"],
                                    [73.545133001676490, -1.051672691891116, -0.275608424290030, -1.156710917028378,
                                     0.111691185622082, 0.425398990025672]),
            "figures": {"log_likelihood": -181.584626933458}}),
        published("spatialreg_stsls", r + "stsls", base, f, "spatial_lag", 1e-10, None, {
            "coefficients": by_name(names + ["rho"], [43.793442469328298, -1.000715777134132, -0.265488986022191,
                                                      0.454566949045829]),
            "standard_errors": by_name(names + ["rho"], [10.9522294360344183, 0.3838577774512229, 0.0918516738706507,
                                                         0.1851184480632675])}, {"method": "s2sls"}),
        published("spatialreg_stsls_hc0", r + "stsls(robust = TRUE, HC = 'HC0')", base, f, "spatial_lag", 1e-10, None, {
            "standard_errors": by_name(names + ["rho"], [7.757885313878592, 0.456298577510046, 0.173735684696371,
                                                         0.142586941513328])}, {"method": "s2sls"}, "hc0"),
        published("spatialreg_gm_error", r + "GMerrorsar", base, f, "spatial_error", 1e-4,
                  "spatialreg minimises by nlminb() with its default tolerances", {
                      "coefficients": by_name(names, [62.513752469520050, -1.128283355433310, -0.296957305316742]),
                      "figures": {"lambda": 0.401957455465757}}, {"method": "gmm"}),
    ]
    printed = "printed digits"
    one = "ln(gsp) ~ " + " + ".join(LOGS) + " | state"
    panel = [
        ("lag_state", "spatial_lag", one, 2e-7, {
            "coefficients": by_name(LOGS + ["rho"], [-.046581894, .187432519, .625090171, -.004481590, .274688711742]),
            "standard_errors": by_name(LOGS + ["rho"], [.0254424969, .0230441535, .0297043593, .0008653036, .0235164047]),
            "figures": {"log_likelihood": 1609.72003, "sigma2_ml": .001111379464}}),
        ("lag_state_impacts", "spatial_lag", one, 5e-6, {
            "impacts": by_name(LOGS, [[-.04750368, -.01671963, -.06422331], [.19114153, .06727513, .25841666],
                                      [.63745978, .22436352, .86182330], [-.00457027, -.00160858, -.00617885]])}),
        ("error_state", "spatial_error", one, 2e-7, {
            "coefficients": by_name(LOGS + ["lambda"], [.005143840, .205302557, .782253979, -.002231665, .55740132152]),
            "standard_errors": {"lambda": .0330749054}}),
        ("sac_state", "sac", one, 1e-6, {"coefficients": {"rho": .088576024, "lambda": .455311625}}),
    ]
    for name, estimator, formula, tolerance, expected in panel:
        out.append(published(f"splm_{name}", splm + "model within", MUNNELL, formula, estimator, tolerance, printed, expected))
    # splm's standard errors with random effects are those of a numerical Hessian (rho of the lag 0.0290), not of the
    # information matrix (0.0188), and no part of these cases.
    pooled = "ln(gsp) ~ " + " + ".join(LOGS)
    for name, estimator, other, (value, phi, log) in (
            ("lag", "spatial_lag", "rho", (.1616145365, 21.31750816, 1426.576705)),
            ("error_kkp", "spatial_error", "lambda", (.5264647613, 6.6247747303, 1491.911559))):
        expected = {"coefficients": {other: value}, "figures": {"phi": phi, "log_likelihood": log}}
        out.append(published(f"splm_random_{name}", splm + "model random", MUNNELL, pooled, estimator, 1e-5,
                             "splm's optimiser stops at 1e-6", expected, {"effects": "random"}))
    for c in out:
        if c["tolerance_reason"] is None:
            del c["tolerance_reason"]
    return out


if __name__ == "__main__":
    write("regression/space/spatial.json", "spatial regressions", likelihood_cases() + spreg_cases() + published_cases())
