"""The school: data sets, networks, training and its measures."""

import sys
from importlib.util import find_spec

if find_spec("torch") is None:  # the stage lives without it, the school does not
    print('model: PyTorch is not installed: run "make env", or pip install -e ".[cpu,train]"', file=sys.stderr)
    raise SystemExit(2)
