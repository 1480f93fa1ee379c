#!/usr/bin/env python3
"""tests/golden/regression/covariances.json: hc0, hc2, hc3, newey_west, driscoll_kraay.

hc0, hc2, hc3: statsmodels with explicit dummies, hence leverages with the fixed effects' part.
newey_west, driscoll_kraay: the kernel sums of statsmodels (S_nw_panel, S_nw_groupsum) on its scores of
the regression with dummies, times the factor of R fixest 0.14.2,

  T/(T - 1) * (n - 1)/(n - nparams),  t with T - 1 df,  default lag floor(T^(1/4)),  T periods with rows.

Lags count the calendar: a missing row is a row of zero scores. Without gaps pyfixest has the same; with
gaps it and linearmodels take the rows on either side for neighbours, which the notes show.
"""
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
import statsmodels.api as sm
from linearmodels.panel import PanelOLS, PooledOLS
from scipy import stats
from statsmodels.stats import sandwich_covariance as sw

from common import write
from regression import MUNNELL, PRODUCTION, SSC, close, drop_singletons, dummies, load, production

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/covariances.py"
GRUNFELD = "tests/golden/data/grunfeld.csv"
GAPS = "tests/golden/data/grunfeld_gaps.csv"
THREE = "tests/golden/data/panel_three_way.csv"


class Sample:
    """A regression with dummies: y on the terms x and the effects."""

    def __init__(self, frame, y, x, effects=(), weights=None, unit="firm", time="year", slope=None):
        frame = frame.assign(**{"_y": np.asarray(y, float)}, **{f"_x{i}": np.asarray(v, float) for i, v in enumerate(x.values())})
        frame = drop_singletons(frame, list(effects)).reset_index(drop=True)
        self.frame, self.effects, self.weights, self.terms = frame, list(effects), weights, list(x)
        design = frame[[f"_x{i}" for i in range(len(x))]].set_axis(self.terms, axis=1)
        if not effects:
            design.insert(0, "(Intercept)", 1.0)
            self.terms = ["(Intercept)"] + self.terms
        columns = [design] + [dummies(frame, e, i > 0) for i, e in enumerate(effects)]
        if slope:
            # The same span as dummy * slope, better conditioned
            mean = frame.groupby(effects[0])[slope].transform("mean")
            columns.append(dummies(frame, effects[0], False).mul(frame[slope] - mean, axis=0).add_suffix(f":{slope}"))
        design = pd.concat(columns, axis=1)
        self.k, self.n, self.nparams = len(self.terms), len(frame), design.shape[1]
        model = sm.WLS(frame._y, design, weights=frame[weights]) if weights else sm.OLS(frame._y, design)
        self.done = model.fit(method="qr")
        self.model = ("WLS" if weights else "OLS") + (" with dummies" if effects else "")
        self.design = design
        self.years = (frame[time] - frame[time].min()).to_numpy()
        self.periods = frame[time].nunique()
        self.units = pd.factorize(frame[unit] if isinstance(unit, str) else frame[unit].agg("|".join, axis=1), sort=True)[0]
        self.bread = np.linalg.inv(model.wexog.T @ model.wexog)
        self.scores = model.wexog * (np.asarray(self.done.wresid))[:, None]

    def expected(self, se, t_df):
        b = self.done.params.iloc[:self.k].to_numpy()
        se = np.asarray(se)[:self.k]
        t = b / se
        half = stats.t.ppf(0.975, t_df) * se
        named = lambda values: dict(zip(self.terms, values))
        return {"coefficients": named(b), "standard_errors": named(se), "t_values": named(t),
                "p_values": named(2 * stats.t.sf(np.abs(t), t_df)),
                "confidence_95": named([[lo, hi] for lo, hi in zip(b - half, b + half)]),
                "observations": self.n, "residual_df": self.n - self.nparams, "t_df": t_df, "covariance_k": self.nparams}

    def hc(self, kind):
        done = self.done.get_robustcov_results(kind.upper(), use_t=True)
        assert done.df_resid == self.n - self.nparams
        return self.expected(done.bse, self.n - self.nparams)

    def default_lag(self):
        return int(np.floor(self.periods ** 0.25 + 1e-12))

    def kernel(self, vcov, lag):
        """newey_west or driscoll_kraay by the calendar."""
        weights = sw.weights_bartlett(lag) if lag else np.array([1.0, 0.0])
        if vcov == "driscoll_kraay":
            meat = sw.S_hac_simple(sw.group_sums(self.scores, self.years), nlags=lag, weights_func=lambda _: weights)
        else:
            span = self.years.max() + 1
            full = np.zeros(((self.units.max() + 1) * span, self.scores.shape[1]))
            full[self.units * span + self.years] = self.scores
            meat = sw.S_nw_panel(full, weights, [(u * span, (u + 1) * span) for u in range(self.units.max() + 1)])
        factor = self.periods / (self.periods - 1) * (self.n - 1) / (self.n - self.nparams)
        return self.expected(np.sqrt(np.diag(self.bread @ meat @ self.bread) * factor), self.periods - 1)

    def pyfixest(self, vcov, lag=None):
        """Standard errors and t df of the same fit."""
        work = self.frame.assign(unit_=self.units, time_=self.years)
        x = [t for t in self.terms if t != "(Intercept)"]
        work = work.rename(columns={f"_x{i}": f"x{i}" for i in range(len(x))} | {"_y": "y_"})
        formula = "y_ ~ " + " + ".join(f"x{i}" for i in range(len(x))) + (" | " + " + ".join(self.effects) if self.effects else "")
        kind = {"newey_west": "NW", "driscoll_kraay": "DK"}.get(vcov) or vcov.upper()
        kwargs = {"vcov_kwargs": {"time_id": "time_", "panel_id": "unit_", "lag": lag}} if lag is not None else {}
        model = pf.feols(formula, work, vcov=kind, weights=self.weights, ssc=SSC, fixef_rm="none",
                         demeaner=pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=1_000_000), **kwargs)
        return np.asarray(model.se()), int(model._df_t)


def case(name, data, formula, vcov, expected, source, region="firm", industry=None, weights=None, **extra):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-8 if "|" in formula else 1e-10,
           "data": data, "region": region, "period": "year"}
    if industry:
        one["industry"] = industry
    one |= {"formula": formula, "vcov": vcov}
    if weights:
        one["weights"] = weights
    return one | extra | {"expected": expected}


HC = "statsmodels 0.15.0, {}, get_robustcov_results({!r}, use_t=True)"
NW = "statsmodels 0.15.0, {} and sandwich_covariance.{}, times T/(T-1)*(n-1)/(n-nparams)"


def hc_cases(name, data, formula, sample, **extra):
    for vcov in ("hc0", "hc2", "hc3"):
        checks = []
        expected = sample.hc(vcov)
        se = list(expected["standard_errors"].values())
        if not sample.effects and vcov != "hc0":
            factor = np.sqrt(sample.n / (sample.n - sample.nparams))
            close(sample.pyfixest(vcov)[0] / factor, se, 1e-9, "pyfixest " + vcov)
            checks.append(f"standard errors: pyfixest {pf.__version__}, {vcov.upper()}, without the n/(n-k) that it multiplies by")
        yield case(f"{name}_{vcov}", data, formula, vcov, expected, HC.format(sample.model, vcov.upper()),
                   **({"checked_against": checks} if checks else {}), **extra)


def kernel_cases(name, data, formula, sample, lags, **extra):
    for vcov in ("newey_west", "driscoll_kraay"):
        for lag in lags:
            used = sample.default_lag() if lag is None else lag
            expected = sample.kernel(vcov, used)
            se = list(expected["standard_errors"].values())
            checks = compare(sample, vcov, used, se, expected["t_df"])
            text = vcov + ("" if lag is None else f":lag={lag}")
            function = "S_nw_panel" if vcov == "newey_west" else "S_hac_simple of group_sums by year"
            yield case(f"{name}_{text.replace(':', '_').replace('=', '_')}", data, formula, text, expected,
                       NW.format(sample.model, function),
                       checked_against=checks, **extra)


def compare(sample, vcov, lag, se, t_df):
    """pyfixest and, for Driscoll-Kraay, linearmodels: equal where the calendar has no gap."""
    checks = []
    theirs, df = sample.pyfixest(vcov, lag)
    close(theirs, se, 1e-8, f"pyfixest {vcov} {lag}")
    assert df == t_df, (df, t_df)
    checks.append(f"standard errors and df: pyfixest {pf.__version__}, {'NW' if vcov == 'newey_west' else 'DK'}, lag={lag}")
    if vcov == "driscoll_kraay" and not sample.weights:
        close(linearmodels_dk(sample, lag), se, 1e-8, f"linearmodels {lag}")
        checks.append(f"standard errors: linearmodels 7.1, cov_type='kernel', bandwidth={lag}, times sqrt(T/(T-1)*(n-1)/n)")
    return checks


def linearmodels_dk(sample, lag):
    frame = sample.frame.assign(unit_=sample.units, year_=sample.years)
    x = sample.design.iloc[:, :sample.k].set_axis([f"x{i}" for i in range(sample.k)], axis=1)
    panel = pd.concat([frame[["unit_", "year_", "_y"]], x], axis=1).set_index(["unit_", "year_"])
    if not sample.effects:
        model = PooledOLS(panel["_y"], panel[list(x)])
    else:
        model = PanelOLS(panel["_y"], panel[list(x)], entity_effects=True, time_effects=len(sample.effects) > 1)
    done = model.fit(cov_type="kernel", kernel="bartlett", bandwidth=lag, debiased=True)
    n, t = sample.n, sample.periods
    return done.std_errors * np.sqrt(t / (t - 1) * (n - 1) / n)


def grunfeld(data, frame, name, gaps):
    x = {"value": frame.value, "capital": frame.capital}
    for effects in ([], ["firm"], ["firm", "year"]):
        formula = "invest ~ value + capital" + (" | " + " + ".join(effects) if effects else "")
        full = f"{name}_{'_'.join(effects) or 'pooled'}"
        sample = Sample(frame, frame.invest, x, effects)
        if not gaps:
            yield from hc_cases(full, data, formula, sample)
            yield from kernel_cases(full, data, formula, sample, (None, 0, 4))
            continue
        for vcov, closed in (("newey_west", "pyfixest"), ("driscoll_kraay", "pyfixest and linearmodels")):
            expected = sample.kernel(vcov, 2)
            theirs, _ = sample.pyfixest(vcov, 2)
            se = np.array(list(expected["standard_errors"].values()))
            assert np.max(np.abs(theirs / se - 1)) > 1e-4, (vcov, effects, theirs, se)
            if vcov == "driscoll_kraay":
                close(linearmodels_dk(sample, 2), theirs, 1e-8, "gaps closed by linearmodels as by pyfixest")
            function = "S_nw_panel with rows of zeros for those that are missing" if vcov == "newey_west" else "S_hac_simple of group_sums by year, zero for missing years"
            yield case(f"{full}_{vcov}", data, formula, vcov + ":lag=2", expected,
                       NW.format(sample.model, function),
                       note=f"{closed}, which take the rows on either side of a gap for neighbours, have the standard errors "
                            + ", ".join(f"{s:.10f}" for s in theirs))


def main():
    cases = []
    cases += grunfeld(GRUNFELD, load(GRUNFELD), "grunfeld", False)
    cases += grunfeld(GAPS, load(GAPS), "grunfeld_gaps", True)
    frame = load(MUNNELL)
    y, x = production(frame)
    for effects in ([], ["state", "year"]):
        formula = PRODUCTION + (" | " + " + ".join(effects) if effects else "")
        name = "production_" + ("_".join(effects) or "pooled")
        sample = Sample(frame, y, x, effects, unit="state")
        cases += hc_cases(name, MUNNELL, formula, sample, region="state")
        cases += kernel_cases(name, MUNNELL, formula, sample, (None,), region="state")
    weighted = Sample(frame, y, x, ["state", "year"], weights="employment", unit="state")
    formula = PRODUCTION + " | state + year"
    cases += hc_cases("production_state_year_weighted", MUNNELL, formula, weighted, region="state", weights="employment")
    cases += kernel_cases("production_state_year_weighted", MUNNELL, formula, weighted, (None,), region="state", weights="employment")
    slopes = Sample(frame, y, x, ["state"], unit="state", slope="year")
    cases += hc_cases("production_state_trends", MUNNELL, PRODUCTION + " | state[year]", slopes, region="state")
    frame = load(THREE)
    cells = Sample(frame, frame.y, {"x1": frame.x1, "x2": frame.x2}, ["region", "industry", "year"], unit=["region", "industry"])
    formula = "y ~ x1 + x2 | region + industry + year"
    cases += hc_cases("three_way", THREE, formula, cells, region="region", industry="industry")
    expected = cells.kernel("newey_west", cells.default_lag())
    cases.append(case("three_way_newey_west", THREE, formula, "newey_west", expected,
                      NW.format(cells.model, "S_nw_panel with rows of zeros for those that are missing"),
                      region="region", industry="industry", note="the units are the cells of region and industry"))
    write("regression/covariances.json", "Covariances for heteroskedasticity by leverage and for correlation over time", cases)


if __name__ == "__main__":
    main()
