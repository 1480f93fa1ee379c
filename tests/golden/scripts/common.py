"""Paths and JSON output shared by the scripts of this directory."""
import json
import math
import os

import numpy as np

GOLDEN = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(GOLDEN))


def clean(x):
    """Plain Python values; NaN and infinities become null."""
    if isinstance(x, dict):
        return {str(k): clean(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [clean(v) for v in x]
    if hasattr(x, "tolist") and not np.isscalar(x):   # arrays and pandas Series
        return clean(x.tolist())
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, (float, np.floating)):
        return float(x) if math.isfinite(x) else None
    return x


def dump(x, indent=0):
    """JSON with one line for every list of scalars (or pair of scalars)."""
    pad, deeper = "  " * indent, "  " * (indent + 1)
    if isinstance(x, dict):
        if not x:
            return "{}"
        flat = "{" + ", ".join(f"{json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}" for k, v in x.items()) + "}"
        if len(flat) <= 100 and not any(isinstance(v, (dict, list)) for v in x.values()):
            return flat
        return "{\n" + ",\n".join(
            f"{deeper}{json.dumps(k, ensure_ascii=False)}: {dump(v, indent + 1)}" for k, v in x.items()) + f"\n{pad}}}"
    if isinstance(x, list):
        if not any(isinstance(v, (dict, list)) for v in x):
            return json.dumps(x, ensure_ascii=False)
        return "[\n" + ",\n".join(deeper + dump(v, indent + 1) for v in x) + f"\n{pad}]"
    return json.dumps(x, ensure_ascii=False)


def write(path, subject, cases, **extra):
    names = [case["name"] for case in cases]
    assert len(set(names)) == len(names), names
    for case in cases:
        for field in ("name", "source", "script", "tolerance", "expected"):
            assert field in case, (case["name"], field)
        if case["tolerance"] > 1e-8:
            assert case.get("tolerance_reason"), case["name"]
    path = os.path.join(GOLDEN, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(dump(clean({"subject": subject, **extra, "cases": cases})) + "\n")
    print(os.path.relpath(path, ROOT), len(cases), "cases")
