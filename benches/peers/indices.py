"""The same work as benches/indices.rs by the Python packages that regional scientists use.

Reads the data that the bench wrote to the folder argv[1]; prints one JSON line a task: name, peer and seconds (the
median of a few runs after a warm-up, so that just-in-time compilation does not count).
"""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
FOLDER = Path(sys.argv[1])
META = json.loads((FOLDER / "meta.json").read_text())


def load(name, dtype=np.float64):
    return np.fromfile(FOLDER / name, dtype=dtype)


def report(name, peer, work, runs=3):
    try:
        work()
        seconds = []
        for _ in range(runs):
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
        print(json.dumps({"name": name, "peer": peer, "seconds": sorted(seconds)[runs // 2]}), flush=True)
    except Exception as error:  # a peer that fails is told, not hidden
        print(json.dumps({"name": name, "peer": peer, "error": f"{type(error).__name__}: {error}"[:200]}), flush=True)


def complexity():
    import pandas as pd
    from ecomplexity import ecomplexity
    from economic_complexity import complexity as datawheel, rca

    regions, industries = META["trade"]
    table = load("trade.f64").reshape(regions, industries)
    r, i = np.nonzero(table)
    frame = pd.DataFrame({"year": 2000, "region": r.astype(str), "industry": i.astype(str), "value": table[r, i]})
    columns = {"time": "year", "loc": "region", "prod": "industry", "val": "value"}
    report("eci_pci", "ecomplexity 0.5.3", lambda: ecomplexity(frame.copy(), columns))
    wide = pd.DataFrame(table)
    report("eci_pci", "economic-complexity 0.3.0", lambda: datawheel((rca(wide) >= 1).astype(int)))


def space():
    import esda
    from libpysal.weights import lat2W

    rows, columns = META["lattice"]
    values = load("lattice.f64")
    weights = lat2W(rows, columns)
    weights.transform = "r"
    report("moran", "esda 2.8.2", lambda: esda.Moran(values, weights, permutations=999))
    report(
        "local_moran",
        "esda 2.8.2, numba, 2 jobs",
        lambda: esda.Moran_Local(values, weights, permutations=999, n_jobs=2, seed=1),
    )


def inequality():
    from inequality.theil import TheilDSim

    values, groups = load("incomes.f64"), load("groups.i64", np.int64)
    report("theil_decomposition", "inequality 1.1.2", lambda: TheilDSim(values, groups, permutations=999))


def concentration():
    """No package on PyPI has these at this size; numpy, vectorised over industries, year by year."""
    regions, industries, years = META["cube"]
    size = regions * industries
    cube = np.memmap(FOLDER / "cube.f64", dtype=np.float64, mode="r", shape=(years, size))
    plants = np.memmap(FOLDER / "plants.f64", dtype=np.float64, mode="r", shape=(years, size))

    def ellison_glaeser():
        for year in range(years):
            x = np.array(cube[year]).reshape(regions, industries)
            n = np.array(plants[year]).reshape(regions, industries).sum(axis=0)
            share = x / x.sum(axis=0)
            total = x.sum(axis=1) / x.sum()
            g = ((share - total[:, None]) ** 2).sum(axis=0)
            spread = 1 - (total**2).sum()
            h = 1 / n
            yield (g - spread * h) / (spread * (1 - h))

    def locational_gini():
        for year in range(years):
            x = np.array(cube[year]).reshape(regions, industries)
            share = x / x.sum(axis=0)
            total = x.sum(axis=1) / x.sum()
            order = np.argsort(share / total[:, None], axis=0)
            sorted_share = np.take_along_axis(share, order, axis=0)
            sorted_total = total[order]
            lorenz = np.cumsum(sorted_share, axis=0)
            before = np.vstack([np.zeros(industries), lorenz[:-1]])
            yield 1 - (sorted_total * (lorenz + before)).sum(axis=0)

    report("ellison_glaeser", "numpy", lambda: list(ellison_glaeser()), runs=1)
    report("locational_gini", "numpy", lambda: list(locational_gini()), runs=1)


def k_density():
    points = load("points.f64").reshape(-1, 2)
    steps, most = META["kd"]["steps"], META["kd"]["most"]
    bandwidth = META["kd"]["bandwidth"]
    at = np.linspace(0, most, steps)

    def kd():
        from scipy.spatial.distance import pdist

        # Distances on a fine grid, then the kernel: the fastest way known to numpy; the exact sum takes hours.
        edges = np.linspace(0, most + 5 * bandwidth, 4097)
        counts = np.zeros(4096)
        block = 1000
        for start in range(0, len(points), block):
            part = points[start : start + block]
            rest = points[start + block :]
            counts += np.histogram(pdist(part), bins=edges)[0]
            if len(rest):
                d = np.sqrt(((part[:, None, :] - rest[None, :, :]) ** 2).sum(axis=2))
                counts += np.histogram(d, bins=edges)[0]
        middle = (edges[1:] + edges[:-1]) / 2
        kernel = np.exp(-0.5 * ((at[:, None] - middle) / bandwidth) ** 2)
        kernel += np.exp(-0.5 * ((at[:, None] + middle) / bandwidth) ** 2)
        return kernel @ counts

    report("duranton_overman", "numpy, scipy (binned)", kd, runs=1)


for task in (complexity, space, inequality, concentration, k_density):
    task()
