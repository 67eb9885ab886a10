"""What makes something be built again, and what does not."""

from pathlib import Path

import pytest

from local_cluster import dockerfiles, fingerprints, pip_configuration

DOCKERFILE = """\
# comment
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
COPY requirements/operator.txt /requirements.txt
COPY --chown=1:1 contracts/ operator/ \\
     /app/
COPY ["a b.txt", "/x"]
ADD https://example.org/file /file
FROM ${PYTHON_IMAGE}
COPY --from=build /opt/venv /opt/venv
"""


def test_inputs_of_an_image_are_what_it_copies_from_its_context() -> None:
    assert dockerfiles.copied_sources(DOCKERFILE) == ["requirements/operator.txt", "contracts/", "operator/", "a b.txt"]
    assert dockerfiles.takes_base_image(DOCKERFILE)
    assert not dockerfiles.takes_base_image("FROM scratch\nCOPY . /\n")


def test_whole_context_is_an_input_when_it_is_copied_whole(tmp_path: Path) -> None:
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text("FROM scratch\nCOPY . /\n")

    assert dockerfiles.inputs(dockerfile, tmp_path) == [dockerfile, tmp_path]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "package").mkdir()
    (tmp_path / "package/module.py").write_text("x = 1\n")
    (tmp_path / "other.txt").write_text("other")
    return tmp_path


def test_key_is_stable_and_ignores_what_tools_leave_behind(tree: Path) -> None:
    before = fingerprints.of_files(tree, [tree])
    (tree / "package/__pycache__").mkdir()
    (tree / "package/__pycache__/module.pyc").write_bytes(b"\0")

    assert fingerprints.of_files(tree, [tree]) == before
    assert fingerprints.of_files(tree, [tree / "other.txt", tree / "package"]) == before


def test_key_moves_with_content_name_mode_and_texts(tree: Path) -> None:
    keys = {fingerprints.of_files(tree, [tree]), fingerprints.of_files(tree, [tree], "option")}
    (tree / "package/module.py").chmod(0o755)
    keys.add(fingerprints.of_files(tree, [tree]))
    (tree / "package/module.py").write_text("x = 2\n")
    keys.add(fingerprints.of_files(tree, [tree]))
    (tree / "package/module.py").rename(tree / "package/renamed.py")
    keys.add(fingerprints.of_files(tree, [tree]))

    assert len(keys) == 5


def test_texts_do_not_run_into_each_other() -> None:
    assert fingerprints.of_texts("ab", "c") != fingerprints.of_texts("a", "bc")


def test_pip_variables_win_over_files_and_later_files_over_earlier_ones() -> None:
    files = ["[global]\nindex-url = https://one/\ntimeout = 5\n", "[global]\nindex-url = https://two/\n"]
    environ = {"PIP_TIMEOUT": "60", "PIP_FIND_LINKS": "/wheels /more", "PIP_CONFIG_FILE": "/x", "HOME": "/root"}

    merged = pip_configuration.merged(files, environ)

    assert dict(merged["global"]) == {"index-url": "https://two/", "timeout": "60", "find-links": "/wheels /more"}
    assert pip_configuration.referenced_paths(merged) == [
        pip_configuration.CA_BUNDLE,
        Path("/wheels"),
        Path("/more"),
    ]
