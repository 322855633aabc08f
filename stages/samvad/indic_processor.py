"""IndicTransToolkit's IndicProcessor, and nothing else of that package."""

from __future__ import annotations

import sys
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any


def processor(inference: bool = True) -> Any:
    """A new IndicProcessor. `inference`: numbers, addresses and the like are put aside and restored."""
    return _module().IndicProcessor(inference=inference)


@cache
def _module() -> Any:
    """IndicTransToolkit.processor by itself: the package imports torch and transformers besides."""
    package = find_spec("IndicTransToolkit")
    spec = PathFinder.find_spec("IndicTransToolkit.processor", package.submodule_search_locations) if package else None
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError("No module named 'IndicTransToolkit.processor'")
    module = module_from_spec(spec)
    # indicnlp imports pandas for tables that the processor never reads.
    unread = "pandas" not in sys.modules and sys.modules.setdefault("pandas", ModuleType("pandas"))
    try:
        spec.loader.exec_module(module)
    finally:
        if unread:
            del sys.modules["pandas"]
    return module
