"""The tables of modules against the packages that are installed: what an upgrade brings must be looked at."""

import json
import subprocess
import sys

import pytest

from strategy_code.allowed_modules import ALLOWED_MODULES
from strategy_code.reexported_modules import REEXPORTED_MODULES

CARRIED = """
import importlib, json, sys, types, warnings
from strategy_code.layout import BundleLayout
from strategy_sandbox.sdk import provide_sdks
warnings.simplefilter("ignore")
provide_sdks(BundleLayout((), "main.py"))
own = "strategy_sandbox.sdk."
carried = {}
for name in json.load(sys.stdin):
    carrier = importlib.import_module(name)
    carried[name] = found = {}
    for attribute in {*dir(carrier), *getattr(carrier, "__all__", ())}:
        try:
            value = getattr(carrier, attribute, None)
        except ImportError:  # sklearn's experimental classes say what to import first
            continue
        if isinstance(value, types.ModuleType) and not attribute.startswith("_"):
            found[attribute] = value.__name__.removeprefix(own)
json.dump(carried, sys.stdout)
"""


@pytest.fixture(scope="module")
def carried() -> dict[str, dict[str, str]]:
    """Attributes of allowed modules that are modules, in a process of its own: importing a submodule adds one."""
    names = json.dumps(sorted(ALLOWED_MODULES))
    result = subprocess.run([sys.executable, "-c", CARRIED], input=names, capture_output=True, text=True, check=True)
    return dict(json.loads(result.stdout))


@pytest.mark.parametrize("name", sorted(ALLOWED_MODULES))
def test_every_module_that_an_allowed_one_carries_is_known(name: str, carried: dict[str, dict[str, str]]) -> None:
    for attribute, module in carried[name].items():
        if module in ALLOWED_MODULES:
            known = REEXPORTED_MODULES.get(name, {}).get(attribute, f"{name}.{attribute}")
            assert known == module, f"{name}.{attribute} is {module}"
        else:
            assert REEXPORTED_MODULES.get(name, {}).get(attribute, "") is None, f"{name}.{attribute} is unknown"
