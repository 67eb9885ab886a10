"""Rule 3: attributes that no strategy needs on any object, because they lead to the interpreter or to files."""

import ast
from collections.abc import Iterator
from typing import Final

from strategy_code.places import finding_at
from strategy_code.scopes import Program
from strategy_code.verdict import Finding
from strategy_code.words import words

_RULE: Final = "attribute"

_PLAIN_DUNDERS: Final = frozenset(words("__init__ __name__ __qualname__ __doc__ __post_init__ __members__ __version__"))
_OPERATORS: Final = frozenset(
    words("""
    __new__ __call__ __enter__ __exit__ __len__ __iter__ __next__ __getitem__ __setitem__ __delitem__ __contains__
    __getattr__ __setattr__ __repr__ __str__ __eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __bool__ __add__ __sub__
    __mul__ __truediv__ __floordiv__ __mod__ __pow__ __neg__ __pos__ __abs__ __radd__ __rsub__ __rmul__ __rtruediv__
    __init_subclass__ __format__ __int__ __float__ __round__ __missing__ __reversed__
    """)
)
_ATTRIBUTE_ACCESS: Final = ("__getattr__", "__setattr__", "__new__", "__init_subclass__")
_INTERPRETER: Final = frozenset(
    words("""
    gi_frame gi_code gi_yieldfrom gi_suspended cr_frame cr_code cr_await cr_origin ag_frame ag_code ag_await
    f_back f_builtins f_code f_globals f_locals f_lasti f_lineno f_trace tb_frame tb_next tb_lasti tb_lineno
    func_globals func_code func_closure func_defaults with_traceback mro
    """)
)
_CODE_PREFIX: Final = "co_"
_FILES: Final = frozenset(
    words("""
    tofile to_csv to_pickle to_sql to_parquet to_excel to_html to_clipboard to_feather to_hdf to_stata to_latex to_xml
    to_orc to_gbq to_markdown read_pickle
    """)
)
_DISPLAY: Final = frozenset(("style", "plot", "hist"))
_TEXT_MAKERS: Final = frozenset(("to_json", "to_string"))


def check_attributes(program: Program) -> Iterator[Finding]:
    """Findings about attribute access in one file."""
    for node in program.nodes:
        if isinstance(node, ast.Attribute) and (message := _objection(program, node)):
            yield finding_at(program, node, _RULE, message)


def _objection(program: Program, node: ast.Attribute) -> str | None:
    name = node.attr
    if name.startswith("__") and name.endswith("__"):
        return None if _is_plain_dunder(program, node) else f"`{name}` leads into the interpreter; write it without"
    if name in _INTERPRETER or name.startswith(_CODE_PREFIX):
        return f"`{name}` leads into the interpreter; write it without"
    if name == "obj" and program.may_be_exception(node.value):
        return "the `obj` of an exception leads into the interpreter; use its text"
    if _is_self(node.value):
        return None
    if name in _FILES or (name in ("dump", "ctypes") and not program.may_be_module(node.value)):
        return f"`{name}` writes files or memory; strategies have no files, return numbers in the signal's metadata"
    if name in _TEXT_MAKERS and _writes_somewhere(program, node):
        return f"`{name}` may not be given a place to write to; it returns the text"
    if name in _DISPLAY and _is_used_on(program, node):
        return f"`{name}` draws; there is no screen, return numbers in the signal's metadata"
    return None


def _is_plain_dunder(program: Program, node: ast.Attribute) -> bool:
    if node.attr in _PLAIN_DUNDERS:
        return True
    if node.attr == "__class__":
        parent = program.parent(node)
        return isinstance(parent, ast.Attribute) and parent.attr in ("__name__", "__qualname__")
    owner = node.value
    through_super = isinstance(owner, ast.Call) and isinstance(owner.func, ast.Name) and owner.func.id == "super"
    through_class = isinstance(owner, ast.Name) and node.attr not in _ATTRIBUTE_ACCESS
    return (through_super or through_class) and node.attr in _OPERATORS


def _is_self(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "self"


def _writes_somewhere(program: Program, node: ast.Attribute) -> bool:
    call = program.parent(node)
    if not (isinstance(call, ast.Call) and call.func is node):
        return True
    return bool(call.args) or any(key.arg in (None, "path_or_buf", "buf") for key in call.keywords)


def _is_used_on(program: Program, node: ast.Attribute) -> bool:
    """`frame.plot()` and `frame.style.x`; a plain attribute of that name is the author's own."""
    parent = program.parent(node)
    if isinstance(parent, ast.Call):
        return parent.func is node
    return node.attr != "hist" and isinstance(parent, ast.Attribute)
