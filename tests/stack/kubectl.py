"""kubectl as tests use it: asynchronous, JSON where it matters, and a failed command is an exception with its words."""

import asyncio
import json
import os
from dataclasses import dataclass
from typing import Any


class KubectlError(AssertionError):
    """kubectl refused; the message is its standard error."""


@dataclass(frozen=True)
class Kubectl:
    """One cluster, one namespace."""

    binary: str
    kubeconfig: str
    namespace: str

    async def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        """Run kubectl in the namespace and return its standard output."""
        process = await asyncio.create_subprocess_exec(
            self.binary,
            "--namespace",
            self.namespace,
            *arguments,
            stdin=asyncio.subprocess.PIPE if stdin is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=os.environ | {"KUBECONFIG": self.kubeconfig},
        )
        out, err = await process.communicate(stdin.encode() if stdin is not None else None)
        if process.returncode != 0:
            raise KubectlError(err.decode().strip())
        return out.decode()

    async def json(self, *arguments: str) -> dict[str, Any]:
        """Run kubectl with `-o json`."""
        answer: dict[str, Any] = json.loads(await self(*arguments, "-o", "json"))
        return answer

    async def apply(self, *objects: dict[str, Any]) -> None:
        """Apply objects (strict validation, as kubectl does by default)."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        await self("apply", "-f", "-", stdin=json.dumps(items))

    async def wait(self, target: str, condition: str, timeout_s: int = 60) -> None:
        """`kubectl wait --for=condition`."""
        await self("wait", target, f"--for={condition}", f"--timeout={timeout_s}s")
