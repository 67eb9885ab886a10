#!/usr/bin/env bash
# Builds the Kubernetes multi-call binary: build.sh OUTPUT. Without the version flags kubectl and Helm misjudge the server.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
version=$(awk '$1 == "k8s.io/kubernetes" {print $2}' go.mod)
minor=$(cut -d. -f2 <<<"$version")
flags="-s -w"
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  flags+=" -X $package.gitVersion=$version -X $package.gitMajor=1 -X $package.gitMinor=$minor -X $package.gitTreeState=clean"
  flags+=" -X $package.gitCommit=0000000000000000000000000000000000000000 -X $package.buildDate=2026-01-01T00:00:00Z"
done
CGO_ENABLED=0 GOFLAGS=-mod=readonly "${GO:-go}" build -trimpath -tags netgo,osusergo -ldflags "$flags" -o "$1" .
