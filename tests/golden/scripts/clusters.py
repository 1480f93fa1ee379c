#!/usr/bin/env python3
"""tests/golden/regression/clusters.json: cluster with its factors and many ways, crv2, crv3.

cluster: numpy evaluation of Cameron, Gelbach and Miller (2011), eq. 2.13, on the scores of the regression with dummies, with
the factors of R fixest 0.14.2 ssc(); equal to pyfixest for one and two ways and to digits that fixest printed.
crv3: the regression with dummies again without each cluster; V = (G - 1)/G sum (b_g - b)(b_g - b)'.
crv2: numpy evaluation of Bell and McCaffrey (2002) with n x n hat matrices, (I - H_gg)^(-1/2) by the generalised inverse;
degrees of freedom tr(P)^2/tr(P^2) with P = G'G, G's columns (I - H)[:, g] (I - H_gg)^(-1/2) X_g (X'X)^-1 e_j.
"""
import itertools
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
from scipy import stats

from common import write
from covariances import GAPS, GRUNFELD, THREE, Sample
from regression import MUNNELL, PRODUCTION, close, load, production, rule

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/clusters.py"
# R fixest 0.14.2 on Grunfeld, firm and year effects: standard errors of value and capital
FIXEST = {("firm", "none", "min"): [.0102631912, .0453674945], ("firm", "full", "min"): [.0111089155, .0491059410],
          ("firm+year", "nonnested", "conventional"): [.0118641804, .0465178428]}

# R sandwich, vcovCL(lm, cluster = ~division, type, cadjust = FALSE), pooled production
SANDWICH = {"HC2": [.416423564484, .096284077154, .075568995694, .104920116361, .004899345112],
            "HC3": [.597108212939, .118556199057, .100742060314, .139804338920, .006206557472]}


def codes(frame, cluster):
    return pd.factorize(frame[cluster.split("^")].astype(str).agg("|".join, axis=1))[0]


def sums(sample, groups):
    return np.array([sample.scores[groups == g].sum(axis=0) for g in range(groups.max() + 1)])


def cluster(sample, clusters, k_fixef="nonnested", g_df="min", k_adj=True, g_adj=True):
    of = [codes(sample.frame, c) for c in clusters]
    smallest = min(g.max() + 1 for g in of)
    meat = 0
    for size in range(1, len(of) + 1):
        for members in itertools.combinations(of, size):
            joint = pd.factorize(pd.Series(list(zip(*members))))[0]
            s = sums(sample, joint)
            count = smallest if g_df == "min" else len(s)
            meat = meat + (-1) ** (size + 1) * s.T @ s * (count / (count - 1) if g_adj else 1)
    work = sample.frame.assign(**{c: g for c, g in zip(clusters, of)})
    nonnested = rule(work, sample.k, sample.effects, clusters)[1]
    used = {"nonnested": nonnested, "none": sample.k, "full": sample.nparams}[k_fixef]
    v = sample.bread @ meat @ sample.bread * ((sample.n - 1) / (sample.n - used) if k_adj else 1)
    v = v[:sample.k, :sample.k]
    assert np.linalg.eigvalsh(v)[0] > 0, clusters
    return sample.expected(np.sqrt(np.diag(v)), smallest - 1) | {"covariance_k": used}


def weighted(sample):
    root = np.sqrt(sample.frame[sample.weights].to_numpy()) if sample.weights else np.ones(sample.n)
    return sample.design.to_numpy() * root[:, None], sample.frame._y.to_numpy() * root


def crv3(sample, by):
    x, y = weighted(sample)
    groups = codes(sample.frame, by)
    count = groups.max() + 1
    scale = np.linalg.norm(x, axis=0)
    fit = lambda keep: (np.linalg.lstsq((x / scale)[keep], y[keep], rcond=1e-11)[0] / scale)[:sample.k]
    b = fit(np.ones(sample.n, bool))
    close(b, sample.done.params.iloc[:sample.k], 1e-7, "coefficients")
    off = np.array([fit(groups != g) - b for g in range(count)])
    return sample.expected(np.sqrt(np.diag(off.T @ off) * (count - 1) / count), count - 1)


def crv2(sample, by):
    x, _ = weighted(sample)
    groups = codes(sample.frame, by)
    count = groups.max() + 1
    q, _ = np.linalg.qr(x / np.linalg.norm(x, axis=0))
    left = np.eye(sample.n) - q @ q.T
    errors = np.asarray(sample.done.wresid)
    bx = sample.bread @ x.T
    half, adjusted = [], []
    for g in range(count):
        at = np.flatnonzero(groups == g)
        values, vectors = np.linalg.eigh(left[np.ix_(at, at)])
        power = np.where(values > 1e-9, np.maximum(values, 1e-300) ** -0.5, 0)
        root = vectors * power @ vectors.T
        half.append(bx[:sample.k, at] @ root @ errors[at])
        adjusted.append((at, bx[:sample.k, at] @ root))
    half = np.array(half)
    df = []
    for j in range(sample.k):
        columns = np.array([left[:, at] @ a[j] for at, a in adjusted]).T
        p = columns.T @ columns
        df.append(np.trace(p) ** 2 / np.sum(p * p))
    out = sample.expected(np.sqrt(np.diag(half.T @ half)), count - 1)
    b, se = [np.array(list(out[f].values())) for f in ("coefficients", "standard_errors")]
    reach = stats.t.ppf(0.975, df) * se
    named = lambda values: dict(zip(sample.terms, values))
    return out | {"p_values": named(2 * stats.t.sf(np.abs(b / se), df)),
                  "confidence_95": named([[lo, hi] for lo, hi in zip(b - reach, b + reach)]), "t_dfs": named(df)}


def pyfixest(sample, kind, clusters, ssc=None):
    work = sample.frame.assign(**{c.replace("^", "_"): codes(sample.frame, c) for c in clusters})
    x = [t for t in sample.terms if t != "(Intercept)"]
    work = work.rename(columns={f"_x{i}": f"column{i}" for i in range(len(x))} | {"_y": "y_"})
    right = " + ".join(f"column{i}" for i in range(len(x)))
    for order in itertools.permutations(sample.effects):
        formula = f"y_ ~ {right}" + (" | " + " + ".join(order) if order else "")
        model = pf.feols(formula, work, vcov={kind: "+".join(c.replace("^", "_") for c in clusters)}, weights=sample.weights,
                         ssc=ssc or pf.ssc(), fixef_rm="none", demeaner=pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=1_000_000))
        yield np.asarray(model.se()), int(model._df_k)


def case(name, data, formula, vcov, expected, source, region="firm", **extra):
    return {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-8 if "|" in formula else 1e-10, "data": data,
            "region": region, "period": "year", "formula": formula, "vcov": vcov} | extra | {"expected": expected}


EVALUATED = "numpy evaluation of Cameron, Gelbach and Miller (2011), eq. 2.13, with the factors of fixest 0.14.2 ssc()"
REFITTED = "statsmodels 0.15.0, {} with dummies; numpy.linalg.lstsq without each cluster"
BELL = "numpy evaluation of Bell and McCaffrey (2002) with dummies; degrees of freedom by Imbens and Kolesar (2016)"


def factors(name, data, formula, sample, clusters, region="firm", fixest=False, **extra):
    settings = [("none", "min", "yes", "yes"), ("full", "min", "yes", "yes"), ("nonnested", "conventional", "yes", "yes"),
                ("nonnested", "min", "no", "yes"), ("full", "conventional", "yes", "no")]
    for k_fixef, g_df, k_adj, g_adj in settings:
        expected = cluster(sample, clusters, k_fixef, g_df, k_adj == "yes", g_adj == "yes")
        se = list(expected["standard_errors"].values())
        checks = []
        digits = FIXEST.get(("+".join(clusters), k_fixef, g_df)) if fixest else None
        if digits:
            close(se, digits, 1e-8, "fixest")
            checks.append("standard errors: R fixest 0.14.2, to the digits printed")
        if len(clusters) < 3:
            ssc = pf.ssc(k_adj=k_adj == "yes", k_fixef=k_fixef, G_adj=g_adj == "yes", G_df=g_df)
            theirs = [s for s, k in pyfixest(sample, "CRV1", clusters, ssc) if k == expected["covariance_k"] or k_adj == "no"]
            assert theirs, (name, k_fixef)
            close(theirs[0], se, 1e-8, ("pyfixest", name, k_fixef, g_df))
            checks.append(f"standard errors: pyfixest {pf.__version__}, ssc() of the same settings")
        words = f"k_fixef={k_fixef},g_df={g_df},k_adj={k_adj},g_adj={g_adj}"
        yield case(f"{name}_{'_'.join(clusters)}_{words.replace(',', '_').replace('=', '_')}", data, formula,
                   f"cluster:{'+'.join(clusters)},{words}", expected, EVALUATED, region, checked_against=checks, **extra)


def small(name, data, formula, sample, by, region="firm", **extra):
    expected = crv3(sample, by)
    se = list(expected["standard_errors"].values())
    checks = {}
    if not sample.weights and "trends" not in name:
        count = codes(sample.frame, by).max() + 1
        theirs, _ = next(pyfixest(sample, "CRV3", [by], pf.ssc(k_adj=False, G_adj=False)))
        close(theirs * np.sqrt((count - 1) / count), se, 1e-7, ("pyfixest", name, by))
        checks["checked_against"] = [f"standard errors: pyfixest {pf.__version__}, CRV3, times sqrt((G-1)/G), to 1e-7"]
    yield case(f"{name}_crv3_{by}", data, formula, f"crv3:{by}", expected,
               REFITTED.format("WLS" if sample.weights else "OLS"), region, **checks, **extra)
    unbiased = crv2(sample, by)
    if (name, by) == ("production_pooled", "division"):
        close(SANDWICH["HC3"], se, 1e-9, "sandwich HC3, which has the factor too")
        count = codes(sample.frame, by).max() + 1
        close(np.array(SANDWICH["HC2"]) * np.sqrt(count / (count - 1)), list(unbiased["standard_errors"].values()), 1e-9, "sandwich HC2")
        checks = {"checked_against": ["standard errors: R sandwich, vcovCL(type='HC2', cadjust=FALSE) times sqrt(G/(G-1))"]}
    else:
        checks = {}
    yield case(f"{name}_crv2_{by}", data, formula, f"crv2:{by}", unbiased, BELL, region, **checks, **extra)


def main():
    cases = []
    for data, name in ((GRUNFELD, "grunfeld"), (GAPS, "grunfeld_gaps")):
        frame = load(data)
        x = {"value": frame.value, "capital": frame.capital}
        for effects in ([], ["firm"], ["firm", "year"]):
            formula = "invest ~ value + capital" + (" | " + " + ".join(effects) if effects else "")
            sample = Sample(frame, frame.invest, x, effects)
            full = f"{name}_{'_'.join(effects) or 'pooled'}"
            if name == "grunfeld" and effects != ["firm"]:
                cases += factors(full, data, formula, sample, ["firm"], fixest=bool(effects))
                cases += factors(full, data, formula, sample, ["firm", "year"], fixest=bool(effects))
            cases += small(full, data, formula, sample, "firm")
            if effects:
                cases += small(full, data, formula, sample, "year")
    frame = load(MUNNELL)
    y, x = production(frame)
    for effects, weight in ((["state", "year"], None), (["state", "year"], "employment"), ([], "employment"), ([], None)):
        sample = Sample(frame, y, x, effects, weights=weight, unit="state")
        formula = PRODUCTION + (" | " + " + ".join(effects) if effects else "")
        name = f"production_{'_'.join(effects) or 'pooled'}" + ("_weighted" if weight else "")
        extra = {"weights": weight} if weight else {}
        for by in ("state", "division"):
            cases += small(name, MUNNELL, formula, sample, by, region="state", **extra)
    trends = Sample(frame, y, x, ["state"], unit="state", slope="year")
    cases += small("production_state_trends", MUNNELL, PRODUCTION + " | state[year]", trends, "division", region="state")
    frame = load(THREE)
    cells = Sample(frame, frame.y, {"x1": frame.x1, "x2": frame.x2}, ["region", "industry", "year"], unit=["region", "industry"])
    formula = "y ~ x1 + x2 | region + industry + year"
    extra = {"region": "region", "industry": "industry"}
    for clusters in (["region", "industry", "year"], ["region", "industry", "year", "region^industry", "industry^year"]):
        for g_df in ("min", "conventional"):
            expected = cluster(cells, clusters, g_df=g_df)
            cases.append(case(f"three_way_{len(clusters)}_{g_df}", THREE, formula, f"cluster:{'+'.join(clusters)},g_df={g_df}",
                              expected, EVALUATED, **extra))
    cases += small("three_way", THREE, formula, cells, "region", **extra)
    write("regression/clusters.json", "Clusters: factors, many ways, small samples", cases)


if __name__ == "__main__":
    main()
