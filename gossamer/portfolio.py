"""`forms`: several forms of one program, each placed and linked; the one that is best for the objective is kept.

No rewriting is good for every program: what removes T gates from an adder makes a layered circuit dense. So the program is brought
into several forms, each with the same instrument, and their costs are counted where they arise, as links between nodes under the
capacities of the network. First every form gets a placement made with few moves; then the best of them get the full search. A wider search makes
the narrower ones first and keeps what they have found, so that it is never worse. A form that is refused, or
that no node programs can be made of, is out; its reason is listed. For the time or the fidelity these placements are candidates, and so
are placements of the same forms whose links and nodes weigh what they take or lose; node programs are made of each, and the one is kept that
the report says is best. So it is never worse than what fewest ebits give. Equal arguments give an equal result: budgets are
numbers of vertices and moves, never a clock. The pass stands beside the pipeline, because each form is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from math import inf
from typing import Any

from gossamer.diagnostics import InputError, NetworkInfeasible
from gossamer.ir.diagram import Diagram
from gossamer.ir.network import Network
from gossamer.ir.open_graph import OpenGraph
from gossamer.ir.placed import Placed
from gossamer.lowering import Lower
from gossamer.passes.search_options import SearchOptions
from gossamer.passes.weights import weigh
from gossamer.pipeline import Step, hardware_passes, parse_pipeline, verify_value
from gossamer.progress import share
from gossamer.registry import registered


@dataclass(frozen=True)
class Form:
    """One way to write a program.

    Attributes
    ----------
    name : what reports and ``--forms`` call it
    rewrite : the passes before ``graph-like``, with the ``{options}`` of a search
    place : the passes after it, with the ``{options}`` of a search and its ``{objective}``
    largest : diagrams with more vertices are not rewritten so at effort 1, since that would take longer than the search; each further
        effort allows four times as many
    effort : the least effort at which it is tried
    clifford : whether it is a form of Clifford programs only
    quick : whether its search takes so little time that it is made in full at once
    """

    name: str
    rewrite: str = ""
    place: str = "partition{{{options}}},links{{objective={objective}}}"
    largest: int = 2_000_000_000
    effort: int = 0
    clifford: bool = False
    quick: bool = False

    def rewriting(self, without: Sequence[str] = (), options: str = "effort=1,seed=0") -> tuple[Step, ...]:
        """The steps before ``graph-like``; those of a way to rewrite that is named are left out, options that are named are off."""
        steps = parse_pipeline(self.rewrite.replace("{options}", options)) if self.rewrite else ()
        return _with_options_off(tuple(step for step in steps if _way(step) not in without), without)

    def placing(
        self, options: str = "effort=1,seed=0", objective: str = "ebits", without: Sequence[str] = ()
    ) -> tuple[Step, ...]:
        """The steps behind ``graph-like``; options that are named are off."""
        return _with_options_off(parse_pipeline(self.place.format(options=options, objective=objective)), without)

    def optimisations(self) -> list[str]:
        """The ways to rewrite and the options of passes that can be left out."""
        steps = (*self.rewriting(), *self.placing())
        return list(
            dict.fromkeys([*map(_way, self.rewriting()), *(name for step in steps for name in _switches(step))])
        )


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
    Form("cut", "cut{{options}}", largest=1_000, effort=3, quick=True),
    Form(
        "gathered",
        "simplify{strategy=clifford}",
        "gather{{{options}}}",
        largest=10_000,
        effort=1,
        clifford=True,
        quick=True,
    ),
)
#: A form that takes more than so many times the best one's ebits with few moves is not searched any further.
NEAR = 1.5
#: How many forms get the search of the effort itself, by effort; the others are placed with few moves only.
SEARCHED = (1, 1, 2, 2)
#: What part of the time searches of an effort take, and what part of it few moves for all forms, for the progress that is told.
SHARES = (1.0, 1.0, 8.0, 30.0)
FEW = (0.0, 0.4, 0.1, 0.05)


@cache
def optimisations() -> tuple[str, ...]:
    """What can be left out to see what it wins: forms, ways to rewrite, and the options of passes that are on unless said otherwise.

    Examples
    --------
    >>> {"guarded-circuit", "teleport", "extract", "anneal", "third"} <= set(optimisations())
    True
    """
    names = [form.name for form in FORMS if form.name != "given"]
    return tuple(dict.fromkeys([*names, *(name for form in FORMS for name in form.optimisations())]))


def _way(step: Step) -> str:
    """The name of a way to rewrite: that of its strategy or its pass."""
    return str(dict(step.options).get("strategy", step.registration.name))


def _switches(step: Step) -> list[str]:
    return [f.name for f in fields(step.registration.load()) if f.default is True]


def _with_options_off(steps: tuple[Step, ...], names: Sequence[str]) -> tuple[Step, ...]:
    off = [(step, tuple((name, False) for name in names if name in _switches(step))) for step in steps]
    return tuple(replace(step, options=(*step.options, *options)) for step, options in off)


@dataclass(frozen=True)
class Forms(SearchOptions):
    """Pass: ``Diagram``, ``Network`` -> ``Placed``. Keeps the instrument; lists the forms in the notes of the result.

    Attributes
    ----------
    effort : 0 to 3: how many forms are tried (0: the program as it stands), and how long the placement of each is searched for
    seed : of the searches
    objective : ``ebits`` (what they cost), ``time`` (the makespan) or ``fidelity``
    place, end, final : where qubits begin and end, in every form
    only : names of forms, with points between them; empty for those of the effort
    without : names of :func:`optimisations` that are left out, with points between them
    """

    only: str = ""
    without: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        known = {form.name for form in FORMS}
        for name in self.only.split(".") if self.only else ():
            if name not in known:
                raise ValueError(f"there is no form '{name[:80]}'; known: {', '.join(form.name for form in FORMS)}")
        for name in self.left_out:
            if name not in optimisations():
                raise ValueError(f"there is no optimisation '{name[:80]}'; known: {', '.join(optimisations())}")

    @property
    def left_out(self) -> list[str]:
        return self.without.split(".") if self.without else []

    def run(self, diagram: Diagram, network: Network) -> Placed:
        weigh(network, self.objective)  # a figure that is lacking is named before anything is searched
        tries: list[_Try] = []
        weighed: list[_Try] = []
        levels = self.levels
        total = sum(SHARES[level] for level in levels)
        for level in levels:
            begin, end = (sum(SHARES[x] for x in levels if x < at) / total for at in (level, level + 1))
            with share("", begin, end if self.objective == "ebits" else (begin + end) / 2):
                self.widen(level, tries, self.chosen(diagram, level), diagram, network)
            if self.objective != "ebits":
                best = min((one.cost for one in tries), default=inf)
                near = [one for one in tries if one.cost <= NEAR * best < inf]
                with share("", (begin + end) / 2, end):
                    self.widen(level, weighed, [one.form for one in near], diagram, network, tries)
            elif any(one.cost == 0 for one in tries):
                break
        tries.sort(key=lambda one: FORMS.index(one.form))
        if self.objective != "ebits":
            tries += weighed
            for one in _measured(tries, self.objective):
                return one.result(tries)
        while (one := min(tries, key=lambda one: one.cost)).placed is not None:
            if len(tries) == 1 or one.can_be_lowered():  # without a choice the backend says itself what it refuses
                return one.result(tries)
        error = tries[0].error  # what is wrong with the program as it stands
        assert error is not None
        raise error

    def widen(
        self, level: int, tries: list[_Try], forms: list[Form], diagram: Diagram, network: Network,
        rewritten: list[_Try] | None = None,
    ) -> None:  # fmt: skip
        """Do for ``tries`` what an effort does: place the forms that are not among them, then search further for the best.

        With ``rewritten`` the forms are there as graphs, and the new ones are placed for the objective.
        """
        alone = len(forms) == 1
        for i, form in enumerate(forms):
            one = next((one for one in tries if one.form is form), None)
            new = one is None
            if one is None:
                graph = next((other.graph for other in rewritten or () if other.form is form), None)
                one = _Try(form, self.left_out, graph, objective="ebits" if rewritten is None else self.objective)
                if rewritten is None:
                    one.rewrite(diagram, network, tries, f"effort={level},seed={self.seed}")
                tries.append(one)
            full = alone or form.quick
            if one.graph is not None and (new or full):
                begin, end = (0.0, 1.0) if alone else (FEW[level] * at / len(forms) for at in (i, i + 1))
                with share(_so_far(tries, form), begin, end):
                    one.place(network, self, effort=level if full else 0)
            if rewritten is None and one.cost == 0:
                return
        if alone or level == 0:
            return
        best = min((one.rank for one in tries), default=inf)
        near = sorted((one for one in tries if 0 < one.rank <= NEAR * best < inf), key=lambda one: one.rank)
        searched = [one for one in near if not one.form.quick][: SEARCHED[level]]
        for i, one in enumerate(searched):
            begin, end = (FEW[level] + (1 - FEW[level]) * at / len(searched) for at in (i, i + 1))
            with share(_so_far(tries, one.form), begin, end):
                one.place(network, self, effort=level)

    def chosen(self, diagram: Diagram, level: int) -> list[Form]:
        """The forms that a search of an effort compares."""
        if self.only:
            return [form for form in FORMS if form.name in self.only.split(".")]
        size = diagram.num_vertices >> 2 * max(0, level - 1)
        clifford = diagram.is_clifford
        return [
            form
            for form in FORMS
            if form.name not in self.left_out
            and form.effort <= level
            and size <= form.largest
            and (clifford or not form.clifford)
        ]


def _so_far(tries: list[_Try], form: Form) -> str:
    """What is being done, for the progress: the form, after the best that there is."""
    best = min((one for one in tries), key=lambda one: one.cost)
    return form.name if best.placed is None else f"{best.placed.num_links} ebits so far, {form.name}"


def _measured(tries: list[_Try], objective: str) -> list[_Try]:
    """Those of which node programs can be made, the best of them first; where equal, that with fewer ebits."""
    able = [one for one in tries if one.measure(objective)]
    return sorted(able, key=lambda one: (one.value, one.placed.num_links if one.placed is not None else 0))


def _made_before(step: Step, value: Any, tries: list[_Try]) -> Any:
    """What a step has made of an equal value already, for one of the tries; None if it has not."""
    known = ((before, after) for one in tries for done, before, after in one.made if done == step)
    return next((after for before, after in known if before is value or before == value), None)


@dataclass
class _Try:
    """A form of the program at hand, as far as it got.

    Attributes
    ----------
    left_out : the optimisations that are not made
    objective : what its placement makes small
    cost : what it weighs for that
    rank : what it weighed when it was placed first, with as few moves as the others
    others : what was found before, with its cost; the best is last
    value, figures : what its node programs take or lose, and the same for the report
    made : steps of its rewriting, each with what it was given and what came out; forms begin alike, and often stay so
    same : the name of an earlier form with the same graph
    error : why it is out
    """

    form: Form
    left_out: list[str]
    graph: OpenGraph | None = None
    placed: Placed | None = None
    objective: str = "ebits"
    cost: float = inf
    rank: float = inf
    others: list[tuple[float, Placed]] = field(default_factory=list)
    value: float = inf
    figures: dict[str, float] = field(default_factory=dict)
    made: list[tuple[Step, Any, Any]] = field(default_factory=list)
    same: str = ""
    error: InputError | NetworkInfeasible | None = None

    def rewrite(self, diagram: Diagram, network: Network, earlier: list[_Try], options: str) -> None:
        values: dict[str, Any] = {"diagram": diagram, "network": network}
        try:
            for step in (*self.form.rewriting(self.left_out, options), *parse_pipeline("graph-like")):
                first, *rest = (values[level] for level in step.registration.takes)
                value = _made_before(step, first, [*earlier, self])
                if value is None:
                    value = step.make().run(first, *rest)
                    verify_value(value, step)
                self.made.append((step, first, value))
                values[step.registration.gives] = value
        except InputError as error:
            self.error = error
            return
        value = values["graph"]
        twin = next((one for one in earlier if one.graph == value and one.form.place == self.form.place), None)
        if twin is None:
            self.graph = value
        else:
            self.same = twin.form.name

    def place(self, network: Network, options: SearchOptions, *, effort: int) -> None:
        """Place the graph by the search of an effort, without narrower ones; what was found before stays if it is better."""
        values: dict[str, Any] = {"graph": self.graph, "network": network}
        places = f'place="{options.place}",end="{options.end}",final={options.final}'
        how = f"effort={effort},least={effort},seed={options.seed},objective={self.objective},{places}"
        try:
            for step in self.form.placing(how, self.objective, self.left_out):
                values[step.registration.gives] = step.make().run(*(values[level] for level in step.registration.takes))
        except (InputError, NetworkInfeasible) as error:
            if self.placed is None:
                self.error = error
            return
        placed: Placed = values["placed"]
        cost = weigh(network, self.objective).of(placed)
        if cost < self.cost:
            if "assignment" in values:
                placed = replace(placed, notes={"partitioner": values["assignment"].partitioner})
            if self.placed is not None:
                self.others.append((self.cost, self.placed))
            self.placed, self.cost, self.error = placed, cost, None
        self.rank = min(self.rank, cost) if effort == 0 or self.form.quick or self.rank == inf else self.rank

    def can_be_lowered(self) -> bool:
        """Whether node programs can be made of it; what the backends refuse is known only then. If not, what was found before is next."""
        assert self.placed is not None
        backends = registered("backends")
        if not all(backends[node.model].writer for node in self.placed.network.nodes):
            return True  # a model that stands in networks of its own; its backend is the next pass
        try:
            Lower().run(self.placed)
        except (InputError, NetworkInfeasible) as error:
            self.error = error
            self.cost, self.placed = self.others.pop() if self.others else (inf, None)
            return False
        self.error = None
        return True

    def measure(self, objective: str) -> bool:
        """Make node programs, for the hardware too, of all that was found, and keep what takes or loses least; False if all is refused.

        Raises
        ------
        UsageError
            ``NW-18`` for a figure that the estimate needs and the network does not give.
        """
        from gossamer.report.timing import loss, rounded_fidelity

        found = [placed for _, placed in self.others] + ([self.placed] if self.placed is not None else [])
        self.placed = None
        for placed in reversed(found):
            models = {node.model for node in placed.network.nodes}
            backend = min(models) if len(models) == 1 else "lower"
            value: Any = placed
            try:
                for step in parse_pipeline(",".join([backend, *hardware_passes(placed.network)])):
                    value = step.make().run(value)
            except (InputError, NetworkInfeasible) as error:
                self.error = error
                continue
            lost = loss(value, objective)
            if self.placed is None or lost < self.value:
                self.placed, self.value = placed, lost
        if self.placed is None:
            return False
        self.error = None
        self.figures = {"makespan": self.value} if objective == "time" else {"fidelity": rounded_fidelity(-self.value)}
        return True

    def result(self, tries: list[_Try]) -> Placed:
        assert self.placed is not None
        return replace(self.placed, notes={**self.placed.notes, "forms": [one.row(self) for one in tries]})

    def row(self, kept: _Try) -> dict[str, Any]:
        """What the report says of it."""
        out: dict[str, Any] = {"form": self.form.name, "kept": self is kept}
        if self.objective != "ebits":
            out["placed_for"] = self.objective
        out["ebits"] = self.placed.num_links if self.placed is not None and self.error is None else None
        out |= self.figures
        if self.same:
            out["same_as"] = self.same
        if self.error is not None:
            out["refused"] = f"{self.error.code}: {self.error.diagnostic.message}"
        return out
