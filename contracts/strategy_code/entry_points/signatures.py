"""What a function can be called with."""

import ast

from strategy_code.entry_points.outcome import Function


def arity_of(function: Function, most: int, *, bound: int = 0) -> int | None:
    """As many of `most` arguments as can be passed by position, after `bound` ones; None when it cannot be called."""
    arguments = function.args
    if any(default is None for default in arguments.kw_defaults):
        return None
    positional = len(arguments.posonlyargs) + len(arguments.args) - bound
    required = positional - len(arguments.defaults)
    possible = most if arguments.vararg is not None else positional
    if possible < 0:
        return None
    arity = min(most, possible)
    return arity if required <= arity else None


def required_names(constructor: Function) -> list[str]:
    """Names of constructor arguments that have no default, without `self`."""
    arguments = constructor.args
    positional = [*arguments.posonlyargs, *arguments.args][1:]
    required = positional[: max(0, len(positional) - len(arguments.defaults))]
    required += [
        argument
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if default is None
    ]
    return [argument.arg for argument in required]


def keyword_names(constructor: Function) -> list[str]:
    """Names of constructor arguments that can be given by name, without `self`."""
    return [argument.arg for argument in (*constructor.args.args, *constructor.args.kwonlyargs)]


def decorators(function: Function) -> set[str]:
    """Last parts of the decorators' names."""
    return {
        decorator.id if isinstance(decorator, ast.Name) else getattr(decorator, "attr", "")
        for decorator in function.decorator_list
    }


def written(function: Function) -> str:
    """The arguments as the author wrote them."""
    return ast.unparse(function.args)
