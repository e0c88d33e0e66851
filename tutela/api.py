from __future__ import annotations
from tutela.connectors.policy_files import read_policies
from tutela.engine.loader import load_policies
def load(*paths, parameters=None):
    return load_policies(read_policies(paths), parameters)
