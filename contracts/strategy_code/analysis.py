"""`analyse`: from a bundle's files to a verdict. Bounded in time and memory for any input; executes nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from strategy_code.allowed_modules import is_taken
from strategy_code.attribute_rules import check_attributes
from strategy_code.definition_rules import check_definitions
from strategy_code.entry_points import find_entry_point
from strategy_code.import_rules import check_imports, imported_modules
from strategy_code.layout import BundleLayout
from strategy_code.module_rules import check_module_use, used_modules
from strategy_code.modules import ModuleNames
from strategy_code.name_rules import check_names
from strategy_code.scopes import Program, read_program
from strategy_code.source_text import MAX_FILES, MAX_SOURCE_BYTES
from strategy_code.syntax import InvalidSource, parse
from strategy_code.text_rules import check_texts
from strategy_code.verdict import Finding, Severity, Verdict
from strategy_code.workflow.analysis import is_drawing, read_workflow
from strategy_contracts.bundle import EntryPoint, Shape

MAX_FINDINGS: Final = 50
"""Shown; who has more has the first ones to think about."""
MAX_MESSAGE: Final = 400
"""Characters."""


def analyse(files: Mapping[str, str], main_file: str) -> Verdict:
    """Whether the bundle may run, how it is called, which installed modules it uses."""
    problems = list(_check_files(files, main_file))
    if problems:
        return _refused(problems)
    if is_drawing(files, main_file):
        return _drawing(main_file, files[main_file])
    programs: dict[str, Program] = {}
    for file in sorted(python_files(files)):
        try:
            programs[file] = read_program(file, parse(file, files[file]))
        except InvalidSource as invalid:
            problems.append(invalid.finding)
    if problems:
        return _refused(problems)
    layout = BundleLayout(programs, main_file)
    names = ModuleNames(layout, programs)
    for program in programs.values():
        problems += _check_program(program, names, layout)
    search = find_entry_point(main_file, programs, names)
    if search.finding is not None:
        problems.append(search.finding)
    return _verdict(problems, search.entry_point, _imports(programs, names))


def _drawing(file: str, text: str) -> Verdict:
    reading = read_workflow(text, file)
    entry_point = EntryPoint(shape=Shape.WORKFLOW, file=file, name=PurePosixPath(file).stem, arity=0)
    return _verdict(list(reading.findings), entry_point if reading.workflow is not None else None, ())


def python_files(files: Mapping[str, str]) -> list[str]:
    """The paths that are program text; other files of a bundle are only carried along."""
    return [path for path in files if path.endswith(".py")]


def _check_files(files: Mapping[str, str], main_file: str) -> Iterator[Finding]:
    if main_file not in files:
        named = ", ".join(sorted(files)[:10]) or "none"
        yield Finding(
            rule="bundle", message=f"the main file {main_file} is not among the files: {named}", file=main_file
        )
    elif not main_file.endswith((".py", ".json")):
        message = "the main file must be a Python file (.py), or a drawing (.json)"
        yield Finding(rule="bundle", message=message, file=main_file)
    elif main_file.endswith(".py") and is_taken(PurePosixPath(main_file).stem):
        message = f"`{PurePosixPath(main_file).stem}` is the name of an installed module; rename the file"
        yield Finding(rule="bundle", message=message, file=main_file)
    for path in files:
        if not _is_plain_path(path):
            message = "a file's path must be relative, of plain names, without `..`"
            yield Finding(rule="bundle", message=message, file=path[:200])
    sources = python_files(files)
    if len(sources) > MAX_FILES:
        yield Finding(rule="size", message=f"{len(sources)} Python files; the limit is {MAX_FILES}", file=main_file)
    if sum(len(files[path]) for path in sources) > MAX_SOURCE_BYTES:
        message = f"the Python files together are larger than {MAX_SOURCE_BYTES // 1024} KiB"
        yield Finding(rule="size", message=message, file=main_file)


def _is_plain_path(path: str) -> bool:
    parts = path.split("/")
    plain = path.isprintable() and "\\" not in path and str(PurePosixPath(path)) == path
    return plain and len(path) <= 500 and all(part not in ("", ".", "..") for part in parts)


def _check_program(program: Program, names: ModuleNames, layout: BundleLayout) -> Iterator[Finding]:
    for findings in (
        check_imports(program, names, layout),
        check_module_use(program, names),
        check_attributes(program),
        check_names(program),
        check_definitions(program),
        check_texts(program),
    ):
        yield from _until_enough(findings)


def _until_enough(findings: Iterator[Finding]) -> Iterator[Finding]:
    """No rule is asked for more errors than are shown; what a mistyped name may have meant takes its time."""
    errors = 0
    for finding in findings:
        yield finding
        errors += finding.severity is Severity.ERROR
        if errors == MAX_FINDINGS:
            return


def _imports(programs: Mapping[str, Program], names: ModuleNames) -> tuple[str, ...]:
    found: set[str] = set()
    for program in programs.values():
        found.update(imported_modules(program, names))
        found.update(used_modules(program, names))
    return tuple(sorted(found))


def _refused(problems: list[Finding]) -> Verdict:
    return _verdict(problems, None, ())


def _verdict(problems: list[Finding], entry_point: EntryPoint | None, imports: tuple[str, ...]) -> Verdict:
    ordered = sorted(set(problems), key=lambda finding: (finding.file, finding.line, finding.column, finding.rule))
    admitted = entry_point is not None and all(finding.severity is not Severity.ERROR for finding in ordered)
    return Verdict(
        admitted=admitted,
        entry_point=entry_point if admitted else None,
        findings=tuple(replace(finding, message=_shown(finding.message)) for finding in ordered[:MAX_FINDINGS]),
        imports=imports,
    )


def _shown(message: str) -> str:
    """Names in it are the author's: they go into status and logs, so they are kept short and printable."""
    clean = "".join(character if character.isprintable() else "?" for character in message)
    half = MAX_MESSAGE // 2
    return clean if len(clean) <= MAX_MESSAGE else f"{clean[:half]} … {clean[-half:]}"
