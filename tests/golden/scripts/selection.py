#!/usr/bin/env python3
"""tests/golden/regression/glm/bma.json and penalised.json, and the data of it, growth_fls.csv.

bma: numpy evaluation of Fernandez, Ley and Steel (2001), eq. 5-8, over every model, and the digits that
R BMS 0.3.5 enumerates and the paper prints. penalised: scikit-learn on the same objective; see PENALTY.

growth_fls.csv was written from r-cran-bms 0.3.5-1 of Debian:
  R: lazyLoad(".../BMS/data/Rdata", e); write.csv(cbind(country=rownames(e$datafls), year=1992, e$datafls), ...)
"""
import itertools
import warnings

import numpy as np
from scipy import stats
from scipy.special import gammaln
from sklearn.linear_model import ElasticNet, Ridge

from common import write
from regression import load

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/selection.py"
FLS = "tests/golden/data/growth_fls.csv"
COUNTS = "tests/golden/data/counts.csv"


def average(y, x, absorbed, size=None, weights=None):
    """PIP, mean, SD, sign probability and mean variance; `absorbed` columns are in every model."""
    root = np.ones(len(y)) if weights is None else np.sqrt(weights)
    q, _ = np.linalg.qr(absorbed * root[:, None])
    y, x = y * root, x * root[:, None]
    y, x = y - q @ (q.T @ y), x - q @ (q.T @ x)
    n, k = x.shape
    g, v, total = 1 / max(n, k * k), n - q.shape[1], y @ y
    weight, means, seconds, signs, sets, scales = [], [], [], [], [], []
    for bits in itertools.product([0, 1], repeat=k):
        m = np.flatnonzero(bits)
        xm = x[:, m]
        inverse = np.linalg.inv(xm.T @ xm)
        b = inverse @ xm.T @ y
        squares = (total - b @ xm.T @ y + g * total) / (1 + g)
        prior = 0 if size is None else gammaln(1 + len(m)) + gammaln((k - size) / size + k - len(m))
        weight.append(prior + len(m) / 2 * np.log(g / (1 + g)) - v / 2 * np.log(squares))
        mean, second, sign = np.zeros(k), np.zeros((k, k)), np.zeros(k)
        mean[m] = b / (1 + g)
        second[np.ix_(m, m)] = squares / (v - 2) / (1 + g) * inverse
        sign[m] = stats.t.cdf(mean[m] / np.sqrt(squares / v / (1 + g) * np.diag(inverse)), v)
        means.append(mean); seconds.append(second + np.outer(mean, mean)); signs.append(sign); sets.append(bits)
        scales.append(squares / (v - 2))
    p = np.exp(np.array(weight) - max(weight))
    p /= p.sum()
    pip, mean = p @ np.array(sets), p @ np.array(means)
    covariance = np.tensordot(p, np.array(seconds), 1) - np.outer(mean, mean)
    best = np.argsort(-p)[:5]
    return pip, mean, covariance, p @ np.array(signs), p @ np.array(scales), [(sets[i], p[i]) for i in best]


def bma_case(name, data, y, terms, period="year", region="country", effects=(), size=None, weights=None, **extra):
    frame = load(data)
    from regression import dummies
    absorbed = np.ones((len(frame), 1))
    if effects:
        absorbed = np.hstack([dummies(frame, e, i > 0).to_numpy() for i, e in enumerate(effects)])
    w = None if weights is None else frame[weights].to_numpy()
    x = frame[terms].to_numpy(float)
    pip, mean, covariance, sign, variance, best = average(frame[y].to_numpy(float), x, absorbed, size, w)
    se = np.sqrt(np.diag(covariance))
    named = lambda values: dict(zip(terms, values))
    coefficients, errors = named(mean), named(se)
    if not effects:
        at = np.average(x, axis=0, weights=w)
        coefficients = {"(Intercept)": np.average(frame[y], weights=w) - at @ mean} | coefficients
        rows = len(frame) if w is None else w.sum()
        errors = {"(Intercept)": np.sqrt(variance / rows + at @ covariance @ at)} | errors
    expected = {"coefficients": coefficients, "standard_errors": errors, "figures": {"mean_model_size": pip.sum()},
                "parts": {"inclusion": {"inclusion_probability": named(pip), "mean": named(mean),
                                        "standard_deviation": named(se), "mean_if_included": named(mean / pip),
                                        "probability_of_positive_sign": named(sign / pip)},
                          "best_models": {"probability": {" + ".join(t for t, b in zip(terms, bits) if b): p
                                                          for bits, p in best}}}}
    parameters = {} if size is None else {"model_prior": "random", "prior_size": size}
    formula = f"{y} ~ {' + '.join(terms)}" + (f" | {' + '.join(effects)}" if effects else "")
    one = {"name": name, "source": "numpy evaluation of Fernandez, Ley and Steel (2001), eq. 5-8"
           + ("" if size is None else ", and Ley and Steel (2009), eq. 12"), "script": SCRIPT, "tolerance": 1e-8,
           "data": data, "region": region, "period": period, "estimator": "bma", "parameters": parameters,
           "formula": formula, "vcov": "iid"}
    if weights:
        one["weights"] = weights
    return one | extra | {"expected": expected}


def bma():
    frame = load(FLS)
    terms = [c for c in frame if c not in ("country", "year", "y")]
    twelve = terms[:12]
    cases = [bma_case("fls_first_twelve", FLS, "y", twelve),
             bma_case("fls_first_twelve_random_prior", FLS, "y", twelve, size=6.0),
             bma_case("fls_first_twelve_random_prior_of_three", FLS, "y", twelve, size=3.0),
             bma_case("counts_within_weighted", COUNTS, "share", ["x1", "x2", "lure", "count"], region="region",
                      effects=["region", "year"], weights="w")]
    pip = {"GDP60": .9999771872, "SubSahara": .9999611082, "LifeExp": .9914292897, "WarDummy": .9863563283,
           "LatAmerica": .9857560233, "PrScEnroll": .1871396984, "Brit": .1234564988}
    common = {"script": "printed", "data": FLS, "region": "country", "period": "year", "estimator": "bma", "vcov": "iid"}
    cases.append({"name": "bms_first_twelve", "source": "R BMS 0.3.5, bms(datafls[, 1:13], g='BRIC', mprior='uniform', "
                  "mcmc='enumerate')", "tolerance": 1e-8, **common, "formula": f"y ~ {' + '.join(twelve)}",
                  "expected": {"parts": {"inclusion": {
                      "inclusion_probability": pip, "mean": {"GDP60": -1.96756164e-2, "SubSahara": -2.87103017e-2},
                      "standard_deviation": {"GDP60": 3.16375165e-3}}}}})
    cases.append({"name": "fls_all", "source": "Fernandez, Ley and Steel (2001), Table I", "tolerance": 0.08,
                  "tolerance_reason": "Markov chains of different seeds and lengths; BMS with 200 000 draws has .995 .989 .937 "
                  ".927 .720 .631 .480", **common, "parameters": {"draws": 1_000_000},
                  "formula": f"y ~ {' + '.join(terms)}",
                  "expected": {"parts": {"inclusion": {"inclusion_probability": {
                      "GDP60": 1.000, "Confucian": .995, "LifeExp": .946, "EquipInv": .942, "SubSahara": .757,
                      "Muslim": .656, "RuleofLaw": .516}}}}})
    write("regression/glm/bma.json", "Bayesian model averaging", cases)


# ---------------------------------------------------------------- penalties

PENALTY = """
The objective here is SSR/(2 sum w) + lambda (m sum|sb| + (1-m)/2 sum (sb)^2). scikit-learn's ElasticNet has the same with
weights rescaled to sum n; its Ridge has SSR + alpha sum b^2, so alpha = lambda * sum w.
"""


def within(frame, y, terms, effects, weights):
    """Outcome and terms, weighted, less intercept or effects; the terms' standard deviations."""
    from regression import dummies
    absorbed = np.ones((len(frame), 1))
    if effects:
        absorbed = np.hstack([dummies(frame, e, i > 0).to_numpy() for i, e in enumerate(effects)])
    w = np.ones(len(frame)) if weights is None else frame[weights].to_numpy()
    root = np.sqrt(w)
    q, _ = np.linalg.qr(absorbed * root[:, None])
    part = lambda v: v - q @ (q.T @ v)
    y, x = part(frame[y].to_numpy(float) * root), part(frame[terms].to_numpy(float) * root[:, None])
    return y, x, np.sqrt((x ** 2).sum(axis=0) / w.sum()), w.sum(), q.shape[1]


def penalised_case(name, data, y, terms, lam, mixing, effects=(), weights=None, standardise=True, region="region"):
    frame = load(data)
    yt, x, scale, total, absorbed = within(frame, y, terms, list(effects), weights)
    if not standardise:
        scale = np.ones(len(terms))
    z = x / scale
    n = len(frame)
    estimator = {0.0: "ridge", 1.0: "lasso"}.get(mixing, "elastic_net")
    parameters = {"lambda": lam} | ({"mixing": mixing} if estimator == "elastic_net" else {})
    parameters |= {} if standardise else {"standardise": "no"}
    named = lambda values: dict(zip(terms, values))
    if estimator == "ridge":
        c = Ridge(alpha=lam * total, fit_intercept=False, solver="svd").fit(z, yt).coef_ / scale
        inverse = np.linalg.inv(x.T @ x + lam * total * np.diag(scale ** 2))
        residual = yt - x @ c
        cov = inverse @ x.T @ x @ inverse * (residual @ residual) / (n - len(terms) - absorbed)
        expected = {"coefficients": named(c), "standard_errors": named(np.sqrt(np.diag(cov)))}
        source = "scikit-learn 1.9.1, Ridge(alpha=lambda * sum w, solver='svd') on data without effects; standard errors: numpy "
        source += "evaluation of SSR/(n-K) A^-1 X'X A^-1"
        if not effects:
            raise ValueError("the intercept is not evaluated here")
    else:
        model = ElasticNet(alpha=lam * total / n, l1_ratio=mixing, fit_intercept=False, tol=1e-15, max_iter=1_000_000)
        c = model.fit(z, yt).coef_
        # scikit-learn stops at a duality gap; the first-order conditions on its active set give the rest of the digits.
        active = np.flatnonzero(c)
        za = z[:, active]
        exact = np.linalg.solve(za.T @ za / total + lam * (1 - mixing) * np.eye(len(active)),
                                za.T @ yt / total - lam * mixing * np.sign(c[active]))
        assert np.allclose(exact, c[active], rtol=1e-5), (name, exact, c[active])
        c[active] = exact
        b = np.linalg.lstsq(x[:, active], yt, rcond=None)[0]
        expected = {"parts": {"penalised": {"coefficient": named(c / scale)}}, "figures": {"terms": len(active)}}
        if effects:
            expected["coefficients"] = {terms[j]: b[i] for i, j in enumerate(active)}
        source = (f"scikit-learn 1.9.1, ElasticNet(alpha=lambda * sum w / n, l1_ratio={mixing}, tol=1e-15) on data without "
                  "intercept or effects, refined by the first-order conditions on its active set; coefficients: numpy lstsq")
    formula = f"{y} ~ {' + '.join(terms)}" + (f" | {' + '.join(effects)}" if effects else "")
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-8, "data": data, "region": region,
           "period": "year", "estimator": estimator, "parameters": parameters, "formula": formula, "vcov": "iid"}
    return one | ({"weights": weights} if weights else {}) | {"expected": expected}


def penalised():
    frame = load(FLS)
    terms = [c for c in frame if c not in ("country", "year", "y")]
    cases = []
    for lam in (0.004, 0.001, 0.0003):
        cases.append(penalised_case(f"fls_lasso_{lam}", FLS, "y", terms, lam, 1.0, region="country"))
        cases.append(penalised_case(f"fls_elastic_net_{lam}", FLS, "y", terms, lam, 0.3, region="country"))
    several = ["x1", "x2", "count", "lure"]
    for mixing, name in ((0.0, "ridge"), (1.0, "lasso"), (0.5, "elastic_net")):
        cases.append(penalised_case(f"counts_{name}_two_way", COUNTS, "share", several, 0.03, mixing, ["region", "year"]))
        cases.append(penalised_case(f"counts_{name}_weighted", COUNTS, "share", several, 0.02, mixing, ["year"], "w"))
        cases.append(penalised_case(f"counts_{name}_raw", COUNTS, "share", several, 0.01, mixing, ["region"],
                                    standardise=False))
    write("regression/glm/penalised.json", "Ridge, lasso and elastic net", cases)


if __name__ == "__main__":
    bma()
    penalised()
