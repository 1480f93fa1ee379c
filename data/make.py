#!/usr/bin/env python3
"""Makes munnell.csv, us_states.csv and us_contiguity.csv in this directory.

Needs linearmodels 7.1, libpysal 4.14.1 and pandas (pip), and Rscript
(Debian package r-base-core) for the base R data set `state`.
"""
import csv
import io
import os
import subprocess

import pandas as pd
from libpysal import examples
from libpysal.io import open as psopen
from linearmodels.datasets import munnell

HERE = os.path.dirname(os.path.abspath(__file__))
KM2_PER_SQUARE_MILE = 2.589988110336


def states():
    """abbreviation, name, division, land area in square miles: R's datasets::state.*"""
    text = subprocess.run(
        ["Rscript", "--vanilla", "-e",
         "write.csv(data.frame(abb=state.abb, name=state.name, division=as.character(state.division),"
         " area=datasets::state.x77[, 'Area'], same=state.name == rownames(state.x77)),"
         " row.names=FALSE)"],
        check=True, capture_output=True, text=True).stdout
    frame = pd.read_csv(io.StringIO(text), keep_default_na=False)
    assert frame.same.all() and len(frame) == 50
    return frame.set_index("abb")


def number(x):
    """Shortest text that reads back as the same double; no trailing '.0'."""
    text = repr(float(x))
    return text[:-2] if text.endswith(".0") else text


def write(name, header, rows):
    with open(os.path.join(HERE, name), "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(header)
        out.writerows(rows)
    print(name, len(rows), "rows")


def main():
    state = states()

    frame = munnell.load()
    names = frame.ST_ABB.map(state.name)
    assert names.notna().all()
    # The long names of the source are cut at 11 characters: "NORTH_CAROL" for North Carolina.
    for short, full in set(zip(frame.STATE, names)):
        assert full.upper().replace(" ", "_").startswith(short.rstrip("E")), (short, full)
    columns = [("gsp", "GSP"), ("private_capital", "PC"), ("public_capital", "P_CAP"),
               ("employment", "EMP"), ("unemployment", "UNEMP"), ("highway_capital", "HWY"),
               ("water_capital", "WATER"), ("utility_capital", "UTIL")]
    rows = []
    for i, row in frame.iterrows():
        rows.append([names[i], state.division[row.ST_ABB], int(row.YR)]
                    + [number(row[c]) for _, c in columns])
    rows.sort(key=lambda r: (r[0], r[2]))
    assert len(rows) == 48 * 17 and len({(r[0], r[2]) for r in rows}) == 48 * 17
    write("munnell.csv", ["state", "division", "year"] + [c for c, _ in columns], rows)

    contiguous = state[~state.index.isin(["AK", "HI"])].sort_values("name")
    assert set(contiguous.name) == set(names)
    write("us_states.csv", ["state", "division", "land_area_km2"],
          [[r["name"], r["division"], f"{r['area'] * KM2_PER_SQUARE_MILE:.3f}"]
           for _, r in contiguous.iterrows()])

    order = list(pd.read_csv(examples.get_path("usjoin.csv")).Name)
    assert set(order) == set(names)
    w = psopen(examples.get_path("states48.gal")).read()
    neighbours = {order[int(k)]: {order[int(j)] for j in v} for k, v in w.neighbors.items()}
    for a, others in neighbours.items():
        assert a not in others and others
        for b in others:
            assert a in neighbours[b], (a, b)
    pairs = sorted({tuple(sorted((a, b))) for a, others in neighbours.items() for b in others})
    assert 2 * len(pairs) == sum(map(len, neighbours.values()))
    write("us_contiguity.csv", ["region", "neighbour"], pairs)


if __name__ == "__main__":
    main()
