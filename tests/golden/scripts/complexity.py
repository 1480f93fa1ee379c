#!/usr/bin/env python3
"""Golden files of the indices of complexity and relatedness.

Expected numbers come from ecomplexity (Growth Lab) and economic-complexity (Datawheel) where they follow the published
formula, from networkx and scipy, from printed tables, and else from dense numpy on the formula (never sparse, never
iterative where an eigensolver exists).
"""
import contextlib
import io
import warnings
from unittest import mock

import economic_complexity as ec
import networkx as nx
import numpy as np
import pandas as pd
from ecomplexity import ecomplexity
from networkx.algorithms import bipartite
from scipy.sparse import csr_array

from common import write

warnings.simplefilter("ignore")
SCRIPT = "tests/golden/scripts/complexity.py"
GROWTH_LAB = "ecomplexity 0.5.3, ecomplexity(): "
DATAWHEEL = "economic-complexity 0.3.0, "
NUMPY = "numpy 2.4.6 evaluation of "
NX = "networkx 3.6.1, "

# Hidalgo and Hausmann (2009), supplement, fig. S4. As values, their quotients are at least 0.5 where they are 1.
FIGURE = np.array([[1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]], float)
# Region x industry example of the EconGeo manual pages: its first region and industry are a component of their own.
ECONGEO = [[100, 0, 0, 0, 0], [0, 15, 5, 70, 10], [0, 20, 10, 20, 50], [0, 25, 30, 5, 40], [0, 40, 55, 5, 0]]
ECONGEO_DOC = "EconGeo 2.1, example of man/{}.Rd as run by R 4.2.2"


def medium(regions=30, industries=45, seed=20240611):
    """Regions of unequal abilities and industries that ask for them; some cells are zero."""
    rng = np.random.default_rng(seed)
    ability, need = rng.normal(size=(regions, 4)), rng.normal(size=(industries, 4))
    scale = 1.2 * rng.normal(size=(regions, 1)) + rng.normal(size=(1, industries))
    table = np.exp(ability @ need.T / 2 + scale + 0.5 * rng.normal(size=(regions, industries)) + 5)
    return np.round(np.where(rng.random(table.shape) < 0.3, 0, table), 2)


def rca(table):
    table = np.asarray(table, float)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (table / table.sum(1, keepdims=True)) / (table.sum(0) / table.sum())


def cutoff(table):
    return 0.5 if np.array_equal(table, FIGURE) else 1


def names(letter, n):
    return [f"{letter}{k:02}" for k in range(n)]


def data(table, **more):
    table = np.asarray(table, float)
    return {"regions": names("r", table.shape[0]), "industries": names("i", table.shape[1]),
            "measures": {"x": {"2000": table}}} | more


def case(name, index, source, table, expected, parameters=None, tolerance=1e-10, note=None, more=None, **fields):
    one = {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance}
    if note:
        one["note"] = note
    if cutoff(table) != 1:
        parameters = (parameters or {}) | {"cutoff": cutoff(table)}
    call = {"index": index, "measure": "x"} | ({"parameters": parameters} if parameters else {})
    return one | fields | {"data": data(table, **(more or {})), "call": call, "expected": expected}


def growth_lab(table):
    """What ecomplexity makes of a table, as matrices and vectors."""
    table = np.asarray(table, float)
    r, i = np.indices(table.shape)
    frame = pd.DataFrame({"t": 2000, "r": np.array(names("r", len(table)))[r.ravel()],
                          "i": np.array(names("i", table.shape[1]))[i.ravel()], "x": table.ravel()})
    with contextlib.redirect_stdout(io.StringIO()):
        out = ecomplexity(frame, {"time": "t", "loc": "r", "prod": "i", "val": "x"},
                          rca_mcp_threshold=cutoff(table), check_logsupermodularity=False)
    grid = {name: out.pivot(index="r", columns="i", values=name).to_numpy(float)
            for name in ("mcp", "diversity", "ubiquity", "eci", "pci", "density", "coi", "cog")}
    return grid | {name: grid[name][:, 0] for name in ("diversity", "eci", "coi")} | {
        name: grid[name][0] for name in ("ubiquity", "pci")}


def datawheel(table):
    return ec.rca(pd.DataFrame(np.asarray(table, float), names("r", len(table)), names("i", len(table[0]))))


def datawheel_proximity(table, procedure="max"):
    # It writes zeros into the diagonal of DataFrame.values, which pandas 3 makes read-only: they are written here.
    with mock.patch.object(np, "fill_diagonal"):
        frame = ec.proximity(datawheel(table), cutoff=cutoff(table), procedure=procedure)
    return frame * (1 - np.eye(len(frame)))


def datawheel_density(table, proximities=None):
    if proximities is None:
        proximities = datawheel_proximity(table)
    return ec.relatedness(datawheel(table), cutoff=cutoff(table), proximities=proximities).to_numpy()


TABLES = {"figure_s4": FIGURE, "random_30_45": medium(), "random_45_12": medium(45, 12, 7)}


def graph(m):
    """Regions 0, 1, ..., then industries."""
    return bipartite.from_biadjacency_matrix(csr_array(m))


# ---------------------------------------------------------------- specialisation

def specialisation():
    matrices, diversities, ubiquities = [], [], []
    for name, table in TABLES.items():
        theirs = growth_lab(table)
        m = theirs["mcp"]
        matrices.append(case(name, "rca_matrix", GROWTH_LAB + "mcp", table, {"value": m}))
        neighbours = nx.average_neighbor_degree(graph(m))
        average = [neighbours[node] for node in range(sum(m.shape))]
        source = GROWTH_LAB + "{}; " + NX + "average_neighbor_degree"
        diversities.append(case(name, "diversity", source.format("diversity"), table,
                                {"value": theirs["diversity"], "average_ubiquity": average[:len(m)]}))
        ubiquities.append(case(name, "ubiquity", source.format("ubiquity"), table,
                               {"value": theirs["ubiquity"], "average_diversity": average[len(m):]}))
    double = (datawheel(TABLES["random_30_45"]) >= 2).to_numpy(int)
    matrices.append(case("cutoff_2", "rca_matrix", DATAWHEEL + "rca() >= 2", TABLES["random_30_45"], {"value": double},
                         {"cutoff": 2}))
    diversities.append(case("cutoff_2", "diversity", DATAWHEEL + "rca() >= 2, summed", TABLES["random_30_45"],
                            {"value": double.sum(1)}, {"cutoff": 2}))
    diversities.append(case("econgeo", "diversity", ECONGEO_DOC.format("diversity"), ECONGEO, {"value": [1, 1, 3, 3, 2]}))
    ubiquities.append(case("econgeo", "ubiquity", ECONGEO_DOC.format("ubiquity"), ECONGEO, {"value": [1, 3, 2, 2, 2]}))
    write("indices/rca_matrix.json", "Specialisation: location quotient at least the cutoff", matrices)
    write("indices/diversity.json", "Diversity: industries a region is specialised in", diversities)
    write("indices/ubiquity.json", "Ubiquity: regions specialised in an industry", ubiquities)


def reflections():
    cases = []
    printed = "EconGeo 2.1, man/morc.Rd and man/mort.Rd as run by R 4.2.2 (the network of Hidalgo and Hausmann 2009, fig. S4)"
    for of, order, values in (("regions", 1, [2, 2, 2.5, 3]), ("industries", 1, [4, 2.5, 3, 7 / 3]),
                              ("regions", 2, [2.9583333, 2.5, 2.6666667, 2.3333333]), ("industries", 2, [2, 2, 2.25, 2.5])):
        cases.append(case(f"figure_s4_{of}_{order}", "method_of_reflections", printed, TABLES["figure_s4"], {"value": values},
                          {"of": of, "iterations": order}, 1e-7, tolerance_reason="printed to seven decimals"))
    for name in ("random_30_45", "random_45_12"):
        table = TABLES[name]
        quotients = datawheel(table)
        for iterations in (5, 7):
            # complexity(iterations=n) ends with kc of order n - 2 and kp of order n - 1; its z-scores have ddof 1
            eci, pci = ec.complexity(quotients, iterations=iterations)
            for of, order, z in (("regions", iterations - 2, eci), ("industries", iterations - 1, pci)):
                ours = z.to_numpy() * np.sqrt(len(z) / (len(z) - 1))
                cases.append(case(f"{name}_{of}_{order}", "method_of_reflections",
                                  DATAWHEEL + f"complexity(rca, iterations={iterations}), its z-scores turned from ddof 1 to 0",
                                  table, {"standardized": ours}, {"of": of, "iterations": order}, 1e-8))
    write("indices/method_of_reflections.json", "Method of reflections", cases)


# ---------------------------------------------------------------- eigenvectors

def eigenvalues(m):
    """All eigenvalues of D^-1 M U^-1 M', descending: numpy.linalg.eigvals, not symmetric."""
    w = (m / m.sum(1, keepdims=True)) @ (m / m.sum(0)).T
    return np.sort(np.linalg.eigvals(w).real)[::-1]


def of_largest_component(m):
    """ECI and PCI of the component of most ones, by numpy.linalg.eig."""
    network = graph(m)
    largest = max(nx.connected_components(network), key=lambda nodes: network.subgraph(nodes).number_of_edges())
    rows = sorted(node for node in largest if node < len(m))
    columns = sorted(node - len(m) for node in largest if node >= len(m))
    part = m[np.ix_(rows, columns)]
    values, vectors = np.linalg.eig((part / part.sum(0)).T @ (part / part.sum(1, keepdims=True)))
    q = vectors[:, values.real.argsort()[-2]].real
    e = part @ q / part.sum(1)
    sign = np.sign(np.corrcoef(e, part.sum(1))[0, 1])
    eci, pci = np.full(len(m), np.nan), np.full(m.shape[1], np.nan)
    eci[rows] = sign * (e - e.mean()) / e.std()
    pci[columns] = sign * (q - e.mean()) / e.std()
    return eci, pci


def complexity():
    ecis, pcis, diagnostics = [], [], []
    for name, table in TABLES.items():
        theirs = growth_lab(table)
        m, eci = theirs["mcp"], theirs["eci"]
        ecis.append(case(name, "economic_complexity", GROWTH_LAB + "eci", table, {"value": eci}, tolerance=1e-8,
                         note="EconGeo's kci has the opposite orientation for figure_s4" if name == "figure_s4" else None))
        pcis.append(case(name, "product_complexity", GROWTH_LAB + "pci", table, {"value": theirs["pci"]}, tolerance=1e-8))
        values = eigenvalues(m)
        expected = {"components": 1, "regions": m.shape[0], "industries": m.shape[1], "fill": m.mean(),
                    "second_eigenvalue": values[1], "third_eigenvalue": values[2], "eigengap": values[1] - values[2],
                    "diversity_correlation": np.corrcoef(eci, m.sum(1))[0, 1]}
        assert nx.number_connected_components(graph(m)) == 1
        diagnostics.append(case(name, "complexity_diagnostics", NX + "number_connected_components; numpy 2.4.6, "
                                "linalg.eigvals and corrcoef with eci of ecomplexity 0.5.3", table, expected, tolerance=1e-8))
    printed = "py-ecomplexity (repository d22c0f7), run on the network of Hidalgo and Hausmann (2009), fig. S4"
    rounded = {"tolerance": 1e-5, "tolerance_reason": "recorded to six decimals"}
    ecis.append(case("figure_s4_recorded", "economic_complexity", printed, TABLES["figure_s4"],
                     {"value": [-.075353, -1.602916, .747788, .930481]}, **rounded))
    pcis.append(case("figure_s4_recorded", "product_complexity", printed, TABLES["figure_s4"],
                     {"value": [-.194073, -1.602916, .565095, .930481]}, **rounded))
    # A region and an industry without activity: ecomplexity drops both before it computes.
    empty = np.insert(np.insert(TABLES["random_30_45"], 3, 0, 0), 5, 0, 1)
    theirs = growth_lab(TABLES["random_30_45"])
    note = "run without the empty region and industry, which have no value and change nothing"
    ecis.append(case("empty_margins", "economic_complexity", GROWTH_LAB + "eci", empty,
                     {"value": np.insert(theirs["eci"], 3, np.nan)}, tolerance=1e-8, note=note))
    pcis.append(case("empty_margins", "product_complexity", GROWTH_LAB + "pci", empty,
                     {"value": np.insert(theirs["pci"], 5, np.nan)}, tolerance=1e-8, note=note))
    apart = np.asarray(ECONGEO, float)
    m = (rca(apart) >= 1).astype(float)
    eci, pci = of_largest_component(m)
    source = NX + "connected_components, and numpy 2.4.6, linalg.eig of U^-1 M' D^-1 M of the component of most ones"
    note = "the first region and industry are a component of their own: eigenvalue 1 is double, and packages answer with a label of the component"
    ecis.append(case("disconnected", "economic_complexity", source, apart, {"value": eci}, tolerance=1e-8, note=note))
    pcis.append(case("disconnected", "product_complexity", source, apart, {"value": pci}, tolerance=1e-8, note=note))
    diagnostics.append(case("disconnected", "complexity_diagnostics", NX + "number_connected_components", apart,
                            {"components": 2, "regions": 4, "industries": 4, "fill": 9 / 16}))
    write("indices/economic_complexity.json", "Economic complexity index: z-score of the second eigenvector", ecis)
    write("indices/product_complexity.json", "Product complexity index, scaled with mean and deviation of the ECI", pcis)
    write("indices/complexity_diagnostics.json", "Connectedness and eigenvalues behind the ECI", diagnostics)


def fitness_of(m, iterations):
    """Tacchella et al. (2012), eq. 1."""
    f, q = np.ones(len(m)), np.ones(m.shape[1])
    for _ in range(iterations):
        f_next, q_next = m @ q, 1 / (m.T @ (1 / f))
        f, q = f_next / f_next.mean(), q_next / q_next.mean()
    return f, q


def fitness():
    fs, qs = [], []
    source = NUMPY + "Tacchella et al. (2012), eq. 1, dense, {} steps"
    for name, table in TABLES.items():
        m = growth_lab(table)["mcp"]
        for steps in (1, 20):
            f, q = fitness_of(m, steps)
            given = {"iterations": steps, "tolerance": 0}
            row = {"converged": 0, "iterations": steps}
            fs.append(case(f"{name}_{steps}", "fitness", source.format(steps), table,
                           {"value": f} | {k: [v] * len(f) for k, v in row.items()}, given, 1e-8))
            qs.append(case(f"{name}_{steps}", "fitness_complexity", source.format(steps), table,
                           {"value": q} | {k: [v] * len(q) for k, v in row.items()}, given, 1e-8))
    table = TABLES["random_30_45"]
    f, q = fitness_of(growth_lab(table)["mcp"], 2000)
    for cases, index, values in ((fs, "fitness", f), (qs, "fitness_complexity", q)):
        cases.append(case("converged", index, source.format(2000), table, {"value": values, "converged": [1] * len(values)},
                          {"iterations": 2000, "tolerance": 1e-14}, 1e-8))
    write("indices/fitness.json", "Fitness of regions", fs)
    write("indices/fitness_complexity.json", "Complexity of industries by fitness", qs)


# ---------------------------------------------------------------- relatedness

def upper(matrix):
    matrix = np.asarray(matrix, float)
    return matrix[np.triu_indices(len(matrix), 1)]


def proximity():
    cases = []
    for name, table in TABLES.items():
        m = growth_lab(table)["mcp"]
        cases.append(case(name, "proximity", DATAWHEEL + "proximity(rca, procedure='max'); both: M'M", table,
                          {"value": upper(datawheel_proximity(table).to_numpy()), "both": upper(m.T @ m)},
                          note="the package's diagonal is 0, Growth Lab's 1: it is not listed"))
    write("indices/proximity.json", "Proximity of industries, pairs i < j", cases)


def by_cooccurrences(m):
    c = m.T @ m
    np.fill_diagonal(c, 0)
    return c, c.sum(1), c.sum()


def steijn(c, s, t):
    one_way = np.outer(s / t, s / (t - s))
    return c / ((one_way + one_way.T) * t / 2)


def relatedness():
    cases = []
    table = TABLES["figure_s4"]
    econgeo = "EconGeo 2.1, relatedness() as run by R 4.2.2 on the co-occurrences of Hidalgo and Hausmann (2009), fig. S4"
    rounded = {"tolerance": 1e-5, "tolerance_reason": "recorded to six decimals"}
    c, s, t = by_cooccurrences(FIGURE)
    kinds = {"association": c * t / np.outer(s, s), "cosine": c / np.sqrt(np.outer(s, s)),
             "jaccard": c / (s[:, None] + s - c), "probability": steijn(c, s, t)}
    recorded = {"probability": {0: 1.222222222, 1: .873015873, 5: 1.25}, "association": {0: 1.555555556, 1: 1.166666667, 5: 1.75},
                "cosine": {0: .333333, 1: .288675, 5: .5}, "jaccard": {0: .2, 1: .166667, 5: .333333}}
    for kind, values in kinds.items():
        for place, value in recorded[kind].items():
            assert abs(upper(values)[place] - value) < 1e-6, (kind, place)
        cases.append(case(f"econgeo_{kind}", "relatedness", econgeo + " (first, second and last pair recorded); the others "
                          "numpy 2.4.6 on the same formula", table, {"value": upper(values)},
                          {"kind": kind, "size": "cooccurrences"}))
    cases.append(case("econgeo_z", "relatedness", "EconGeo 2.1, z_score() as run by R 4.2.2 (pairs 1-2, 1-4, 2-4 recorded: 1, "
                      ".577350269, -1); the others numpy 2.4.6 on Teece et al. (1994)", table,
                      {"value": upper(teece(FIGURE))}, {"kind": "z"}))
    z = upper(teece(FIGURE))
    assert np.allclose(z[[0, 2, 4]], [1, .577350269, -1])
    for name in ("random_30_45", "random_45_12"):
        table = TABLES[name]
        m = growth_lab(table)["mcp"]
        pairs = [(len(m) + i, len(m) + j) for i, j in zip(*np.triu_indices(m.shape[1], 1))]
        jaccard = [value for _, _, value in nx.jaccard_coefficient(graph(m), pairs)]
        cases.append(case(f"{name}_jaccard", "relatedness", NX + "jaccard_coefficient of the bipartite graph", table,
                          {"value": jaccard}, {"kind": "jaccard"}))
        cosine = datawheel_proximity(table, "sqrt").to_numpy()
        cases.append(case(f"{name}_cosine", "relatedness", DATAWHEEL + "proximity(rca, procedure='sqrt')", table,
                          {"value": upper(cosine)}, {"kind": "cosine"}))
        cases.append(case(f"{name}_conditional", "relatedness", DATAWHEEL + "proximity(rca, procedure='max')", table,
                          {"value": upper(datawheel_proximity(table).to_numpy())}))
        k = m.sum(0)
        cases.append(case(f"{name}_association", "relatedness", NUMPY + "N C_ij/(k_i k_j), van Eck and Waltman (2009)", table,
                          {"value": upper(len(m) * (m.T @ m) / np.outer(k, k))}, {"kind": "association"}))
        c, s, t = by_cooccurrences(m)
        cases.append(case(f"{name}_probability", "relatedness", NUMPY + "Steijn (2021)", table,
                          {"value": upper(steijn(c, s, t))}, {"kind": "probability"}))
        cases.append(case(f"{name}_z", "relatedness", NUMPY + "Teece et al. (1994)", table, {"value": upper(teece(m))},
                          {"kind": "z"}))
    write("indices/relatedness.json", "Relatedness of industries by kind, pairs i < j", cases)


def teece(m):
    n, k = len(m), m.sum(0)
    mean = np.outer(k, k) / n
    variance = mean * (1 - k / n)[:, None] * (n - k) / (n - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 0, (m.T @ m - mean) / np.sqrt(variance), np.nan)


def density():
    cases = []
    for name, table in TABLES.items():
        cases.append(case(name, "relatedness_density", GROWTH_LAB + "density", table, {"value": growth_lab(table)["density"]}))
        cases.append(case(f"{name}_excluded", "relatedness_density", DATAWHEEL + "relatedness(rca)", table,
                          {"value": datawheel_density(table)}, {"diagonal": "excluded"}))
        cosine = datawheel_proximity(table, "sqrt")
        cases.append(case(f"{name}_cosine", "relatedness_density",
                          DATAWHEEL + "relatedness(rca, proximities=proximity(rca, procedure='sqrt'))", table,
                          {"value": datawheel_density(table, cosine)},
                          {"diagonal": "excluded", "kind": "cosine"}))
    cases.append(case("figure_s4_recorded", "relatedness_density", "py-ecomplexity (repository d22c0f7), its second region",
                      TABLES["figure_s4"], {"value": [
                          [1, 1, 1, 1], [.214286, .428571, .1875, .142857],
                          [(.5 + 1 / 3) / (7 / 3), (.5 + 1 / 3) / (7 / 3), (5 / 3) / (8 / 3), (5 / 3) / (7 / 3)],
                          [(1 / 3) / (7 / 3), (1 / 3) / (7 / 3), (2 / 3) / (8 / 3), 1 / (7 / 3)]]},
                      tolerance=1e-5, tolerance_reason="recorded to six decimals", note="the other rows by hand"))
    write("indices/relatedness_density.json", "Relatedness density of regions and industries", cases)


def coherence():
    cases = []
    for name in ("random_30_45", "random_45_12"):
        table = TABLES[name]
        m = growth_lab(table)["mcp"]
        for kind, related in (("conditional", datawheel_proximity(table).to_numpy()), ("z", np.nan_to_num(teece(m)))):
            related = related.copy()
            np.fill_diagonal(related, 0)
            values = []
            for x in table:
                others = np.array([sum(x[j] * related[i, j] for j in range(len(x)) if j != i) / (x.sum() - x[i])
                                   for i in range(len(x))])
                values.append((x / x.sum()) @ others)
            cases.append(case(f"{name}_{kind}", "coherence", NUMPY + "the weighted average relatedness of Teece et al. (1994) "
                              "and Nesta and Saviotti (2005), loop over pairs", table, {"value": values}, {"kind": kind}))
    write("indices/coherence.json", "Coherence: weighted average relatedness of a region's activity", cases)


def outlook():
    cois, cogs = [], []
    for name, table in TABLES.items():
        theirs = growth_lab(table)
        cois.append(case(name, "complexity_outlook_index", GROWTH_LAB + "coi", table, {"value": theirs["coi"]}, tolerance=1e-8))
        cogs.append(case(name, "complexity_outlook_gain", GROWTH_LAB + "cog", table, {"value": theirs["cog"]}, tolerance=1e-8))
    cois.append(case("figure_s4_recorded", "complexity_outlook_index", "py-ecomplexity (repository d22c0f7)", TABLES["figure_s4"],
                     {"value": [.529877, 1.036377, -1.62532, .059066]}, tolerance=2e-5,
                     tolerance_reason="recorded to six decimals"))
    write("indices/complexity_outlook_index.json", "Complexity outlook index", cois)
    write("indices/complexity_outlook_gain.json", "Complexity outlook gain", cogs)


# ---------------------------------------------------------------- income

def income():
    table = np.asarray(ECONGEO, float)
    given, more = {"income": "income"}, {"attributes": {"income": [1, 2, 3, 4, 5]}}
    prodys = [case("econgeo", "prody", ECONGEO_DOC.format("prody"), table, {"value": [1, 3.9, 4.35, 2.45, 3.3]}, given, more=more)]
    expys = [case("econgeo", "expy", ECONGEO_DOC.format("expy"), table, {"value": [1, 2.8475, 3.355, 3.7225, 4.075]}, given,
                  more=more)]
    table = TABLES["random_30_45"]
    rng = np.random.default_rng(5)
    total, heads = np.round(rng.lognormal(8, 1, 30), 1), np.round(rng.lognormal(3, 1, 30), 2)
    share = table / table.sum(1, keepdims=True)
    prody = share.T @ (total / heads) / share.sum(0)
    per_head = {"income": "total", "population": "heads"}
    more = {"attributes": {"total": total, "heads": heads}}
    prodys.append(case("random_per_head", "prody", NUMPY + "Hausmann, Hwang and Rodrik (2007)", table, {"value": prody}, per_head,
                       more=more))
    expys.append(case("random_per_head", "expy", NUMPY + "Hausmann, Hwang and Rodrik (2007)", table, {"value": share @ prody},
                      per_head, more=more))
    write("indices/prody.json", "PRODY: income level of industries", prodys)
    write("indices/expy.json", "EXPY: income level of what regions do", expys)


if __name__ == "__main__":
    specialisation()
    reflections()
    complexity()
    fitness()
    proximity()
    relatedness()
    density()
    coherence()
    outlook()
    income()
