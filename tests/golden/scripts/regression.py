#!/usr/bin/env python3
"""Golden files of tests/golden/regression (except published.json).

Least squares with fixed effects: pyfixest; explicit dummies: statsmodels; both are compared here
with each other, with linearmodels and with digits printed by R fixest 0.14.2 and R plm 2.6-2
before anything is written.

Small-sample rules of the expected values (those of R fixest 0.14.2, ssc() defaults
K.adj=TRUE, K.fixef="nonnested", K.exact=FALSE, G.adj=TRUE, G.df="min", t.df="min"):
  nparams = k + sum of levels - (number of effects - 1)
  iid              (X'X)^-1 SSR/(n - nparams),                        t with n - nparams df
  hc1              n/(n - nparams),                                   t with n - nparams df
  cluster (1, 2)   (n - 1)/(n - K) * Gmin/(Gmin - 1) on the whole sum, t with Gmin - 1 df
  K = nparams - sum over nested effects (levels - 1);  k + 1 if all effects are nested
pyfixest 0.60.0 with ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min") gives these,
but it pairs "is nested" with the wrong effect's number of levels for some orders of the effects
(the order in memory depends on Python's hash seed). fit() therefore tries the orders until the
K of the rule is used.
"""
import itertools
import os
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm
from linearmodels.panel import PanelOLS, PooledOLS
from scipy import stats

from common import ROOT, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/regression.py"
SSC = pf.ssc(k_adj=True, k_fixef="nonnested", G_adj=True, G_df="min")
SSC_TEXT = "ssc(k_adj=True, k_fixef='nonnested', G_adj=True, G_df='min')"
PYFIXEST = f"pyfixest {pf.__version__}, feols, {SSC_TEXT}; p_values: scipy 1.17.1 stats.t.sf of its t_values"
VCOVS = ["iid", "hc1", "cluster:state", "cluster:state+year"]


def load(path):
    return pd.read_csv(os.path.join(ROOT, path), float_precision="round_trip")


def close(a, b, tolerance, what):
    a, b = np.asarray(a, float), np.asarray(b, float)
    worst = np.max(np.abs(a - b) / np.maximum(np.abs(b), 1e-300))
    assert worst < tolerance, (what, worst, a, b)


def nested(frame, effect, cluster):
    return frame.groupby(effect)[cluster].nunique().max() == 1


def rule(frame, k, effects, clusters):
    """nparams and the K of the covariance, from the text at the top."""
    levels = {e: frame[e].nunique() for e in effects}
    nparams = k + sum(levels.values()) - max(len(effects) - 1, 0)
    if not clusters or not effects:
        return nparams, nparams
    inside = [e for e in effects if any(nested(frame, e, c) for c in clusters)]
    if len(inside) == len(effects):
        return nparams, k + 1
    return nparams, nparams - sum(levels[e] - 1 for e in inside)


def drop_singletons(frame, effects):
    while effects:
        keep = np.ones(len(frame), bool)
        for e in effects:
            keep &= (frame.groupby(e)[e].transform("size") > 1).to_numpy()
        if keep.all():
            break
        frame = frame[keep]
    return frame


def fit(frame, y, x, effects=(), vcov="iid", weights=None, intercept=True):
    """One pyfixest fit. y: array; x: {term: array}; returns (model, expected, sample)."""
    work = pd.DataFrame({"y": np.asarray(y, float)}, index=frame.index)
    names = {}
    for i, (term, values) in enumerate(x.items()):
        work[f"x{i + 1}"] = np.asarray(values, float)
        names[f"x{i + 1}"] = term
    names["Intercept"] = "(Intercept)"
    parts = sorted({p for e in effects for p in e.split("^")})
    clusters = vcov.removeprefix("cluster:").split("+") if vcov.startswith("cluster:") else []
    for c in set(parts) | set(clusters):
        work[c] = frame[c]
    for e in effects:
        if "^" in e:
            work[e.replace("^", "_x_")] = frame[e.split("^")].astype(str).agg("|".join, axis=1)
    effects = [e.replace("^", "_x_") for e in effects]
    if weights:
        work["w"] = frame[weights]
    work = work.dropna()
    sample = drop_singletons(work, effects)
    right = " + ".join(f"x{i + 1}" for i in range(len(x)))
    kind = {"iid": "iid", "hc1": "hetero"}.get(vcov) or {"CRV1": "+".join(clusters)}
    demeaner = pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=1_000_000)
    for order in itertools.permutations(effects):
        formula = f"y ~ {right}" + (" | " + " + ".join(order) if order else "")
        model = pf.feols(formula, work, vcov=kind, weights="w" if weights else None, ssc=SSC,
                         fixef_rm="singleton", drop_intercept=not intercept, demeaner=demeaner)
        k = len(model._coefnames)
        nparams, used = rule(sample, k, effects, clusters)
        if int(model._df_k) == used:
            break
    else:
        raise AssertionError(("no order of the effects uses", used, model._df_k, effects, vcov))
    n = int(model._N)
    assert n == len(sample), (n, len(sample))
    df_t = int(model._df_t)
    assert df_t == (min(sample[c].nunique() for c in clusters) - 1 if clusters else n - nparams)
    # The same coefficients from dummies by dense least squares
    design = sample[[c for c in model._coefnames if c != "Intercept"]].copy()
    if "Intercept" in model._coefnames:
        design.insert(0, "Intercept", 1.0)
    design = pd.concat([design] + [dummies(sample, e, i > 0) for i, e in enumerate(effects)], axis=1).to_numpy()
    root = np.sqrt(sample["w"].to_numpy()) if weights else np.ones(n)
    dense, *_ = np.linalg.lstsq(design * root[:, None], sample["y"].to_numpy() * root, rcond=1e-12)
    close(model.coef(), dense[:k], 1e-9, "dense least squares")
    terms = [names[c] for c in model._coefnames]
    dropped = [names[c] for c in model._collin_vars or []]

    def by_term(values):
        return dict(zip(terms, [float(v) for v in np.asarray(values)]))

    interval = model.confint(alpha=0.05).to_numpy()
    # pyfixest takes 2*(1 - cdf), which is 0 in the far tail; the survival function is exact there.
    p_values = 2 * stats.t.sf(np.abs(np.asarray(model.tstat())), df_t)
    assert np.max(np.abs(p_values - np.asarray(model.pvalue()))) < 1e-14
    expected = {
        "coefficients": by_term(model.coef()), "standard_errors": by_term(model.se()),
        "t_values": by_term(model.tstat()), "p_values": by_term(p_values),
        "confidence_95": {t: [float(lo), float(hi)] for t, (lo, hi) in zip(terms, interval)},
        "observations": n, "residual_df": n - nparams, "t_df": df_t, "covariance_k": used,
        "ssr": float(np.sum(model._u_hat ** 2)),
    }
    if intercept:
        expected |= {"r2": model._r2, "adjusted_r2": model._adj_r2}
        if effects:
            expected |= {"r2_within": model._r2_within, "adjusted_r2_within": model._adj_r2_within}
    if len(work) != n:
        expected["dropped_singletons"] = len(work) - n
    if dropped:
        expected["dropped_terms"] = dropped
    return model, expected, sample


def case(name, data, formula, vcov, expected, source=None, industry=None, weights=None, region="state",
         period="year", **extra):
    one = {"name": name, "source": source or PYFIXEST, "script": SCRIPT,
           "tolerance": 1e-8 if "|" in formula else 1e-10,
           "data": data, "region": region, "period": period}
    if industry:
        one["industry"] = industry
    one |= {"formula": formula, "vcov": vcov}
    if weights:
        one["weights"] = weights
    return one | extra | {"expected": expected}


def dummies(frame, effect, drop_first):
    return pd.get_dummies(frame[effect], drop_first=drop_first).astype(float).add_prefix(f"{effect}=")


# ---------------------------------------------------------------- Munnell

MUNNELL = "data/munnell.csv"
PRODUCTION = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment"
# Coefficients and iid errors: R fixest 0.14.2 / plm 2.6-2. Others: R fixest 0.14.2.
R_DIGITS = {
    ("", "coef"): [1.643302263, .155007005, .309190167, .593934898, -.006732976],
    ("", "iid"): [.05758725, .01715377, .01027199, .01374746, .00141638],
    ("state", "coef"): [-.02614965359, .29200692508, .76815947260, -.00529774126],
    ("state", "iid"): [.02900158, .02511967, .03009174, .00098873],
    ("state + year", "coef"): [-.030176056580, .168828035407, .769306196203, -.004221092604],
    ("state + year", "iid"): [.02693654, .02765634, .02814179, .00113884],
    ("state + year", "hc1"): [.0311323698, .0396753955, .0404341757, .0014143714],
    ("state + year", "cluster:state"): [.0582404220, .0856798850, .0850678967, .0031953838],
    ("state + year", "cluster:state+year"): [.0618049915, .0951510540, .0950237244, .0034089990],
}


def production(frame):
    return np.log(frame.gsp), {
        "ln(public_capital)": np.log(frame.public_capital), "ln(private_capital)": np.log(frame.private_capital),
        "ln(employment)": np.log(frame.employment), "unemployment": frame.unemployment}


def munnell():
    frame = load(MUNNELL)
    y, x = production(frame)
    panel = pd.DataFrame(x | {"y": y, "state": frame.state, "year": frame.year}).set_index(["state", "year"])
    cases = []
    for effects in ([], ["state"], ["state", "year"]):
        text = " + ".join(effects)
        formula = PRODUCTION + (f" | {text}" if effects else "")
        for vcov in VCOVS:
            _, expected, sample = fit(frame, y, x, effects, vcov)
            checks = []
            coef = list(expected["coefficients"].values())
            se = list(expected["standard_errors"].values())
            for what, mine in (("coef", coef), (vcov, se)):
                digits = R_DIGITS.get((text, what))
                if digits:
                    half = [0.51 * 10.0 ** -(len(repr(d).split(".")[1])) if abs(d) > 1e-3 else 0.51e-10 for d in digits]
                    half = [max(h, 0.6e-8) if what == "iid" else h for h in half]
                    assert np.all(np.abs(np.subtract(mine, digits)) <= half), (text, what, mine, digits)
                    checks.append(f"{'coefficients' if what == 'coef' else 'standard errors'}: R "
                                  + ("plm 2.6-2 / fixest 0.14.2" if what in ("coef", "iid") else "fixest 0.14.2")
                                  + ", all printed digits")
            if not effects:
                ols = PooledOLS(panel["y"], sm.add_constant(panel[list(x)]))
            else:
                ols = PanelOLS(panel["y"], panel[list(x)], entity_effects=True, time_effects="year" in effects)
            lm = ols.fit(cov_type="unadjusted", debiased=True)
            close(lm.params, coef, 1e-9, "linearmodels")
            checks.append("coefficients: linearmodels 7.1 " + type(ols).__name__)
            if vcov == "iid":
                close(lm.std_errors, se, 1e-9, "linearmodels se")
                close(lm.resid_ss, expected["ssr"], 1e-9, "linearmodels ssr")
                expected["f_slopes"] = {"statistic": lm.f_statistic.stat, "df": [lm.f_statistic.df, lm.f_statistic.df_denom]}
                checks.append("standard errors: linearmodels 7.1, cov_type='unadjusted', debiased=True")
            if vcov == "hc1":
                close(ols.fit(cov_type="robust", debiased=True).std_errors, se, 1e-9, "linearmodels robust")
                checks.append("standard errors: linearmodels 7.1, cov_type='robust', debiased=True")
            if vcov.startswith("cluster") and not effects:
                two = "year" in vcov
                done = ols.fit(cov_type="clustered", cluster_entity=True, cluster_time=two, debiased=True, group_debias=True)
                if not two:
                    close(done.std_errors, se, 1e-9, "linearmodels cluster")
                    checks.append("standard errors: linearmodels 7.1, clustered, debiased=True, group_debias=True")
            if vcov == "hc1" or vcov == "cluster:state":
                # statsmodels with explicit dummies: the same sandwich, other factors
                design = pd.DataFrame(x)
                design = pd.concat([design] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)
                design = design if effects else sm.add_constant(design)
                done = sm.OLS(y, design).fit()
                n, nparams = len(frame), design.shape[1]
                if vcov == "hc1":
                    raw = done.get_robustcov_results("HC1").bse
                    factor = 1.0
                else:
                    raw = done.get_robustcov_results("cluster", groups=pd.factorize(frame.state)[0], use_correction=True).bse
                    factor = np.sqrt((n - nparams) / (n - expected["covariance_k"]))
                mine = dict(zip(design.columns, raw * factor))
                close([mine[{"(Intercept)": "const"}.get(t, t)] for t in expected["standard_errors"]], se, 1e-8, "statsmodels se")
                checks.append("standard errors: statsmodels 0.15.0 OLS with dummies, rescaled from its K to covariance_k"
                              if factor != 1.0 else "standard errors: statsmodels 0.15.0 OLS with dummies")
            name = f"production_{'_'.join(effects) or 'pooled'}_{vcov.replace(':', '_').replace('+', '_')}"
            extra = {"checked_against": checks}
            if effects and vcov == "iid":
                expected["fixed_effects"], extra["fixed_effects_normalisation"] = effects_by_dummies(frame, y, x, effects)
            cases.append(case(name, MUNNELL, formula, vcov, expected, **extra))
    write("regression/munnell.json", "Munnell production function: pooled, state effects, state and year effects; four covariances", cases)


def effects_by_dummies(frame, y, x, effects):
    """statsmodels OLS: dummies for all states, and for all years but the first."""
    design = pd.concat([pd.DataFrame(x)] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)
    done = sm.OLS(y, design).fit()
    out = {e: {str(v): 0.0 for v in sorted(frame[e].unique())} for e in effects}
    for column, value in done.params.items():
        effect, sep, level = column.partition("=")
        if sep and effect in out:
            out[effect][level] = value
    text = "state effects as they are (no intercept in the model)"
    if len(effects) > 1:
        text += "; the year effects are differences from 1970, whose effect is 0"
    return out, text + "; statsmodels 0.15.0 OLS with dummies"


# ---------------------------------------------------------------- Grunfeld

def grunfeld():
    path = "tests/golden/data/grunfeld.csv"
    frame = load(path)
    digits = {  # R fixest 0.14.2 / plm 2.6-2
        ("", "coef"): [-42.7143694, .1155621564, .2306784887], ("", "iid"): [9.5116760, .0058357096, .0254758015],
        ("firm", "coef"): [.1101238041, .3100653413], ("firm", "iid"): [.0118566942, .0173545028],
        ("firm", "hc1"): [.0193780333, .0427950056], ("firm", "cluster:firm"): [.0151944939, .0527517718],
        ("firm + year", "coef"): [.1177158551, .3579162731], ("firm + year", "iid"): [.0137512830, .0227190109],
        ("firm + year", "hc1"): [.0191799205, .0544026643],
        ("firm + year", "cluster:firm"): [.0108244295, .0478483966],
        ("firm + year", "cluster:firm+year"): [.0112657889, .0451912829]}
    cases = []
    for effects in ([], ["firm"], ["firm", "year"]):
        for vcov in ("iid", "hc1", "cluster:firm", "cluster:firm+year"):
            text = " + ".join(effects)
            _, expected, _ = fit(frame, frame.invest, {"value": frame.value, "capital": frame.capital}, effects, vcov)
            checks = []
            for what, field in (("coef", "coefficients"), (vcov, "standard_errors")):
                if (text, what) in digits:
                    mine, theirs = list(expected[field].values()), digits[text, what]
                    assert np.all(np.abs(np.subtract(mine, theirs)) < [0.6 * 10.0 ** -len(repr(d).split(".")[1]) if abs(d) >= 1 else 0.6e-10 for d in theirs]), (text, what, mine, theirs)
                    checks.append(f"{field}: R fixest 0.14.2 / plm 2.6-2, all printed digits")
            name = f"grunfeld_{'_'.join(effects) or 'pooled'}_{vcov.replace(':', '_').replace('+', '_')}"
            cases.append(case(name, path, "invest ~ value + capital" + (f" | {text}" if effects else ""), vcov, expected,
                              region="firm", **({"checked_against": checks} if checks else {})))
    write("regression/grunfeld.json", "Grunfeld investment data, 10 firms x 20 years", cases)


# ---------------------------------------------------------------- weights

def weighted():
    frame = load(MUNNELL)
    y, x = production(frame)
    cases = []
    for effects in ([], ["state"], ["state", "year"]):
        design = pd.concat([pd.DataFrame(x)] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)
        design = design if effects else sm.add_constant(design)
        done = sm.WLS(y, design, weights=frame.employment).fit()
        for vcov in VCOVS:
            _, expected, _ = fit(frame, y, x, effects, vcov, weights="employment")
            named = {"(Intercept)": "const"}
            close(list(expected["coefficients"].values()), [done.params[named.get(t, t)] for t in expected["coefficients"]], 1e-8, "wls")
            close(expected["ssr"], done.ssr, 1e-8, "wls ssr")
            checks = ["coefficients, ssr: statsmodels 0.15.0 WLS with dummies"]
            if vcov in ("iid", "hc1"):
                other = done if vcov == "iid" else done.get_robustcov_results("HC1")
                theirs = dict(zip(design.columns, np.asarray(other.bse)))
                close(list(expected["standard_errors"].values()), [theirs[named.get(t, t)] for t in expected["coefficients"]], 1e-8, "wls se")
                checks.append("standard errors: statsmodels 0.15.0 WLS with dummies")
            name = f"weighted_{'_'.join(effects) or 'pooled'}_{vcov.replace(':', '_').replace('+', '_')}"
            cases.append(case(name, MUNNELL, PRODUCTION + (" | " + " + ".join(effects) if effects else ""), vcov, expected,
                              source=PYFIXEST + ", weights_type='aweights'", weights="employment", checked_against=checks))
    write("regression/weighted.json", "Weighted least squares (analytic weights, not rescaled; ssr = sum of w*e^2; r2 about the weighted mean)", cases)


# ---------------------------------------------------------------- three-way, unbalanced

THREE = "tests/golden/data/panel_three_way.csv"


def three_way():
    frame = load(THREE)
    cases = []
    for vcov in ("iid", "hc1", "cluster:region", "cluster:region+year", "cluster:industry"):
        for weights in (None, "w"):
            model, expected, sample = fit(frame, frame.y, {"x1": frame.x1, "x2": frame.x2}, ["region", "industry", "year"], vcov, weights)
            design = pd.concat([sample[["x1", "x2"]]] + [dummies(sample, e, i > 0) for i, e in enumerate(["region", "industry", "year"])], axis=1)
            w = sample["w"] if weights else np.ones(len(sample))
            done = sm.WLS(sample.y, design, weights=w).fit()
            assert np.linalg.matrix_rank(design.to_numpy()) == design.shape[1] == len(sample) - expected["residual_df"]
            close(list(expected["coefficients"].values()), done.params[["x1", "x2"]], 1e-9, "three-way")
            checks = ["coefficients: statsmodels 0.15.0 with dummies"]
            if vcov in ("iid", "hc1"):
                other = done if vcov == "iid" else done.get_robustcov_results("HC1")
                close(list(expected["standard_errors"].values()), np.asarray(other.bse)[:2], 1e-8, "three-way se")
                checks.append("standard errors: statsmodels 0.15.0 with dummies")
            cases.append(case(f"three_way_{vcov.replace(':', '_').replace('+', '_')}" + ("_weighted" if weights else ""), THREE,
                              "y ~ x1 + x2 | region + industry + year", vcov, expected, region="region", industry="industry",
                              weights=weights, checked_against=checks, fixef_rm="singleton"))
    # Unbalanced two-way, and one effect crossed with another
    x = {"x1": frame.x1, "x2": frame.x2}
    for effects, vcov in ((["region", "year"], "cluster:region"), (["region^industry", "year"], "cluster:region"),
                          (["region^industry", "year"], "iid"), (["region^industry", "industry^year"], "cluster:region")):
        _, expected, sample = fit(frame, frame.y, x, effects, vcov)
        extra = {}
        exact = rank(sample, [e.replace("^", "_x_") for e in effects])
        counted = len(sample) - expected["residual_df"] - len(expected["coefficients"])
        if exact != counted:
            extra["note"] = (f"residual_df counts {counted} for the fixed effects (levels - (number of effects - 1), the fixest "
                             f"default K.exact=FALSE); the exact rank of their dummies is {exact}.")
        name = "_".join(effects).replace("^", "_by_") + "_" + vcov.replace(":", "_")
        cases.append(case(name, THREE, "y ~ x1 + x2 | " + " + ".join(effects), vcov, expected, region="region", industry="industry",
                          fixef_rm="singleton", **extra))
    write("regression/three_way.json", "Unbalanced region x industry x year panel with singletons", cases)


def rank(sample, effects):
    design = np.hstack([dummies(sample, e, False).to_numpy() for e in effects])
    return int(np.linalg.matrix_rank(design.T @ design))


# ---------------------------------------------------------------- collinearity

def collinear():
    frame = load(THREE)
    c = {n: frame[n] for n in ("x1", "x2", "x3", "area")}
    cases = []
    for order, effects, vcov in ((["x1", "x2", "x3"], [], "iid"), (["x3", "x1", "x2"], [], "iid"),
                                 (["x1", "x2", "x3"], ["region", "year"], "cluster:region"),
                                 (["x1", "area", "x2"], ["region"], "iid"), (["area", "x1"], ["region", "year"], "hc1")):
        model, expected, _ = fit(frame, frame.y, {n: c[n] for n in order}, effects, vcov)
        kept = [n for n in order if n not in expected["dropped_terms"]]
        _, again, _ = fit(frame, frame.y, {n: c[n] for n in kept}, effects, vcov)
        close(list(expected["coefficients"].values()), list(again["coefficients"].values()), 1e-8, "collinear")
        close(list(expected["standard_errors"].values()), list(again["standard_errors"].values()), 1e-8, "collinear se")
        again["dropped_terms"] = expected["dropped_terms"]
        cases.append(case(f"{'_'.join(order)}_{'_'.join(effects) or 'pooled'}", THREE,
                          "y ~ " + " + ".join(order) + (" | " + " + ".join(effects) if effects else ""), vcov, again,
                          region="region", industry="industry", fixef_rm="singleton",
                          note="x3 = x1 + x2 and area is constant within a region: the later term of a dependent set is dropped."))
    write("regression/collinear.json", "Terms dropped because of collinearity", cases)


# ---------------------------------------------------------------- formula features

def formula_features():
    frame = load(MUNNELL)
    lg, le, lk = np.log(frame.gsp), np.log(frame.employment), np.log(frame.private_capital)
    cases = []

    def add(name, formula, x, effects, vcov, intercept=True, against=None, y=lg, **extra):
        _, expected, sample = fit(frame, y, x, effects, vcov, intercept=intercept)
        if effects and len(effects) > 1:
            exact = rank(sample, [e.replace("^", "_x_") for e in effects])
            counted = len(sample) - expected["residual_df"] - len(expected["coefficients"])
            if exact != counted:
                extra["note"] = (f"residual_df counts {counted} for the fixed effects (fixest default K.exact=FALSE); "
                                 f"the exact rank of their dummies is {exact}.")
        cases.append(case(name, MUNNELL, formula, vcov, expected, **extra))

    years = sorted(frame.year.unique())
    factor = {f"year::{t}": (frame.year == t).astype(float) for t in years if t != 1970}
    add("factor", "ln(gsp) ~ ln(employment) + i(year, ref=1970)", {"ln(employment)": le} | factor, [], "iid")
    add("factor_cluster", "ln(gsp) ~ ln(employment) + i(year, ref=1970) | state", {"ln(employment)": le} | factor, ["state"], "cluster:state")
    divisions = sorted(frame.division.unique())
    factor = {f"division::{d}": (frame.division == d).astype(float) for d in divisions if d != "Pacific"}
    add("factor_text", 'ln(gsp) ~ ln(employment) + i(division, ref="Pacific")', {"ln(employment)": le} | factor, [], "hc1")
    slopes = {f"division::{d}:unemployment": (frame.division == d) * frame.unemployment for d in divisions}
    add("factor_slopes", "ln(gsp) ~ ln(employment) + i(division, unemployment) | state + year",
        {"ln(employment)": le} | slopes, ["state", "year"], "cluster:state")
    add("interaction", "ln(gsp) ~ ln(employment) + unemployment:ln(private_capital)",
        {"ln(employment)": le, "unemployment:ln(private_capital)": frame.unemployment * lk}, [], "iid")
    star = {"ln(employment)": le, "ln(private_capital)": lk, "ln(employment):ln(private_capital)": le * lk}
    add("star", "ln(gsp) ~ ln(employment)*ln(private_capital)", star, [], "hc1")
    add("star_effects", "ln(gsp) ~ ln(employment)*ln(private_capital) | state + year", star, ["state", "year"], "cluster:state")
    add("no_intercept", "ln(gsp) ~ 0 + ln(employment) + ln(private_capital)", {"ln(employment)": le, "ln(private_capital)": lk}, [], "iid", intercept=False)
    add("combined_effect", "ln(gsp) ~ ln(employment) + ln(private_capital) | division^year",
        {"ln(employment)": le, "ln(private_capital)": lk}, ["division^year"], "iid")
    for vcov in ("iid", "cluster:state"):
        add(f"state_and_combined_effect_{vcov.replace(':', '_')}", "ln(gsp) ~ ln(employment) + ln(private_capital) | state + division^year",
            {"ln(employment)": le, "ln(private_capital)": lk}, ["state", "division^year"], vcov)
    add("cluster_division_state_effect", "ln(gsp) ~ ln(employment) + unemployment | state + year",
        {"ln(employment)": le, "unemployment": frame.unemployment}, ["state", "year"], "cluster:division")
    # Names as in fixest: i(year) gives year::1971, i(division, x) gives division::Pacific:x.
    write("regression/formula.json", "Factors, interactions, no intercept, combined fixed effects (factor terms named as fixest does: year::1971, division::Pacific:unemployment)", cases)


# ---------------------------------------------------------------- lags and growth

def lags():
    frame = load(MUNNELL).sort_values(["state", "year"]).reset_index(drop=True)
    by = frame.groupby("state")
    before = by.gsp.shift(1)
    fraction = frame.gsp / before - 1
    logged = {"l(ln(gsp))": np.log(before), "ln(private_capital)": np.log(frame.private_capital)}
    cases = []
    for vcov in VCOVS:
        tag = vcov.replace(":", "_").replace("+", "_")
        for name, left, y, meaning in (
                ("growth_fraction", "growth(gsp)", fraction, "gsp/l(gsp) - 1"),
                ("growth_percent", "growth(gsp)", 100 * fraction, "100*(gsp/l(gsp) - 1)"),
                ("log_difference", "d(ln(gsp))", np.log(frame.gsp) - np.log(before), "ln(gsp) - l(ln(gsp))")):
            if name == "growth_percent" and vcov != "iid":
                continue
            _, expected, _ = fit(frame, y, logged, ["state", "year"], vcov)
            cases.append(case(f"{name}_{tag}", MUNNELL, f"{left} ~ l(ln(gsp)) + ln(private_capital) | state + year", vcov, expected,
                              definitions={left: meaning, "l(x)": "x one period earlier, same state; missing in 1970"}))
    second = {"l(ln(gsp), 2)": np.log(by.gsp.shift(2)), "d(ln(employment))": np.log(frame.employment) - np.log(by.employment.shift(1)),
              "f(unemployment)": by.unemployment.shift(-1)}
    _, expected, _ = fit(frame, np.log(frame.gsp), second, ["state"], "hc1")
    cases.append(case("lag_2_lead_difference", MUNNELL, "ln(gsp) ~ l(ln(gsp), 2) + d(ln(employment)) + f(unemployment) | state", "hc1", expected,
                      definitions={"l(x, 2)": "two periods earlier", "d(x)": "x - l(x)", "f(x)": "one period later"}))
    # A panel with holes: the lag belongs to the calendar year before, not to the row before.
    frame = load(THREE)
    keys = ["region", "industry", "year"]
    earlier = frame[keys + ["x1"]].assign(year=frame.year + 1).rename(columns={"x1": "lag"})
    lag = frame.merge(earlier, on=keys, how="left").lag
    shifted = frame.sort_values(keys).groupby(keys[:2]).x1.shift(1).reindex(frame.index)
    assert lag.isna().sum() > shifted.isna().sum()
    for vcov in ("iid", "cluster:region"):
        _, expected, _ = fit(frame, frame.y, {"l(x1)": lag, "x2": frame.x2}, ["region", "year"], vcov)
        cases.append(case(f"lag_with_holes_{vcov.replace(':', '_')}", THREE, "y ~ l(x1) + x2 | region + year", vcov, expected, region="region",
                          industry="industry", fixef_rm="singleton",
                          definitions={"l(x)": "value of the same region and industry in the calendar year before; missing if that row is absent"}))
    write("regression/lags.json", "Growth rates, lags, leads, differences within the panel unit", cases,
          note="Left-hand sides and lags by pandas (shift within state; merge on year - 1 for the panel with holes), fits by pyfixest.")


# ---------------------------------------------------------------- varying slopes

def slopes():
    frame = load(MUNNELL)
    frame["trend"] = frame.year
    lg, le = np.log(frame.gsp), np.log(frame.employment)
    x = pd.DataFrame({"ln(employment)": le, "unemployment": frame.unemployment})
    states = dummies(frame, "state", False)
    tilt = states.mul(frame.year - 1978.0, axis=0).add_suffix(":year")   # centring does not change the space spanned
    cases = []
    for name, formula, blocks in (
            ("intercepts_and_slopes", "ln(gsp) ~ ln(employment) + unemployment | state[year]", [states, tilt]),
            ("intercepts_slopes_year", "ln(gsp) ~ ln(employment) + unemployment | state[year] + year", [states, tilt, dummies(frame, "year", False).iloc[:, 2:]])):
        design = pd.concat([x] + blocks, axis=1)
        r = np.linalg.matrix_rank(design.to_numpy())
        assert r == design.shape[1], (r, design.shape)
        done = sm.OLS(lg, design).fit()
        df = len(frame) - design.shape[1]
        assert df == done.df_resid
        expected = {"coefficients": done.params[:2].to_dict(), "ssr": done.ssr, "observations": len(frame), "r2": 1 - done.ssr / ((lg - lg.mean()) ** 2).sum()}
        extra = {}
        if name == "intercepts_and_slopes":
            ci = done.conf_int().iloc[:2]
            expected |= {"standard_errors": done.bse[:2].to_dict(), "t_values": done.tvalues[:2].to_dict(), "p_values": done.pvalues[:2].to_dict(),
                         "confidence_95": {t: list(v) for t, v in zip(ci.index, ci.to_numpy())}, "residual_df": df, "t_df": df}
            extra["note"] = "residual_df = 816 - 2 slopes - 48 intercepts - 48 trends."
        else:
            extra["note"] = (f"No standard errors: packages count the year effects differently. Exact rank: {r} parameters "
                             "(two of the 17 year effects are spanned by the state intercepts and trends).")
        cases.append(case(name, MUNNELL, formula, "iid", expected, source="statsmodels 0.15.0, OLS with explicit dummies and dummy*year columns", **extra))
        cases[-1]["tolerance"] = 1e-8
    # HC1 for the unambiguous one
    design = pd.concat([x, states, tilt], axis=1)
    done = sm.OLS(lg, design).fit().get_robustcov_results("HC1")
    cases.append(case("intercepts_and_slopes_hc1", MUNNELL, "ln(gsp) ~ ln(employment) + unemployment | state[year]", "hc1",
                      {"coefficients": dict(zip(x.columns, done.params[:2])), "standard_errors": dict(zip(x.columns, done.bse[:2])),
                       "residual_df": int(done.df_resid), "t_df": int(done.df_resid)},
                      source="statsmodels 0.15.0, OLS with explicit dummies and dummy*year columns, HC1"))
    write("regression/varying_slopes.json", "Intercept and trend by state", cases)


# ---------------------------------------------------------------- predictions

def predictions():
    frame = load(MUNNELL)
    y, x = production(frame)
    design = sm.add_constant(pd.DataFrame(x))
    new = pd.DataFrame({"public_capital": [15000.0, 30000.0, 120000.0, 500.0], "private_capital": [36000.0, 80000.0, 300000.0, 2500.0],
                        "employment": [1000.0, 2500.0, 9000.0, 90.0], "unemployment": [4.5, 7.0, 10.0, 0.0]})
    _, xn = production(new.assign(gsp=1.0))
    xn = sm.add_constant(pd.DataFrame(xn), has_constant="add")
    cases = []
    for vcov in ("iid", "hc1", "cluster:state"):
        done = sm.OLS(y, design).fit()
        if vcov == "hc1":
            done = sm.OLS(y, design).fit(cov_type="HC1", use_t=True)
        if vcov == "cluster:state":
            done = sm.OLS(y, design).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(frame.state)[0]}, use_t=True)
        p = done.get_prediction(xn)
        expected = {"fit": p.predicted_mean, "se_fit": p.se_mean, "confidence_95": p.conf_int(obs=False, alpha=0.05)}
        if vcov == "iid":
            expected |= {"se_prediction": p.se_obs, "prediction_95": p.conf_int(obs=True, alpha=0.05), "sigma2": done.mse_resid, "t_df": int(done.df_resid)}
        else:
            _, ours, _ = fit(frame, y, x, [], vcov)
            close(list(ours["standard_errors"].values()), done.bse, 1e-9, "prediction covariance")
            t_df = ours["t_df"]
            expected["t_df"] = t_df
            if vcov == "hc1":
                assert t_df == done.df_resid
            else:
                # get_prediction takes 811 degrees of freedom here; the t of the table has G - 1 = 47
                half = p.se_mean * stats.t.ppf(0.975, t_df)
                expected["confidence_95"] = np.column_stack([p.predicted_mean - half, p.predicted_mean + half])
        cases.append(case(f"pooled_{vcov.replace(':', '_')}", MUNNELL, PRODUCTION, vcov, expected,
                          source="statsmodels 0.15.0, OLS(...).get_prediction" + (
                              "; interval from its se_mean and scipy 1.17.1 stats.t with G - 1 = 47 df" if "cluster" in vcov else ""),
                          newdata={k: list(v) for k, v in new.items()}))
    # Fitted values with fixed effects (no standard errors in any package)
    for effects in (["state"], ["state", "year"]):
        done = sm.OLS(y, pd.concat([pd.DataFrame(x)] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)).fit()
        rows = [0, 16, 100, 407, 815]
        cases.append(case(f"fitted_{'_'.join(effects)}", MUNNELL, PRODUCTION + " | " + " + ".join(effects), "iid",
                          {"fit": done.fittedvalues.iloc[rows].tolist(), "residual": done.resid.iloc[rows].tolist()},
                          source="statsmodels 0.15.0, OLS with dummies, fittedvalues",
                          newdata={"state": frame.state[rows].tolist(), "year": frame.year[rows].tolist()}))
    # A point outside the sample of years is not identified; a new combination of known levels is.
    effects = ["state", "year"]
    done = sm.OLS(y, pd.concat([pd.DataFrame(x)] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)], axis=1)).fit()
    row = done.params.iloc[:4].to_numpy()
    value = float(np.array([np.log(20000.0), np.log(50000.0), np.log(1500.0), 6.0]) @ row + done.params["state=Ohio"] + done.params["year=1980"])
    cases.append(case("new_values_state_year", MUNNELL, PRODUCTION + " | state + year", "iid", {"fit": [value]},
                      source="statsmodels 0.15.0, OLS with dummies; prediction from its parameters",
                      newdata={"state": ["Ohio"], "year": [1980], "public_capital": [20000.0], "private_capital": [50000.0], "employment": [1500.0], "unemployment": [6.0]}))
    write("regression/predictions.json", "Predictions: mean, its standard error, confidence and prediction intervals", cases)


if __name__ == "__main__":
    munnell()
    grunfeld()
    weighted()
    three_way()
    collinear()
    formula_features()
    lags()
    slopes()
    predictions()
