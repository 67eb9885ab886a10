"""The cluster's own certificate authority, the certificates it signs, and the kubeconfigs made of them."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import commands, fingerprints
from .layout import API_SERVICE_IP, NODE_IP, NODE_NAME, Layout
from .progress import step

VALID_DAYS = "3650"
AUTHORITY = "/CN=strategy-operator-cluster"


@dataclass(frozen=True)
class Identity:
    """Who a certificate speaks for; `names` are given for a server."""

    file: str
    subject: str
    names: Sequence[str] = ()


SERVER = Identity(
    "api-server",
    "/CN=kube-apiserver",
    (
        "DNS:localhost",
        "DNS:kubernetes",
        "DNS:kubernetes.default",
        "DNS:kubernetes.default.svc",
        "DNS:kubernetes.default.svc.cluster.local",
        "IP:127.0.0.1",
        f"IP:{NODE_IP}",
        f"IP:{API_SERVICE_IP}",
    ),
)
KUBELET_CLIENT = Identity("kubelet-client", "/O=system:masters/CN=kube-apiserver-kubelet-client")
CLIENTS = (
    Identity("admin", "/O=system:masters/CN=admin"),
    Identity("controller-manager", "/CN=system:kube-controller-manager"),
    Identity("scheduler", "/CN=system:kube-scheduler"),
    Identity("proxy", "/CN=system:kube-proxy"),
    Identity("coredns", "/CN=system:coredns"),
    Identity("node", f"/O=system:nodes/CN=system:node:{NODE_NAME}"),
)


def ensure(layout: Layout) -> None:
    """Makes all keys and certificates once; they outlive `down`, so that a kubeconfig in a shell stays valid."""
    wanted = (SERVER, KUBELET_CLIENT, *CLIENTS)
    key = fingerprints.of_texts(AUTHORITY, *map(repr, wanted))
    complete = layout.pki / f".complete-{key}"
    if complete.exists():
        return
    with step("making certificates"):
        shutil.rmtree(layout.pki, ignore_errors=True)
        layout.pki.mkdir(parents=True, mode=0o700)
        _authority(layout.pki)
        for identity in wanted:
            _signed(layout.pki, identity)
        commands.run("openssl", "genrsa", "-out", layout.pki / "service-account.key", "2048")
        complete.touch()


def _authority(pki: Path) -> None:
    commands.run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", VALID_DAYS, "-subj", AUTHORITY),
        *("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign"),
        *("-keyout", pki / "ca.key", "-out", pki / "ca.crt"),
    )


def _signed(pki: Path, identity: Identity) -> None:
    request, extensions = pki / f"{identity.file}.csr", pki / f"{identity.file}.ext"
    usage = "serverAuth,clientAuth" if identity.names else "clientAuth"
    lines = [
        "basicConstraints=CA:FALSE",
        "keyUsage=critical,digitalSignature,keyEncipherment",
        f"extendedKeyUsage={usage}",
    ]
    if identity.names:
        lines.append(f"subjectAltName={','.join(identity.names)}")
    extensions.write_text("\n".join(lines) + "\n")
    commands.run(
        *("openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", identity.subject),
        *("-keyout", pki / f"{identity.file}.key", "-out", request),
    )
    commands.run(
        *(
            "openssl",
            "x509",
            "-req",
            "-days",
            VALID_DAYS,
            "-in",
            request,
            "-CA",
            pki / "ca.crt",
            "-CAkey",
            pki / "ca.key",
        ),
        *("-CAcreateserial", "-extfile", extensions, "-out", pki / f"{identity.file}.crt"),
    )
    request.unlink()
    extensions.unlink()


def kubeconfig(layout: Layout, identity: str) -> str:
    """A kubeconfig (JSON is YAML) that names the certificate files."""
    server = f"https://{NODE_IP}:{layout.ports.api_server}"
    pki = layout.pki
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "local", "cluster": {"server": server, "certificate-authority": str(pki / "ca.crt")}}
            ],
            "users": [
                {
                    "name": identity,
                    "user": {
                        "client-certificate": str(pki / f"{identity}.crt"),
                        "client-key": str(pki / f"{identity}.key"),
                    },
                }
            ],
            "contexts": [{"name": "local", "context": {"cluster": "local", "user": identity}}],
            "current-context": "local",
        },
        indent=1,
    )
