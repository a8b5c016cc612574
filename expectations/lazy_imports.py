"""Modules that are imported when they are first used, for libraries that import more than is asked of them."""

import sys
from importlib.util import LazyLoader, find_spec, module_from_spec


def import_when_used(name: str) -> None:
    """From now on `import name` costs nothing until something of the module is used; no effect if it is imported."""
    if name in sys.modules or (spec := find_spec(name)) is None or spec.loader is None:
        return
    spec.loader = LazyLoader(spec.loader)
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)
