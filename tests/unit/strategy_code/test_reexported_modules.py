"""The tables of modules against the packages that are installed: what an upgrade brings must be looked at."""

import importlib
import types
import warnings

import pytest

from strategy_code.allowed_modules import ALLOWED_MODULES
from strategy_code.reexported_modules import REEXPORTED_MODULES


def attribute_of(carrier: types.ModuleType, name: str) -> object:
    try:
        return getattr(carrier, name, None)
    except ImportError:  # sklearn's experimental classes say what to import first
        return None


@pytest.mark.parametrize("name", sorted(ALLOWED_MODULES))
def test_every_module_that_an_allowed_one_carries_is_known(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        carrier = importlib.import_module(name)
        for attribute in {*dir(carrier), *getattr(carrier, "__all__", ())}:
            value = attribute_of(carrier, attribute)
            if attribute.startswith("_") or not isinstance(value, types.ModuleType):
                continue
            if value.__name__ in ALLOWED_MODULES:
                known = REEXPORTED_MODULES.get(name, {}).get(attribute, f"{name}.{attribute}")
                assert known == value.__name__, f"{name}.{attribute} is {value.__name__}"
            else:
                assert REEXPORTED_MODULES.get(name, {}).get(attribute, "") is None, f"{name}.{attribute} is unknown"
