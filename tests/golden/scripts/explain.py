#!/usr/bin/env python3
"""tests/golden/forecast/explain.json: contributions to the effects of the three-region scenario of forecast.py.

Every value is the mean of the marginal contributions over all orders of the players (those that interrupt no union,
where there are unions), which is the definition of Shapley (1953) and Owen (1977), not the sum over coalitions.
"""
from itertools import permutations

import numpy as np

from common import write
from forecast import BETA, DRIVERS, MODEL, REGIONS, SPEC, X, Y, growth

SCRIPT = "tests/golden/scripts/explain.py"
SOURCE = "numpy evaluation of the definitions in the note"
STEPS = 3
# Each part of the scenario multiplies one driver in one region: policy, margin, driver, region, factor.
PARTS = [("P1", "extensive", "n", "r3", 1.25), ("P1", "extensive", "K", "r3", 1.25), ("P1", "extensive", "L", "r3", 1.25),
         ("P2", "intensive", "K", "r3", 1.10), ("P3", "intensive", "L", "r1", 0.95)]
NOTE = (MODEL + " The scenario is P1, P2 and P3 together, in force from the first of three periods; drivers stay as they "
        "are. growth is the difference of growth (the same in every period), level_percent = 100 * (prod of (1 + g/100) "
        "over three periods with the scenario / without - 1), level = Y times the difference of those products. shapley is "
        "the mean over all orders of the players{}, alone = v({{i}}), last = v(N) - v(N without i), interaction = v(N) - sum of alone. ")


def effects(parts):
    x = X.copy()
    for _, _, driver, region, factor in parts:
        x[DRIVERS.index(driver), REGIONS.index(region)] *= factor
    ours, theirs = ((1 + growth(z) / 100) ** STEPS for z in (x, X))
    return {"growth": growth(x) - growth(X), "level_percent": 100 * (ours / theirs - 1), "level": Y * (ours - theirs)}


def split(player_of, union_of=lambda player: player):
    """Contributions by player; `player_of` names the player of a part, `union_of` the union of a player."""
    players = list(dict.fromkeys(player_of(p) for p in PARTS))
    v = lambda who: effects([p for p in PARTS if player_of(p) in who])

    def keeps_together(order):
        unions = [union_of(p) for p in order]
        return sum(a != b for a, b in zip(unions, unions[1:])) == len(set(unions)) - 1

    orders = [o for o in permutations(players) if keeps_together(o)]
    out = {}
    total = v(players)
    for kind in total:
        shapley = {p: np.zeros(3) for p in players}
        for order in orders:
            for i, p in enumerate(order):
                shapley[p] += (v(order[:i + 1])[kind] - v(order[:i])[kind]) / len(orders)
        alone = {p: v([p])[kind] for p in players}
        last = {p: total[kind] - v([q for q in players if q != p])[kind] for p in players}
        assert np.allclose(sum(shapley.values()), total[kind], atol=1e-13)
        out[kind] = {"total": total[kind], "interaction": total[kind] - sum(alone.values()),
                     "shapley": shapley, "alone": alone, "last": last}
    return out


def main():
    inputs = dict(policies=SPEC, regions=REGIONS, drivers={d: X[j] for j, d in enumerate(DRIVERS)}, output=Y,
                  coefficients=dict(zip(DRIVERS, BETA)), index="agglomeration", periods=STEPS)
    case = lambda name, by, expected, unions="": {
        "name": name, "source": SOURCE, "script": SCRIPT, "tolerance": 1e-10, "note": NOTE.format(unions) + by, "inputs": inputs, "expected": expected}
    by_policy = split(lambda p: p[0])
    assert np.allclose(by_policy["growth"]["shapley"]["P1"], [-.086592732, -.035129025, .121721757], atol=6e-10)
    assert np.allclose(by_policy["growth"]["interaction"], [-.005678971, -.002026882, .007705852], atol=6e-10)
    joined = lambda p: f"{p[0]} {p[2]}"
    within = split(joined, lambda player: player.split()[0])
    for kind in within:
        owen, whole = within[kind]["shapley"], by_policy[kind]["shapley"]
        for policy in SPEC:
            assert np.allclose(sum(v for p, v in owen.items() if p.startswith(policy)), whole[policy], atol=1e-13)
    write("forecast/explain.json", "Contributions of policies, drivers, margins and regions to the effects of a scenario", [
        case("by_policy", "Players are the policies.", by_policy),
        case("by_driver", "Players are the drivers.", split(lambda p: p[2])),
        case("by_margin", "Players are the extensive margin (P1) and the intensive one (P2 and P3).", split(lambda p: p[1])),
        case("drivers_within_policies", "Players are the drivers of each policy, named policy and driver.", within,
             " that keep the players of a policy together (Owen values)"),
        case("by_origin", "Players are the regions whose drivers change: r3 (P1 and P2) and r1 (P3).", split(lambda p: p[3])),
    ])


if __name__ == "__main__":
    main()
