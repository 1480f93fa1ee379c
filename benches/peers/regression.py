"""The same fits as benches/regression by the packages that economists use.

Reads the data that the bench wrote to the folder argv[1]; prints one JSON line a task: name, peer and seconds (the
median of a few runs after a warm-up, so that just-in-time compilation does not count). R with fixest joins in where it
is installed.
"""

import json
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
FOLDER = Path(sys.argv[1])


def tell(name, peer, **what):
    print(json.dumps({"name": name, "peer": peer, **what}), flush=True)


def report(name, peer, work, runs=3):
    try:
        work()
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        tell(name, peer, seconds=sorted(seconds)[runs // 2])
    except Exception as error:  # a peer that fails is told, not hidden
        tell(name, peer, error=f"{type(error).__name__}: {error}"[:200])


def columns(name, regressors):
    data = np.fromfile(FOLDER / f"{name}.f64").reshape(regressors + 1, -1)
    return data[0], data[1:]


def shape(name):
    return [int(x) for x in np.fromfile(FOLDER / f"{name}.shape", dtype=np.uint64)]


def formula(regressors, effects):
    return "y ~ " + " + ".join(f"x{j}" for j in range(1, regressors + 1)) + effects


def panel(name):
    """Effects of region and year, errors clustered by region."""
    if not (FOLDER / f"{name}.shape").exists():
        return
    regions, periods, regressors = shape(name)
    y, x = columns(name, regressors)
    frame = pd.DataFrame({"y": y, **{f"x{j + 1}": x[j] for j in range(regressors)}})
    frame["region"] = np.tile(np.arange(regions), periods)
    frame["year"] = np.repeat(np.arange(periods), regions)

    def closed_form():
        z = np.concatenate([x, y[None]]).reshape(regressors + 1, periods, regions)
        z = z - z.mean(axis=1, keepdims=True) - z.mean(axis=2, keepdims=True) + z.mean(axis=(1, 2), keepdims=True)
        flat = z.reshape(regressors + 1, -1)
        gram = flat @ flat.T
        bread = np.linalg.inv(gram[:-1, :-1])
        b = bread @ gram[:-1, -1]
        u = flat[-1] - b @ flat[:-1]
        scores = np.einsum("ktr,tr->kr", z[:-1], u.reshape(periods, regions))
        return b, bread @ (scores @ scores.T) @ bread

    report(name, "numpy closed form", closed_form)
    fixest_of_python(name, frame, formula(regressors, " | region + year"), {"CRV1": "region"})
    fixest_of_r(name, frame, formula(regressors, " | region + year"), "~region")


def plain():
    if not (FOLDER / "plain.shape").exists():
        return
    regressors = shape("plain")[2]
    y, x = columns("plain", regressors)
    design = np.concatenate([np.ones((1, len(y))), x])

    def normal_equations():
        bread = np.linalg.inv(design @ design.T)
        b = bread @ (design @ y)
        scores = design * (y - b @ design)
        return b, bread @ (scores @ scores.T) @ bread

    report("plain", "numpy", normal_equations)
    frame = pd.DataFrame({"y": y, **{f"x{j + 1}": x[j] for j in range(regressors)}})
    fixest_of_r("plain", frame, formula(regressors, ""), '"hetero"')


def matched():
    if not (FOLDER / "matched.f64").exists():
        return
    codes = np.fromfile(FOLDER / "matched.codes", dtype=np.uint64).reshape(3, -1)
    data = np.fromfile(FOLDER / "matched.f64").reshape(-1, codes.shape[1])
    regressors = len(data) - 1
    frame = pd.DataFrame({"y": data[0], **{f"x{j}": data[j] for j in range(1, regressors + 1)}})
    for name, level in zip(("worker", "firm", "year"), codes.astype(np.int64), strict=True):
        frame[name] = level
    fixest_of_python("matched", frame, formula(regressors, " | worker + firm + year"), "HC1")
    fixest_of_r("matched", frame, formula(regressors, " | worker + firm + year"), '"hetero"')


def fixest_of_python(name, frame, text, vcov):
    import pyfixest

    report(name, "pyfixest 0.60.0", lambda: pyfixest.feols(text, frame, vcov=vcov, copy_data=False, store_data=False))


def fixest_of_r(name, frame, text, vcov):
    r = shutil.which("Rscript")
    if r is None or subprocess.run([r, "-e", "library(fixest)"], capture_output=True, check=False).returncode != 0:
        return
    frame.to_numpy(dtype=np.float64).T.tofile(FOLDER / "frame.f64")
    script = f"""
        suppressMessages(library(fixest)); setFixest_notes(FALSE)
        columns <- strsplit("{",".join(frame.columns)}", ",")[[1]]
        data <- matrix(readBin("{FOLDER}/frame.f64", "double", {frame.size}), ncol = length(columns))
        data <- setNames(as.data.frame(data), columns)
        fit <- function() feols({text}, data, vcov = {vcov})
        fit()
        cat(median(sapply(1:3, function(i) system.time(fit())[["elapsed"]])))
    """
    done = subprocess.run([r, "-e", script], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        tell(name, "R fixest", seconds=float(done.stdout.split()[-1]))
    else:
        tell(name, "R fixest", error=done.stderr[-200:])


for panel_name in ("tiny", "two_way"):
    panel(panel_name)
plain()
matched()
