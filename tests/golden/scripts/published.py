#!/usr/bin/env python3
"""tests/golden/regression/published.json: numbers as printed by R packages.

Literals only. The first group is printed by scripts/published.R (options(digits = 9)); the
second by R fixest 0.14.2, which is not in Debian, and is not printed again by a script here.
The relative tolerance of a case is half a unit of the last printed digit of its worst number.
"""
from decimal import Decimal

from common import write

TERMS = ["(Intercept)", "ln(public_capital)", "ln(private_capital)", "ln(employment)", "unemployment"]
FORMULA = "ln(gsp) ~ ln(public_capital) + ln(private_capital) + ln(employment) + unemployment"
GRUNFELD = "invest ~ value + capital"
SCRIPT = "tests/golden/scripts/published.R"
NO_SCRIPT = "none (fixest is not in Debian): feols(log(gsp) ~ log(pcap) + log(pc) + log(emp) + unemp | ..., Produc, vcov = ...)"
NO_SCRIPT_G = "none (fixest is not in Debian): feols(inv ~ value + capital | ..., plm::Grunfeld, vcov = ...)"


def relative(text):
    number = Decimal(text)
    return float(Decimal(5).scaleb(number.as_tuple().exponent - 1) / abs(number)) * 1.02 if number else 0.0


def case(name, source, script, formula, vcov, coef, se, terms, extra=(), note=None, data="data/munnell.csv", region="state"):
    printed = [*coef, *se, *[v for _, v in extra]]
    expected = {"coefficients": dict(zip(terms, map(float, coef))), "standard_errors": dict(zip(terms, map(float, se)))}
    expected |= {k: float(v) if "." in v else int(v) for k, v in extra}
    if not coef:
        del expected["coefficients"]
    tolerance = max(relative(v) for v in printed if "." in v)
    one = {"name": name, "source": source, "script": script, "tolerance": float(f"{tolerance:.1e}") * 1.05,
           "tolerance_reason": "half a unit of the last printed digit", "data": data, "region": region, "period": "year",
           "formula": formula, "vcov": vcov}
    if note:
        one["note"] = note
    return one | {"expected": expected}


R = "R 4.2.2, "
cases = [
    case("lm_pooled", R + "stats::lm, summary", SCRIPT, FORMULA, "iid",
         ["1.64330226", "0.15500701", "0.30919017", "0.59393490", "-0.00673298"],
         ["0.05758725", "0.01715377", "0.01027199", "0.01374746", "0.00141638"], TERMS,
         [("r2", "0.992593"), ("adjusted_r2", "0.992557"), ("f_slopes", "27171.7"), ("residual_df", "811"), ("sigma", "0.0880964")]),
    case("lm_pooled_hc1", R + "sandwich 3.0-2, vcovHC(type = 'HC1')", SCRIPT, FORMULA, "hc1",
         ["1.643302263", "0.155007005", "0.309190167", "0.593934898", "-0.006732976"],
         ["0.070988933", "0.018573503", "0.012517431", "0.019594491", "0.001340674"], TERMS),
    case("lm_pooled_cluster_state", R + "sandwich 3.0-2, vcovCL(cluster = ~state, type = 'HC1')", SCRIPT, FORMULA, "cluster:state",
         ["1.643302263", "0.155007005", "0.309190167", "0.593934898", "-0.006732976"],
         ["0.247373893", "0.060905344", "0.046833977", "0.069502889", "0.003130812"], TERMS,
         note="factor G/(G-1)*(n-1)/(n-k), the same as fixest's without fixed effects"),
    case("plm_within", R + "plm 2.6-2, plm(model = 'within', effect = 'individual')", SCRIPT, FORMULA + " | state", "iid",
         ["-0.0261496536", "0.2920069251", "0.7681594726", "-0.0052977413"],
         ["0.0290015755", "0.0251196728", "0.0300917394", "0.0009887257"], TERMS[1:],
         [("r2_within", "0.9413356"), ("f_slopes", "3064.81"), ("ssr", "1.111189"), ("residual_df", "764")],
         note="plm's help page says of this model that it replicates Baltagi, Econometric Analysis of Panel Data (2013), table 3.1. "
              "plm's 'Adj. R-Squared' 0.9374195 is 1 - (1 - r2_within)*(n - 1)/(n - nparams), not the within-adjusted value."),
    case("plm_twoways", R + "plm 2.6-2, plm(model = 'within', effect = 'twoways')", SCRIPT, FORMULA + " | state + year", "iid",
         ["-0.030176057", "0.168828035", "0.769306196", "-0.004221093"],
         ["0.026936544", "0.027656339", "0.028141794", "0.001138837"], TERMS[1:],
         [("r2_within", "0.7549579"), ("f_slopes", "576.134"), ("ssr", "0.87944"), ("residual_df", "748")]),
]
FIXEST = "R 4.2.2, fixest 0.14.2, feols, ssc() defaults"
for vcov, se in (("hc1", ["0.0311323698", "0.0396753955", "0.0404341757", "0.0014143714"]),
                 ("cluster:state", ["0.0582404220", "0.0856798850", "0.0850678967", "0.0031953838"]),
                 ("cluster:state+year", ["0.0618049915", "0.0951510540", "0.0950237244", "0.0034089990"])):
    cases.append(case("fixest_state_year_" + vcov.replace(":", "_").replace("+", "_"), FIXEST, NO_SCRIPT, FORMULA + " | state + year", vcov,
                      ["-0.030176056580", "0.168828035407", "0.769306196203", "-0.004221092604"], se, TERMS[1:],
                      note={"hc1": "n - nparams = 748", "cluster:state": "K = 21, t df = 47", "cluster:state+year": "K = 5, t df = 16"}[vcov]))
BOTH = {"firm": ["0.1101238041", "0.3100653413"], "firm + year": ["0.1177158551", "0.3579162731"]}
for effects, vcov, se, note in (
        ("firm", "iid", ["0.0118566942", "0.0173545028"], None),
        ("firm", "hc1", ["0.0193780333", "0.0427950056"], "K = 12, t df = 188"),
        ("firm", "cluster:firm", ["0.0151944939", "0.0527517718"], "K = 3, t df = 9"),
        ("firm + year", "iid", ["0.0137512830", "0.0227190109"], "K = 31, t df = 169"),
        ("firm + year", "hc1", ["0.0191799205", "0.0544026643"], None),
        ("firm + year", "cluster:firm", ["0.0108244295", "0.0478483966"], "K = 22, t df = 9"),
        ("firm + year", "cluster:firm+year", ["0.0112657889", "0.0451912829"], "K = 3, t df = 9; G.df = 'conventional' would give 0.0118641804, 0.0465178428")):
    cases.append(case(f"fixest_grunfeld_{effects} {vcov}".replace(" + ", "_").replace(" ", "_").replace(":", "_").replace("+", "_"),
                      FIXEST, NO_SCRIPT_G, f"{GRUNFELD} | {effects}", vcov, BOTH[effects], se, ["value", "capital"], note=note,
                      data="tests/golden/data/grunfeld.csv", region="firm"))
for effects, vcov, se, note in (
        ("firm", "hc2", ["0.0206194324", "0.0477549693"], None),
        ("firm", "hc3", ["0.0227163587", "0.0552187123"], None),
        ("firm", "newey_west", ["0.0226487788", "0.0518268215"], "K = 12, t df = 19, default lag 2"),
        ("firm", "driscoll_kraay", ["0.0186687928", "0.0367549985"], "default lag 2"),
        ("firm + year", "hc2", ["0.0203356138", "0.0630685440"], None),
        ("firm + year", "hc3", ["0.0236237890", "0.0801154971"], None),
        ("firm + year", "newey_west", ["0.0225077367", "0.0638998820"], "default lag 2"),
        ("firm + year", "driscoll_kraay", ["0.0227522390", "0.0621351763"], "default lag 2"),
        ("firm + year", "driscoll_kraay:lag=3", ["0.0238112595", "0.0606474371"], None)):
    cases.append(case(f"fixest_grunfeld_{effects} {vcov}".replace(" + ", "_").replace(" ", "_").replace(":", "_").replace("=", "_"),
                      FIXEST, NO_SCRIPT_G, f"{GRUNFELD} | {effects}", vcov, BOTH[effects], se, ["value", "capital"], note=note,
                      data="tests/golden/data/grunfeld.csv", region="firm"))
for vcov, se in (("newey_west", ["0.0440777017", "0.0573109738", "0.0587073813", "0.0019830280"]),
                 ("driscoll_kraay", ["0.0477846683", "0.0762954541", "0.0741815310", "0.0021973003"])):
    cases.append(case(f"fixest_state_year_{vcov}", FIXEST, NO_SCRIPT, FORMULA + " | state + year", vcov,
                      ["-0.030176056580", "0.168828035407", "0.769306196203", "-0.004221092604"], se, TERMS[1:], note="default lag 2"))
cases.append(case("grunfeld_pooled", "R 4.2.2, plm 2.6-2, plm(model = 'pooling'); Baltagi, Econometric Analysis of Panel Data, 5th ed., table 2.1 has the same to 2-3 digits",
                  SCRIPT, GRUNFELD, "iid", ["-42.7143694", "0.1155621564", "0.2306784887"],
                  ["9.5116760", "0.0058357096", "0.0254758015"], ["(Intercept)", "value", "capital"],
                  data="tests/golden/data/grunfeld.csv", region="firm"))
write("regression/published.json", "Munnell and Grunfeld results with the digits printed by R packages", cases)
