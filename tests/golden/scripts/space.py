"""Golden values of spatial association and accessibility: PySAL's esda, inequality and libpysal."""
import warnings

import esda
import libpysal
import numpy as np
from inequality.gini import Gini_Spatial
from libpysal.weights import KNN, DistanceBand, Kernel, W, lat2W
from scipy.spatial.distance import cdist

from common import write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/space.py"
ESDA = f"esda {esda.__version__}, "
LIBPYSAL = f"libpysal {libpysal.__version__}, "
EARTH = 6371.0


def names(n):
    return [f"r{i + 1:03}" for i in range(n)]


def data(x, w=None, rate=True, **attributes):
    """A dataset of one period whose measure x is given, and whose neighbours are those of w."""
    found = {"regions": names(len(x)), "measures": {"x": {"2000": list(x)}}}
    if rate:
        found["rates"] = ["x"]
    if attributes:
        found["attributes"] = {name: list(values) for name, values in attributes.items()}
    if w is not None:
        place = {key: i for i, key in enumerate(w.id_order)}
        pairs = {tuple(sorted((place[a], place[b]))) for a, row in w.neighbors.items() for b in row}
        found["neighbours"] = [[names(len(x))[a], names(len(x))[b]] for a, b in sorted(pairs)]
    return found


def case(name, source, index, data, expected, note=None, **parameters):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-10}
    if note:
        one["note"] = note
    call = {"index": index, "measure": "x"}
    if parameters:
        call["parameters"] = parameters
    return one | {"data": data, "call": call, "expected": expected}


# ---------------------------------------------------------------- data

def column_of(table, column):
    return np.array(libpysal.io.open(libpysal.examples.get_path(table)).by_col[column], float)


def example(gal, dbf, column):
    w = libpysal.io.open(libpysal.examples.get_path(gal)).read()
    return column_of(dbf, column), libpysal.weights.remap_ids(w, {key: i for i, key in enumerate(w.id_order)})


STL, STL_W = example("stl.gal", "stl_hom.dbf", "HR8893")
SIDS74, SIDS_W = example("sids2.gal", "sids2.dbf", "SIDR74")
SIDS79, _ = example("sids2.gal", "sids2.dbf", "SIDR79")
MEXICO, MEXICO_W = example("mexico.gal", "mexico.csv", "pcgdp1940")

# Getis and Ord's six points
SIX = [(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)]
SIX_Y = np.array([2, 3, 3.2, 5, 8, 7])

# Forty regions of a map of the size of a country, in degrees; counties of sids2 have no coordinates in libpysal
RANDOM = np.random.default_rng(20240611)
PLACES = np.column_stack([RANDOM.uniform(5.9, 15.0, 40), RANDOM.uniform(47.3, 55.0, 40)]).round(3)
INCOME = RANDOM.gamma(4.0, 8.0, 40).round(2) + PLACES[:, 0].round(1)
AREAS = RANDOM.uniform(200.0, 9000.0, 40).round(1)


def places(x, **more):
    return data(x, lon=PLACES[:, 0], lat=PLACES[:, 1], **more)


def weights(kind, transform="r", keep=None):
    """libpysal's weights between the places, and the parameters of ours."""
    points = PLACES if keep is None else PLACES[keep]
    xy = {"x": "lon", "y": "lat"}
    if kind == "knn":
        w, params = KNN.from_array(points, k=5), {"neighbours": "knn", "k": 5}
    elif kind == "knn_sphere":
        w = KNN.from_array(points, k=5, radius=EARTH, distance_metric="arc")
        params = {"neighbours": "knn", "k": 5, "metric": "sphere"}
    elif kind == "band":
        w, params = DistanceBand(points, threshold=1.2, silence_warnings=True), {"neighbours": "band", "distance": 1.2}
    elif kind == "band_sphere":
        w = DistanceBand(points, threshold=120.0, radius=EARTH, distance_metric="arc", silence_warnings=True)
        params = {"neighbours": "band", "distance": 120.0, "metric": "sphere"}
    else:
        kernel, bandwidth = kind
        chosen = {"bandwidth": bandwidth} if bandwidth else {"fixed": False, "k": 6}
        # libpysal calls Epanechnikov's kernel quadratic
        w = Kernel(points, function=kernel.replace("epanechnikov", "quadratic"), **chosen)
        params = {"neighbours": "kernel", "kernel": kernel, "k": 6, "distance": bandwidth or 0}
    # No region neighbours itself, and a weight of zero is none.
    rows = {i: {j: x for j, x in zip(w.neighbors[i], w.weights[i]) if j != i and x > 0} for i in w.id_order}
    w = W({i: list(row) for i, row in rows.items()}, {i: list(row.values()) for i, row in rows.items()},
          id_order=list(range(len(points))), silence_warnings=True)
    w.transform = transform
    return w, params | xy | ({"transformation": "binary"} if transform == "b" else {})


KINDS = ["knn", "knn_sphere", ("triangular", 3.0), ("quartic", 4.0), ("gaussian", 2.5), ("triangular", None),
         ("epanechnikov", None)]


def label(kind):
    return kind if isinstance(kind, str) else f"{kind[0]}_{'fixed' if kind[1] else 'adaptive'}"


def connected(kind):
    """The places that have neighbours."""
    w, _ = weights(kind, "b")
    return [i for i in w.id_order if w.neighbors[i]]


ISLANDS = "esda is given the regions that have neighbours only: with the others in, it counts their lag as 0"


# ---------------------------------------------------------------- global indices

def moran_parts(x, w, transform):
    m = esda.Moran(x, w, transformation=transform, permutations=0)
    return {"value": [m.I], "expected": [m.EI], "z_normal": [m.z_norm], "z_random": [m.z_rand], "regions": [len(x)]}


def geary_parts(x, w, transform):
    c = esda.Geary(x, w, transformation=transform, permutations=0)
    return {"value": [c.C], "expected": [c.EC], "z_normal": [c.z_norm], "z_random": [c.z_rand], "regions": [len(x)]}


def association(index, function, parts):
    source = ESDA + function
    cases = []
    for name, x, w in (("stl_homicides", STL, STL_W), ("sids_1974", SIDS74, SIDS_W)):
        for transform, word in (("r", "row"), ("b", "binary")):
            cases.append(case(f"{name}_{word}", source + f", libpysal example {name[:3]}", index, data(x, w),
                              parts(x, w, transform), transformation=word))
    for kind in KINDS:
        w, params = weights(kind)
        cases.append(case(label(kind), f"{source}; weights of {LIBPYSAL}", index, places(INCOME), parts(INCOME, w, "r"),
                          **params))
    for kind in ("band", "band_sphere"):
        keep = connected(kind)
        assert len(keep) < len(PLACES)
        w, params = weights(kind, keep=keep)
        cases.append(case(label(kind) + "_islands", f"{source}; weights of {LIBPYSAL}", index, places(INCOME),
                          parts(INCOME[keep], w, "r"), note=ISLANDS, **params))
    return cases


def moran():
    cases = association("moran", "Moran", moran_parts)
    assert abs(cases[0]["expected"]["value"][0] - 0.243656) < 1e-6
    write("indices/moran.json", "Moran's I", cases)


def geary():
    cases = association("geary", "Geary", geary_parts)
    y, w = example("book.gal", "book.txt", "y")
    parts = geary_parts(y, w, "r")
    assert abs(parts["value"][0] - 0.3330108) < 1e-7
    cases.append(case("book", ESDA + "Geary, libpysal example book", "geary", data(y, w), parts))
    write("indices/geary.json", "Geary's C", cases)


def bivariate():
    cases = []
    for name, x, y in (("sids_1974_1979", SIDS74, SIDS79), ("sids_1979_1974", SIDS79, SIDS74)):
        m = esda.Moran_BV(x, y, SIDS_W, permutations=0)
        cases.append(case(name, ESDA + "Moran_BV, libpysal example sids2", "bivariate_moran", data(x, SIDS_W, other=y),
                          {"value": [m.I], "regions": [len(x)]}, other="other"))
    assert abs(cases[1]["expected"]["value"][0] - 0.156) < 5e-4
    w, params = weights("knn")
    m = esda.Moran_BV(INCOME, AREAS, w, permutations=0)
    cases.append(case("knn", f"{ESDA}Moran_BV; weights of {LIBPYSAL}", "bivariate_moran", places(INCOME, area=AREAS),
                      {"value": [m.I], "regions": [40]}, other="area", **params))
    write("indices/bivariate_moran.json", "Bivariate Moran's I", cases)


def getis_ord_g():
    def parts(x, w):
        g = esda.G(x, w, permutations=0)
        return {"value": [g.G], "expected": [g.EG], "z": [g.z_norm], "regions": [len(x)]}
    six = data(SIX_Y, x1=[x for x, _ in SIX], x2=[y for _, y in SIX])
    band = {"neighbours": "band", "distance": 15, "x": "x1", "y": "x2"}
    cases = [case("six_points", ESDA + "G, points of its documentation", "getis_ord_g", six,
                  parts(SIX_Y, DistanceBand(SIX, threshold=15)), **band)]
    assert abs(cases[0]["expected"]["value"][0] - 0.557) < 5e-4
    cases.append(case("stl_homicides", ESDA + "G, libpysal example stl", "getis_ord_g", data(STL, STL_W), parts(STL, STL_W)))
    w, params = weights("knn", "b")
    del params["transformation"]
    cases.append(case("knn", f"{ESDA}G; weights of {LIBPYSAL}", "getis_ord_g", places(INCOME), parts(INCOME, w), **params))
    write("indices/getis_ord_g.json", "Getis and Ord's general G", cases)


def join_counts():
    def parts(x, w):
        joins = esda.Join_Counts(x, w, permutations=0)
        return {"bb": [joins.bb], "bw": [joins.bw], "ww": [joins.ww], "joins": [joins.J], "regions": [len(x)]}
    lattice, halves = lat2W(4, 4), np.ones(16)
    halves[:8] = 0
    cases = [case("lattice", ESDA + "Join_Counts, lattice of its documentation", "join_counts", data(halves, lattice),
                  parts(halves, lattice), black="above_threshold", threshold=0.5)]
    assert [cases[0]["expected"][kind][0] for kind in ("bb", "bw", "ww")] == [10, 4, 10]
    above = (STL > STL.mean()).astype(float)
    cases.append(case("stl_homicides", ESDA + "Join_Counts of HR8893 above its mean, libpysal example stl", "join_counts",
                      data(STL, STL_W), parts(above, STL_W)))
    high = (SIDS74 > 3).astype(float)
    cases.append(case("sids_1974", ESDA + "Join_Counts of SIDR74 > 3, libpysal example sids2", "join_counts",
                      data(SIDS74, SIDS_W), parts(high, SIDS_W), black="above_threshold", threshold=3))
    write("indices/join_counts.json", "Join counts", cases)


def spatial_gini():
    cases = []
    for name, x, w in (("mexico_1940", MEXICO, MEXICO_W), ("stl_homicides", STL, STL_W), ("sids_1979", SIDS79, SIDS_W)):
        w.transform = "b"
        g = Gini_Spatial(x, w, permutations=1)
        cases.append(case(name, f"PySAL inequality 1.1.2, Gini_Spatial, libpysal example {name.split('_')[0]}",
                          "spatial_gini", data(x, w),
                          {"total": [g.g], "neighbours": [g.g * g.wg / (g.wg + g.wcg)], "others": [g.wcg_share],
                           "others_share": [g.wcg / (g.wg + g.wcg)], "regions": [len(x)]},
                          note="wg and wcg are sums of absolute differences, and wcg_share is the part of the total"))
    write("indices/spatial_gini.json", "Spatial Gini of Rey and Smith", cases)


# ---------------------------------------------------------------- local indices

def local_moran():
    def parts(x, w, transform="r"):
        m = esda.Moran_Local(x, w, transformation=transform, permutations=0)
        n = len(x)
        return {"value": m.Is * n / (n - 1), "quadrant": m.q}
    note = "esda divides Σ z² by n − 1, Anselin (1995) by n, so that the mean is Moran's I: times n/(n − 1)"
    cases = [case(f"stl_homicides_{word}", ESDA + "Moran_Local, libpysal example stl", "local_moran", data(STL, STL_W),
                  parts(STL, STL_W, transform), note=note, transformation=word)
             for transform, word in (("r", "row"), ("b", "binary"))]
    for kind in ("knn", ("triangular", None)):
        w, params = weights(kind)
        cases.append(case(label(kind), f"{ESDA}Moran_Local; weights of {LIBPYSAL}", "local_moran", places(INCOME),
                          parts(INCOME, w), note=note, **params))
    keep = connected("band")
    w, params = weights("band", keep=keep)
    found = {name: np.full(40, np.nan) for name in ("value", "quadrant")}
    for name, values in parts(INCOME[keep], w).items():
        found[name][keep] = values
    cases.append(case("band_islands", f"{ESDA}Moran_Local; weights of {LIBPYSAL}", "local_moran", places(INCOME), found,
                      note=f"{note}. {ISLANDS}; islands are undefined", **params))
    write("indices/local_moran.json", "Local Moran's I", cases)


def local_getis_ord():
    def parts(x, w, star):
        g = esda.G_Local(x, w, transform="B", permutations=0, star=star)
        return {"value": g.Gs, "z": g.Zs}
    six = data(SIX_Y, x1=[x for x, _ in SIX], x2=[y for _, y in SIX])
    band = {"neighbours": "band", "distance": 15, "x": "x1", "y": "x2"}
    printed = {"no": [-1.0136729, -.04361589, 1.31558703, -.31412676, 1.15373986, 1.77833941],
               "yes": [-1.39727626, -.28917762, .65064964, -.28917762, 1.23452088, 2.02424331]}
    cases = []
    for word, star in (("no", False), ("yes", True)):
        found = parts(SIX_Y, DistanceBand(SIX, threshold=15), star)
        assert np.allclose(found["z"], printed[word], atol=1e-8), found
        cases.append(case(f"six_points_star_{word}", ESDA + "G_Local(transform='B'), points of its documentation",
                          "local_getis_ord", six, found, star=word, **band))
        cases.append(case(f"stl_homicides_star_{word}", ESDA + "G_Local(transform='B'), libpysal example stl",
                          "local_getis_ord", data(STL, STL_W), parts(STL, STL_W, star), star=word))
    write("indices/local_getis_ord.json", "Getis and Ord's local G and G*", cases)


# ---------------------------------------------------------------- accessibility

def gravity(alpha, radius=None):
    metric = {"radius": radius, "distance_metric": "arc"} if radius else {}
    return DistanceBand(PLACES, threshold=2e4, binary=False, alpha=alpha, silence_warnings=True, **metric).sparse


def inner():
    """The distance of a region from itself."""
    return 2 / 3 * np.sqrt(AREAS / np.pi)


def accessibility():
    xy = {"x": "lon", "y": "lat"}
    band = LIBPYSAL + "DistanceBand(binary=False, alpha={}).sparse @ x"
    degrees, kilometres = places(INCOME, rate=False), places(INCOME, rate=False, area=AREAS)
    own = INCOME * inner() ** -1.5
    cases = [
        case("power_plane", band.format(-2), "hansen_accessibility", degrees, {"value": gravity(-2.0) @ INCOME}, beta=2, **xy),
        case("power_sphere", band.format(-1.5) + ", with arc distances", "hansen_accessibility", degrees,
             {"value": gravity(-1.5, EARTH) @ INCOME}, beta=1.5, metric="sphere", **xy),
        case("power_sphere_own", band.format(-1.5) + ", with arc distances, and the own term x_i (2/3 sqrt(area/pi))^-1.5",
             "hansen_accessibility", kilometres, {"value": gravity(-1.5, EARTH) @ INCOME + own}, beta=1.5, metric="sphere",
             area="area", **xy),
    ]
    decay = np.exp(-0.3 * cdist(PLACES, PLACES))
    np.fill_diagonal(decay, 0)
    cases.append(case("exponential_plane", "numpy evaluation of sum_j x_j exp(-beta d_ij), Hansen (1959), with scipy 1.17.1 "
                      "spatial.distance.cdist", "hansen_accessibility", degrees, {"value": decay @ INCOME},
                      decay="exponential", beta=0.3, **xy))
    write("indices/hansen_accessibility.json", "Hansen's accessibility", cases)
    cases = [case("sphere", band.format(-1) + ", with arc distances, and the own term x_i / (2/3 sqrt(area/pi))",
                  "market_potential", kilometres, {"value": gravity(-1.0, EARTH) @ INCOME + INCOME / inner()},
                  area="area", metric="sphere", **xy)]
    write("indices/market_potential.json", "Harris's market potential", cases)


for step in (moran, geary, bivariate, getis_ord_g, join_counts, spatial_gini, local_moran, local_getis_ord, accessibility):
    step()
