#!/usr/bin/env python3
"""tests/golden/regression/instruments/instruments.json: estimators with instruments and the tests of instruments.

Estimates: linearmodels 7.1 with explicit dummies; pyfixest 0.60.0 for one endogenous term with absorbed effects. Tests of
instruments: linearmodels where it has them, else numpy evaluations of the published formulas, written with dense
projections and Kronecker products, without orthonormal coordinates.

Small samples: fixest's rules. linearmodels' `debiased=True` has the same factors for iid, robust and (without effects)
clustered covariances; its GMM is compared without `debiased`.
"""
import warnings

import numpy as np
import pandas as pd
import pyfixest as pf
from linearmodels.datasets import mroz
from linearmodels.iv import IV2SLS, IVGMM, IVGMMCUE, IVLIML
from scipy import optimize, stats

from common import GOLDEN, write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/instruments.py"
DATA = "tests/golden/data/"
SSC = pf.ssc()


def make_data():
    frame = mroz.load()
    frame = frame[frame.inlf == 1]
    frame = frame[["lwage", "educ", "exper", "expersq", "motheduc", "fatheduc", "huseduc"]].astype(float).round(6)
    frame.insert(0, "year", 1975)
    frame.insert(0, "woman", [f"w{i:03d}" for i in range(len(frame))])
    frame.to_csv(f"{GOLDEN}/data/mroz.csv", index=False, lineterminator="\n")
    rng = np.random.default_rng(20241123)
    rows = []
    for r in range(40):
        a, zone = rng.normal(), r % 11
        for t in range(2001, 2008):
            z = rng.normal(size=5) + 0.5 * a
            w1, e, v1, v2 = rng.normal(size=4)
            v1, v2 = v1 + 0.6 * e, v2 - 0.5 * e
            scale = np.exp(0.3 * z[0])
            d1 = 0.5 * z[0] + 0.3 * z[1] + 0.4 * w1 + v1 + a
            d2 = 0.6 * z[2] - 0.3 * z[3] + 0.2 * z[0] + v2 - a
            y = 1 + 0.7 * d1 - 0.4 * d2 + 0.5 * w1 + a + scale * e
            weight = np.exp(rng.normal(0, 0.6))
            if rng.random() > 0.1:
                rows.append([f"r{r:02d}", t, f"zone{zone:02d}", *np.round([y, d1, d2, w1, *z, weight], 4)])
    names = ["region", "year", "zone", "y", "d1", "d2", "w1", "z1", "z2", "z3", "z4", "z5", "weight"]
    pd.DataFrame(rows, columns=names).to_csv(f"{GOLDEN}/data/instruments.csv", index=False, lineterminator="\n")


class Model:
    """y on exogenous (with dummies) and endogenous columns, instruments; rows times root weights."""

    def __init__(self, frame, y, exogenous, endogenous, instruments, effects=(), weights=None, zone=None):
        value = lambda name: np.log(frame[name[3:-1]]) if name.startswith("ln(") else frame[name].astype(float)
        self.frame, self.effects, self.weights, self.zone = frame, list(effects), weights, zone
        self.terms = ([] if effects else ["(Intercept)"]) + exogenous + endogenous
        self.names = (y, exogenous, endogenous, instruments)
        x = pd.DataFrame({name: value(name) for name in exogenous}, index=frame.index)
        for number, effect in enumerate(effects):
            dummies = pd.get_dummies(frame[effect], prefix=effect, drop_first=number > 0, dtype=float)
            x = pd.concat([x, dummies], axis=1)
        if not effects:
            x.insert(0, "(Intercept)", 1.0)
        self.y_, self.x_ = value(y), x
        self.d_ = pd.DataFrame({name: value(name) for name in endogenous})
        self.z_ = pd.DataFrame({name: value(name) for name in instruments})
        root = np.sqrt(frame[weights].to_numpy()) if weights else np.ones(len(frame))
        scale = lambda a: np.asarray(a, float).reshape(len(frame), -1) * root[:, None]
        self.y, self.w, self.d, self.z = scale(self.y_)[:, 0], scale(x), scale(self.d_), scale(self.z_)
        self.n, self.m, self.q = len(frame), self.d.shape[1], self.z.shape[1]
        self.k = self.w.shape[1] + self.m
        self.ell = self.w.shape[1] + self.q
        self.X, self.Z = np.column_stack([self.w, self.d]), np.column_stack([self.w, self.z])
        # Positions of the terms among the columns of X.
        exog = list(x.columns)
        self.at = [exog.index(t) if t in exog else self.w.shape[1] + endogenous.index(t) for t in self.terms]
        self.wt = frame[weights] if weights else None

    def project(self, on, what):
        return on @ np.linalg.lstsq(on, what, rcond=None)[0]

    def beside(self, what):
        """Without exogenous columns."""
        return what - self.project(self.w, what)

    def linearmodels(self, kind=IV2SLS, **options):
        return kind(self.y_, self.x_, self.d_, self.z_, weights=self.wt, **options)

    def named(self, values):
        return dict(zip(self.terms, np.asarray(values)[self.at]))

    def k_class(self, kappa):
        mz = self.X - self.project(self.Z, self.X)
        scores = self.X - kappa * mz
        b = np.linalg.solve(scores.T @ self.X, scores.T @ self.y)
        return b, scores, np.linalg.inv(scores.T @ self.X)

    def meat(self, columns, errors, vcov):
        """The sum of outer products, with fixest's factor for a regression with `columns` as all of its columns."""
        n, k = columns.shape
        if vcov == "iid":
            return columns.T @ columns * (errors @ errors) / (n - k), 1.0
        g = columns * errors[:, None]
        if vcov in ("hc0", "hc1"):
            return g.T @ g, n / (n - k) if vcov == "hc1" else 1.0
        name = vcov.split(":")[1]
        sums = pd.DataFrame(g).groupby(self.frame[name].to_numpy()).sum().to_numpy()
        groups = len(sums)
        k -= sum(self.frame[e].nunique() - 1 for e in self.effects if self.frame.groupby(e)[name].nunique().max() == 1)
        return sums.T @ sums, groups / (groups - 1) * (n - 1) / (n - k)

    def t_df(self, vcov, k):
        return self.frame[vcov.split(":")[1]].nunique() - 1 if ":" in vcov else self.n - k

    def k_class_expected(self, kappa, vcov):
        b, scores, bread = self.k_class(kappa)
        u = self.y - self.X @ b
        if vcov == "iid":
            v = bread * (u @ u) / (self.n - self.k)
        else:
            meat, factor = self.meat(scores, u, vcov)
            v = bread @ meat @ bread * factor
        return {"coefficients": self.named(b), "standard_errors": self.named(np.sqrt(np.diag(v))), "ssr": u @ u}

    # The reduced form in plain coordinates.

    def reduced(self, column, vcov):
        """Coefficients of the instruments and their covariance."""
        b = np.linalg.lstsq(self.Z, column, rcond=None)[0]
        bread = np.linalg.inv(self.Z.T @ self.Z)
        meat, factor = self.meat(self.Z, column - self.Z @ b, vcov)
        v = bread @ meat @ bread * factor
        at = slice(self.ell - self.q, self.ell)
        return b[at], v[at, at]

    def first_stage(self, vcov):
        z = self.beside(self.z)
        out = {name: {} for name in self.names[2]}
        hat = np.column_stack([self.w, self.project(self.Z, self.d)])
        for j, name in enumerate(self.names[2]):
            d = self.beside(self.d[:, j])
            explained, left = self.project(z, d), d - self.project(z, d)
            f = (explained @ explained / self.q) / (left @ left / (self.n - self.ell))
            pi, v = self.reduced(self.d[:, j], vcov)
            wald = pi @ np.linalg.solve(v, pi) / self.q
            at = self.k - self.m + j
            others = [i for i in range(self.m) if i != j]
            rest = self.d[:, j]
            if others:
                regressors, fitted = self.d[:, others], self.project(z, self.beside(self.d[:, others]))
                delta = np.linalg.lstsq(fitted, self.beside(rest), rcond=None)[0]
                rest = rest - regressors @ delta
            # Sanderson and Windmeijer: of the q coefficients q - m + 1 are free; drop m - 1 instruments, which any do.
            conditional = self.conditional(rest, z, others, vcov)
            out[name] = {"f": f, "f_p_value": stats.f.sf(f, self.q, self.n - self.ell), "wald_f": wald,
                         "wald_f_p_value": stats.f.sf(wald, self.q, self.t_df(vcov, self.ell)),
                         "conditional_f": conditional, "partial_r2": explained @ explained / (d @ d),
                         "shea_r2": np.linalg.inv(self.X.T @ self.X)[at, at] / np.linalg.inv(hat.T @ hat)[at, at]}
        return out

    def conditional(self, rest, z, others, vcov):
        pi, v = self.reduced(rest, vcov)
        if not others:
            return pi @ np.linalg.solve(v, pi) / self.q
        # Z'rest lies where the others' Z'X do not reach: contrasts orthogonal to (Z'Z) pi_others.
        gram = z.T @ z
        reach = z.T @ self.beside(self.d[:, others])
        left, _, _ = np.linalg.svd(reach, full_matrices=True)
        contrast = left[:, len(others):].T @ gram
        h = contrast @ pi
        return h @ np.linalg.solve(contrast @ v @ contrast.T, h) / len(h)

    def effective(self, vcov):
        pi, v = self.reduced(self.d[:, 0], vcov)
        z = self.beside(self.z)
        root = np.linalg.cholesky(z.T @ z).T
        w = root @ v @ root.T
        out = {"statistic": (root @ pi) @ (root @ pi) / np.trace(w)}
        for tau in (5, 10, 20, 30):
            x = 100 / tau
            df = np.trace(w) ** 2 * (1 + 2 * x) / (np.trace(w.T @ w) + 2 * x * np.trace(w) * np.linalg.eigvalsh(w).max())
            out[f"critical_{tau}_percent_of_worst_bias"] = stats.ncx2.isf(0.05, df, df * x) / df
        return out

    def cragg_donald(self):
        d, z = self.beside(self.d), self.beside(self.z)
        hat = self.project(z, d)
        values = np.linalg.eigvals(np.linalg.solve((d - hat).T @ (d - hat), hat.T @ hat)).real
        g, df = values.min(), self.q - self.m + 1
        return {"statistic": self.n * g / (1 + g), "p_value": stats.chi2.sf(self.n * g / (1 + g), df),
                "cragg_donald_f": g * (self.n - self.ell) / self.q, "cragg_donald_wald": self.n * g}

    def kleibergen_paap(self, vcov):
        """By the Kronecker products of Kleibergen and Paap (2006), section 2."""
        d, z = self.beside(self.d), self.beside(self.z)
        n, m, q = self.n, self.m, self.q
        out = {}
        for which in ("lm", "wald"):
            pi = np.linalg.lstsq(z, d, rcond=None)[0]
            errors = d if which == "lm" else d - z @ pi
            # vec of Z'V, its covariance by rows of errors kron instruments.
            rows = np.einsum("ij,ik->ijk", errors, z).reshape(n, m * q)
            factor = 1.0
            if vcov == "iid":
                meat = np.kron(errors.T @ errors / (n if which == "lm" else n - self.ell), z.T @ z)
            elif ":" in vcov:
                meat = pd.DataFrame(rows).groupby(self.frame[vcov.split(":")[1]].to_numpy()).sum().to_numpy()
                meat, factor = meat.T @ meat, self.meat(self.Z, errors[:, 0], vcov)[1]
            else:
                meat, factor = rows.T @ rows, self.meat(self.Z, errors[:, 0], vcov)[1]
            if which == "lm":
                factor = 1.0
            bread = np.kron(np.eye(m), np.linalg.inv(z.T @ z))
            v = bread @ meat @ bread * factor
            g = np.linalg.cholesky(z.T @ z).T
            f = np.linalg.inv(np.linalg.cholesky(errors.T @ errors)).T
            theta = g @ pi @ f
            v = np.kron(f.T, g) @ v @ np.kron(f.T, g).T
            u, s, vt = np.linalg.svd(theta, full_matrices=True)
            u12, u22, v12, v22 = u[: m - 1, m - 1:], u[m - 1:, m - 1:], vt.T[: m - 1, m - 1:], vt.T[m - 1:, m - 1:]
            sqrt = lambda a: np.linalg.cholesky(a @ a.T)
            a = np.vstack([u12, u22]) @ np.linalg.solve(u22, sqrt(u22))
            b = sqrt(v22) @ np.linalg.solve(v22.T, np.hstack([v12.T, v22.T]))
            lam = (a.T @ theta @ b.T).reshape(-1, order="F")
            project = np.kron(b, a.T)
            out[which] = lam @ np.linalg.solve(project @ v @ project.T, lam)
        df = q - m + 1
        return {"statistic": out["lm"], "p_value": stats.chi2.sf(out["lm"], df), "kleibergen_paap_f": out["wald"] / q}

    def hansen(self, vcov, without=()):
        """J at the two-step estimate, of the moments beside the exogenous columns, which identify their own coefficients."""
        u = self.y - self.X @ self.k_class(1.0)[0]
        z, d, y = self.beside(self.z), self.beside(self.d), self.beside(self.y)
        meat = (u @ u) / self.n * z.T @ z if vcov == "iid" else self.meat(z, u, vcov)[0]
        keep = [i for i, name in enumerate(self.names[3]) if name not in without]
        if without:
            # The covariance of the kept instruments' moments, not that of what is beside the others.
            z, meat = z[:, keep], meat[np.ix_(keep, keep)]
        weight = np.linalg.inv(meat)
        zx, zy = z.T @ d, z.T @ y
        b = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)
        m = zy - zx @ b
        return m @ weight @ m

    def difference(self, vcov, suspects):
        c = self.hansen(vcov) - self.hansen(vcov, suspects)
        return {"statistic": c, "p_value": stats.chi2.sf(c, len(suspects))}

    def wu_hausman(self, vcov):
        v = self.d - self.project(self.Z, self.d)
        columns = np.column_stack([self.X, v])
        b = np.linalg.lstsq(columns, self.y, rcond=None)[0]
        u = self.y - columns @ b
        u0 = self.y - self.project(self.X, self.y)
        bread = np.linalg.inv(columns.T @ columns)
        meat, factor = self.meat(columns, u, vcov)
        cov = (bread @ meat @ bread * factor)[self.k:, self.k:]
        f = ((u0 @ u0 - u @ u) / self.m) / (u @ u / (self.n - self.k - self.m))
        wald = b[self.k:] @ np.linalg.solve(cov, b[self.k:]) / self.m
        df2 = self.t_df(vcov, self.k + self.m)
        return {"statistic": wald, "p_value": stats.f.sf(wald, self.m, df2), "wu_hausman_f": f,
                "wu_hausman_p_value": stats.f.sf(f, self.m, self.n - self.k - self.m),
                "durbin": self.n * (u0 @ u0 - u @ u) / (u0 @ u0)}

    def anderson_rubin(self, vcov, null=0.0, level=0.95):
        def f(b):
            pi, v = self.reduced(self.y - self.d @ np.full(self.m, b), vcov)
            return pi @ np.linalg.solve(v, pi) / self.q
        df2 = self.t_df(vcov, self.ell)
        out = {"statistic": f(null), "p_value": stats.f.sf(f(null), self.q, df2)}
        if self.m > 1:
            return out
        critical = stats.f.isf(1 - level, self.q, df2)
        if vcov == "iid":
            # Dufour and Taamouti (2005), Econometrica 73(4): a quadratic.
            z, y, d = self.beside(self.z), self.beside(self.y), self.beside(self.d[:, 0])
            form = lambda a, b: (self.project(z, a) @ b) / self.q - critical * (a @ b - self.project(z, a) @ b) / (self.n - self.ell)
            a, b, c = form(d, d), -2 * form(y, d), form(y, y)
            disc = b * b - 4 * a * c
            roots = sorted([(-b - np.sqrt(disc)) / (2 * a), (-b + np.sqrt(disc)) / (2 * a)]) if disc > 0 else []
            if disc <= 0:
                pieces = [] if a > 0 else [[None, None]]
            else:
                pieces = [roots] if a > 0 else [[None, roots[0]], [roots[1], None]]
        else:
            b, _, bread = self.k_class(1.0)
            u = self.y - self.X @ b
            se = np.sqrt((u @ u) / self.n * bread[-1, -1])
            # The same beside the exogenous columns, which is fast.
            z, y, d = self.beside(self.z), self.beside(self.y), self.beside(self.d[:, 0])
            pis = [np.linalg.lstsq(z, a, rcond=None)[0] for a in (y, d)]
            left = [y - z @ pis[0], d - z @ pis[1]]
            bread, factor = np.linalg.inv(z.T @ z), self.meat(self.Z, left[0], vcov)[1]

            def f(b):
                pi, v = pis[0] - b * pis[1], bread @ self.meat(z, left[0] - b * left[1], vcov)[0] @ bread * factor
                return pi @ np.linalg.solve(v, pi) / self.q
            assert abs(f(0.0) / out["statistic"] - 1) < 1e-9
            grid = b[-1] + se * np.tan(np.linspace(-1.5707, 1.5707, 1001))
            inside = np.array([f(x) <= critical for x in grid])
            edges = [optimize.brentq(lambda x: f(x) - critical, grid[i], grid[i + 1], xtol=1e-14, rtol=1e-14)
                     for i in range(1000) if inside[i] != inside[i + 1]]
            bounds = ([None] if inside[0] else []) + edges + ([None] if inside[-1] else [])
            pieces = [bounds[i:i + 2] for i in range(0, len(bounds), 2)]
        out["confidence_set"] = pieces
        return out

    def diagnostics(self, vcov, suspects=None):
        out = {"first_stage": self.first_stage(vcov), "cragg_donald": self.cragg_donald(),
               "kleibergen_paap": self.kleibergen_paap(vcov), "wu_hausman": self.wu_hausman(vcov),
               "anderson_rubin": self.anderson_rubin(vcov)}
        if self.m == 1:
            out["effective_f"] = self.effective(vcov)
        if self.q > self.m:
            j = self.hansen(vcov)
            out["overidentification"] = {"statistic": j, "p_value": stats.chi2.sf(j, self.q - self.m)}
        if suspects:
            out["difference_in_j"] = self.difference(vcov, suspects) | {"instruments": ";".join(suspects)}
        return out

    def overidentified(self):
        done = self.linearmodels().fit(cov_type="unadjusted", debiased=True)
        if self.q == self.m:
            return {}
        return {"sargan": [done.sargan.stat, done.sargan.pval], "basmann": [done.basmann.stat, done.basmann.pval]}

    def formula(self):
        y, exogenous, endogenous, instruments = self.names
        parts = [f"{y} ~ " + (" + ".join(exogenous) or "1")] + ([" + ".join(self.effects)] if self.effects else [])
        return " | ".join(parts + [" + ".join(endogenous) + " ~ " + " + ".join(instruments)])

    def pyfixest(self, vcov):
        y, exogenous, endogenous, instruments = self.names
        work = self.frame.copy()
        rename = lambda t: t.replace("ln(", "ln_").replace(")", "")
        for t in [y] + exogenous + endogenous + instruments:
            if t.startswith("ln("):
                work[rename(t)] = np.log(work[t[3:-1]])
        text = f"{rename(y)} ~ " + (" + ".join(map(rename, exogenous)) or "1")
        text += (" | " + " + ".join(self.effects) if self.effects else "")
        text += f" | {rename(endogenous[0])} ~ " + " + ".join(map(rename, instruments))
        kind = {"iid": "iid", "hc1": "hetero"}.get(vcov) or {"CRV1": vcov.split(":")[1]}
        done = pf.feols(text, work, vcov=kind, ssc=SSC, weights=self.weights, fixef_rm="none",
                        demeaner=pf.MapDemeaner(fixef_tol=1e-13, fixef_maxiter=1_000_000))
        order = [("Intercept" if t == "(Intercept)" else rename(t)) for t in self.terms]
        return done.coef()[order].to_numpy(), done.se()[order].to_numpy()


def close(got, want, tolerance, what):
    got, want = np.asarray(got, float), np.asarray(want, float)
    worst = np.max(np.abs(got / want - 1))
    assert worst <= tolerance, (what, worst, got, want)


def values(table):
    return list(table.values())


def case(name, data, keys, model, estimator, vcov, expected, source, parameters=None, tolerance=1e-8, **extra):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance, "data": data, "region": keys[0],
           "period": keys[1], "formula": model.formula(), "estimator": estimator, "vcov": vcov}
    if parameters:
        one["parameters"] = parameters
    if model.weights:
        one["weights"] = model.weights
    return one | extra | {"expected": expected}


def lm_options(vcov, model):
    if vcov == "iid":
        return {"cov_type": "unadjusted", "debiased": True}
    if vcov in ("hc0", "hc1"):
        return {"cov_type": "robust", "debiased": vcov == "hc1"}
    return {"cov_type": "clustered", "debiased": True, "clusters": pd.factorize(model.frame[vcov.split(":")[1]])[0]}


def two_stage(name, data, keys, model, vcovs, suspects=None):
    for vcov in vcovs:
        expected = model.k_class_expected(1.0, vcov)
        checks = []
        if not (model.effects and ":" in vcov):
            theirs = model.linearmodels().fit(**lm_options(vcov, model))
            close([theirs.params.iloc[i] for i in model.at], values(expected["coefficients"]), 1e-9, (name, vcov))
            close([theirs.std_errors.iloc[i] for i in model.at], values(expected["standard_errors"]), 1e-8, (name, vcov))
            checks.append(f"linearmodels 7.1, IV2SLS.fit({lm_options(vcov, model)['cov_type']!r}, debiased={vcov != 'hc0'})")
        if model.m == 1 and vcov != "hc0":
            b, se = model.pyfixest(vcov)
            close(b, values(expected["coefficients"]), 1e-7, (name, vcov, "pyfixest"))
            try:
                close(se, values(expected["standard_errors"]), 1e-7, (name, vcov, "pyfixest"))
                checks.append("pyfixest 0.60.0, feols")
            except AssertionError as error:
                print("pyfixest differs", error)
        expected["tests"] = model.overidentified()
        expected["diagnostics"] = model.diagnostics(vcov, suspects)
        yield case(f"{name}_{vcov.replace(':', '_')}", data, keys, model, "2sls", vcov, expected,
                   "linearmodels 7.1, IV2SLS with dummies; tests of instruments: numpy evaluation of the formulas on the cards",
                   checked_against=checks)


def liml(name, data, keys, model, vcovs):
    theirs = model.linearmodels(IVLIML).fit(cov_type="unadjusted", debiased=True)
    d = np.column_stack([model.y, model.d])
    one, rest = model.beside(d), d - model.project(model.Z, d)
    kappa = np.linalg.eigvals(np.linalg.solve(rest.T @ rest, one.T @ one)).real.min() if model.q > model.m else 1.0
    close(theirs.kappa, kappa, 1e-9, name)
    for fuller in (0, 1, 4):
        used = kappa - fuller / (model.n - model.ell)
        for vcov in vcovs:
            expected = model.k_class_expected(used, vcov)
            b, se = values(expected["coefficients"]), values(expected["standard_errors"])
            theirs = model.linearmodels(IVLIML, fuller=fuller).fit(**lm_options("iid", model))
            close([theirs.params.iloc[i] for i in model.at], b, 1e-7, name)
            if vcov == "iid":
                close([theirs.std_errors.iloc[i] for i in model.at], se, 1e-7, name)
            expected["figures"] = {"kappa": used}
            expected["tests"] = {}
            if model.q > model.m:
                f, surplus = (kappa - 1) * (model.n - model.ell) / (model.q - model.m), model.q - model.m
                expected["tests"] = {"anderson_rubin_likelihood_ratio": [model.n * np.log(kappa), stats.chi2.sf(model.n * np.log(kappa), surplus)],
                                     "basmann_f": [f, stats.f.sf(f, surplus, model.n - model.ell)]}
            yield case(f"{name}_liml_fuller{fuller}_{vcov.replace(':', '_')}", data, keys, model, "liml", vcov, expected,
                       "numpy evaluation of Fuller (1977), eq. 4, and of the k-class's scores (X - kappa M_Z X)u; coefficients, "
                       "kappa and iid standard errors as linearmodels 7.1, IVLIML(fuller), debiased=True",
                       {"fuller": fuller},
                       note="robust standard errors of linearmodels and ivreg2 take P_Z X for the scores, which do not sum to zero")
    for kappa in (0.0, 0.5):
        yield case(f"{name}_k_class_{kappa}", data, keys, model, "k_class", "hc1", model.k_class_expected(kappa, "hc1"),
                   "numpy evaluation of Theil (1958): (X'(I - kappa M_Z)X)^-1 X'(I - kappa M_Z)y", {"kappa": kappa})


def gmm(name, data, keys, model, clusters=None):
    """Two steps; effects are taken out beforehand, which changes no coefficient (their moments identify them exactly)."""
    for kind in ("robust", "iid") + (("cluster",) if clusters else ()):
        b, se, j = two_steps(model, {"robust": "hc0", "cluster": f"cluster:{clusters}"}.get(kind, kind))
        checks = []
        weights = {"robust": "robust", "cluster": "clustered"}.get(kind, "unadjusted")
        if kind == "robust" or not model.effects:
            extra = {"clusters": pd.factorize(model.frame[clusters])[0]} if kind == "cluster" else {}
            theirs = model.linearmodels(IVGMM, weight_type=weights, **extra).fit(
                cov_type=weights, debiased=False, iter_limit=2, **extra)
            close(theirs.params.iloc[model.at], b, 1e-8, (name, kind))
            # Its iid weights are about the mean of weighted residuals, which is not zero.
            if kind != "iid" or not model.weights:
                close(theirs.j_stat.stat, j, 1e-8, (name, kind))
            if not model.effects and (kind != "iid" or not model.weights):
                close(theirs.std_errors.iloc[model.at], se, 1e-8, (name, kind))
            checks.append(f"linearmodels 7.1, IVGMM(weight_type={weights!r}).fit(cov_type={weights!r}, debiased=False)"
                          + ("" if not model.effects else ": coefficients and J"))
        expected = {"coefficients": dict(zip(model.terms, b)), "standard_errors": dict(zip(model.terms, se)),
                    "tests": {"hansen_j": [j, stats.chi2.sf(j, model.q - model.m)]}}
        vcov = "iid"
        if kind == "cluster":
            # iid tells the model's own covariance, but the clusters come with a clustered one.
            del expected["standard_errors"]
            vcov = f"cluster:{clusters}"
        yield case(f"{name}_gmm_{kind}", data, keys, model, "gmm", vcov, expected,
                   "numpy evaluation of Hansen (1982)", {"weighting": kind}, checked_against=checks)
    if model.q > model.m:
        yield from cue(name, data, keys, model)


def without_effects(model):
    """Regressors, outcome and instruments without the dummies of effects."""
    terms = [i for i in range(model.w.shape[1]) if i in model.at]
    effects = np.delete(model.w, terms, axis=1)
    without = lambda a: a - model.project(effects, a) if model.effects else a
    return [without(a) for a in (np.column_stack([model.w[:, terms], model.d]), model.y, np.column_stack([model.w[:, terms], model.z]))]


def two_steps(model, vcov):
    x, y, z = without_effects(model)
    zx, zy = z.T @ x, z.T @ y
    moments = lambda b: (lambda u: (u @ u) / model.n * z.T @ z if vcov == "iid" else model.meat(z, u, vcov)[0])(y - x @ b)
    first = np.linalg.inv(z.T @ z)
    weight = np.linalg.inv(moments(np.linalg.solve(zx.T @ first @ zx, zx.T @ first @ zy)))
    b = np.linalg.solve(zx.T @ weight @ zx, zx.T @ weight @ zy)
    bread = np.linalg.inv(zx.T @ weight @ zx)
    v = bread @ zx.T @ weight @ moments(b) @ weight @ zx @ bread
    m = zy - zx @ b
    return b, np.sqrt(np.diag(v)), m @ weight @ m


def cue(name, data, keys, model):
    """The minimum by quasi-Newton and then Newton steps from 2SLS, effects taken out beforehand."""
    x, y, z = without_effects(model)
    q, _ = np.linalg.qr(z)
    zx, zy = q.T @ x, q.T @ y
    scale = np.linalg.inv(np.linalg.cholesky(zx.T @ zx)).T
    start = np.linalg.lstsq(zx, zy, rcond=None)[0]

    def objective(g):
        u = y - x @ (start + scale @ g)
        s = (q * (u ** 2)[:, None]).T @ q
        weighted = np.linalg.solve(s, q.T @ u)
        return q.T @ u @ weighted, scale.T @ (-2 * zx.T @ weighted + 2 * x.T @ ((q @ weighted) ** 2 * u))
    found = optimize.minimize(objective, np.zeros(x.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000})
    root = optimize.root(lambda g: objective(g)[1], found.x, tol=1e-14)
    b, j = start + scale @ root.x, objective(root.x)[0]
    checks = []
    if not model.effects:
        theirs = model.linearmodels(IVGMMCUE, weight_type="robust").fit(cov_type="robust", debiased=False, display=False)
        assert j <= theirs.j_stat.stat * (1 + 1e-12), (j, theirs.j_stat.stat)
        checks.append(f"the minimum is below that of linearmodels 7.1, IVGMMCUE, whose search ends at J = {theirs.j_stat.stat:.6f}")
    u = y - x @ b
    v = np.linalg.inv(zx.T @ np.linalg.solve((q * (u ** 2)[:, None]).T @ q, zx))
    expected = {"coefficients": dict(zip(model.terms, b)), "standard_errors": dict(zip(model.terms, np.sqrt(np.diag(v)))),
                "tests": {"hansen_j": [j, stats.chi2.sf(j, model.q - model.m)]}}
    yield case(f"{name}_cue", data, keys, model, "gmm", "iid", expected,
               "numpy evaluation of Hansen, Heaton and Yaron (1996), eq. 3, minimised to rounding",
               {"steps": "continuously_updated"}, tolerance=1e-7,
               tolerance_reason="two searches for the same minimum, each to rounding of the objective's gradient", checked_against=checks)


def published(cigarettes, woman):
    """Digits printed by R (AER::ivreg, sandwich) and linearmodels, and of Wooldridge's example 15.5."""
    keys = ("state", "year")
    one = lambda model, name, estimator, vcov, tolerance, expected, data, keys, parameters=None: case(
        name, data, keys, model, estimator, vcov, expected, "AER 1.2-10, ivreg, and linearmodels 7.1, printed digits", parameters,
        tolerance=tolerance, tolerance_reason="printed digits")
    c = "tests/golden/data/cigarettes.csv"
    m = "tests/golden/data/mroz.csv"
    terms = lambda *v: dict(zip(["(Intercept)", "ln(rincome)", "ln(rprice)"], v))
    coefficients = terms(9.8949555412, .2804048251, -1.2774241334)
    subset = {"subset": ["year", "1995"]}
    yield one(cigarettes, "cigarettes_1995_published_iid", "2sls", "iid", 1e-7,
              {"coefficients": coefficients, "standard_errors": terms(1.0585599476, .2385654369, .2631985903),
               "tests": {"sargan": [.3326221419, None]},
               "diagnostics": {"wu_hausman": {"wu_hausman_f": 3.0678162729}}}, c, keys) | subset
    yield one(cigarettes, "cigarettes_1995_published_hc0", "2sls", "hc0", 1e-7,
              {"coefficients": coefficients, "standard_errors": terms(.9287578113, .2458275999, .2416838436),
               "diagnostics": {"first_stage": {"ln(rprice)": {"f": 244.73375, "wald_f": 228.7377485}}}}, c, keys) | subset
    yield one(cigarettes, "cigarettes_1995_published_hc1", "2sls", "hc1", 1e-7,
              {"coefficients": coefficients, "standard_errors": terms(.9592169429, .2538896534, .2496100004)}, c, keys) | subset
    terms = lambda *v: dict(zip(["(Intercept)", "exper", "expersq", "educ"], v))
    yield one(woman, "mroz_published", "2sls", "iid", 1e-4,
              {"coefficients": terms(.04810032, .04417039, -.00089897, .06139663),
               "standard_errors": terms(.40032809, .01343248, .00040169, .03143670),
               "tests": {"sargan": [.378071, None]},
               "diagnostics": {"first_stage": {"educ": {"f": 55.400300}}}}, m, ("woman", "year"))


def main():
    make_data()
    cases = []
    woman = pd.read_csv(f"{GOLDEN}/data/mroz.csv")
    women = Model(woman, "lwage", ["exper", "expersq"], ["educ"], ["motheduc", "fatheduc"])
    keys, data = ("woman", "year"), DATA + "mroz.csv"
    cases += two_stage("mroz", data, keys, women, ("iid", "hc0", "hc1"), ["fatheduc"])
    cases += liml("mroz", data, keys, women, ("iid", "hc1"))
    cases += gmm("mroz", data, keys, women)
    three = Model(woman, "lwage", ["exper", "expersq"], ["educ"], ["motheduc", "fatheduc", "huseduc"])
    cases += two_stage("mroz_three", data, keys, three, ("hc1",), ["huseduc"])
    cigarettes = pd.read_csv(f"{GOLDEN}/data/cigarettes.csv")
    keys, data = ("state", "year"), DATA + "cigarettes.csv"
    states = Model(cigarettes, "ln(packs)", ["ln(rincome)"], ["ln(rprice)"], ["tdiff", "rtax"], effects=["state", "year"])
    cases += two_stage("cigarettes_within", data, keys, states, ("iid", "hc1", "cluster:state"))
    cases += liml("cigarettes_within", data, keys, states, ("iid", "cluster:state"))
    in_1995 = Model(cigarettes[cigarettes.year == 1995].reset_index(drop=True), "ln(packs)", ["ln(rincome)"], ["ln(rprice)"], ["tdiff", "rtax"])
    cases += published(in_1995, women)
    frame = pd.read_csv(f"{GOLDEN}/data/instruments.csv")
    keys, data = ("region", "year"), DATA + "instruments.csv"
    for effects in ([], ["region"], ["region", "year"]):
        for weights in (None, "weight"):
            name = "two_endogenous_" + ("_".join(effects) or "pooled") + ("_weighted" if weights else "")
            model = Model(frame, "y", ["w1"], ["d1", "d2"], ["z1", "z2", "z3", "z4"], effects, weights)
            cases += two_stage(name, data, keys, model, ("iid", "hc1", "cluster:region", "cluster:zone"), ["z4"])
            cases += liml(name, data, keys, model, ("iid", "cluster:zone"))
            cases += gmm(name, data, keys, model, "region")
    exact = Model(frame, "y", ["w1", "d2"], ["d1"], ["z1"], ["region", "year"])
    cases += two_stage("exactly_identified", data, keys, exact, ("iid", "hc1", "cluster:region"))
    weak = Model(frame, "y", ["w1", "d2"], ["d1"], ["z5"], ["region"])
    cases += two_stage("weak", data, keys, weak, ("iid", "hc1", "cluster:zone"))
    weaker = Model(frame, "y", ["w1", "d2"], ["d1"], ["z5", "z4"], ["region"])
    cases += two_stage("weaker", data, keys, weaker, ("iid", "hc1", "cluster:zone"))
    write("regression/instruments/instruments.json", "Estimators with instruments, and tests of instruments", cases)


if __name__ == "__main__":
    main()
