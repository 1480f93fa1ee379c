#!/usr/bin/env python3
"""Golden files of the family clusters: distances between plants, sizes of firms, networks, churn, rules of mapping.

scipy, networkx, pandas, PySAL; where no package offers an index, numpy on the published formula.
"""
import math

import networkx as nx
import numpy as np
import pandas as pd
import scipy
from inequality.gini import Gini
from scipy.signal import lfilter, lfiltic
from scipy.spatial.distance import pdist, squareform
from scipy.stats import entropy, gaussian_kde, percentileofscore, variation
from segregation.singlegroup import CorrelationR, Interaction, Isolation
from sklearn.metrics.pairwise import haversine_distances

from common import write

SCRIPT = "tests/golden/scripts/clusters.py"
SCIPY = f"scipy {scipy.__version__}, "
NETWORKX = f"networkx {nx.__version__}, "
PANDAS = f"pandas {pd.__version__}, "
PYSAL = "PySAL segregation 2.5.4, "
NUMPY = "numpy evaluation of "
DBMSS = " (the form of R dbmss 2.11-0, {}, which is not on PyPI)"


def case(name, source, index, data, expected, parameters=None, note=None, measure="x", tolerance=1e-10, reason=None):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance}
    if reason:
        one["tolerance_reason"] = reason
    if note:
        one["note"] = note
    call = {"index": index, "measure": measure} | ({"parameters": parameters} if parameters else {})
    return one | {"data": data, "call": call, "expected": expected}


def names(prefix, n):
    return [f"{prefix}{i + 1:03}" for i in range(n)]


def nulls(values):
    return [None if value is None or not math.isfinite(value) else value for value in values]


# ---------------------------------------------------------------- plants

class Plants:
    """Plants with coordinates, industries and sizes."""

    def __init__(self, seed, counts, sphere=False):
        rng = np.random.default_rng(seed)
        self.industry = np.repeat(np.arange(len(counts)), counts)
        n = len(self.industry)
        middles = rng.normal(0, 3, (len(counts), 2))
        spreads = 1 + np.arange(len(counts))
        at = middles[self.industry] + rng.normal(0, 1, (n, 2)) * spreads[self.industry, None]
        self.at = np.round(at + ([9, 51] if sphere else [0, 0]), 3)
        self.size = np.round(rng.lognormal(3, 1, n)) + 1
        if sphere:
            self.far = 6371 * haversine_distances(np.radians(self.at[:, ::-1]))
        else:
            self.far = squareform(pdist(self.at))
        self.sphere = sphere

    def data(self):
        cells = [[self.size[p] if i == self.industry[p] else "-" for i in range(self.industry.max() + 1)]
                 for p in range(len(self.industry))]
        return {"regions": names("p", len(cells)), "industries": names("i", len(cells[0])),
                "measures": {"x": {"2000": cells}},
                "attributes": {"x_at": self.at[:, 0].tolist(), "y_at": self.at[:, 1].tolist()}}

    def parameters(self, **more):
        return {"x": "x_at", "y": "y_at"} | ({"metric": "sphere"} if self.sphere else {}) | more

    def rows(self, steps, far=None):
        far = far or np.median(self.far[np.triu_indices(len(self.far), 1)])
        return np.linspace(0, far, steps + 1)


def k_density(plants, rows, weighted=False, bandwidth=None):
    """The kernel density of distances and their mirror images, twice over."""
    values = []
    for i in range(plants.industry.max() + 1):
        own = np.flatnonzero(plants.industry == i)
        if len(own) < 2:
            values += [None] * len(rows)
            continue
        a, b = np.triu_indices(len(own), 1)
        d = plants.far[own[a], own[b]]
        weights = plants.size[own[a]] * plants.size[own[b]] if weighted else np.ones(len(d))
        quarters = np.percentile(d, [25, 75])
        h = bandwidth or 0.9 * min(np.std(d, ddof=1), (quarters[1] - quarters[0]) / 1.34) * len(d) ** -0.2
        kde = gaussian_kde(np.concatenate([d, -d]), weights=np.concatenate([weights, weights]))
        kde.set_bandwidth(h / math.sqrt(kde._data_covariance[0, 0]))
        values += (2 * kde(rows)).tolist()
    return {"value": values}


def duranton_overman():
    source = SCIPY + "stats.gaussian_kde of the distances and their mirror images, times 2" + DBMSS.format("Kdhat")
    three, globe = Plants(1, [14, 30, 22, 1]), Plants(2, [12, 25], sphere=True)
    index, cases = "duranton_overman", []
    for name, plants, more, given in (
            ("plane", three, {"steps": 12}, {}),
            ("weighted", three, {"steps": 12, "weighting": "measure"}, {"weighted": True}),
            ("bandwidth", three, {"steps": 10, "bandwidth": 1.5, "max_distance": 8}, {"bandwidth": 1.5}),
            ("sphere", globe, {"steps": 10}, {}),
            ("sphere_weighted", globe, {"steps": 7, "weighting": "measure", "max_distance": 300}, {"weighted": True})):
        rows = plants.rows(more["steps"], more.get("max_distance"))
        cases.append(case(name, source, index, plants.data(), k_density(plants, rows, **given),
                          plants.parameters(**more), tolerance=1e-8,
                          note="Bandwidth: Silverman's eq. 3.31 with numpy quantiles (statsmodels bw_silverman divides by 1.349 "
                               "instead of 1.34); one plant alone has no distances."))
    write(f"indices/{index}.json", "K-density of Duranton and Overman (2005)", cases)


def m_function():
    source = NUMPY + "Marcon and Puech (2010), eq. 3" + DBMSS.format("Mhat")
    index, cases = "m_function", []
    for name, plants, steps, weighted in (("plane", Plants(3, [15, 20, 9, 1]), 12, True),
                                          ("plants", Plants(3, [15, 20, 9, 1]), 6, False),
                                          ("sphere", Plants(4, [10, 25], sphere=True), 8, True)):
        w = plants.size if weighted else np.ones(len(plants.size))
        off = ~np.eye(len(w), dtype=bool)
        values = []
        for i in range(plants.industry.max() + 1):
            own = plants.industry == i
            for r in plants.rows(steps):
                near = off & (plants.far <= r)
                around, same = near @ w, near @ (w * own)
                counted = own & (around > 0)
                expected = (w[own].sum() - w[counted]) / (w.sum() - w[counted])
                with np.errstate(invalid="ignore"):
                    values.append((same[counted] / around[counted]).sum() / expected.sum() if own.sum() > 1 else None)
        more = {"steps": steps} | ({} if weighted else {"weighting": "plants"})
        cases.append(case(name, source, index, plants.data(), {"value": nulls([v if v is None else float(v) for v in values])},
                          plants.parameters(**more), note="Plants without a neighbour up to r are left out at r."))
    write(f"indices/{index}.json", "M function of Marcon and Puech (2010)", cases)


# ---------------------------------------------------------------- firms

def firms(seed=7, n=40):
    rng = np.random.default_rng(seed)
    size = np.round(rng.lognormal(3.4, 1.1, n)) + 1
    return size, np.array(["East", "North", "West"])[rng.integers(0, 3, n)]


def plant_data(size, region, attribute="where"):
    return {"regions": names("p", len(size)), "measures": {"x": {"2000": [[x] for x in size]}},
            "attributes": {attribute: list(region)}}


def structure(x, everyone, small):
    return [(x < small).mean(), x[x < small].sum() / x.sum(), x.mean(), x.mean() / everyone.mean(), float(Gini(x).g),
            ((x / x.sum()) ** 2).sum(), float(variation(x)), len(x)]


def firm_size_structure():
    index = "firm_size_structure"
    source = ("PySAL inequality 1.1.2 gini.Gini (gini), " + SCIPY + "stats.variation (variation), " + PANDAS
              + "means of groups, numpy sum of squared shares (hhi)")
    parts = ["small_share", "small_measure_share", "average", "relative_average", "gini", "hhi", "variation", "plants"]
    size, region = firms()
    cases = []
    for name, small in (("fifty", 50), ("ten", 10)):
        groups = [group.to_numpy() for _, group in pd.Series(size).groupby(region)] + [size]
        rows = [structure(group, size, small) for group in groups]
        parameters = {"region": "where"} | ({} if small == 50 else {"small": small})
        cases.append(case(name, source, index, plant_data(size, region), dict(zip(parts, zip(*rows))), parameters))
    write(f"indices/{index}.json", "Size structure of firms", cases)


def small_firm_isolation():
    index, cases = "small_firm_isolation", []
    source = PYSAL + "singlegroup.Isolation, Interaction and CorrelationR"
    size, region = firms()
    for name, small in (("fifty", 50), ("twenty", 20)):
        frame = pd.DataFrame({"small": size < small, "all": 1}).groupby(region).sum().astype(float)
        expected = {"value": Isolation(frame, "small", "all").statistic,
                    "interaction": Interaction(frame, "small", "all").statistic,
                    "expected": frame["small"].sum() / frame["all"].sum(),
                    "correlation_ratio": CorrelationR(frame, "small", "all").statistic}
        cases.append(case(name, source, index, plant_data(size, region), {k: [v] for k, v in expected.items()},
                          {"region": "where", "small": small}))
    write(f"indices/{index}.json", "Isolation of small firms", cases)


def table(seed, regions, industries, low=0, high=200):
    rng = np.random.default_rng(seed)
    return rng.integers(low, high, (regions, industries)).astype(float)


def panel(industries=True, **measures):
    first = next(iter(measures.values()))
    first = next(iter(first.values())) if isinstance(first, dict) else first
    listed = {name: {t: v.tolist() for t, v in x.items()} if isinstance(x, dict) else {"2000": x.tolist()}
              for name, x in measures.items()}
    return {"regions": names("r", len(first)), "industries": names("i", len(first[0])), "measures": listed}


def firm_size():
    index, source = "firm_size", PANDAS + "quotients of sums of groups"
    x, n = table(11, 4, 3), table(12, 4, 3, 1, 20)
    frame = pd.DataFrame({"r": np.repeat(range(4), 3), "i": np.tile(range(3), 4), "x": x.ravel(), "n": n.ravel()})
    by_region, by_industry = frame.groupby("r")[["x", "n"]].sum(), frame.groupby("i")[["x", "n"]].sum()
    average, nation = by_region.x / by_region.n, frame.x.sum() / frame.n.sum()
    own, of_industry = frame.x / frame.n, frame.i.map(by_industry.x / by_industry.n)
    cases = [case("region", source, index, panel(x=x, n=n), {"value": average, "relative": average / nation}, {"plants": "n"}),
             case("cell", source, index, panel(x=x, n=n), {"value": own, "relative": own / of_industry},
                  {"plants": "n", "level": "cell"})]
    write(f"indices/{index}.json", "Average size of firms", cases)


def outside_market_orientation():
    index, source = "outside_market_orientation", NUMPY + "exports / production, OECD STAN indicators, X/PROD"
    q = table(13, 4, 3, 1)
    x = np.round(q * table(14, 4, 3, 0, 100) / 100, 3)
    x[1, 2], q[2, 0] = np.nan, 0
    with np.errstate(divide="ignore", invalid="ignore"):
        cells = x / q
        both = np.where(np.isnan(x), np.nan, q)
        regions = np.nansum(x, axis=1) / np.nansum(both, axis=1)
    cases = [case("cell", source, index, panel(x=x, q=q), {"value": nulls(cells.ravel())}, {"supply": "q"}),
             case("region", source, index, panel(x=x, q=q), {"value": regions}, {"supply": "q", "level": "region"})]
    write(f"indices/{index}.json", "Orientation to outside markets", cases)


def product_differentiation():
    index, source = "product_differentiation", SCIPY + "stats.entropy of the products of a class"
    x = table(15, 3, 6)
    x[0, 1] = x[2, 5] = 0
    classes = np.array(["a", "a", "b", "b", "b", "c"])
    data = panel(x=x) | {"industry_attributes": {"class": classes.tolist()}}
    rows = [(row[classes == c], row) for row in x for c in "abc"]
    inside = [entropy(own) if own.sum() > 0 else np.nan for own, _ in rows]
    parts = {"entropy": nulls(inside), "equivalent": nulls(np.exp(inside)),
             "products": [int((own > 0).sum()) if own.sum() > 0 else None for own, _ in rows]}
    weighted = np.array([own.sum() / row.sum() * (0 if own.sum() == 0 else entropy(own)) for own, row in rows])
    region = weighted.reshape(3, 3).sum(axis=1)
    cases = [case("class", source, index, data, parts, {"groups": "class", "level": "class"}),
             case("region", source, index, data, {"equivalent": np.exp(region), "entropy": region}, {"groups": "class"})]
    write(f"indices/{index}.json", "Product differentiation within classes", cases)


# ---------------------------------------------------------------- networks

def network_data(graph, attributes=(), unknown=()):
    """Each link told from one end; nodes of `unknown` occur as partners only."""
    label = {node: f"n{k:02}" for k, node in enumerate(graph.nodes)}
    nodes = [node for node in graph.nodes if node not in unknown]
    partners = list(graph.nodes)
    told = {(a, b) if a in nodes else (b, a) for a, b in graph.edges}
    cells = [[1 if (a, b) in told else "-" for b in partners] for a in nodes]
    # A row without a link still names its node.
    for row, node in zip(cells, nodes):
        if all(cell == "-" for cell in row):
            row[partners.index(node)] = 0
    data = {"regions": [label[n] for n in nodes], "industries": [label[n] for n in partners], "measures": {"x": {"2000": cells}}}
    if attributes:
        data["attributes"] = {name: [graph.nodes[n][name] for n in nodes] for name in attributes}
    return data


def florentine():
    """Marriages of 16 families, with the isolate Pucci."""
    graph = nx.florentine_families_graph()
    graph.add_node("Pucci")
    return graph


def karate():
    graph = nx.karate_club_graph()
    for node in graph:
        graph.nodes[node]["kind"] = ("bank", "firm", "university")[node % 3]
    return graph


def shape(graph):
    n = graph.number_of_nodes()
    degrees = [d for _, d in graph.degree]
    paths = sum(d * (d - 1) for d in degrees)
    return {"density": nx.density(graph), "centralisation": sum(max(degrees) - d for d in degrees) / ((n - 1) * (n - 2)),
            "transitivity": nx.transitivity(graph) if paths else None,
            "largest_component": max(map(len, nx.connected_components(graph))) / n,
            "isolates": nx.number_of_isolates(graph) / n, "nodes": n, "links": graph.number_of_edges()}


def columns(rows):
    return {part: [row[part] for row in rows] for part in rows[0]}


def cooperation_network():
    index = "cooperation_network"
    source = NETWORKX + "density, transitivity, connected_components, number_of_isolates; Freeman's centralisation of its degrees"
    clubs = karate()
    parts = [clubs.subgraph([n for n in clubs if clubs.nodes[n]["club"] == club]) for club in ("Mr. Hi", "Officer")]
    assert abs(shape(florentine())["centralisation"] - 0.267) < 5e-4
    some = nx.Graph(list(clubs.edges(range(12))))
    cases = [case("florentine_families", source, index, network_data(florentine()), columns([shape(florentine())])),
             case("florentine_printed", "Wasserman and Faust (1994), Social Network Analysis, section 5.2.1: degree centralization "
                  "of the marriages of 16 Florentine families", index, network_data(florentine()), {"centralisation": [0.267]},
                  tolerance=2e-3, reason="printed with three decimals"),
             case("karate_clubs", source, index, network_data(clubs, ["club"]), columns([*map(shape, parts), shape(clubs)]),
                  {"territory": "club"}),
             case("unknown_partners", source, index, network_data(some, unknown=[n for n in some if n > 11]), columns([shape(some)]))]
    write(f"indices/{index}.json", "Networks of cooperation", cases)


def cross_type_links():
    index, source = "cross_type_links", NETWORKX + "attribute_mixing_matrix(normalized=False), rows over their sums"
    graph, kinds = karate(), ["bank", "firm", "university"]
    order = {kind: k for k, kind in enumerate(kinds)}

    def links(graph):
        # Of an undirected graph the matrix holds links within a kind twice.
        matrix = nx.attribute_mixing_matrix(graph, "kind", mapping=order, normalized=False)
        return matrix - np.diag(np.diag(matrix)) / 2

    whole = links(graph)
    rows = []
    for club in ("Mr. Hi", "Officer"):
        inside = {n for n in graph if graph.nodes[n]["club"] == club}
        within, across = graph.subgraph(inside), graph.edge_subgraph([e for e in graph.edges if (e[0] in inside) != (e[1] in inside)])
        of_club = links(within)
        for a, b in across.edges:
            a, b = (a, b) if a in inside else (b, a)
            of_club[order[graph.nodes[a]["kind"]], order[graph.nodes[b]["kind"]]] += 1
        rows.append(of_club)
    rows.append(whole)
    assert all((matrix > 0).all() for matrix in rows)
    flat = {"value": np.concatenate([(m / m.sum(axis=1, keepdims=True)).ravel() for m in rows]),
            "links": np.concatenate([m.ravel() for m in rows])}
    cases = [case("karate", source, index, network_data(graph, ["kind"]),
                  {"value": (whole / whole.sum(axis=1, keepdims=True)).ravel(), "links": whole.ravel()}, {"kind": "kind"}),
             case("karate_clubs", source, index, network_data(graph, ["kind", "club"]), flat, {"kind": "kind", "territory": "club"})]
    write(f"indices/{index}.json", "Links between kinds of nodes", cases)


def external_internal_links():
    index, source = "external_internal_links", NETWORKX + "attribute_mixing_matrix(normalized=False) of the links; Krackhardt and Stern (1988)"
    graph, cases = karate(), []
    for attribute, groups in (("club", ["Mr. Hi", "Officer"]), ("kind", ["bank", "firm", "university"])):
        mixing = nx.attribute_mixing_matrix(graph, attribute, mapping={g: k for k, g in enumerate(groups)}, normalized=False)
        internal = np.diag(mixing) / 2
        external = mixing.sum(axis=1) - np.diag(mixing)
        i, e = np.append(internal, internal.sum()), np.append(external, external.sum() / 2)
        cases.append(case(attribute, source, index, network_data(graph, [attribute]),
                          {"value": (e - i) / (e + i), "external": e, "internal": i}, {"kind": attribute}))
    write(f"indices/{index}.json", "E-I index", cases)


# ---------------------------------------------------------------- stocks and flows

def flows(now, earlier):
    z = (now + earlier).sum() / 2
    up, down = (now - earlier).clip(0).sum() / z, (earlier - now).clip(0).sum() / z
    return {"reallocation": up + down, "creation": up, "destruction": down, "net": (now.sum() - earlier.sum()) / z,
            "excess": 2 * min(up, down)}


def churn():
    index, source, cases = "churn", NUMPY + "Davis and Haltiwanger (1992), section II", []
    a, b = table(16, 4, 5), table(17, 4, 5)
    data = panel(x={"2000": a, "2001": b})
    cases.append(case("industries", source, index, data, columns([flows(y, x) for x, y in zip(a, b)]),
                      note="excess written as twice the smaller of creation and destruction, which is the same"))
    a, b = a.copy(), b.copy()
    a[0, 0] = b[1, 1] = b[2, 3] = np.nan
    both = ~(np.isnan(a) | np.isnan(b))
    cases.append(case("holes", source, index, panel(x={"2000": a, "2001": b}),
                      columns([flows(y[k], x[k]) for x, y, k in zip(a, b, both)])))
    cases.append(case("born_and_closed", source, index, panel(x={"2000": a, "2001": b}),
                      columns([flows(np.nan_to_num(y), np.nan_to_num(x)) for x, y in zip(a, b)]), {"missing": "zero"}))
    size, region = firms(21, 30)
    later = np.round(size * np.random.default_rng(22).lognormal(0, 0.4, 30))
    plants = plant_data(size, region)
    plants["measures"]["x"]["2001"] = [[x] for x in later]
    groups = [flows(later[region == r], size[region == r]) for r in ("East", "North", "West")] + [flows(later, size)]
    cases.append(case("plants", source, index, plants, columns(groups), {"region": "where"}))
    write(f"indices/{index}.json", "Churn: gross flows of Davis and Haltiwanger", cases)


def intangible_capital():
    index, source = "intangible_capital", SCIPY + "signal.lfilter([1], [1, -(1 - delta)]) begun at I_1/(g + delta)"
    years = [str(year) for year in range(2000, 2009)]
    x = np.random.default_rng(23).integers(5, 90, (9, 3, 4)).astype(float)
    kinds, rates = ["brand", "research", "software", "other"], [0.6, 0.2, 0.33, 0.15]
    data = panel(x=dict(zip(years, x))) | {"industry_attributes": {"asset": kinds}}

    def stock(series, delta, g):
        first = series[0] / (g + delta)
        return lfilter([1], [1, -(1 - delta)], series, zi=lfiltic([1], [1, -(1 - delta)], [first]))[0][-1]

    cells = np.array([[stock(x[:, r, i], rates[i], 0.05) for i in range(4)] for r in range(3)])
    given = {"kinds": "asset", "depreciation": 0.15}
    cases = [case("cell", source, index, data, {"value": cells.ravel()}, given | {"level": "cell"}),
             case("region", source, index, data, {"value": cells.sum(axis=1)}, given)]
    plain = np.array([[stock(x[:, r, i], 0.25, 0.03) for i in range(4)] for r in range(3)])
    cases.append(case("one_rate", source, index, data, {"value": plain.sum(axis=1)}, {"depreciation": 0.25, "growth": 0.03}))
    gap = x.copy()
    gap[:2, 0, 0] = gap[4, 1, 2] = np.nan
    cells = cells.copy()
    cells[0, 0] = stock(x[2:, 0, 0], rates[0], 0.05)
    cells[1, 2] = np.nan
    holes = panel(x=dict(zip(years, gap))) | {"industry_attributes": {"asset": kinds}}
    cases.append(case("holes", source, index, holes, {"value": nulls(cells.ravel())}, given | {"level": "cell"},
                      note="a series begins late, another one ends in a gap"))
    cases.append(case("holes_region", source, index, holes, {"value": nulls(cells.sum(axis=1))}, given))
    write(f"indices/{index}.json", "Intangible capital by perpetual inventory", cases)


# ---------------------------------------------------------------- rules of cluster mapping

def weak(values, has):
    """Share of the regions that have the industry and no larger value, column by column."""
    return np.array([[percentileofscore(values[has[:, i], i], v, kind="weak") / 100 for i, v in enumerate(row)] for row in values])


def quotients(x):
    return (x / x.sum(axis=1, keepdims=True)) / (x.sum(axis=0) / x.sum())


def cluster_profile():
    index, cases = "cluster_profile", []
    source = SCIPY + "stats.percentileofscore(kind='weak') of the sides; a star where fewer than top of the regions are above (" + PANDAS + "rank)"
    x, before, v = table(24, 10, 3, 1), table(25, 10, 3, 1), table(26, 10, 3, 1)
    x[3, 1] = 0
    x[4, 1] = x[5, 1]
    has = x > 0
    lq = quotients(x)
    sides = {"size": x, "specialisation": lq, "focus": x / x.sum(axis=1, keepdims=True), "dynamism": x / before - 1}
    data = panel(x={"1999": before, "2000": x}, v={"1999": v, "2000": v})

    def stars(sides, top, by_quotient=None):
        total = np.zeros(x.shape)
        for name, side in sides.items():
            above = pd.DataFrame(np.where(has, side, np.nan)).rank(ascending=False, method="min") - 1
            earned = above < top * has.sum(axis=0) - 1e-9
            total += np.where(has, (lq >= by_quotient) if name == "specialisation" and by_quotient else earned, False)
        return total

    percentiles = {name: weak(side, has).ravel() for name, side in sides.items()}
    cases.append(case("top_fifth", source, index, data, {"value": stars(sides, 0.2).ravel(), "quotient": lq.ravel()} | percentiles))
    observatory = {"size": x, "focus": sides["focus"], "specialisation": lq, "dynamism": sides["dynamism"]}
    cases.append(case("observatory", source, index, data, {"value": stars(observatory, 0.1, 1.5).ravel()},
                      {"top": 0.1, "specialisation": "quotient", "quotient": 1.5}))
    with np.errstate(divide="ignore"):
        made = sides | {"productivity": v / x}
    share = weak(np.where(has, made["productivity"], -1), has)
    share[~has] = np.nan
    cases.append(case("productivity", source, index, data,
                      {"value": stars(made, 0.3).ravel(), "productivity": nulls(share.ravel())}, {"top": 0.3, "output": "v"}))
    write(f"indices/{index}.json", "Cluster profile", cases)


def strong_cluster():
    index, source, cases = "strong_cluster", PANDAS + "rank, by industry; rule of Delgado, Porter and Stern (2014)", []
    x, n = table(27, 12, 3, 1), table(28, 12, 3, 1, 30)
    x[2, 0] = n[2, 0] = 0
    has, lq, share = x > 0, quotients(x), x / x.sum(axis=0)

    def rule(top, quotient, floor, plants=None):
        strong = (lq >= quotient) & has
        rank = pd.DataFrame(np.where(has, lq, np.nan)).rank(ascending=False, method="min") - 1
        strong &= (rank < top * has.sum(axis=0) - 1e-9).to_numpy()
        for size in [share] + ([plants] if plants is not None else []):
            smaller = pd.DataFrame(np.where(has, size, np.nan)).rank(method="min") - 1
            strong &= (smaller >= floor * has.sum(axis=0) - 1e-9).to_numpy()
        return strong.astype(int)

    for name, given, plants in (("mapping_project", {}, None), ("with_plants", {"floor": 0.5}, n), ("top_half", {"top": 0.5, "quotient": 1.2}, None)):
        value = rule(given.get("top", 0.25), given.get("quotient", 1), given.get("floor", 0.25), plants)
        assert 0 < value.sum()
        cases.append(case(name, source, index, panel(x=x, n=n), {"value": value.ravel(), "quotient": lq.ravel(), "share": share.ravel()},
                          given | ({"plants": "n"} if plants is not None else {})))
    write(f"indices/{index}.json", "Strong clusters", cases)


if __name__ == "__main__":
    for file in (duranton_overman, m_function, firm_size, firm_size_structure, small_firm_isolation, outside_market_orientation,
                 product_differentiation, cooperation_network, cross_type_links, external_internal_links, churn, intangible_capital,
                 cluster_profile, strong_cluster):
        file()
