"""The machine's way to Python packages, for builds that see neither its files nor its environment.

Only mounted into a build, never copied: addresses and credentials of an index stay out of images.
"""

import configparser
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

FILES = (Path("/etc/pip.conf"), Path.home() / ".pip/pip.conf", Path.home() / ".config/pip/pip.conf")
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")
# About pip's own run rather than about where packages are.
NOT_OPTIONS = frozenset({"PIP_CONFIG_FILE", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_USER", "PIP_CACHE_DIR"})
PATH_OPTIONS = ("cert", "client-cert", "find-links")


def merged(files: Iterable[str], environ: Mapping[str, str]) -> configparser.RawConfigParser:
    """One configuration with pip's precedence: later files win over earlier ones, PIP_* variables over files."""
    configuration = configparser.RawConfigParser()
    for text in files:
        configuration.read_string(text)
    if not configuration.has_section("global"):
        configuration.add_section("global")
    for name, value in environ.items():
        if name.startswith("PIP_") and name not in NOT_OPTIONS and value:
            configuration.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    return configuration


def render(configuration: configparser.RawConfigParser) -> str:
    text = io.StringIO()
    configuration.write(text)
    return text.getvalue()


def referenced_paths(configuration: configparser.RawConfigParser) -> list[Path]:
    """Local files and directories that the options name, and the machine's certificates."""
    words = [
        word
        for section in configuration.sections()
        for option in PATH_OPTIONS
        for word in configuration.get(section, option, fallback="").split()
    ]
    paths = [Path(word.removeprefix("file://")) for word in words]
    return list(dict.fromkeys([CA_BUNDLE, *(path for path in paths if path.is_absolute())]))


def of_machine(environ: Mapping[str, str]) -> configparser.RawConfigParser:
    return merged((file.read_text() for file in FILES if file.exists()), environ)
