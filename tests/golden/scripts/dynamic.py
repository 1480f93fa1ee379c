#!/usr/bin/env python3
"""tests/golden/regression/dynamic/gmm.json: difference and system GMM on the panel of Arellano and Bond (1991).

dynamic_plm.json holds what dynamic.R printed.
"""
import json
import os

from common import GOLDEN, write

PLM = json.load(open(os.path.join(GOLDEN, "scripts", "dynamic_plm.json")))
YEARS = [f"year::{year}" for year in range(1979, 1985)]


def lags(name, first, last):
    text = {0: f"ln({name})", 1: f"l(ln({name}))"}
    return [text.get(k, f"l(ln({name}), {k})") for k in range(first, last + 1)]


A = lags("emp", 1, 2) + lags("wage", 0, 1) + lags("capital", 0, 2) + lags("output", 0, 2)
B = lags("emp", 1, 2) + lags("wage", 0, 1) + lags("capital", 0, 0) + lags("output", 0, 1)
S = lags("emp", 1, 1) + lags("wage", 0, 1) + lags("capital", 0, 1)
PAST = {"endogenous": "ln(wage); ln(capital)"}


def case(name, terms, parameters, expected, source, effects=" | year", prefix="", estimator="arellano_bond", tolerance=1e-8, **extra):
    return {"name": name, "source": source, "script": "tests/golden/scripts/dynamic.R", "tolerance": tolerance,
            "data": "tests/golden/data/abdata.csv", "region": "firm", "period": "year",
            "formula": "ln(emp) ~ " + prefix + " + ".join(t for t in terms if t != "(Intercept)") + effects, "estimator": estimator,
            "parameters": parameters, "vcov": "iid", **extra, "expected": expected}


def plm(name, terms, parameters, dummies=(), **extra):
    printed = PLM[name]
    cases = []
    for errors in ("robust", "conventional"):
        if errors == "conventional" and parameters.get("steps") == "one":
            continue  # plm leaves the variance of the disturbances out
        expected = {"coefficients": dict(zip([*terms, *dummies], printed["coefficients"])),
                    "standard_errors": dict(zip([*terms, *dummies], printed[errors])),
                    "figures": {"instruments": printed["instruments"], "groups": 140}}
        if "hansen" in printed:
            m = printed["m_robust" if errors == "robust" else "m_conventional"]
            expected["tests"] = {"m1": m[0], "m2": m[1]}
            if parameters.get("steps") != "one":
                expected["tests"]["hansen"] = printed["hansen"][0]
        cases.append(case(f"plm_{name}_{errors}", terms, parameters | {"errors": errors}, expected,
                          "R 4.2.2, plm 2.6-2, pgmm, vcovHC, mtest, sargan", **extra))
    return cases



# gretl 2022c, dpanel, by dynamic.inp: coefficients, standard errors, then Sargan's (after two steps Hansen's) statistic, m1, m2.
GRETL = {
    "system_one_apart": (
        [0.732610724222266, -0.501339890876581, 0.355285004164065, 0.398918834142457, -0.180521638880683, 0.810747849814432],
        [0.0725434543383673, 0.130362343766947, 0.124585247618036, 0.0546545543611923, 0.0523125737972248, 0.264613272943098],
        {"m1": -4.16688072201059, "m2": -0.786619352174725}),
    "system_two_apart": (
        [0.716956007605394, -0.494089822511722, 0.295998341353559, 0.398844394918992, -0.170927806368941, 0.997261910337856],
        [0.095351181219916, 0.126122088371588, 0.123655193116696, 0.0671655187911327, 0.0696677889017723, 0.369222533017743],
        {"hansen": 60.2931804880499, "m1": -3.51555158356385, "m2": -0.81136612402393}),
    "system_two_together": (
        [0.815252399279458, -0.473201209920936, 0.331651529159006, 0.387189021697417, -0.23627290609331, 0.681943404330222],
        [0.0601014286207676, 0.131103887170887, 0.133581009516355, 0.066090952404804, 0.0656217926686404, 0.246948853785564],
        {"m1": -3.97140693588619, "m2": -0.866806496619063}),
    "endogenous": (
        [0.678786666023343, -0.719829836007811, 0.462690923990934, 0.453904846980254, -0.191492392322128],
        [0.0890780419209235, 0.12214075195726, 0.11347556880965, 0.127553603437185, 0.104467019826759],
        {"hansen": 88.7965415379643, "m1": -4.4618579031685, "m2": -0.168748490312627}),
    "system_endogenous": (
        [0.879003525972256, -0.636688647229099, 0.448144068011213, 0.541917183521869, -0.454503574119107, 0.741021792274688],
        [0.0400808389053979, 0.100445796211431, 0.0985629136984504, 0.0511116373158912, 0.0513941130515358, 0.276785582236887],
        {"m1": -5.51552237079997, "m2": -0.607798468202715}),
    "table_4_a1": (
        [0.686225903124328, -0.0853581571690164, -0.607820709013017, 0.392623123232018, 0.356845560813491,
         -0.0580009940999497, -0.0199475615912268, 0.6085055044288, -0.711163951080496, 0.105797574418061],
        [0.144594053392946, 0.0560155051318051, 0.178205474006876, 0.167993035945219, 0.0590202910701877,
         0.0731796782036138, 0.0327126347415859, 0.172531071091175, 0.231716155876576, 0.141201784687898],
        {"sargan": 65.8180533310722, "m1": -3.59959308984544, "m2": -0.516028239339093}),
}


def gretl(name, terms, parameters, instruments, note=None, **extra):
    coefficients, errors, tests = GRETL[name]
    expected = {"coefficients": dict(zip(terms, coefficients)), "standard_errors": dict(zip(terms, errors)),
                "tests": tests, "figures": {"instruments": instruments}}
    one = case(f"gretl_{name}", terms, parameters, expected, "gretl 2022c, dpanel", **extra)
    return one | {"script": "tests/golden/scripts/dynamic.inp"} | ({"note": note} if note else {})


# pydynpd 0.2.2 with numpy 1.26, regression.abond(command, abdata with n, w, k = ln of emp, wage, capital, ["firm", "year"]):
# coefficients, standard errors, Hansen's statistic, m1, m2, instruments.
PYDYNPD = {
    "n L(1:2).n w k | gmm(n, 2:4) gmm(w, 1:4) iv(k) | timedumm nolevel": (
        [0.28397286699000035, -0.029165594510159876, -0.591910890781232, 0.3665558053887372],
        [0.14040118988833306, 0.045949456857540934, 0.18692515367020893, 0.06957625386894277],
        35.80170748087111, -1.371989613918505, -0.24785219063592578, 47),
    "n L(1:2).n w k | gmm(n, 2:4) gmm(w, 1:4) iv(k) | nolevel fod": (
        [0.13042056444937436, -0.04227265034805577, -0.8692837826063986, 0.5690877821452782],
        [0.12051588721688046, 0.04947236443030151, 0.11831410648219261, 0.0888244984655479],
        46.93777446717934, -1.1526587528403778, -0.5238359281673616, 41),
    "n L(1:2).n w k | gmm(n, 2:4) gmm(w, 1:4) iv(k) | nolevel fod onestep": (
        [0.16737094776060166, -0.06864496190158423, -0.8887454853345076, 0.5449947745910074],
        [0.12248853221469633, 0.07207722576068155, 0.13109107230736722, 0.07415105576683655],
        46.93777446717934, -1.4535571486921348, -0.26892330711814844, 41),
    "n L(1:1).n w L1.w k L1.k | gmm(n, 2:8) gmm(w, 2:8) gmm(k, 2:8) | collapse": (
        [0.7205225023421464, -0.6214950908950302, 0.3829554672898742, 0.6156627878142819, -0.4422118740358644, 1.1188098139901845],
        [0.16823059220971648, 0.2515948238758624, 0.13339844641773774, 0.09492681554757249, 0.09949281293016651, 1.039210441178754],
        27.68484588969838, -3.9090878667281923, -0.6273122107721663, 25),
    "n L(1:1).n w L1.w k L1.k | gmm(n, 2:8) gmm(w, 1:8) iv(k L1.k) | onestep": (
        [0.9261436106658858, -0.585849523957792, 0.3273843960330984, 0.3753363094775142, -0.31191514774433227, 0.8887262133886278],
        [0.03174585565651271, 0.12984616179488678, 0.11137899640978832, 0.05000746296226921, 0.04669100092732891, 0.22374899222896094],
        107.25376082550463, -4.491633679104215, -0.9446409839490179, 81),
    "n L(1:1).n w L1.w k L1.k | gmm(n, 2:8) gmm(w, 1:8) iv(k L1.k)": (
        [0.9284604005160602, -0.5788006384325367, 0.3471183473788111, 0.36770191417652603, -0.30699454294267436, 0.8029847620073111],
        [0.036656739062650816, 0.12814734571586936, 0.11423821689847842, 0.05854108347103763, 0.052522847361061664, 0.23503938643686556],
        107.25376082550463, -4.520937155336702, -1.0125897947383595, 81),
}


def pydynpd(command, terms, parameters, **extra):
    coefficients, errors, hansen, m1, m2, instruments = PYDYNPD[command]
    names = terms + ["(Intercept)"]
    tests = {"hansen": hansen, "m1": m1, "m2": m2}
    if "onestep" in command:
        tests = {"hansen": hansen}  # its m1 and m2 of one step take the moments Z'u of two steps
    expected = {"coefficients": dict(zip(names, coefficients)), "standard_errors": dict(zip(names, errors)),
                "tests": tests, "figures": {"instruments": instruments}}
    extra = {"effects": ""} | extra
    one = case("pydynpd " + command, terms, parameters, expected, "pydynpd 0.2.2, regression.abond", **extra)
    return one | {"script": "tests/golden/scripts/dynamic.py"}


CONST = ["(Intercept)"]
P = lags("emp", 1, 2) + ["ln(wage)", "ln(capital)"]
SHORT = {"predetermined": "ln(wage)", "max_lag": "4"}
FOD = SHORT | {"transformation": "orthogonal_deviations"}
BB = {"estimator": "blundell_bond"}
cases = [
    gretl("table_4_a1", A, {"steps": "one"}, 41,
          note="Arellano and Bond (1991), table 4 (a1): .686 (.145), -.085 (.056), -.608 (.178), .393 (.168), .357 (.059), "
               "-.058 (.073), -.020 (.033), .609 (.173), -.711 (.232), .106 (.141); m2 -.516, Sargan 65.8 (25 degrees of freedom)"),
    gretl("system_one_apart", S + CONST, {"steps": "one", "first_weights": "apart"}, 40, effects="", **BB),
    gretl("system_two_apart", S + CONST, {"first_weights": "apart"}, 40, effects="", **BB),
    gretl("system_two_together", S + CONST, {}, 40, effects="", **BB),
    gretl("endogenous", S, PAST, 91),
    gretl("system_endogenous", S + CONST, PAST, 106, effects="", **BB),
    *(pydynpd(command, P, parameters, **extra) for command, parameters, extra in zip(
        list(PYDYNPD)[:3], (SHORT, FOD, FOD | {"steps": "one"}), ({"effects": " | year"}, {}, {}))),
    pydynpd(list(PYDYNPD)[3], S, PAST | {"max_lag": "8", "collapse": "yes"}, **BB),
    pydynpd(list(PYDYNPD)[4], S, {"predetermined": "ln(wage)", "max_lag": "8", "steps": "one"}, **BB),
    pydynpd(list(PYDYNPD)[5], S, {"predetermined": "ln(wage)", "max_lag": "8"}, **BB),
    *plm("table_4_a1", A, {"steps": "one"}, dummies=YEARS),
    *plm("table_4_a2", A, {}, dummies=YEARS),
    *plm("table_4_b", B, {}),
    *plm("collapsed", B, {"collapse": "yes"}),
    *plm("three_lags", B, {"max_lag": "4"}),
    *plm("no_periods", B, {}, effects=""),
    *plm("endogenous", S, PAST),
    *plm("system_one", S, PAST | {"steps": "one"}, effects="", prefix="0 + ", estimator="blundell_bond"),
    *plm("system_two", S, PAST, effects="", prefix="0 + ", estimator="blundell_bond"),
]
write("regression/dynamic/gmm.json", "difference and system GMM", cases)
