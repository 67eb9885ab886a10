"""A strategy's state: what it must be given back after its worker was killed, to go on as if nothing had happened.

Attributes of strategy objects, what else an adapter names, and module globals that changed since the module was
loaded. Attributes of classes and closures are not looked at. Values that would not come back exactly are named instead.
"""

import dis
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import Any, Final

from strategy_contracts.checkpoint import MAX_STRATEGY_STATE_BYTES
from strategy_contracts.worker_protocol import encode_body
from strategy_sandbox.fingerprints import fingerprint, is_constant
from strategy_sandbox.state_forms import NotRestorable, decode_value, encode_value

_GLOBALS: Final = "globals"
INCOMPLETE: Final = "incomplete"
"""A section of its own: names that are not in the state, so that the rest alone is not the strategy as it was."""
_MOST_NAMES: Final = 100
_LONGEST_NAME: Final = 60
_ENVELOPE_BYTES: Final = 8 * 1024
"""Room for nesting around the values, and for the names of those that are left out."""


@dataclass(frozen=True)
class CapturedState:
    """What goes with an answer; `values` is None when there is nothing to give back."""

    values: dict[str, Any] | None
    not_restorable: tuple[str, ...]


class _Namespace:
    """One mapping of names that the strategy may change: a module's globals or an object's attributes."""

    def __init__(self, names: dict[str, Any]) -> None:
        self._names = names
        self._origins = {name: (value, _print_of(value)) for name, value in self.items()}

    def items(self) -> list[tuple[str, Any]]:
        return [
            (name, value)
            for name, value in self._names.items()
            if isinstance(name, str) and not (name.startswith("__") and name.endswith("__"))
        ]

    def is_changed(self, name: str, value: Any) -> bool:
        """Whether the name is new, bound anew, or holds something that is not as it was after loading."""
        if name not in self._origins:
            return True
        origin, origin_print = self._origins[name]
        if value is not origin:
            return True
        return not is_constant(value) and (origin_print is None or _print_of(value) != origin_print)

    def is_mutable(self) -> bool:
        """Whether anything here can change without a new binding."""
        return any(not is_constant(value) for value, _ in self._origins.values())

    def restore(self, forms: Mapping[str, Any]) -> None:
        for name, form in forms.items():
            value, present = decode_value(form), self._names.get(name)
            # In place where it can be: functions may hold the container itself.
            if type(present) is type(value) is list:
                present[:] = value
            elif type(present) is type(value) is dict:
                present.clear()
                present.update(value)
            else:
                self._names[name] = value


def _print_of(value: object) -> bytes | None:
    return None if is_constant(value) else fingerprint(value)


class StrategyState:
    """Watches a loaded strategy: what its adapter says carries state, and the globals of the bundle's modules by file.

    Carriers are live dicts by section, mostly the attributes of objects; they travel whole, globals when they changed.
    """

    def __init__(self, carriers: Mapping[str, dict[str, Any]], modules: Mapping[str, ModuleType]) -> None:
        self._carriers = {section: _Namespace(names) for section, names in carriers.items()}
        self._globals = {f"{_GLOBALS}:{file}": _Namespace(module.__dict__) for file, module in modules.items()}

    def stateful(self, codes: list[CodeType]) -> bool:
        """Whether state is to be expected: an object, a global container, or code that binds globals."""
        return (
            bool(self._carriers)
            or any(namespace.is_mutable() for namespace in self._globals.values())
            or any(_binds_globals(code) for module in codes for code in _nested(module))
        )

    def capture(self) -> CapturedState:
        """The state now."""
        values = _Values()
        for section, carrier in self._carriers.items():
            for name, value in carrier.items():
                if not values.add(section, name, value) and carrier.is_changed(name, value):
                    values.refuse(name)
        for section, namespace in self._globals.items():
            for name, value in namespace.items():
                if namespace.is_changed(name, value) and not values.add(section, name, value):
                    values.refuse(name)
        return values.result()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Bring back what `capture` gave; sections of files that are gone are ignored, as is INCOMPLETE."""
        for section, forms in state.items():
            namespace = self._carriers.get(section) or self._globals.get(section)
            if namespace is not None:
                namespace.restore(forms)


class _Values:
    """Collects values within the limit; the largest are left out first when together they are too large."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, str], tuple[Any, int]] = {}
        self._refused: list[str] = []

    def add(self, section: str, name: str, value: Any) -> bool:
        """False when the value would not come back as it is."""
        try:
            form = encode_value(value)
            self._forms[section, name] = form, len(name.encode()) + len(encode_body(form))
        except (NotRestorable, UnicodeEncodeError):
            return False
        return True

    def refuse(self, name: str) -> None:
        self._refused.append(name)

    def result(self) -> CapturedState:
        size = _ENVELOPE_BYTES + sum(size for _, size in self._forms.values())
        for (section, name), (_, own_size) in sorted(self._forms.items(), key=lambda item: -item[1][1]):
            if size <= MAX_STRATEGY_STATE_BYTES:
                break
            del self._forms[section, name]
            self.refuse(name)
            size -= own_size
        values: dict[str, Any] = {}
        for (section, name), (form, _) in self._forms.items():
            values.setdefault(section, {})[name] = form
        refused = tuple(sorted(set(self._refused)))[:_MOST_NAMES]
        if refused:
            values[INCOMPLETE] = {name[:_LONGEST_NAME]: None for name in refused}
        return CapturedState(values or None, refused)


def _nested(code: CodeType) -> Iterator[CodeType]:
    stack = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    while stack:
        inner = stack.pop()
        yield inner
        stack += [constant for constant in inner.co_consts if isinstance(constant, CodeType)]


def _binds_globals(code: CodeType) -> bool:
    return any(instruction.opname == "STORE_GLOBAL" for instruction in dis.get_instructions(code))
