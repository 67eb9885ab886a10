"""The Kubernetes components as programs with their arguments and files: no process is started here."""

import json
from collections.abc import Mapping
from pathlib import Path

from . import certificates, containerd
from .layout import NODE_IP, NODE_NAME, SERVICE_NETWORK, Layout
from .listeners import Listener
from .processes import Program

KUBECONFIGS = ("admin", "controller-manager", "scheduler", "proxy", "coredns", "node")
AUDIT_LOG_MIB = "100"


def configuration_files(layout: Layout) -> Mapping[Path, str]:
    config = layout.config
    return {
        **{config / f"{identity}.kubeconfig": certificates.kubeconfig(layout, identity) for identity in KUBECONFIGS},
        config / "audit-policy.json": audit_policy(),
        config / "kubelet.json": kubelet_configuration(layout),
        config / "Corefile": corefile(layout),
        config / "containerd.toml": containerd.configuration(layout),
        config / "cni/10-pods.conflist": containerd.network_configuration(layout),
    }


def audit_policy() -> str:
    """Every write, and what service accounts read: enough to count writes and to see which rights are used."""
    reads = {"level": "None", "verbs": ["get", "list", "watch"]}
    system_users = [
        f"system:{name}" for name in ("apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "coredns")
    ]
    return json.dumps(
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {**reads, "userGroups": ["system:nodes", "system:masters", "system:serviceaccounts:kube-system"]},
                {**reads, "users": system_users},
                {"level": "Metadata"},
            ],
        },
        indent=1,
    )


def kubelet_configuration(layout: Layout) -> str:
    return json.dumps(
        {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "containerRuntimeEndpoint": f"unix://{layout.containerd_socket}",
            "cgroupDriver": "cgroupfs",
            "failCgroupV1": False,
            "failSwapOn": False,
            "port": layout.ports.kubelet,
            "healthzPort": layout.ports.kubelet_health,
            "podLogsDir": str(layout.data / "pod-logs"),
            "clusterDomain": "cluster.local",
            "clusterDNS": [NODE_IP],
            "authentication": {
                "x509": {"clientCAFile": str(layout.pki / "ca.crt")},
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
            },
            "authorization": {"mode": "Webhook"},
            "enforceNodeAllocatable": ["none"],
            # Pressure on a developer's machine must not evict; nor may an image that no registry has be collected.
            "evictionHard": {
                signal: "0%"
                for signal in ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available")
            },
            "imageGCHighThresholdPercent": 100,
            "serializeImagePulls": False,
            "maxPods": 250,
            "podPidsLimit": 256,
            "seccompDefault": True,
            "crashLoopBackOff": {"maxContainerRestartPeriod": "10s"},
        },
        indent=1,
    )


def corefile(layout: Layout) -> str:
    return f"""\
cluster.local:{layout.ports.dns} in-addr.arpa:{layout.ports.dns} ip6.arpa:{layout.ports.dns} {{
    bind {NODE_IP}
    errors
    ready {NODE_IP}:{layout.ports.dns_ready}
    cache 5
    kubernetes cluster.local in-addr.arpa ip6.arpa {{
        kubeconfig {layout.config}/coredns.kubeconfig local
        ttl 5
    }}
}}
.:{layout.ports.dns} {{
    bind {NODE_IP}
    errors
    cache 30
    forward . /etc/resolv.conf
}}
"""


def programs(layout: Layout, binaries: Path) -> dict[str, Program]:
    """All components by name, in the order in which they want to be started."""
    made = (
        _etcd(layout, binaries),
        _api_server(layout, binaries),
        _controller_manager(layout, binaries),
        _scheduler(layout, binaries),
        _coredns(layout, binaries),
        _kubelet(layout, binaries),
        _proxy(layout, binaries),
    )
    return {program.name: program for program in made}


def _etcd(layout: Layout, binaries: Path) -> Program:
    client, peer = f"http://127.0.0.1:{layout.ports.etcd}", f"http://127.0.0.1:{layout.ports.etcd_peer}"
    argv = (
        str(binaries / "etcd"),
        f"--data-dir={layout.data}/etcd",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        # A test cluster is made again, not recovered.
        "--unsafe-no-fsync=true",
    )
    listens = (Listener("127.0.0.1", layout.ports.etcd), Listener("127.0.0.1", layout.ports.etcd_peer))
    return Program("etcd", argv, client, listens)


def _api_server(layout: Layout, binaries: Path) -> Program:
    pki, ports = layout.pki, layout.ports
    argv = (
        str(binaries / "kube-apiserver"),
        f"--etcd-servers=http://127.0.0.1:{ports.etcd}",
        f"--secure-port={ports.api_server}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={NODE_IP}",
        f"--tls-cert-file={pki}/api-server.crt",
        f"--tls-private-key-file={pki}/api-server.key",
        f"--client-ca-file={pki}/ca.crt",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki}/service-account.key",
        f"--service-account-signing-key-file={pki}/service-account.key",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--kubelet-client-certificate={pki}/kubelet-client.crt",
        f"--kubelet-client-key={pki}/kubelet-client.key",
        # The node's name is in nobody's DNS.
        "--kubelet-preferred-address-types=InternalIP",
        f"--audit-policy-file={layout.config}/audit-policy.json",
        f"--audit-log-path={layout.log}/audit.log",
        f"--audit-log-maxsize={AUDIT_LOG_MIB}",
        "--audit-log-maxbackup=2",
        "--event-ttl=15m",
        "--profiling=false",
    )
    endpoint = f"https://{NODE_IP}:{ports.api_server}"
    listens = (Listener(NODE_IP, ports.api_server),)
    return Program(
        "kube-apiserver", argv, endpoint, listens, inputs=((layout.config / "audit-policy.json").read_text(),)
    )


def _controller_manager(layout: Layout, binaries: Path) -> Program:
    argv = (
        str(binaries / "kube-controller-manager"),
        f"--kubeconfig={layout.config}/controller-manager.kubeconfig",
        f"--service-account-private-key-file={layout.pki}/service-account.key",
        f"--root-ca-file={layout.pki}/ca.crt",
        "--use-service-account-credentials",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={layout.ports.controller_manager}",
        "--profiling=false",
    )
    port = layout.ports.controller_manager
    return Program("kube-controller-manager", argv, f"https://127.0.0.1:{port}", (Listener("127.0.0.1", port),))


def _scheduler(layout: Layout, binaries: Path) -> Program:
    argv = (
        str(binaries / "kube-scheduler"),
        f"--kubeconfig={layout.config}/scheduler.kubeconfig",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        f"--secure-port={layout.ports.scheduler}",
        "--profiling=false",
    )
    port = layout.ports.scheduler
    return Program("kube-scheduler", argv, f"https://127.0.0.1:{port}", (Listener("127.0.0.1", port),))


def _coredns(layout: Layout, binaries: Path) -> Program:
    argv = (str(binaries / "coredns"), "-conf", f"{layout.config}/Corefile")
    dns = layout.ports.dns
    listens = (Listener(NODE_IP, dns), Listener(NODE_IP, dns, "udp"), Listener(NODE_IP, layout.ports.dns_ready))
    return Program("coredns", argv, f"{NODE_IP}:{dns}", listens, inputs=(corefile(layout),))


def _kubelet(layout: Layout, binaries: Path) -> Program:
    argv = (
        str(binaries / "kubelet"),
        f"--config={layout.config}/kubelet.json",
        f"--kubeconfig={layout.config}/node.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        f"--node-ip={NODE_IP}",
        f"--root-dir={layout.data}/kubelet",
        f"--cert-dir={layout.data}/kubelet-pki",
    )
    endpoint = f"https://{NODE_IP}:{layout.ports.kubelet}"
    listens = (Listener(NODE_IP, layout.ports.kubelet), Listener("127.0.0.1", layout.ports.kubelet_health))
    return Program("kubelet", argv, endpoint, listens, inputs=(kubelet_configuration(layout),))


def _proxy(layout: Layout, binaries: Path) -> Program:
    argv = (
        str(binaries / "kube-proxy"),
        f"--kubeconfig={layout.config}/proxy.kubeconfig",
        f"--hostname-override={NODE_NAME}",
        "--proxy-mode=iptables",
        # Else it wants kernel settings that it may not set in every virtual machine.
        "--conntrack-max-per-core=0",
        "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
        f"--healthz-bind-address=127.0.0.1:{layout.ports.proxy_health}",
        f"--metrics-bind-address=127.0.0.1:{layout.ports.proxy_metrics}",
    )
    listens = tuple(Listener("127.0.0.1", port) for port in (layout.ports.proxy_health, layout.ports.proxy_metrics))
    return Program("kube-proxy", argv, f"127.0.0.1:{layout.ports.proxy_health}", listens)
