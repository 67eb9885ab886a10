"""An image carries to the container runtime only what it lacks."""

import hashlib
import io
import json
import tarfile
from pathlib import Path

import pytest

from local_cluster import archives

OLD_LAYER, NEW_LAYER = b"base system", b"our sources"


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    names = [f"{digest(layer)}.tar" for layer in (OLD_LAYER, NEW_LAYER)]
    manifest = json.dumps([{"Config": "c.json", "Layers": names}]).encode()
    path = tmp_path / "image.tar"
    with tarfile.open(path, "w") as target:
        for name, content in [
            (names[0], OLD_LAYER),
            (names[1], NEW_LAYER),
            ("c.json", b"{}"),
            ("manifest.json", manifest),
        ]:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            target.addfile(member, io.BytesIO(content))
    return path


def test_present_layers_are_named_but_not_carried(archive: Path, tmp_path: Path) -> None:
    target = tmp_path / "missing.tar"

    archives.write_missing(archive, "localhost/x:1", {f"sha256:{digest(OLD_LAYER)}"}, target)

    with tarfile.open(target) as result:
        content = {name: member.read() for name in result.getnames() if (member := result.extractfile(name))}
    index = json.loads(content["index.json"])["manifests"][0]
    manifest = json.loads(content[f"blobs/{index['digest'].replace(':', '/')}"])
    assert index["annotations"] == {"io.containerd.image.name": "localhost/x:1"}
    assert [layer["digest"] for layer in manifest["layers"]] == [
        f"sha256:{digest(OLD_LAYER)}",
        f"sha256:{digest(NEW_LAYER)}",
    ]
    assert content[f"blobs/sha256/{digest(NEW_LAYER)}"] == NEW_LAYER
    assert f"blobs/sha256/{digest(OLD_LAYER)}" not in content
    assert content[f"blobs/{manifest['config']['digest'].replace(':', '/')}"] == b"{}"
