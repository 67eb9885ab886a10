"""What of an image archive the container runtime lacks, as an OCI layout: unchanged layers are not carried again."""

import hashlib
import io
import json
import tarfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

LAYER = "application/vnd.oci.image.layer.v1.tar"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def write_missing(archive: Path, tag: str, present: Collection[str], target: Path) -> None:
    """Writes the image of a docker-archive (uncompressed layers, named by their digests) without `present` blobs."""
    with tarfile.open(archive) as source, tarfile.open(target, "w") as result:
        contents = json.loads(_read(source, "manifest.json"))[0]
        layers = [_descriptor(LAYER, Path(name).stem, source.getmember(name).size) for name in contents["Layers"]]
        configuration = _read(source, contents["Config"])
        for name, layer in zip(contents["Layers"], layers, strict=True):
            if layer["digest"] not in present:
                blob = tarfile.TarInfo(_blob_name(layer["digest"]))
                blob.size = layer["size"]
                result.addfile(blob, source.extractfile(name))
        configured = _add_blob(result, CONFIGURATION, configuration)
        manifest = {"schemaVersion": 2, "mediaType": MANIFEST, "config": configured, "layers": layers}
        described = _add_blob(result, MANIFEST, json.dumps(manifest).encode())
        described["annotations"] = {"io.containerd.image.name": tag}
        index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [described]}
        _add(result, "index.json", json.dumps(index).encode())
        _add(result, "oci-layout", b'{"imageLayoutVersion": "1.0.0"}')


def _descriptor(media_type: str, digest: str, size: int) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": size}


def _blob_name(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"


def _read(source: tarfile.TarFile, name: str) -> bytes:
    member = source.extractfile(name)
    if member is None:
        raise KeyError(name)
    return member.read()


def _add_blob(result: tarfile.TarFile, media_type: str, content: bytes) -> dict[str, Any]:
    described = _descriptor(media_type, hashlib.sha256(content).hexdigest(), len(content))
    _add(result, _blob_name(described["digest"]), content)
    return described


def _add(result: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    result.addfile(member, io.BytesIO(content))
