"""`forms`: several forms of one program, each placed and linked; the one that takes the fewest ebits is kept.

No rewriting is good for every program: what removes T gates from an adder makes a layered circuit dense. So the program is brought
into several forms, each with the same instrument, and their costs are counted where they arise, as links between nodes under the
capacities of the network. First every form gets a placement made with few moves; then the best of them get the full search. A form that is refused, or
that no node programs can be made of, is out; its reason is listed. Equal arguments give an equal result: budgets are
numbers of vertices and moves, never a clock. The pass stands beside the pipeline, because each form is one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import Any

from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Placed
from gossamer.lowering import Lower
from gossamer.passes.search_options import SearchOptions
from gossamer.pipeline import Step, parse_pipeline, verify_value
from gossamer.registry import registered


@dataclass(frozen=True)
class Form:
    """One way to write a program.

    Attributes
    ----------
    name : what reports and ``--forms`` call it
    rewrite : the passes before ``graph-like``
    place : the passes after it, with ``{effort}`` and ``{seed}``
    largest : diagrams with more vertices are not rewritten so at effort 1, since that would take longer than the search; each further
        effort allows four times as many
    effort : the least effort at which it is tried
    clifford : whether it is a form of Clifford programs only
    quick : whether its search takes so little time that it is made in full at once
    """

    name: str
    rewrite: str = ""
    place: str = "partition{{effort={effort},seed={seed}}},links"
    largest: int = 2_000_000_000
    effort: int = 0
    clifford: bool = False
    quick: bool = False

    def steps(self) -> tuple[Step, ...]:
        return parse_pipeline(f"{self.rewrite},graph-like" if self.rewrite else "graph-like")


_TELEPORT = "simplify{strategy=teleport}"
_GUARDED = f"{_TELEPORT},simplify{{strategy=guarded}}"
_LOOSE = f"{_TELEPORT},simplify{{strategy=guarded,slack=1}}"
_EXTRACT = "extract{tries=4}"
#: The forms, in the order in which they are preferred where costs are equal.
FORMS = (
    Form("given"),
    Form("fused", "simplify{strategy=fuse}", largest=20_000, effort=2),
    Form("teleported", _TELEPORT, largest=20_000, effort=1),
    Form("guarded", _GUARDED, largest=10_000, effort=1),
    Form("guarded-circuit", f"{_GUARDED},{_EXTRACT}", largest=3_000, effort=1),
    Form("loose", _LOOSE, largest=3_000, effort=2),
    Form("loose-circuit", f"{_LOOSE},{_EXTRACT}", largest=3_000, effort=1),
    Form("clifford", "simplify{strategy=clifford}", largest=3_000, effort=2),
    Form("clifford-circuit", f"simplify{{strategy=clifford}},{_EXTRACT}", largest=3_000, effort=2),
    Form("full", "simplify{strategy=full}", largest=3_000, effort=2),
    Form("full-circuit", f"simplify{{strategy=full}},{_EXTRACT}", largest=3_000, effort=2),
    Form(
        "gathered",
        "simplify{strategy=clifford}",
        "gather{{effort={effort},seed={seed}}}",
        largest=10_000,
        effort=1,
        clifford=True,
        quick=True,
    ),
)
#: A form that takes more than so many times the best one's ebits with few moves is not searched any further.
NEAR = 1.5
#: How many forms get the search of the effort itself, by effort; the others are placed with few moves only.
SEARCHED = (1, 1, 2, len(FORMS))


@dataclass(frozen=True)
class Forms(SearchOptions):
    """Pass: ``Diagram``, ``Network`` -> ``Placed``. Keeps the instrument; lists the forms in the notes of the result.

    Attributes
    ----------
    effort : 0 to 3: how many forms are tried (0: the program as it stands), and how long the placement of each is searched for
    seed : of the searches
    only : names of forms, with points between them; empty for those of the effort
    """

    only: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {form.name for form in FORMS}
        for name in self.only.split(".") if self.only else ():
            if name not in known:
                raise ValueError(f"there is no form '{name}'; known: {', '.join(form.name for form in FORMS)}")

    def run(self, diagram: Diagram, network: Network) -> Placed:
        forms = self.chosen(diagram)
        tries: list[_Try] = []
        for form in forms:
            one = _Try(form)
            one.rewrite(diagram, tries)
            if one.graph is not None:
                few = len(forms) > 1 and not form.quick
                one.place(network, effort=0 if few else self.effort, seed=self.seed)
            tries.append(one)
            if one.cost == 0:
                break
        distinct = sorted((one for one in tries if one.placed is not None), key=lambda one: one.cost)
        if len(forms) > 1 and self.effort > 0:
            near = [one for one in distinct if not one.form.quick and 0 < one.cost <= NEAR * distinct[0].cost]
            for one in near[: SEARCHED[self.effort]]:
                one.place(network, effort=self.effort, seed=self.seed)
        for one in sorted(distinct, key=lambda one: one.cost):
            if len(forms) == 1 or one.can_be_lowered():  # without a choice the backend says itself what it refuses
                return one.result(tries)
        error = tries[0].error  # what is wrong with the program as it stands
        assert error is not None
        raise error

    def chosen(self, diagram: Diagram) -> list[Form]:
        if self.only:
            return [form for form in FORMS if form.name in self.only.split(".")]
        size = diagram.num_vertices >> 2 * max(0, self.effort - 1)
        clifford = diagram.is_clifford
        return [
            form
            for form in FORMS
            if form.effort <= self.effort and size <= form.largest and (clifford or not form.clifford)
        ]


@dataclass
class _Try:
    """A form of the program at hand, as far as it got.

    Attributes
    ----------
    same : the name of an earlier form with the same graph
    error : why it is out
    """

    form: Form
    graph: OpenGraph | None = None
    placed: Placed | None = None
    same: str = ""
    error: InputError | NetworkInfeasible | None = None

    @property
    def cost(self) -> float:
        return inf if self.placed is None else self.placed.num_links

    def rewrite(self, diagram: Diagram, earlier: list[_Try]) -> None:
        value: Any = diagram
        try:
            for step in self.form.steps():
                value = step.make().run(value)
                verify_value(value, step)
        except InputError as error:
            self.error = error
            return
        twin = next((one for one in earlier if one.graph == value and one.form.place == self.form.place), None)
        if twin is None:
            self.graph = value
        else:
            self.same = twin.form.name

    def place(self, network: Network, *, effort: int, seed: int) -> None:
        """Place the graph; what was found before stays if it is better."""
        values: dict[str, Any] = {"graph": self.graph, "network": network}
        try:
            for step in parse_pipeline(self.form.place.format(effort=effort, seed=seed)):
                values[step.registration.gives] = step.make().run(*(values[level] for level in step.registration.takes))
        except (InputError, NetworkInfeasible) as error:
            if self.placed is None:
                self.error = error
            return
        placed: Placed = values["placed"]
        if self.placed is None or placed.num_links < self.placed.num_links:
            if "assignment" in values:
                placed = replace(placed, notes={"partitioner": values["assignment"].partitioner})
            self.placed = placed

    def can_be_lowered(self) -> bool:
        """Whether node programs can be made of it; what the backends refuse is known only then."""
        assert self.placed is not None
        backends = registered("backends")
        if not all(backends[node.model].writer for node in self.placed.network.nodes):
            return True  # a model that stands in networks of its own; its backend is the next pass
        try:
            Lower().run(self.placed)
        except (InputError, NetworkInfeasible) as error:
            self.error = error
            return False
        return True

    def result(self, tries: list[_Try]) -> Placed:
        assert self.placed is not None
        return replace(self.placed, notes={**self.placed.notes, "forms": [one.row(self) for one in tries]})

    def row(self, kept: _Try) -> dict[str, Any]:
        """What the report says of it."""
        out: dict[str, Any] = {"form": self.form.name, "kept": self is kept}
        out["ebits"] = self.placed.num_links if self.placed is not None and self.error is None else None
        if self.same:
            out["same_as"] = self.same
        if self.error is not None:
            out["refused"] = f"{self.error.code}: {self.error.diagnostic.message}"
        return out
