"""Names fit their use for every name the API server admits."""

import re

import pytest

from strategy_operator.names import Key, bundle_secret_name, label, pod_name

UID = "3f1c0d9e-0000-4000-8000-000000000001"
DIGEST = "sha256:" + "ab" * 32
HOSTILE = [
    pytest.param("a", id="one letter"),
    pytest.param("rsi-dip", id="usual"),
    pytest.param("a.b.c", id="dots"),
    pytest.param("x" * 56, id="as long as fits with the suffix"),
    pytest.param("x" * 57, id="one longer"),
    pytest.param("x" * 63, id="as long as a label"),
    pytest.param("x" * 253, id="as long as can be"),
    pytest.param("a" * 51 + "-" * 5 + "b" * 40, id="hyphens where it is cut"),
    pytest.param("a." * 126 + "a", id="dots where it is cut"),
]
LABEL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


@pytest.mark.parametrize("name", HOSTILE)
def test_every_name_fits_its_use(name: str) -> None:
    assert LABEL.fullmatch(label(name))
    assert len(label(name)) <= 63
    assert SUBDOMAIN.fullmatch(pod_name(name))
    assert len(pod_name(name)) <= 63
    assert SUBDOMAIN.fullmatch(bundle_secret_name(name, UID, DIGEST))
    assert len(bundle_secret_name(name, UID, DIGEST)) <= 253


def test_names_of_different_strategies_differ() -> None:
    names = ["x" * 100, "x" * 101, "x" * 100 + "y", "x" * 99 + "y", "x" * 57, "x" * 58]
    assert len({pod_name(name) for name in names}) == len(names)
    assert len({label(name) for name in names}) == len(names)


def test_a_short_name_stays_readable() -> None:
    assert pod_name("rsi-dip") == "rsi-dip-runner"
    assert label("rsi-dip") == "rsi-dip"
    assert bundle_secret_name("rsi-dip", UID, DIGEST) == "rsi-dip-3f1c0d9e-abababababababab"
    assert str(Key("strategies", "rsi-dip")) == "strategies/rsi-dip"


def test_a_bundle_of_another_execution_has_another_name() -> None:
    other = "00000000" + UID[8:]
    assert bundle_secret_name("a", UID, DIGEST) != bundle_secret_name("a", other, DIGEST)
