#!/bin/sh
# Writes every golden file again. Needs Python 3.11 with requirements.txt installed, and R with plm and jsonlite for panel.py.
# The hash seed fixes the order in which pyfixest sweeps the fixed effects, hence the last digits.
set -e
cd "$(dirname "$0")"
export PYTHONHASHSEED=0
python make_data.py
python regression.py
python covariances.py
python panel.py
python glm.py
python quantile.py
python selection.py
python published.py
python instruments.py
# Needs R with plm, lmtest and spdep.
python diagnostics.py
python gwr.py
python spatial.py
# Their peers' digits: dynamic.R (R plm) writes dynamic_plm.json, dynamic.inp is for gretl.
python dynamic.py
python dynamic_gaps.py
python threshold.py
python convergence.py
python indices.py
# After indices.py: they add cases to files that it writes.
for family in location specialisation concentration dynamics complexity regional_inequality space linkages clusters; do
    python "$family.py"
done
python forecast.py
python reconcile.py
# Needs R with jsonlite, and FORECAST_R, the folder forecast/R of the package r-cran-forecast.
python scores.py
python explain.py
python drivers.py
python simplex.py
python honesty.py
python inverse.py
