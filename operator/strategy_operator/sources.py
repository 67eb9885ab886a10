"""From a resource to what became of its source: files from wherever they are, judged by the analysis of their code.

Code that was admitted and runs is not analysed again: a better analyser must not stop what runs, and an operator that
starts with a thousand running strategies has better things to do.
"""

from collections.abc import Mapping
from typing import Protocol

from strategy_contracts.bundle import Bundle, EntryPoint, encode_bundle
from strategy_contracts.errors import ContractViolation
from strategy_contracts.resource import ConditionStatus, ConditionType, StrategySpec, TradingStrategy
from strategy_operator.admission import Admission
from strategy_operator.drawings import drawn_files, preferred_drawing, with_subscriptions
from strategy_operator.resolution import NotAdmitted, NotResolved, Resolution, Resolved
from strategy_operator.runner_plan import identity_of
from strategy_operator.tenancy import NamespacePolicy, forbidden
from strategy_sources.errors import SourceRefused, SourceUnavailable
from strategy_sources.files import StrategyFiles, main_file_by_name, owned, stored_files, strategy_files
from strategy_sources.stored_strategy import StoredStrategy
from strategy_sources.wanted import Owner


class ConfigMaps(Protocol):
    """Where ConfigMaps are read."""

    async def config_map(self, namespace: str, name: str) -> dict[str, object] | None: ...


class Stored(Protocol):
    """A strategy database; None when the owner has no strategy of that id."""

    async def load(self, strategy_id: str, owner: Owner | None) -> StoredStrategy | None: ...


class Sources:
    """Every kind of source."""

    def __init__(
        self,
        config_maps: ConfigMaps,
        admission: Admission,
        policies: Mapping[str, NamespacePolicy],
        *,
        no_code: Stored | None = None,
        ai_ml: Stored | None = None,
    ) -> None:
        self._config_maps, self._admission, self._policies = config_maps, admission, policies
        self._no_code, self._ai_ml = no_code, ai_ml

    async def resolve(self, resource: TradingStrategy, *, running_digest: str | None) -> Resolution:
        """What the source gives. `running_digest`: the bundle of the pod that is there, whose Secret exists."""
        refusal = forbidden(resource.metadata["namespace"], resource.spec, self._policies)
        if refusal is not None:
            return refusal
        try:
            found = with_subscriptions(await self._files(resource), resource.spec)
        except SourceUnavailable as error:
            return NotResolved("SourceUnavailable", str(error), temporary=True)
        except SourceRefused as error:
            return NotResolved(error.reason, error.message)
        if found.digest == running_digest and _was_admitted(resource):
            return Resolved(found.digest, note=found.note, subscriptions=found.subscriptions)
        return await self._admitted(resource, found)

    async def _files(self, resource: TradingStrategy) -> StrategyFiles:
        spec, source = resource.spec, resource.spec.source
        if source.inline is not None:
            where, inline = "spec.source.inline.files", source.inline
            if inline.files is None:
                return drawn_files(inline.workflow or {}, spec, "spec.source.inline.workflow")
            return strategy_files(
                inline.files, inline.main_file, spec.parameters, where, own_image=_has_own_image(spec)
            )
        if source.config_map is not None:
            return await self._config_map_files(resource, source.config_map.name, source.config_map.main_file)
        if source.no_code is not None:
            where, workflow = "spec.source.noCode.workflowId", source.no_code.workflow_id.lower()
            stored = await _load(self._no_code, workflow, spec.owner, where, "NO_CODE_DATABASE_URL")
        else:
            assert source.ai_ml is not None
            where, strategy = "spec.source.aiMl.strategyId", source.ai_ml.strategy_id.lower()
            stored = await _load(self._ai_ml, strategy, spec.owner, where, "AI_ML_DATABASE_URL")
        return await self._stored_files(stored, spec, where)

    async def _stored_files(self, stored: StoredStrategy, spec: StrategySpec, where: str) -> StrategyFiles:
        problem = stored.drawing_problem
        if stored.drawing is not None:
            drawn = preferred_drawing(stored.drawing, spec, where, has_code=bool(stored.files))
            if isinstance(drawn, StrategyFiles):
                return drawn
            problem = drawn
        note = (
            f"the drawing cannot be run: {problem}; its generated code runs instead, and may be older"
            if problem
            else ""
        )
        if not stored.files:
            raise SourceRefused("NoCode", f"{where}: neither a drawing nor code is stored")
        main_file = main_file_by_name(stored.files) or await self._main_file(stored.files, where)
        return stored_files(stored, main_file, spec.parameters, where, own_image=_has_own_image(spec), note=note)

    async def _main_file(self, files: Mapping[str, str], where: str) -> str:
        """By what the files hold, where their names do not tell."""
        found = await self._admission.main_files(files)
        if len(found) == 1:
            return found[0]
        if found:
            listed = ", ".join(found[:10])
            message = f"{where}: several files could be the strategy: {listed}; call one of them main.py"
        else:
            listed = ", ".join(sorted(path for path in files if path.endswith(".py"))[:10]) or "no Python file"
            message = f"{where}: expected main.py, or a file with an entry point; found {listed}"
        raise SourceRefused("MainFileNotFound", message)

    async def _config_map_files(self, resource: TradingStrategy, name: str, main_file: str) -> StrategyFiles:
        namespace, where = resource.metadata["namespace"], f"spec.source.configMap: ConfigMap {name}"
        config_map = await self._config_maps.config_map(namespace, name)
        if config_map is None:
            raise SourceRefused("ConfigMapNotFound", f"{where} is not in namespace {namespace}")
        data = config_map.get("data") or {}
        assert isinstance(data, dict)
        own_image = _has_own_image(resource.spec)
        return strategy_files(data, main_file, resource.spec.parameters, where, own_image=own_image)

    async def _admitted(self, resource: TradingStrategy, found: StrategyFiles) -> Resolution:
        verdict = await self._admission.judge(found.files, found.main_file)
        if not isinstance(verdict, EntryPoint):
            return NotAdmitted(found.digest, verdict)
        source, strategy_id = identity_of(resource)
        bundle = Bundle(
            strategy_id=strategy_id,
            source=source,
            files=dict(found.files),
            main_file=found.main_file,
            entry_point=verdict,
            parameters=dict(found.parameters),
            subscriptions=list(found.subscriptions),
        )
        try:
            encode_bundle(bundle)
        except ContractViolation as error:
            return NotResolved("BundleTooLarge", str(error))
        return Resolved(bundle.digest, verdict.describe(), bundle, found.note, found.subscriptions)


async def _load(
    database: Stored | None, strategy_id: str, owner: Owner | None, where: str, variable: str
) -> StoredStrategy:
    if database is None:
        raise SourceRefused("DatabaseNotConfigured", f"{where}: this installation has no {variable}")
    return owned(await database.load(strategy_id, owner), owner, where)


def _has_own_image(spec: StrategySpec) -> bool:
    return spec.runner.strategy_image is not None


def _was_admitted(resource: TradingStrategy) -> bool:
    condition = resource.status.condition(ConditionType.CODE_ADMITTED)
    return condition is not None and condition.status is ConditionStatus.TRUE
