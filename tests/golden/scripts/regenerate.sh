#!/bin/sh
# Writes every golden file again. Needs Python 3.11 with requirements.txt installed.
# The hash seed fixes the order in which pyfixest sweeps the fixed effects, hence the last digits.
set -e
cd "$(dirname "$0")"
export PYTHONHASHSEED=0
python make_data.py
python regression.py
python published.py
python indices.py
python space.py
python forecast.py
