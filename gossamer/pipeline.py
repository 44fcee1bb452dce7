"""Pass pipelines: passes in order, each step verified and timed, from a `Diagram` to a `Distribution`.

A pipeline is data: a tuple of frozen dataclasses whose fields are their options, with the text form
``graph-like,partition{effort=1,seed=0},links,circuit`` (grammar: ``spec/grammar/pipeline.lark``). Which values a pass takes and gives is
part of its registration. The module guarantees that the levels of a pipeline chain before anything runs, and that every
value which has a ``verify`` passes it before the next pass sees it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from gossamer.diagnostics import GossamerError, InternalError, Span, UsageError
from gossamer.progress import Listener, listening, tell
from gossamer.registry import Registration, find, registered

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

    from gossamer.ir.diagram import Diagram
    from gossamer.ir.network import Network
    from gossamer.ir.placed import Placed
    from gossamer.ir.program import Distribution

#: The values that passes take and give, by name, each made of those before it, and the classes behind them.
LEVELS = {
    "diagram": "gossamer.ir.diagram.Diagram",
    "network": "gossamer.ir.network.Network",
    "graph": "gossamer.ir.open_graph.OpenGraph",
    "assignment": "gossamer.ir.placed.Assignment",
    "placed": "gossamer.ir.placed.Placed",
    "distribution": "gossamer.ir.program.Distribution",
}
DEFAULT = "forms{{effort={effort},seed={seed}{more}}},{backend}"
#: One pass for each level.
EXAMPLE = "graph-like,partition{effort=1,seed=0},links,circuit"
_PLAIN = "graph-like,partition{{effort={effort},seed={seed}{places}}},links,{backend}"
#: Pipelines with a name: few qubits at one time, few vertices, few rounds of measurements. Signals are shifted where a node is an MBQC node.
MODES = {
    "min-space": _PLAIN,
    "min-nodes": "simplify{{strategy=nodes}}," + _PLAIN + "{shift}",
    "min-depth": _PLAIN + "{shift}",
}
MAX_STEPS = 64
MAX_TEXT = 200_000


@dataclass(frozen=True)
class Step:
    """A pass with its options, ready to run."""

    registration: Registration
    options: tuple[tuple[str, int | bool | str], ...] = ()

    def __str__(self) -> str:
        if not self.options:
            return self.registration.name
        return f"{self.registration.name}{{{','.join(f'{key}={_printed(value)}' for key, value in self.options)}}}"

    def make(self) -> Any:
        """The pass itself; raises UsageError [TL-7] for an option it does not have or a value of the wrong type."""
        cls = self.registration.load()
        known = {f.name: f for f in fields(cls)}
        for key, value in self.options:
            if key not in known:
                names = ", ".join(known) or "none"
                raise UsageError(
                    "TL-7", f"'{self.registration.name}' has no option '{key[:80]}'", help=f"its options: {names}"
                )
            wanted = str(known[key].type)
            if wanted in _TYPES and type(value) is not _TYPES[wanted]:
                raise UsageError(
                    "TL-7", f"option '{key}' of '{self.registration.name}' is of type {wanted}, not '{str(value)[:80]}'"
                )
        try:
            return cls(**dict(self.options))
        except ValueError as error:
            raise UsageError("TL-7", f"{str(self)[:200]}: {error}") from error


def _printed(value: int | bool | str) -> str:
    """An option's value; what is no word stands in quotes."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str) and (not _WORD.fullmatch(value) or value in ("true", "false")):
        return f'"{value}"'
    return str(value)


_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_TYPES: dict[str, type] = {"int": int, "bool": bool, "str": str}


@dataclass
class Outcome:
    """What a pipeline made: the value of each level that it reached, and seconds for each step."""

    values: dict[str, Any]
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def placed(self) -> Placed | None:
        return self.values.get("placed")

    @property
    def distribution(self) -> Distribution:
        value: Distribution = self.values["distribution"]
        return value


@cache
def _parser() -> Lark:
    from lark import Lark

    from gossamer.specification import read_spec

    return Lark(read_spec("grammar/pipeline.lark"), parser="lalr")


def parse_pipeline(text: str) -> tuple[Step, ...]:
    """Read the text form of a pipeline.

    Raises
    ------
    UsageError
        ``TL-6`` for text that is no pipeline, ``TL-7`` for an unknown pass.

    Examples
    --------
    >>> str(parse_pipeline("graph-like, partition{effort=2}")[1])
    'partition{effort=2}'
    """
    return _parse(text, _find_step)


def _parse(text: str, find_step: Callable[[str], Registration]) -> tuple[Step, ...]:
    from lark.exceptions import UnexpectedInput

    if len(text) > MAX_TEXT:
        raise UsageError("TL-6", f"the pipeline is longer than {MAX_TEXT} characters")
    try:
        tree = _parser().parse(text)
    except UnexpectedInput as error:
        line, column = max(getattr(error, "line", 1), 1), max(getattr(error, "column", 1), 1)
        wrong: GossamerError = UsageError(
            "TL-6",
            "this is no pipeline",
            span=Span("<pipeline>", line, column),
            help="example: " + EXAMPLE,
        )
        raise wrong.with_source(text) from error
    if len(tree.children) > MAX_STEPS:
        raise UsageError("TL-6", f"a pipeline has at most {MAX_STEPS} passes")
    steps = []
    for node in cast("list[Tree[Token]]", tree.children):
        name, *options = cast("tuple[Token, *tuple[Tree[Token], ...]]", tuple(node.children))
        pairs: list[tuple[str, int | bool | str]] = []
        for option in filter(None, options):  # None: an empty pair of braces
            key, value = cast("list[Token]", option.children)
            if str(key) in dict(pairs):
                raise UsageError("TL-6", f"option '{key}' of '{name}' is given twice")
            pairs.append((str(key), _CONVERT[value.type](str(value))))
        steps.append(Step(find_step(str(name)), tuple(pairs)))
    return tuple(steps)


_CONVERT: dict[str, Callable[[str], int | bool | str]] = {
    "INT": int,
    "TRUE": lambda _: True,
    "FALSE": lambda _: False,
    "WORD": str,
    "TEXT": lambda text: text[1:-1],
}


def parse_application(text: str) -> Step:
    """Read the name of an application with its options.

    Raises
    ------
    UsageError
        ``TL-6`` for text that is no name with options, ``TL-7`` for an unknown application.

    Examples
    --------
    >>> str(parse_application("netqasm{bits=8}"))
    'netqasm{bits=8}'
    """
    (step, *more) = _parse(text, lambda name: find("applications", name))
    if more:
        raise UsageError("TL-6", "one application is written at a time")
    return step


def _find_step(name: str) -> Registration:
    backends = registered("backends")
    return backends[name] if name in backends else find("passes", name)


def default_pipeline(
    effort: int = 1,
    seed: int = 0,
    *,
    postselect: bool = False,
    network: Network | None = None,
    mode: str | None = None,
    forms: str | None = None,
    objective: str = "ebits",
    places: Mapping[str, str] | None = None,
) -> str:
    """The text form of the pipeline that ``compile`` uses when none is given.

    It ends with the backend of the nodes' model, with ``lower`` where they are of several. ``mode`` is a name of :data:`MODES`; ``forms`` are
    names of :data:`gossamer.portfolio.FORMS` with commas between them, and ``objective`` is what they are compared by. ``places`` are the options
    ``place``, ``end`` and ``final`` of the passes that search. With postselection the program is compiled as it stands.

    Raises
    ------
    UsageError
        ``TL-7`` for names of forms that cannot be, and for ``min-depth`` without MBQC nodes.

    Examples
    --------
    >>> default_pipeline(effort=2)
    'forms{effort=2,seed=0},circuit'
    >>> default_pipeline(places={"place": "q[0]=n1", "final": "same"})
    'forms{effort=1,seed=0,place="q[0]=n1",final=same},circuit'
    >>> default_pipeline(postselect=True)
    'graph-like{postselect=true},partition{effort=1,seed=0},links,circuit'
    """
    if forms is not None and not re.fullmatch(r"[a-z-]+(,[a-z-]+)*", forms):
        raise UsageError(
            "TL-7", f"'{forms[:80]}' is no list of forms", help="names with commas between them: given,full"
        )
    models = {node.model for node in network.nodes} if network is not None else {"circuit"}
    backend = min(models) if len(models) == 1 else "lower"
    wishes = "".join(f",{key}={_printed(value)}" for key, value in (places or {}).items())
    if mode is None and not postselect:
        more = ("" if objective == "ebits" else ",objective=" + objective) + wishes
        more += "" if forms is None else ",only=" + forms.replace(",", ".")
        return DEFAULT.format(effort=effort, seed=seed, more=more, backend=backend)
    if mode == "min-depth" and "mbqc" not in models:
        raise UsageError(
            "TL-7", "min-depth shifts the signals of MBQC nodes, and the network has none", help="leave -p out"
        )
    shift = "{shift=true}" if "mbqc" in models else ""
    text = MODES[mode or "min-space"].format(effort=effort, seed=seed, backend=backend, shift=shift, places=wishes)
    return text.replace("graph-like", "graph-like{postselect=true}") if postselect else text


def hardware_passes(network: Network) -> list[str]:
    """The passes over node programs that the hardware of a network asks for, in their order.

    Examples
    --------
    >>> from gossamer.ir.network_text import parse_network
    >>> hardware_passes(parse_network("nodes: [{name: a, data: 2, gates: [cz, u3]}]"))
    ['native']
    """
    route = any(node.coupling is not None for node in network.nodes)
    native = any(node.gates is not None for node in network.nodes)
    return ["route"] * route + ["native"] * native


def with_hardware(steps: tuple[Step, ...], network: Network, *, given: bool) -> tuple[Step, ...]:
    """The steps, and those that the hardware of ``network`` asks for.

    Raises
    ------
    UsageError
        ``TL-8`` if the pipeline was ``given`` and does not name them after its backend.
    """
    names = [step.registration.name for step in steps]
    wanted = hardware_passes(network)
    if not given:
        return (*steps, *parse_pipeline(",".join(wanted))) if wanted else steps
    rest = iter(names)
    if not all(name in rest for name in wanted):
        raise UsageError(
            "TL-8",
            f"the hardware of the network asks for {' and '.join(wanted)}, which the pipeline does not name",
            help=f"end it with {','.join(wanted)}",
        )
    return steps


def check_levels(steps: tuple[Step, ...]) -> None:
    """Raise UsageError [TL-8] unless every pass finds what it takes, made of what came before it, and the last one gives a distribution."""
    have = {"diagram", "network"}
    outdated: dict[str, Step] = {}  # levels that were made of what another pass has changed since
    for step in steps:
        missing = [level for level in step.registration.takes if level not in have]
        if missing and missing[0] in outdated:
            name = outdated[missing[0]].registration.name
            raise UsageError(
                "TL-8",
                f"'{step.registration.name}' takes a value '{missing[0]}', which was made before '{name}' changed what it was made of",
                help=f"name '{name}' earlier; the order of levels: " + EXAMPLE,
            )
        if missing:
            raise UsageError(
                "TL-8",
                f"'{step.registration.name}' takes a value '{missing[0]}' that no pass before it gives",
                help="the order of levels: " + EXAMPLE,
            )
        have.add(step.registration.gives)
        outdated.pop(step.registration.gives, None)
        order = [level for level in LEVELS if level != "network"]
        for level in order[order.index(step.registration.gives) + 1 :]:
            if level in have:
                have.remove(level)
                outdated[level] = step
    if "distribution" not in have:
        raise UsageError(
            "TL-8", "the pipeline ends without node programs", help="end it with a backend, for example circuit"
        )


def rewrite(diagram: Diagram, pipeline: str) -> Diagram:
    """The diagram after the passes of a pipeline, each of which takes a diagram and gives one; each step is verified.

    Raises
    ------
    UsageError
        ``TL-8`` if a pass takes or gives anything else, ``TL-6`` and ``TL-7`` as for any pipeline.
    """
    steps = parse_pipeline(pipeline)
    for step in steps:
        if (step.registration.takes, step.registration.gives) != (("diagram",), "diagram"):
            names = [r.name for r in registered("passes").values() if (r.takes, r.gives) == (("diagram",), "diagram")]
            raise UsageError(
                "TL-8",
                f"'{step.registration.name}' does not take a diagram to a diagram",
                help=f"passes that do: {', '.join(names)}",
            )
    for one, step in zip([step.make() for step in steps], steps, strict=True):
        diagram = one.run(diagram)
        verify_value(diagram, step)
    return diagram


def run_pipeline(
    steps: tuple[Step, ...], diagram: Diagram, network: Network, progress: Listener | None = None
) -> Outcome:
    """Run the passes in order; verify and time each.

    ``progress`` is called with the name of a pass before it starts, and with what the pass tells of itself.

    Raises
    ------
    InternalError
        ``TL-14`` if a pass hands on a value that breaks an invariant: a bug of the pass, never of the source.
    """
    check_levels(steps)
    passes = [step.make() for step in steps]
    outcome = Outcome({"diagram": diagram, "network": network})
    for step, one in zip(steps, passes, strict=True):
        start = perf_counter()
        with listening(progress):
            tell(step.registration.name)
            value = one.run(*(outcome.values[level] for level in step.registration.takes))
        outcome.seconds[step.registration.name] = (
            outcome.seconds.get(step.registration.name, 0.0) + perf_counter() - start
        )
        start = perf_counter()
        verify_value(value, step)
        key = f"{step.registration.name}:verify"
        outcome.seconds[key] = outcome.seconds.get(key, 0.0) + perf_counter() - start
        outcome.values[step.registration.gives] = value
    return outcome


def verify_value(value: Any, step: Step) -> None:
    """Raise InternalError [TL-14] if what a pass handed on breaks an invariant."""
    verify = getattr(value, "verify", None) or getattr(value, "verify_structure", None)
    if verify is None:
        return
    try:
        verify()
    except GossamerError as error:
        raise InternalError(
            "TL-14",
            f"the pass '{step}' broke an invariant: [{error.code}] {error.diagnostic.message}",
            help="this is a bug of the compiler; please report it with the source and the command",
        ) from error
