#!/usr/bin/env python3
"""tests/golden/diagnostics/*.json: tests of fitted models.

R's plm, lmtest and spdep by diagnostics.R; statsmodels, spreg and linearmodels; numpy evaluations where none has the test.
"""
import os
import subprocess
import warnings

import numpy as np
import pandas as pd
import spreg
import statsmodels
import statsmodels.api as sm
import statsmodels.formula.api as smf
from linearmodels.panel import PanelOLS
from scipy import special, stats
from statsmodels.tsa import adfvalues
from statsmodels.tsa.stattools import adfuller
from statsmodels.stats import diagnostic, outliers_influence, stattools

from common import ROOT, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/diagnostics.py"
DATA = "tests/golden/data/"
SM = f"statsmodels {statsmodels.__version__} "
FORM = "invest ~ value + capital"


def load(name):
    return pd.read_csv(os.path.join(ROOT, DATA, name))


def from_r():
    script = os.path.join(ROOT, "tests/golden/scripts/diagnostics.R")
    text = subprocess.run(["Rscript", script, ROOT], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in text.splitlines():
        name, field, value = line.split()
        found.setdefault(name, {})[field] = float(value) if name != "versions" else value
    return found


R = from_r()
VERSIONS = dict(item.split("_") for item in next(iter(R["versions"])).split(","))
CASES = {}


def case(file, name, source, test, expected, parameters=None, data="grunfeld.csv", formula=FORM, tolerance=1e-8, **extra):
    keys = {"grunfeld": ("firm", "year"), "columbus": ("id", "year"), "public": ("state", "year")}
    region, period = keys.get(data.split("_")[0].split(".")[0], ("state", "year"))
    path = data if "/" in data else DATA + data
    CASES.setdefault(file, []).append({
        "name": name, "source": source, "script": SCRIPT, "tolerance": tolerance, "data": path, "region": region,
        "period": period, "formula": formula, "test": test, "parameters": parameters or {}, **extra, "expected": expected})


def r_case(file, name, function, test, parameters=None, key=None, **extra):
    package = function.split("::")[0]
    case(file, name, f"R {package} {VERSIONS[package]}, {function}", test, R[key or name], parameters, **extra)


# Form and variance of the errors

grunfeld = load("grunfeld.csv")
pooled = smf.ols(FORM, grunfeld).fit()
X = pooled.model.exog
r_case("errors", "bp_studentized", "lmtest::bptest", "breusch_pagan")
r_case("errors", "bp_original", "lmtest::bptest", "breusch_pagan", {"form": "original"})
r_case("errors", "bp_terms", "lmtest::bptest", "breusch_pagan", {"terms": "value"})
for name, test, parameters in [("bp", "breusch_pagan", {}), ("bp_original", "breusch_pagan", {"form": "original"}),
                               ("reset", "reset", {})]:
    r_case("errors", f"schools_{name}", "lmtest::bptest/resettest; the numbers printed for PublicSchools of R sandwich", test,
           parameters, data="public_schools.csv", formula="expenditure ~ income + pow(income, 2)")
lm, p, _, _ = diagnostic.het_breuschpagan(pooled.resid, X)
case("errors", "bp_statsmodels", SM + "het_breuschpagan", "breusch_pagan", {"statistic": lm, "p_value": p})
lm, p, _, _ = diagnostic.het_white(pooled.resid, X)
case("errors", "white", SM + "het_white", "white", {"statistic": lm, "p_value": p})
f = pooled.fittedvalues
lm, p, _, _ = diagnostic.het_breuschpagan(pooled.resid, np.column_stack([np.ones_like(f), f, f ** 2]))
case("errors", "white_fitted", SM + "het_breuschpagan on the fitted values and their squares", "white",
     {"statistic": lm, "p_value": p}, {"form": "fitted"})
r_case("errors", "reset_3", "lmtest::resettest", "reset")
r_case("errors", "reset_4", "lmtest::resettest", "reset", {"power": 4})
jb, p, skew, kurtosis = stattools.jarque_bera(pooled.resid)
case("errors", "jarque_bera", SM + "jarque_bera", "jarque_bera",
     {"statistic": jb, "p_value": p, "figures": {"skewness": skew, "kurtosis": kurtosis}})
weighted = smf.wls(FORM, grunfeld, weights=grunfeld.capital).fit()
jb, p, skew, kurtosis = stattools.jarque_bera(weighted.wresid)
case("errors", "jarque_bera_weighted", SM + "jarque_bera of wresid", "jarque_bera",
     {"statistic": jb, "p_value": p, "figures": {"skewness": skew, "kurtosis": kurtosis}}, weights="capital")
lm, p, _, _ = diagnostic.het_breuschpagan(weighted.wresid, X)
case("errors", "bp_weighted", SM + "het_breuschpagan of wresid", "breusch_pagan", {"statistic": lm, "p_value": p}, weights="capital")

# Correlation over time and between units

for name, parameters in [("bg_1", {}), ("bg_3", {"order": 3}), ("bg_F", {"order": 2, "form": "F"})]:
    r_case("panel", name, "lmtest::bgtest", "breusch_godfrey", parameters, subset={"by": "firm", "class": "General Motors"})
motors = smf.ols(FORM, grunfeld[grunfeld.firm == "General Motors"]).fit()
lm, p, _, _ = diagnostic.acorr_breusch_godfrey(motors, nlags=2)
case("panel", "bg_statsmodels", SM + "acorr_breusch_godfrey", "breusch_godfrey", {"statistic": lm, "p_value": p}, {"order": 2},
     subset={"by": "firm", "class": "General Motors"})


def panel_bg(frame, fixed):
    """n R^2 of residuals on the regressors and their lag in the calendar, 0 where there is none."""
    X = frame[["value", "capital"]].assign(one=1.0)
    if fixed:
        X = pd.concat([X.drop(columns="one"), pd.get_dummies(frame.firm, dtype=float)], axis=1)
    u = sm.OLS(frame.invest, X).fit().resid
    known = dict(zip(zip(frame.firm, frame.year), u))
    lag = [known.get((firm, year - 1), 0.0) for firm, year in zip(frame.firm, frame.year)]
    lm = len(u) * sm.OLS(u, X.assign(lag=lag)).fit().rsquared if not fixed else \
        len(u) * (1 - sm.OLS(u, X.assign(lag=lag)).fit().ssr / (u ** 2).sum())
    return {"statistic": lm, "p_value": stats.chi2.sf(lm, 1)}


for name, data in [("balanced", "grunfeld.csv"), ("gaps", "grunfeld_gaps.csv")]:
    case("panel", f"bg_pooled_{name}", "numpy evaluation of n R^2 of Wooldridge (2010), 10.5.4", "breusch_godfrey",
         panel_bg(load(data), False), data=data)
case("panel", "bg_within", "numpy evaluation of n R^2 of Wooldridge (2010), 10.5.4", "breusch_godfrey", panel_bg(grunfeld, True),
     formula=FORM + " | firm",
     note=f"plm 2.6 pbgtest has {R['pbgtest_within']['statistic']:.6f}: the first row of a firm has the last of another for its lag")


def xtserial(frame):
    """Drukker (2003): differences without constant, clustered by firm."""
    known = frame.set_index(["firm", "year"])
    before = known.reindex([(firm, year - 1) for firm, year in known.index])
    change = pd.DataFrame(known[["invest", "value", "capital"]].to_numpy() - before[["invest", "value", "capital"]].to_numpy(),
                          index=known.index, columns=["invest", "value", "capital"]).dropna()
    e = sm.OLS(change.invest, change[["value", "capital"]]).fit().resid
    lag = e.reindex([(firm, year - 1) for firm, year in e.index]).to_numpy()
    use = ~np.isnan(lag)
    x, y, firm = lag[use], e.to_numpy()[use], e.index.get_level_values(0)[use]
    fit = sm.OLS(y, x).fit(cov_type="cluster", cov_kwds={"groups": pd.factorize(firm)[0]}, use_t=True)
    f, df = float(((fit.params[0] + 0.5) / fit.bse[0]) ** 2), len(set(firm)) - 1
    return {"statistic": f, "p_value": stats.f.sf(f, 1, df), "figures": {"coefficient": fit.params[0]}}


for name, data in [("balanced", "grunfeld.csv"), ("uneven", "grunfeld_uneven.csv"), ("gaps", "grunfeld_gaps.csv")]:
    case("panel", f"xtserial_{name}", SM + "OLS of first differences, cov_type cluster; the formula of Drukker (2003)", "wooldridge",
         xtserial(load(data)), data=data, formula=FORM + " | firm")
for name, data in [("balanced", "grunfeld.csv"), ("uneven", "grunfeld_uneven.csv")]:
    for form, function in [("within", "plm::pwartest"), ("difference_fe", "plm::pwfdtest"), ("difference_fd", "plm::pwfdtest")]:
        r_case("panel", f"{form}_{name}", function, "wooldridge", {"form": form}, data=data, formula=FORM + " | firm")
    for form in ["joint", "serial", "effects"]:
        r_case("panel", f"bsy_{form}_{name}", "plm::pbsytest", "bera_sosa_escudero_yoon", {"form": form}, data=data)
    for form, theirs in [("cd", "cd"), ("lm", "lm"), ("scaled_lm", "sclm"), ("bias_corrected", "bcsclm")]:
        if f"cd_{theirs}_{name}" in R:
            r_case("panel", f"cd_{theirs}_{name}", "plm::pcdtest", "pesaran_cd", {"form": form}, data=data, formula=FORM + " | firm")

def units(exo, lags):
    """Dickey-Fuller t of each firm's value and its p-value, the t moved into the range of MacKinnon's tables."""
    kind = {"none": "n", "intercept": "c", "trend": "ct"}[exo]
    low, high = adfvalues._tau_mins[kind][0], adfvalues._tau_maxs[kind][0]
    series = [frame.value.to_numpy() for _, frame in grunfeld.groupby("firm", sort=False)]
    t = np.array([adfuller(y, maxlag=lags, regression=kind, autolag=None)[0] for y in series])
    inside = np.clip(t, low + 1e-12, high - 1e-12)
    return t, np.array([adfvalues.mackinnonp(x, regression=kind) for x in inside]), bool((t > high).any())


def combined(p):
    n, k = len(p), len(p)
    x = -2 * np.log(p).sum()
    yield "madwu", x, stats.chi2.sf(x, 2 * n)
    x = (-2 * np.log(p) - 2).sum() / (2 * np.sqrt(n))
    yield "Pm", x, stats.norm.sf(x)
    x = stats.norm.ppf(p).sum() / np.sqrt(n)
    yield "invnormal", x, stats.norm.cdf(x)
    x = np.sqrt(3 * (5 * n + 4) / (np.pi ** 2 * k * (5 * n + 2))) * np.log(p / (1 - p)).sum()
    yield "logit", x, stats.t.cdf(x, 5 * n + 4)


METHODS = {"llc": "levin_lin_chu", "ips": "im_pesaran_shin", "madwu": "maddala_wu", "Pm": "choi", "invnormal": "choi_normal",
           "logit": "choi_logit"}
for exo, ours in [("none", "none"), ("intercept", "constant"), ("trend", "trend")]:
    for lags in [0, 2]:
        t, p, outside = units(exo, lags)
        parameters = {"deterministic": ours, "lags": lags, "of": "value"}
        for theirs in ["llc", "ips"] + ([] if outside else ["madwu", "Pm", "invnormal", "logit"]):
            name = f"{theirs}_{exo}_{lags}"
            if name in R:
                r_case("unit_root", name, "plm::purtest", "panel_unit_root", {"method": METHODS[theirs], **parameters})
        note = {"note": "plm 2.6 goes on with MacKinnon's polynomial beyond its range, where one firm lies"} if outside else {}
        for theirs, statistic, tail in combined(p):
            case("unit_root", f"statsmodels_{theirs}_{exo}_{lags}", SM + "adfuller and mackinnonp; the formula of the card",
                 "panel_unit_root", {"statistic": statistic, "p_value": tail, "figures": {"mean_t": t.mean()}},
                 {"method": METHODS[theirs], **parameters}, **note)

# Restrictions, breaks

for name, vcov, kwds in [("iid", "iid", {}), ("hc1", "hc1", {"cov_type": "HC1", "use_t": True})]:
    fit = smf.ols(FORM, grunfeld).fit(**kwds)
    for number, (hypothesis, test, parameters) in enumerate([
            ("value = 0, capital = 0", "wald", {}),
            ("capital = 0", "wald", {"terms": "capital"}),
            ("value = capital", "linear_restrictions", {"restrictions": "value = capital"}),
            ("2*value + capital = 0.5", "linear_restrictions", {"restrictions": "2*value + capital = 0.5"}),
            ("Intercept = -40, value - 0.5*capital = 0", "linear_restrictions",
             {"restrictions": "(Intercept) = -40; value - 0.5*capital"})]):
        done = fit.f_test(hypothesis)
        case("restrictions", f"{name}_{number}", SM + "f_test", test, {"statistic": float(done.fvalue), "p_value": float(done.pvalue)},
             parameters, vcov=vcov)
indexed = grunfeld.set_index(["firm", "year"])
fixed = PanelOLS(indexed.invest, indexed[["value", "capital"]], entity_effects=True).fit()
done = fixed.wald_test(formula="value = capital")
case("restrictions", "fixed_effects", "linearmodels 7.1 PanelOLS wald_test; its chi2 over 1 is F, p-value by scipy's F(1, 188)",
     "linear_restrictions", {"statistic": done.stat, "p_value": stats.f.sf(done.stat, 1, 188)}, {"restrictions": "value - capital = 0"},
     formula=FORM + " | firm")


def break_f(frame, period, fixed):
    X = frame[["value", "capital"]]
    X = X.join(pd.get_dummies(frame.firm, dtype=float)) if fixed else X.assign(one=1.0)
    after = (frame.year >= period).astype(float)
    extra = pd.DataFrame({f"{c}_after": frame[c] * after for c in ["value", "capital"]})
    extra = extra if fixed else extra.assign(after=after)
    small, large = sm.OLS(frame.invest, X).fit(), sm.OLS(frame.invest, X.join(extra)).fit()
    f, p, q = large.compare_f_test(small)
    return f, p, q


for fixed, formula in [(False, FORM), (True, FORM + " | firm")]:
    name = "within" if fixed else "pooled"
    f, p, _ = break_f(grunfeld, 1946, fixed)
    case("restrictions", f"chow_{name}", SM + "compare_f_test", "chow", {"statistic": f, "p_value": p}, {"period": "1946"},
         formula=formula)
    years = [year for year in sorted(grunfeld.year.unique()) if 0.15 <= (grunfeld.year < year).mean() <= 0.85]
    found = [break_f(grunfeld, year, fixed) for year in years]
    q = found[0][2]
    x = max(q * f for f, _, _ in found)
    share = [(grunfeld.year < year).mean() for year in (years[0], years[-1])]
    odds = share[1] / (1 - share[1]) / (share[0] / (1 - share[0]))
    density = x ** (q / 2) * np.exp(-x / 2) / (2 ** (q / 2) * special.gamma(q / 2))
    p = density * ((1 - q / x) * np.log(odds) + 2 / x)
    case("restrictions", f"sup_f_{name}", SM + "compare_f_test for each year; numpy evaluation of Estrella (2003) for the p-value",
         "andrews_quandt", {"statistic": x, "p_value": p, "columns": {"statistic": [q * f for f, _, _ in found]}}, formula=formula)

# Collinearity and influence


def bkw(columns):
    scaled = columns / np.sqrt((columns ** 2).sum(axis=0))
    _, m, vt = np.linalg.svd(scaled, full_matrices=False)
    phi = (vt.T / m) ** 2
    return m[0] / m, phi / phi.sum(axis=1, keepdims=True)


production = pd.read_csv(os.path.join(ROOT, "data/munnell.csv"))
terms = ["private_capital", "public_capital", "employment"]
logs = np.log(production[terms])
MUNNELL = "ln(gsp) ~ ln(private_capital) + ln(public_capital) + ln(employment) + unemployment"
Z = logs.assign(unemployment=production.unemployment)
labels = [f"ln({t})" for t in terms] + ["unemployment"]
with_constant = sm.add_constant(Z).to_numpy()
vif = [outliers_influence.variance_inflation_factor(with_constant, j) for j in range(1, 5)]
case("rows", "vif", SM + "variance_inflation_factor", "vif", {"statistic": max(vif), "columns": {"vif": vif}}, data="data/munnell.csv",
     formula=MUNNELL)
within = (Z - Z.groupby(production.state).transform("mean")).to_numpy()
vif = [outliers_influence.variance_inflation_factor(within, j) for j in range(4)]
case("rows", "vif_within", SM + "variance_inflation_factor of terms about their state means", "vif",
     {"statistic": max(vif), "columns": {"vif": vif}}, data="data/munnell.csv", formula=MUNNELL + " | state")
index, shares = bkw(with_constant)
ols = spreg.OLS(np.log(production[["gsp"]]).to_numpy(), Z.to_numpy())
case("rows", "condition_number", "spreg 1.9 condition_index for the statistic; numpy SVD for the shares", "condition_number",
     {"statistic": spreg.diagnostics.condition_index(ols),
      "columns": {"condition_index": index, **{label: shares[j] for j, label in enumerate(["(Intercept)"] + labels)}}},
     data="data/munnell.csv", formula=MUNNELL)
index, shares = bkw(within)
case("rows", "condition_number_within", "numpy SVD of terms about their state means, Belsley, Kuh and Welsch (1980), eq. 3.20-3.23",
     "condition_number", {"statistic": index[-1], "columns": {label: shares[j] for j, label in enumerate(labels)}},
     data="data/munnell.csv", formula=MUNNELL + " | state")


def influence(X, y, names, k):
    fit = sm.OLS(y, X).fit()
    all_of = fit.get_influence()
    order = np.argsort(-all_of.cooks_distance[0], kind="stable")[:25]
    t = all_of.resid_studentized_external
    largest = t[np.argmax(np.abs(t))]
    df = fit.df_resid - 1
    columns = {"leverage": all_of.hat_matrix_diag, "studentised_residual": t, "cooks_distance": all_of.cooks_distance[0],
               "dffits": all_of.dffits[0], **{f"dfbetas of {name}": all_of.dfbetas[:, j] for name, j in names}}
    return {"statistic": largest, "p_value": min(1.0, 2 * stats.t.sf(abs(largest), df) * len(y)),
            "columns": {name: np.asarray(values)[order] for name, values in columns.items()}}


case("rows", "influence", SM + "OLSInfluence; p-value of Bonferroni by scipy", "influence",
     influence(X, grunfeld.invest, [("(Intercept)", 0), ("value", 1), ("capital", 2)], 3), {"rows": 25})
dummies = pd.concat([grunfeld[["value", "capital"]], pd.get_dummies(grunfeld.firm, dtype=float),
                     pd.get_dummies(grunfeld.year, dtype=float, drop_first=True)], axis=1)
case("rows", "influence_within", SM + "OLSInfluence with dummies; p-value of Bonferroni by scipy", "influence",
     influence(dummies.to_numpy(), grunfeld.invest, [("value", 0), ("capital", 1)], 31), {"rows": 25}, formula=FORM + " | firm + year")

# Space

CRIME = dict(data="columbus_old.csv", formula="crime ~ income + housing", neighbours=DATA + "columbus_old_neighbours.csv")
moran = R["moran_columbus"]
case("space", "moran_columbus", f"R spdep {VERSIONS['spdep']}, lm.morantest", "moran_residuals",
     {"statistic": moran["statistic"], "p_value": moran["p_value"],
      "figures": {name: moran[name] for name in ("moran_i", "expectation", "variance")}}, **CRIME)
case("space", "moran_weighted", f"R spdep {VERSIONS['spdep']}, lm.morantest", "moran_residuals", R["moran_weighted"], weights="housing",
     **CRIME)
for theirs, form in [("LMerr", "error"), ("LMlag", "lag"), ("RLMerr", "robust_error"), ("RLMlag", "robust_lag"), ("SARMA", "sarma")]:
    case("space", f"columbus_{theirs}", f"R spdep {VERSIONS['spdep']}, lm.LMtests", "lm_spatial", R[f"columbus_{theirs}"], {"form": form},
         **CRIME)

columbus, pairs = load("columbus_old.csv"), load("columbus_old_neighbours.csv")
place = {name: i for i, name in enumerate(columbus.id)}
W = np.zeros((49, 49))
for a, b in zip(pairs.region, pairs.neighbour):
    W[place[a], place[b]] = W[place[b], place[a]] = 1
import libpysal  # noqa: E402
w = libpysal.weights.full2W(W)
w.transform = "r"
theirs = spreg.OLS(columbus[["crime"]].to_numpy(), columbus[["income", "housing"]].to_numpy(), w=w, spat_diag=True, moran=True)
for attribute, form in [("lm_error", "error"), ("lm_lag", "lag"), ("rlm_error", "robust_error"), ("rlm_lag", "robust_lag"),
                        ("lm_sarma", "sarma")]:
    statistic, p = getattr(theirs, attribute)
    case("space", f"spreg_{attribute}", "spreg 1.9 OLS(spat_diag=True)", "lm_spatial", {"statistic": statistic, "p_value": p},
         {"form": form}, **CRIME)
i, z, p = theirs.moran_res
case("space", "spreg_moran", "spreg 1.9 OLS(spat_diag=True, moran=True)", "moran_residuals",
     {"statistic": z, "p_value": p, "figures": {"moran_i": i}}, **CRIME)

SPLM = dict(data="data/munnell.csv", neighbours="data/us_contiguity.csv", tolerance=1e-7,
            tolerance_reason="printed with ten digits")
PRODUC = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment"
for model, formula, numbers in [
        ("pooling", PRODUC, {"error": 135.891104, "lag": .1166611567, "robust_error": 138.7925976, "robust_lag": 3.01815477}),
        ("within", PRODUC + " | state", {"error": 223.8684051, "lag": 163.6953675, "robust_error": 94.92253558, "robust_lag": 34.7494979})]:
    for form, statistic in numbers.items():
        case("space", f"splm_{model}_{form}", "R splm 1.6-5, slmtest on Produc with usaww (Millo and Piras 2012, JSS 47(1))", "lm_spatial",
             {"statistic": statistic}, {"form": form}, formula=formula, **SPLM)


def moran_within():
    """Cliff and Ord's moments with explicit state and year dummies."""
    frame = production.sort_values(["year", "state"]).reset_index(drop=True)
    states = sorted(frame.state.unique())
    links = pd.read_csv(os.path.join(ROOT, "data/us_contiguity.csv"))
    one = np.zeros((48, 48))
    for a, b in zip(links.region, links.neighbour):
        one[states.index(a), states.index(b)] = one[states.index(b), states.index(a)] = 1
    one /= one.sum(axis=1, keepdims=True)
    W = np.kron(np.eye(frame.year.nunique()), one)
    X = np.column_stack([np.log(frame[["public_capital", "private_capital", "employment"]]), frame.unemployment,
                         pd.get_dummies(frame.state, dtype=float), pd.get_dummies(frame.year, dtype=float, drop_first=True)])
    n, k = X.shape
    M = np.eye(n) - X @ np.linalg.pinv(X)
    e = M @ np.log(frame.gsp.to_numpy())
    scale = n / W.sum()
    i, MW = scale * (e @ W @ e) / (e @ e), M @ W
    mean = scale * np.trace(MW) / (n - k)
    square = scale ** 2 * (np.trace(MW @ M @ W.T) + np.trace(MW @ MW) + np.trace(MW) ** 2) / ((n - k) * (n - k + 2))
    z = (i - mean) / np.sqrt(square - mean ** 2)
    return {"statistic": z, "figures": {"moran_i": i, "expectation": mean, "variance": square - mean ** 2}}


case("space", "moran_within", "numpy evaluation of Cliff and Ord (1981), eq. 8.12 and 8.13, with explicit dummies", "moran_residuals",
     moran_within(), formula=PRODUC + " | state + year", data="data/munnell.csv", neighbours="data/us_contiguity.csv")

for file, cases in CASES.items():
    write(f"diagnostics/{file}.json", f"tests of fitted models: {file}", cases)
