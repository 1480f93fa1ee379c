#!/usr/bin/env python3
"""Golden files of the input–output indices in tests/golden/indices.

Coefficients and inverses by pymrio; figures printed by the Eurostat manual, Miller and Blair and the vignette of R
leontief; and numpy, by definitions that use no closed form where ours does (removing sectors, adding up powers).
"""
import numpy as np
import pymrio
from scipy.stats import norm

from common import write

SCRIPT = "tests/golden/scripts/linkages.py"
PYMRIO = "pymrio 0.7.0, "
NUMPY = "numpy evaluation of "
EUROSTAT = ("Eurostat (2008), Manual of Supply, Use and Input-Output Tables, Germany 1995, as printed in the tests of R "
            "iotables 0.9.5")
VIGNETTE = "R leontief 0.5, vignettes/leontief.html (Chile, 12 sectors)"
DIGITS = {"tolerance": 5e-4, "tolerance_reason": "printed with four decimals"}


class Table:
    """Flows between sectors, columns of final demand and rows of primary inputs."""

    def __init__(self, names, Z, finals, inputs=None, income=None):
        self.names, self.Z = list(names), np.array(Z, float)
        self.finals = {name: np.array(column, float) for name, column in finals.items()}
        self.inputs = {name: np.array(row, float) for name, row in (inputs or {}).items()}
        self.income = income or {}          # (row, column of final demand): primary inputs of final demand
        self.n = len(self.names)
        self.x = self.Z.sum(1) + sum(self.finals.values())
        self.rows = sorted(self.names + list(self.inputs))
        self.columns = sorted(self.names + list(self.finals))

    def cell(self, row, column):
        at = self.names.index
        if row in self.inputs:
            return self.inputs[row][at(column)] if column in self.names else self.income.get((row, column), "-")
        return self.Z[at(row), at(column)] if column in self.names else self.finals[column][at(row)]

    def data(self):
        flows = [[self.cell(row, column) for column in self.columns] for row in self.rows]
        return {"regions": self.rows, "industries": self.columns, "measures": {"flow": {"2000": flows}}}

    def sectors(self, values):
        """One value an industry: columns of final demand have none."""
        return [values[self.names.index(c)] if c in self.names else None for c in self.columns]

    def pairs(self, matrix):
        order = [self.names.index(c) for c in self.columns if c in self.names]
        return np.asarray(matrix)[np.ix_(order, order)].ravel()

    def cells(self, value):
        """One value a listed cell."""
        return [value(r, c) for r in self.rows for c in self.columns if self.cell(r, c) != "-"]

    def A(self):
        return pymrio.calc_A(self.Z, self.x)

    def B(self):
        return pymrio.calc_B(self.Z, self.x)

    def L(self):
        return pymrio.calc_L(self.A())

    def G(self):
        return pymrio.calc_G(self.B())


MILLER_BLAIR = Table(["a", "b"], [[150, 500], [200, 100]], {"final": [350, 1700]}, {"value_added": [650, 1400]})

GERMAN_Z = [[1131, 25480, 1, 607, 710, 762], [7930, 304584, 64167, 41082, 11981, 30360],
            [426, 7334, 3875, 5296, 23457, 9155], [3559, 72717, 14190, 74399, 10835, 21008],
            [3637, 96115, 31027, 65755, 193176, 34223], [1552, 14986, 1747, 11225, 15058, 22070]]
GERMAN_X = np.array([43910, 1079446, 245606, 540063, 692487, 508918.])
GERMANY = Table(["agriculture", "industry", "construction", "trade", "business", "other"], GERMAN_Z,
                {"final": GERMAN_X - np.sum(GERMAN_Z, 1)},
                {"gva": [21664, 395022, 115624, 311407, 415426, 365017], "jobs": [1096, 8381, 3236, 9251, 4258, 10206]})

# An open economy made up for the cases that need trade, wages and consumption.
OPEN = Table(["crops", "food", "metal", "tools"],
             [[20, 90, 0, 5], [10, 25, 4, 6], [3, 8, 60, 110], [12, 15, 30, 40]],
             {"consumption": [40, 180, 5, 60], "exports": [60, 70, 50, 120], "imports": [-25, -15, -40, -70],
              "investment": [0, 10, 8, 90]},
             {"imported_inputs": [22, 40, 35, 60], "profits": [40, 60, 30, 70], "wages": [60, 80, 40, 110]},
             {("wages", "consumption"): 12.0, ("wages", "exports"): 9.0})

# A sector without output, two sectors joined to the others by nothing, and two that sell to each other only.
BROKEN = Table(["a", "b", "c", "d", "e", "f", "g"],
               [[5, 10, 0, 0, 0, 0, 3], [20, 4, 6, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 9, 0, 0],
                [0, 0, 0, 4, 2, 0, 0], [0, 0, 0, 0, 0, 3, 7], [0, 0, 0, 0, 0, 2, 1]],
               {"final": [10, 30, 0, 11, 5, 0, 0]})
BROKEN_LIVE = [0, 1, 3, 4]                  # c has no output, f and g never reach final demand

CHILE_NAMES = ["agriculture_fishing", "mining", "manufacturing_industry", "electricity_gas_water", "construction",
               "retail_hotels_restaurants", "transport_communications_information", "financial_services",
               "real_estate", "business_services", "personal_services", "public_administration"]
CHILE_A = [[147, 0, 125, 3, 0, 7, 0, 0, 0, 1, 2, 2], [8, 71, 30, 2, 5, 2, 1, 2, 0, 2, 1, 1],
           [185, 52, 137, 50, 194, 77, 61, 10, 2, 26, 47, 27], [7, 56, 28, 308, 4, 14, 8, 5, 6, 6, 14, 35],
           [2, 1, 1, 9, 123, 8, 5, 2, 129, 4, 11, 28], [49, 27, 37, 23, 53, 70, 57, 15, 4, 31, 40, 18],
           [36, 34, 57, 27, 19, 99, 144, 41, 4, 44, 19, 37], [28, 6, 15, 18, 28, 36, 20, 109, 39, 19, 9, 3],
           [3, 3, 5, 2, 3, 48, 15, 10, 14, 24, 23, 9], [29, 91, 65, 41, 56, 94, 73, 90, 19, 123, 42, 47],
           [1, 1, 3, 1, 1, 4, 5, 3, 1, 3, 34, 3], [1, 1, 2, 2, 0, 4, 3, 1, 0, 1, 2, 3]]
CHILE = Table(CHILE_NAMES, CHILE_A, {"final": 1000 - np.sum(CHILE_A, 1)},
              {"wages": [146, 90, 104, 64, 241, 251, 154, 255, 30, 299, 554, 541]})
CHILE_PRINTED = {"tolerance": 6e-3, "tolerance_reason": "the coefficients are printed with three decimals"}


def case(table, name, index, source, expected, tolerance=1e-10, parameters=None, **more):
    call = {"index": index, "measure": "flow"} | ({"parameters": parameters} if parameters else {})
    return {"name": name, "source": source, "script": SCRIPT, "tolerance": tolerance} | more | {
        "data": table.data(), "call": call, "expected": expected}


def save(index, subject, cases):
    assert all(one["call"]["index"] == index for one in cases)
    write(f"indices/{index}.json", subject, cases)


def three(name):
    return {"miller_blair": MILLER_BLAIR, "germany": GERMANY, "open": OPEN}[name]


TABLES = ["miller_blair", "germany", "open"]
NOTE_BROKEN = ("c has no output, f and g sell to each other only: no value, and what a sells to g is final; pymrio is "
               "given the other sectors")


def live(matrix):
    """A matrix of the live sectors of BROKEN, with the others absent."""
    full = np.full((BROKEN.n, BROKEN.n), np.nan)
    full[np.ix_(BROKEN_LIVE, BROKEN_LIVE)] = matrix
    return full


def broken():
    z = BROKEN.Z[np.ix_(BROKEN_LIVE, BROKEN_LIVE)]
    x = BROKEN.x[BROKEN_LIVE]
    return pymrio.calc_A(z, x), pymrio.calc_B(z, x)


def vector(values):
    full = np.full(BROKEN.n, np.nan)
    full[BROKEN_LIVE] = values
    return full


def uncertain(table, index, part, value, matrices, null=None, parameters=None):
    """The case of a standard error: ∂value/∂coefficient by complex steps, each coefficient erring by a share of itself."""
    share, level, step = 0.15, 0.9, 1e-30
    variance = 0
    for which, matrix in enumerate(matrices):
        for cell in np.ndindex(matrix.shape):
            changed = [m.astype(complex) for m in matrices]
            changed[which][cell] += 1j * step
            variance += (value(*changed).imag / step * share * matrix[cell]) ** 2
    at, se = value(*matrices), np.sqrt(variance)
    width = norm.ppf((1 + level) / 2)
    expected = {"se": se, "lower": at - width * se, "upper": at + width * se}
    if null is not None:
        expected["p"] = 2 * norm.sf(np.abs((at - null) / se))
    return case(table, "germany, errors of the coefficients", index,
                NUMPY + "the delta method with derivatives by complex steps; West (1986), Econometrica 54, 363-374",
                {f"{part}_{name}": table.sectors(v) for name, v in expected.items()},
                parameters=(parameters or {}) | {"error": share}, inference={"method": "analytic", "level": level})


def inverse(A):
    return np.linalg.inv(np.eye(len(A)) - A)


# ---------------------------------------------------------------- coefficients and inverses

def coefficients():
    for index, letter, function in [("technical_coefficients", "A", "calc_A"), ("allocation_coefficients", "B", "calc_B")]:
        cases = []
        for name in TABLES + ["broken"]:
            table = BROKEN if name == "broken" else three(name)
            sectors, at = (table.A() if letter == "A" else table.B()), table.names.index
            primary = {k: pymrio.calc_S(row[None, :], table.x)[0] for k, row in table.inputs.items()}

            def value(r, c):
                if r in table.names and c in table.names:
                    owner = c if letter == "A" else r
                    return sectors[at(r), at(c)] if table.x[at(owner)] else None
                if letter == "A":
                    return primary[r][at(c)] if c in table.names else None
                owns = r in table.names and table.x[at(r)]
                return table.finals[c][at(r)] / table.x[at(r)] if owns else None

            source = PYMRIO + f"{function} and calc_S (rows of primary inputs)" if letter == "A" else \
                PYMRIO + f"{function}; columns of final demand by division"
            cases.append(case(table, name, index, source, {"value": table.cells(value)}))
        if letter == "A":
            printed = [[.15, .25], [.2, .05]]
            cases.append(case(MILLER_BLAIR, "miller_blair printed", index,
                              "Miller and Blair (2009), Input-Output Analysis, section 2.3; pymrio tests/test_math.py",
                              {"value": MILLER_BLAIR.cells(lambda r, c: printed[r == "b"][c == "b"] if r in "ab" and
                               c in "ab" else {"a": .65, "b": .7}.get(c) if r == "value_added" else None)}))
        save(index, "pymrio and Miller and Blair", cases)


def inverses():
    leontief = [case(three(t), t, "leontief_inverse", PYMRIO + "calc_L", {"value": three(t).pairs(three(t).L())})
                for t in TABLES]
    leontief.append(case(BROKEN, "broken", "leontief_inverse", PYMRIO + "calc_L",
                         {"value": BROKEN.pairs(live(pymrio.calc_L(broken()[0])))}, note=NOTE_BROKEN))
    leontief.append(case(MILLER_BLAIR, "miller_blair printed", "leontief_inverse",
                         "Miller and Blair (2009), Input-Output Analysis, section 2.3; pymrio tests/test_math.py",
                         {"value": [1.25412541, .330033, .2640264, 1.12211221]}, tolerance=2e-7,
                         tolerance_reason="printed with six to eight decimals"))
    save("leontief_inverse", "pymrio and Miller and Blair", leontief)
    ghosh = [case(three(t), t, "ghosh_inverse", PYMRIO + "calc_G", {"value": three(t).pairs(three(t).G())})
             for t in TABLES]
    ghosh.append(case(BROKEN, "broken", "ghosh_inverse", PYMRIO + "calc_G",
                      {"value": BROKEN.pairs(live(pymrio.calc_G(broken()[1])))}, note=NOTE_BROKEN))
    save("ghosh_inverse", "pymrio", ghosh)


# ---------------------------------------------------------------- multipliers

def closed(table, households, consumption):
    """Column sums over the sectors of the inverse of the model with a row and column of households."""
    row = np.append(table.inputs[households], table.income.get((households, consumption), 0))
    income = table.inputs[households].sum() + sum(table.income.get((households, c), 0) for c in table.finals)
    flows = np.vstack([np.column_stack([table.Z, table.finals[consumption]]), row])
    inverse = pymrio.calc_L(pymrio.calc_A(flows, np.append(table.x, income)))
    return inverse[:-1, :-1].sum(0)


def output_multiplier():
    index, cases = "output_multiplier", []
    for name in TABLES:
        table = three(name)
        total, direct = table.L().sum(0), table.A().sum(0)
        expected = {"total": total, "direct": direct, "indirect": total - 1 - direct, "induced": 0 * total}
        cases.append(case(table, name, index, PYMRIO + "column sums of calc_L and calc_A",
                          {part: table.sectors(v) for part, v in expected.items()}))
    total = closed(OPEN, "wages", "consumption")
    cases.append(case(OPEN, "households inside", index, PYMRIO + "calc_L of the table with a row and column of households",
                      {"total": OPEN.sectors(total), "induced": OPEN.sectors(total - OPEN.L().sum(0))},
                      parameters={"households": "wages", "consumption": "consumption"},
                      note="summed over the sectors, not over households"))
    cases.append(case(GERMANY, "germany printed", index, EUROSTAT,
                      {"total": GERMANY.sectors([1.7048, 1.8413, 1.8136, 1.6035, 1.5951, 1.3782])}, **DIGITS))
    cases.append(case(BROKEN, "broken", index, PYMRIO + "column sums of calc_L",
                      {"total": BROKEN.sectors(vector(pymrio.calc_L(broken()[0]).sum(0)))}, note=NOTE_BROKEN))
    printed = [1.89, 1.57, 1.88, 1.87, 1.86, 1.75, 1.65, 1.44, 1.37, 1.44, 1.40, 1.36]
    cases.append(case(CHILE, "chile printed", index, VIGNETTE, {"total": CHILE.sectors(printed)}, **CHILE_PRINTED))
    cases.append(uncertain(GERMANY, index, "total", lambda A: inverse(A).sum(0), [GERMANY.A()]))
    save(index, "pymrio, the Eurostat manual and R leontief", cases)


def input_multiplier():
    index, cases = "input_multiplier", []
    for table, name, row in [(GERMANY, "germany", "gva"), (GERMANY, "germany", "jobs"), (OPEN, "open", "wages")]:
        direct = pymrio.calc_S(table.inputs[row][None, :], table.x)
        total = pymrio.calc_M(direct, table.L())
        expected = {"total": total[0], "direct": direct[0], "ratio": total[0] / direct[0]}
        cases.append(case(table, f"{name} {row}", index, PYMRIO + "calc_S and calc_M",
                          {part: table.sectors(v) for part, v in expected.items()}, parameters={"row": row}))
    two = pymrio.calc_M(pymrio.calc_S((OPEN.inputs["wages"] + OPEN.inputs["profits"])[None, :], OPEN.x), OPEN.L())[0]
    cases.append(case(OPEN, "two rows", index, PYMRIO + "calc_S and calc_M", {"total": OPEN.sectors(two)},
                      parameters={"row": "wages; profits"}))
    for row, printed in [("gva", [.8450, .7647, .8615, .9019, .9393, .9199]),
                         ("jobs", [.0326, .0162, .0207, .0237, .0112, .0242])]:
        cases.append(case(GERMANY, f"germany {row} printed", index, EUROSTAT, {"total": GERMANY.sectors(printed)},
                          parameters={"row": row}, tolerance=5e-4 if row == "gva" else 5e-3,
                          tolerance_reason="printed with four decimals"))
    printed = [.291, .187, .250, .177, .400, .393, .278, .354, .109, .393, .639, .607]
    cases.append(case(CHILE, "chile wages printed", index, VIGNETTE, {"total": CHILE.sectors(printed)},
                      parameters={"row": "wages"}, **CHILE_PRINTED))
    direct = GERMANY.inputs["gva"] / GERMANY.x
    cases.append(uncertain(GERMANY, index, "total", lambda A, v: v @ inverse(A), [GERMANY.A(), direct],
                           parameters={"row": "gva"}))
    save(index, "pymrio, the Eurostat manual and R leontief", cases)


# ---------------------------------------------------------------- linkages

def relative(v):
    return v / v.mean()


def linkages():
    backward, forward = [], []
    for name in TABLES:
        table = three(name)
        A, B, L, G = table.A(), table.B(), table.L(), table.G()
        expected = {"value": relative(L.sum(0)), "total": L.sum(0), "direct": A.sum(0),
                    "cv": L.std(0, ddof=1) / L.mean(0)}
        backward.append(case(table, name, "backward_linkage",
                             PYMRIO + "calc_A and calc_L; numpy column sums, mean and std(ddof=1)",
                             {part: table.sectors(v) for part, v in expected.items()}))
        expected = {"value": relative(G.sum(1)), "total": G.sum(1), "direct": B.sum(1),
                    "cv": G.std(1, ddof=1) / G.mean(1), "sensitivity": relative(L.sum(1))}
        forward.append(case(table, name, "forward_linkage",
                            PYMRIO + "calc_B, calc_G and calc_L; numpy row sums, mean and std(ddof=1)",
                            {part: table.sectors(v) for part, v in expected.items()}))
    backward.append(case(CHILE, "chile printed", "backward_linkage", VIGNETTE, {
        "value": CHILE.sectors([1.165, .965, 1.161, 1.154, 1.147, 1.079, 1.014, .884, .845, .888, .860, .836])},
        **CHILE_PRINTED))
    backward.append(case(CHILE, "chile printed, direct", "backward_linkage", VIGNETTE, {
        "direct": CHILE.sectors([.496, .343, .506, .486, .487, .462, .393, .288, .217, .283, .243, .211])},
        **CHILE_PRINTED | {"tolerance": 1.2e-2}))
    backward.append(case(CHILE, "chile, spread", "backward_linkage",
                         NUMPY + "std(ddof=1)/mean of the columns of pymrio's calc_L",
                         {"cv": CHILE.sectors(CHILE.L().std(0, ddof=1) / CHILE.L().mean(0))},
                         note="R leontief 0.5 and fio 1.1 subtract the column means along the rows: they print 2.14 2.40 "
                              "2.10 2.59 2.07 2.05 2.38 2.68 2.60 2.64 2.65 2.66 for these sectors"))
    forward.append(case(GERMANY, "germany printed", "forward_linkage", EUROSTAT,
                        {"total": GERMANY.sectors([2.1126, 1.6910, 1.3558, 1.5849, 2.1037, 1.2106])}, **DIGITS,
                        note="the tests of iotables write 1.6691 for industry and allow 1e-2; the table gives 1.6910"))
    forward.append(case(CHILE, "chile printed", "forward_linkage", VIGNETTE,
                        {"sensitivity": CHILE.sectors([.965, .736, 1.526, 1.136, .887, 1.058, 1.234, .947, .779, 1.430,
                                                       .667, .636])}, **CHILE_PRINTED))
    backward.append(uncertain(GERMANY, "backward_linkage", "value", lambda A: relative(inverse(A).sum(0)),
                              [GERMANY.A()], null=1))
    forward.append(uncertain(GERMANY, "forward_linkage", "value", lambda B: relative(inverse(B).sum(1)),
                             [GERMANY.B()], null=1))
    save("backward_linkage", "pymrio and R leontief", backward)
    save("forward_linkage", "pymrio, the Eurostat manual and R leontief", forward)
    key = []
    for name in TABLES:
        for word in ["ghosh", "leontief"]:
            table = three(name)
            back = relative(table.L().sum(0))
            ahead = relative((table.G() if word == "ghosh" else table.L()).sum(1))
            expected = {"class": 2 * (back > 1) + (ahead > 1), "backward": back, "forward": ahead}
            key.append(case(table, f"{name} {word}", "key_sector", PYMRIO + "calc_L and calc_G; comparison with 1 by numpy",
                            {part: table.sectors(v) for part, v in expected.items()}, parameters={"forward": word}))
    save("key_sector", "pymrio", key)


def extraction():
    index, cases = "hypothetical_extraction", []
    for name in TABLES:
        table = three(name)
        A, B, x, n = table.A(), table.B(), table.x, table.n
        f, v = x - table.Z.sum(1), x - table.Z.sum(0)
        loss = {"total": [], "backward": [], "forward": []}
        for j in range(n):
            without = A.copy()
            without[j, :] = without[:, j] = 0
            loss["total"].append(x.sum() - np.linalg.solve(np.eye(n) - without, np.where(np.arange(n) == j, 0, f)).sum())
            without = A.copy()
            without[:, j] = 0
            loss["backward"].append(x.sum() - np.linalg.solve(np.eye(n) - without, f).sum())
            without = B.copy()
            without[j, :] = 0
            loss["forward"].append(x.sum() - np.linalg.solve((np.eye(n) - without).T, v).sum())
        loss["share"] = np.array(loss["total"]) / x.sum()
        cases.append(case(table, name, index, NUMPY + "the systems without the sector's row and column, Miller and Blair "
                          "(2009), section 12.2", {part: table.sectors(v) for part, v in loss.items()}))
    save(index, "numpy", cases)


def influence():
    cases = []
    for name in TABLES:
        table = three(name)
        field, step = np.zeros((table.n, table.n)), 1e-30
        for cell in np.ndindex(field.shape):
            changed = table.A().astype(complex)
            changed[cell] += 1j * step
            field[cell] = np.linalg.norm(inverse(changed).imag / step)
        cases.append(case(table, name, "field_of_influence",
                          NUMPY + "the derivative of the Leontief inverse by complex steps, Frobenius norm",
                          {"value": table.pairs(field)}))
    save("field_of_influence", "numpy", cases)


# ---------------------------------------------------------------- lengths

def powers(A, weight):
    """Σ_k weight(k) A^k over k = 1, 2, …"""
    total, power = np.zeros_like(A), np.eye(len(A))
    for k in range(1, 3000):
        power = power @ A
        total += weight(k) * power
    return total


def lengths():
    upstream, downstream, chains = [], [], []
    for name in TABLES:
        table = three(name)
        A, B = table.A(), table.B()
        ahead = np.linalg.solve(np.eye(table.n) - B, np.ones(table.n))
        behind = np.linalg.solve((np.eye(table.n) - A).T, np.ones(table.n))
        upstream.append(case(table, name, "upstreamness", NUMPY + "U = 1 + B U, Antràs, Chor, Fally and Hillberry (2012)",
                             {"value": table.sectors(ahead)}))
        downstream.append(case(table, name, "downstreamness", NUMPY + "D = 1 + A'D, Antràs and Chor (2018)",
                               {"value": table.sectors(behind)}))
        expected = {"total": ahead + behind - 1, "backward": behind, "forward": ahead, "position": ahead / behind}
        chains.append(case(table, name, "value_chain_length", NUMPY + "1'L and G1, Wang, Wei, Yu and Zhu (2017)",
                           {part: table.sectors(v) for part, v in expected.items()}))
    absorbed = OPEN.x - OPEN.finals["exports"] - OPEN.finals["imports"]
    corrected = np.linalg.solve(np.eye(OPEN.n) - OPEN.Z / absorbed[:, None], np.ones(OPEN.n))
    upstream.append(case(OPEN, "net exports", "upstreamness",
                         NUMPY + "U = 1 + Δ U with δ_ij = d_ij Y_j/(Y_i − X_i + M_i), Antràs, Chor, Fally and Hillberry (2012)",
                         {"value": OPEN.sectors(corrected)}, parameters={"trade": "exports; imports"},
                         note="R ioanalysis 0.3.4 uses a_ij x_j/(x_j + E_j − M_j) instead"))
    upstream.append(uncertain(GERMANY, "upstreamness", "value", lambda B: inverse(B).sum(1), [GERMANY.B()]))
    downstream.append(uncertain(GERMANY, "downstreamness", "value", lambda A: inverse(A).sum(0), [GERMANY.A()]))
    save("upstreamness", "numpy", upstream)
    save("downstreamness", "numpy", downstream)
    save("value_chain_length", "numpy", chains)
    apl = []
    for name in TABLES:
        table = three(name)
        A = table.A()
        apl.append(case(table, name, "average_propagation_length",
                        NUMPY + "Σ k A^k / Σ A^k, Dietzenbacher, Romero and Bosma (2005)",
                        {"value": table.pairs(powers(A, lambda k: k) / powers(A, lambda k: 1))}, tolerance=1e-9))
    A = broken()[0]
    with np.errstate(invalid="ignore"):
        apl.append(case(BROKEN, "broken", "average_propagation_length",
                        NUMPY + "Σ k A^k / Σ A^k, Dietzenbacher, Romero and Bosma (2005)",
                        {"value": BROKEN.pairs(live(powers(A, lambda k: k) / powers(A, lambda k: 1)))}, tolerance=1e-9,
                        note=NOTE_BROKEN + "; sectors that no chain joins have no length"))
    save("average_propagation_length", "numpy", apl)


def vertical():
    m, X = OPEN.inputs["imported_inputs"] / OPEN.x, OPEN.finals["exports"]
    content = np.linalg.solve((np.eye(OPEN.n) - OPEN.A()).T, m)
    share = m @ np.linalg.solve(np.eye(OPEN.n) - OPEN.A(), X) / X.sum()
    contribution = content * X / X.sum()
    assert np.isclose(contribution.sum(), share)
    save("vertical_specialisation", "numpy", [
        case(OPEN, "open", "vertical_specialisation", NUMPY + "u A^M (I − A^D)⁻¹ X, Hummels, Ishii and Yi (2001)",
             {"value": OPEN.sectors(content), "contribution": OPEN.sectors(contribution)},
             parameters={"imports": "imported_inputs", "exports": "exports"})])


# ---------------------------------------------------------------- regions

JOBS = {"east": [40, 300, 120, 260, 90, 380], "north": [220, 90, 150, 400, 30, 310], "west": [15, 900, 260, 700, 610, 820],
        "zero": [12, 0, 8, 30, 5, 22]}


def region_case(index, name, expected, delta, **more):
    order = sorted(GERMANY.names)
    jobs = [[JOBS[region][GERMANY.names.index(c)] for c in order] for region in sorted(JOBS)]
    data = {"regions": sorted(JOBS), "industries": order, "measures": {"jobs": {"2000": jobs}}}
    parameters = {"table": "nation"} | ({} if delta is None else {"delta": delta})
    source = NUMPY + "FLQ, Flegg and Webber (1997), and of np.linalg.inv of the coefficients it leaves"
    return {"name": name, "source": source, "script": SCRIPT, "tolerance": 1e-10} | more | {
        "data": data, "beside": {"nation": GERMANY.data()},
        "call": {"index": index, "measure": "jobs", "parameters": parameters}, "expected": expected}


def regions():
    coefficients, multipliers, chains = [], [], []
    E, A, L = np.array([JOBS[r] for r in sorted(JOBS)], float), GERMANY.A(), GERMANY.L()
    order = np.argsort(GERMANY.names)
    for delta in [None, 0.0, 0.15]:
        name = f"germany, delta {delta if delta is not None else 'left out'}"
        found, value, quotient = np.full(E.shape, np.nan), [], []
        for r, row in enumerate(E):
            slq = (row / row.sum()) / (E.sum(0) / E.sum())
            lam = np.log2(1 + row.sum() / E.sum()) ** (0.3 if delta is None else delta)
            with np.errstate(divide="ignore", invalid="ignore"):
                flq = lam * np.where(np.eye(len(slq), dtype=bool), slq[:, None], slq[:, None] / slq[None, :])
            flq[:, slq == 0] = np.nan
            own = A * np.minimum(flq, 1)
            value.append(own[np.ix_(order, order)].ravel())
            quotient.append(flq[np.ix_(order, order)].ravel())
            there = np.flatnonzero(slq > 0)
            found[r, there] = np.linalg.inv(np.eye(len(there)) - own[np.ix_(there, there)]).sum(0)
        coefficients.append(region_case("regional_coefficients", name, {
            "value": np.concatenate(value), "quotient": np.concatenate(quotient)}, delta,
            note="UtilMio's FLQ takes λ of the sector's size and so is another quotient"))
        nation = L.sum(0)
        multipliers.append(region_case("regional_output_multiplier", name, {
            "value": found[:, order].ravel(), "national": np.tile(nation[order], len(E))}, delta))
        there = E > 0
        mean = lambda m: np.nansum(np.where(there, E * m, 0), 1) / np.where(there, E, 0).sum(1)
        own, all_ = mean(found), mean(np.tile(nation, (len(E), 1)))
        chains.append(region_case("regional_value_chain_length", name, {
            "value": own, "national": all_, "retained": (own - 1) / (all_ - 1)}, delta))
    save("regional_coefficients", "numpy", coefficients)
    save("regional_output_multiplier", "numpy", multipliers)
    save("regional_value_chain_length", "numpy", chains)


if __name__ == "__main__":
    coefficients()
    inverses()
    output_multiplier()
    input_multiplier()
    linkages()
    extraction()
    influence()
    lengths()
    vertical()
    regions()
