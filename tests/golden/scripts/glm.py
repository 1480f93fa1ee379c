#!/usr/bin/env python3
"""tests/golden/regression/glm/glm.json and the data of it, counts.csv and spector.csv.

Poisson, logit and probit: statsmodels GLM with explicit dummies, compared with pyfixest fepois and feglm,
which absorb effects. pyfixest multiplies the inverse information
of iid by (n - 1)/(n - K), which maximum likelihood does not; it is divided out again. The factors of hc1 and of clusters are n/(n - K) and (n - 1)/(n - K) * Gmin/(Gmin - 1) as in fixest.
"""
import itertools
import os
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm

from common import ROOT, write
from regression import SSC, close, dummies, load, rule

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/glm.py"
COUNTS = "tests/golden/data/counts.csv"
SPECTOR = "tests/golden/data/spector.csv"
PEERS = 1e-6
FAMILIES = {"poisson": sm.families.Poisson(), "logit": sm.families.Binomial(),
            "probit": sm.families.Binomial(sm.families.links.Probit())}


def make_counts():
    """40 regions in 5 divisions x 10 years with holes: overdispersed counts, zeros and ones, shares."""
    random = np.random.default_rng(20240917)
    rows = []
    for region in range(40):
        lift = random.normal() * 0.6
        for year in range(2010, 2020):
            if random.random() < 0.12:
                continue
            x1, x2 = random.normal() + 0.4 * lift, random.normal()
            mean = np.exp(0.8 + lift + 0.5 * x1 - 0.3 * x2 + 0.03 * (year - 2015)) * random.gamma(4, 0.25)
            count = 0 if region in (7, 23) else random.poisson(mean)
            chance = 0.5 * x1 + 0.4 * x2 + lift
            binary = int(chance + random.logistic() > 0)
            share = 1 / (1 + np.exp(-(chance + random.normal())))
            # Positive only where the count is zero: it separates those rows.
            lure = 1.0 if count == 0 and year in (2011, 2016) else 0.0
            rows.append([f"R{region:02}", f"D{region % 5}", year, count, binary, round(share, 3), round(x1, 3),
                         round(x2, 3), lure, round(random.uniform(0.5, 2.0), 2)])
    names = ["region", "division", "year", "count", "binary", "share", "x1", "x2", "lure", "w"]
    pd.DataFrame(rows, columns=names).to_csv(os.path.join(ROOT, COUNTS), index=False)


def make_spector():
    data = sm.datasets.spector.load_pandas().data
    data = data.rename(columns=str.lower).assign(student=[f"S{i:02}" for i in range(len(data))], year=1980)
    data[["student", "year", "gpa", "tuce", "psi", "grade"]].to_csv(os.path.join(ROOT, SPECTOR), index=False)


def used(frame, y, effects, family):
    """Rows left when singletons and levels at the edge are dropped, again and again."""
    while True:
        before = len(frame)
        for e in effects:
            groups = frame.groupby(e)[y]
            keep = groups.transform("size") > 1
            keep &= groups.transform("max") > 0
            if family != "poisson":
                keep &= groups.transform("min") < 1
            frame = frame[keep]
        if len(frame) == before:
            return frame.reset_index(drop=True)


def by_pyfixest(frame, family, y, x, effects, vcov, weights):
    """Coefficients and standard errors; effects in the order in which pyfixest counts K by the rule."""
    clusters = vcov.removeprefix("cluster:").split("+") if vcov.startswith("cluster") else []
    intercept = not effects
    _, k_rule = rule(frame, len(x) + intercept, effects, clusters)
    kind = {"iid": "iid", "hc0": "hetero", "hc1": "hetero"}.get(vcov) or {"CRV1": "+".join(clusters)}
    options = dict(vcov=kind, ssc=SSC, iwls_tol=1e-14, iwls_maxiter=100, fixef_rm="none",
                   demeaner=pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=1_000_000))
    for order in itertools.permutations(effects):
        formula = f"{y} ~ {' + '.join(x)}" + (f" | {' + '.join(order)}" if order else "")
        if family == "poisson":
            model = pf.fepois(formula, frame, weights=weights, **options)
        else:
            model = pf.feglm(formula, frame, family=family, **options)
        if model._df_k == k_rule or not clusters:
            break
    else:
        raise AssertionError("no order has the K of the rule")
    b, se = model.coef(), model.se()
    if vcov == "iid":
        se = se / np.sqrt((len(frame) - 1) / (len(frame) - model._df_k))
    name = lambda s: {"(Intercept)" if k == "Intercept" else k: v for k, v in s.items()}
    return name(b), name(se)


def by_statsmodels(frame, family, y, x, effects, weights):
    design = frame[x].astype(float)
    if not effects:
        design = sm.add_constant(design).rename(columns={"const": "(Intercept)"})
    design = pd.concat([design] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)
    model = sm.GLM(frame[y], design, family=FAMILIES[family], **({"freq_weights": frame[weights]} if weights else {}))
    return model.fit(tol=1e-14, maxiter=100, tol_criterion="params")


def sandwich(done, frame, k, effects, vcov, weights):
    """Standard errors from statsmodels' scores and expected information, with the factors of fixest."""
    n = len(frame)
    bread = done.cov_params().to_numpy()
    if vcov == "iid":
        return np.sqrt(np.diag(bread))
    w = np.ones(n) if weights is None else frame[weights].to_numpy()
    # The score of one row of weight one, in terms of the linear predictor.
    mean, family = done.fittedvalues, done.model.family
    scores = done.model.exog * (w * (frame[done.model.endog_names] - mean)
                                / family.link.deriv(mean) / family.variance(mean)).to_numpy()[:, None]
    clusters = vcov.removeprefix("cluster:").split("+") if vcov.startswith("cluster") else []
    nparams, used_k = rule(frame, k, effects, clusters)
    factor = {"hc0": 1.0, "hc1": n / (n - nparams)}.get(vcov)
    meat = scores.T @ scores
    if clusters:
        smallest = min(frame[c].nunique() for c in clusters)
        factor = (n - 1) / (n - used_k) * smallest / (smallest - 1)
        meat = np.zeros_like(bread)
        for size in range(1, len(clusters) + 1):
            for joint in itertools.combinations(clusters, size):
                sums = pd.DataFrame(scores).groupby([frame[c].to_numpy() for c in joint]).sum().to_numpy()
                meat += (-1) ** (size + 1) * sums.T @ sums
        # Here negative eigenvalues are set to zero; such samples are not compared.
        root = np.sqrt(np.diag(bread))
        if np.linalg.eigvalsh(bread @ meat @ bread / np.outer(root, root)).min() < -1e-12:
            return None
    return np.sqrt(np.diag(bread @ meat @ bread) * factor)


def case(name, data, family, y, x, effects=(), vcov="iid", weights=None, keep=None, region="region", **extra):
    frame = load(data)
    # Predictions are told in the order of the rows here: by year, then by region.
    frame = frame.sort_values(["year", region])
    frame = used(frame if keep is None else frame[keep(frame)], y, list(effects), family)
    terms = list(x) if effects else ["(Intercept)"] + list(x)
    done = by_statsmodels(frame, family, y, list(x), list(effects), weights)
    se = sandwich(done, frame, len(terms), list(effects), vcov, weights)
    if se is None:
        return []
    se = dict(zip(done.params.index, se))
    expected = {"coefficients": {t: done.params[t] for t in terms}, "standard_errors": {t: se[t] for t in terms}}
    sources = [f"statsmodels 0.15.0, GLM({FAMILIES[family].__class__.__name__}) with dummies; sandwiches: numpy evaluation "
               "of its scores and expected information with the factors of fixest"]
    if vcov == "iid":
        at = done.get_prediction()
        expected["predictions"] = {"rows": list(range(0, len(frame), 17)), "fit": at.predicted[::17], "se": at.se[::17]}
    if not (weights and family != "poisson") and y != "share":
        b, theirs = by_pyfixest(frame, family, y, list(x), list(effects), vcov, weights)
        close([b[t] for t in terms], [done.params[t] for t in terms], PEERS, name)
        if vcov != "hc0":
            close([theirs[t] for t in terms], [se[t] for t in terms], PEERS, name)
        which = "fepois" if family == "poisson" else f"feglm({family!r})"
        extra["checked_against"] = [f"pyfixest {pf.__version__}, {which}, to {PEERS:.0e}: its last coefficients belong to "
                                    "the step before the last linear predictor"]
    if not weights:
        constant = sm.GLM(frame[y], np.ones(len(frame)), family=FAMILIES[family]).fit(tol=1e-14)
        expected["figures"] = {"deviance": done.deviance}
        if y != "share":   # statsmodels adds the logarithm of a binomial coefficient
            expected["figures"] |= {"log_likelihood": done.llf, "log_likelihood_of_a_constant": constant.llf,
                                    "pseudo_r2": 1 - done.llf / constant.llf}
        expected["sigma2"] = done.pearson_chi2 / done.df_resid
    expected["observations"] = len(frame)
    formula = f"{y} ~ {' + '.join(x)}" + (f" | {' + '.join(effects)}" if effects else "")
    one = {"name": name, "source": "; ".join(sources), "script": SCRIPT, "tolerance": 1e-8, "data": data,
           "region": region, "period": "year", "estimator": family, "formula": extra.pop("formula", formula), "vcov": vcov}
    if weights:
        one["weights"] = weights
    return [one | extra | {"expected": expected}]


def main():
    make_counts()
    make_spector()
    cases = []
    for family, y in (("poisson", "count"), ("logit", "binary"), ("probit", "binary")):
        for effects in ((), ("region",), ("region", "year")):
            for vcov in ("iid", "hc0", "hc1", "cluster:region", "cluster:region+year"):
                name = "_".join([family, *effects, vcov.replace(":", "_").replace("+", "_")])
                cases += case(name, COUNTS, family, y, ["x1", "x2"], effects, vcov)
    cases += case("poisson_weighted_hc1", COUNTS, "poisson", "count", ["x1", "x2"], ["division"], "hc1", weights="w")
    cases += case("logit_share_iid", COUNTS, "logit", "share", ["x1", "x2"], ["year"])
    cases += case("probit_share_hc0", COUNTS, "probit", "share", ["x1", "x2"], ["year"], "hc0")
    cases += case("poisson_separated", COUNTS, "poisson", "count", ["x1", "x2"], ["region", "year"], "cluster:region",
                      keep=lambda f: f.lure == 0, formula="count ~ x1 + x2 + lure | region + year",
                      note="rows in which lure is 1 have zero counts alone and are separated")
    for family in ("logit", "probit"):
        cases += case(f"spector_{family}", SPECTOR, family, "grade", ["gpa", "tuce", "psi"], region="student")
    printed = {"logit": ([-13.021, 2.826, 0.095, 2.379], [4.931, 1.263, 0.142, 1.065]),
               "probit": ([-7.452, 1.626, 0.052, 1.426], [2.542, 0.694, 0.084, 0.595])}
    for family, (b, se) in printed.items():
        terms = ["(Intercept)", "gpa", "tuce", "psi"]
        expected = {"coefficients": dict(zip(terms, b))}
        if family == "logit":
            expected["standard_errors"] = dict(zip(terms, se))
        cases.append({"name": f"greene_{family}", "source": "Greene, Econometric Analysis, 5th ed. (2003), Table 21.1, p. 676",
                      "script": "printed", "tolerance": 6e-3, "tolerance_reason": "three decimals are printed",
                      "data": SPECTOR, "region": "student", "period": "year", "estimator": family,
                      "formula": "grade ~ gpa + tuce + psi", "vcov": "iid", "expected": expected})
    write("regression/glm/glm.json", "Poisson, logit and probit models with absorbed fixed effects", cases)


if __name__ == "__main__":
    main()
