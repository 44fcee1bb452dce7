"""Rules of the third level, `Placed`, on its links, joins and total order of events (clauses PL-1 to PL-6, PL-8, PL-9, LK-1, LK-2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gossamer.ir.network import SPARE
from gossamer.ir.open_graph import Label
from gossamer.ir.phase import Phase
from gossamer.ir.placed import EventKind, Placed
from gossamer.ir.rules.shared import NEVER, Long, check_column, fail, first_true, repeated


def _placed_network(p: Placed) -> None:
    p.network.verify()


def _placed_columns(p: Placed) -> None:
    n, k = p.graph.num_vertices, p.network.size
    check_column("PL-1", "place", p.place, np.int32, (n,), k)
    check_column("PL-1", "links", p.links, np.int32, (None, 2), k)
    check_column("PL-1", "joins", p.joins, np.int32, (None, 2), n + 2 * p.num_links)
    check_column("PL-1", "events", p.events, np.int32, (None, 2), None)


def _placed_links(p: Placed) -> None:
    near = np.zeros((p.network.size, p.network.size), np.bool_)
    for a, others in enumerate(p.network.neighbours):
        near[a, list(others)] = True
    np.fill_diagonal(near, False)
    i = first_true(~near[p.links[:, 0], p.links[:, 1]])
    if i >= 0:
        x, y = (p.network.nodes[int(end)].name for end in p.links[i])
        help = "an ebit needs a physical link; go through the nodes between them (entanglement swapping)"
        fail("LK-1", f"link l{i} joins {x} and {y}, which are not neighbours in the network", help=help)


def _terminal_nodes(p: Placed) -> NDArray[np.int32]:
    return np.concatenate([p.place, p.links.ravel()])


def terminal_name(p: Placed, terminal: int) -> str:
    n = p.graph.num_vertices
    if terminal < n:
        return f"v{terminal}"
    return f"l{(terminal - n) // 2}.{'ab'[(terminal - n) % 2]}"


def _placed_joins(p: Placed) -> None:
    a, b = p.joins[:, 0], p.joins[:, 1]
    i = first_true(a == b)
    if i >= 0:
        fail("PL-2", f"join {i} joins {terminal_name(p, int(a[i]))} to itself")
    node = _terminal_nodes(p)
    i = first_true(node[a] != node[b])
    if i >= 0:
        x, y = terminal_name(p, int(a[i])), terminal_name(p, int(b[i]))
        nx, ny = (p.network.nodes[int(node[t])].name for t in (a[i], b[i]))
        fail(
            "PL-2", f"join {i} joins {x} on {nx} to {y} on {ny}", help="a join is a local CZ; use a link to cross nodes"
        )
    total = p.graph.num_vertices + 2 * p.num_links
    key = np.minimum(a, b).astype(np.int64) * total + np.maximum(a, b)
    twice = repeated(key)
    if twice >= 0:
        x, y = terminal_name(p, twice // total), terminal_name(p, twice % total)
        fail("PL-2", f"{x} and {y} are joined twice", help="two CZs on one pair cancel; leave both out")


def _placed_events(p: Placed) -> None:
    """Every event names something that exists and that the event fits."""
    g, n = p.graph, p.graph.num_vertices
    kind, arg = p.events[:, 0], p.events[:, 1]
    i = first_true((kind < 0) | (kind >= len(EventKind)))
    if i >= 0:
        fail("PL-3", f"event {i} has the unknown kind {int(kind[i])}")
    limit = np.full(len(EventKind), n, np.int64)
    limit[EventKind.JOIN], limit[EventKind.EBIT], limit[EventKind.MEASURE_HALF] = (
        len(p.joins),
        p.num_links,
        n + 2 * p.num_links,
    )
    low = np.zeros(len(EventKind), np.int64)
    low[EventKind.MEASURE_HALF] = n
    i = first_true((arg < low[kind]) | (arg >= limit[kind]))
    if i >= 0:
        fail("PL-3", f"event {i}, {EventKind(int(kind[i])).name}, names {int(arg[i])}, which does not exist")
    output = g.label == Label.OUTPUT
    chain = g.successor >= 0
    for event, allowed, what in (
        (EventKind.MEASURE, ~output, "an output, which is not measured"),
        (EventKind.FINISH, output, "not an output"),
        (EventKind.ROTATE, g.is_hub, "not a gadget hub"),
        (
            EventKind.STEP,
            chain & (p.place == p.place[g.successor]) if n else chain,
            "without a successor on its own node",
        ),
    ):
        v = arg[kind == event]
        i = first_true(~allowed[v])
        if i >= 0:
            fail("PL-3", f"{event.name} of v{int(v[i])}, which is {what}", span=g.spans.get(int(v[i])))


def event_times(p: Placed, kind: EventKind, size: int) -> tuple[Long, Long]:
    """For each argument of a kind of event how often it occurs and when (the last time)."""
    at = np.flatnonzero(p.events[:, 0] == kind)
    arg = p.events[at, 1]
    when = np.full(size, NEVER)
    when[arg] = at
    return np.bincount(arg, minlength=size).astype(np.int64), when


def _is_rotated(p: Placed) -> NDArray[np.bool_]:
    return event_times(p, EventKind.ROTATE, p.graph.num_vertices)[0] > 0


def _births_and_deaths(p: Placed) -> tuple[Long, Long]:
    """When each terminal comes into being and when it is last usable; FINISH ends the use of an output, not its qubit."""
    n, m = p.graph.num_vertices, p.num_links
    step_count, step = event_times(p, EventKind.STEP, n)
    birth = np.full(n + 2 * m, NEVER)
    birth[:n] = event_times(p, EventKind.PREPARE, n)[1]
    stepped = np.flatnonzero(step_count > 0)
    birth[p.graph.successor[stepped]] = step[stepped]
    birth[n:] = np.repeat(event_times(p, EventKind.EBIT, m)[1], 2)
    death = np.full(n + 2 * m, NEVER)
    for kind in (EventKind.MEASURE, EventKind.STEP, EventKind.FINISH, EventKind.ROTATE):
        death[:n] = np.maximum(death[:n], event_times(p, kind, n)[1])
    death[n:] = event_times(p, EventKind.MEASURE_HALF, n + 2 * m)[1][n:]
    return birth, death


def _placed_vertices_begin(p: Placed) -> None:
    g, n = p.graph, p.graph.num_vertices
    count = event_times(p, EventKind.PREPARE, n)[0]
    steps = event_times(p, EventKind.STEP, n)[0]
    stepped = np.flatnonzero(steps)
    np.add.at(count, g.successor[stepped], steps[stepped])
    rotated = _is_rotated(p)
    v = first_true(rotated & (count > 0))
    if v >= 0:
        fail(
            "PL-4",
            f"hub v{v} is prepared although it is realised as a rotation",
            help="a rotation needs no qubit for the hub",
        )
    v = first_true(~rotated & (count != 1))
    if v >= 0:
        times = "never" if count[v] == 0 else f"{int(count[v])} times"
        fail(
            "PL-4",
            f"v{v} comes into being {times}",
            "a PREPARE or the STEP of its predecessor, exactly once",
            g.spans.get(v),
        )


def _placed_vertices_end(p: Placed) -> None:
    g, n = p.graph, p.graph.num_vertices
    count = np.zeros(n, np.int64)
    for kind in (EventKind.MEASURE, EventKind.STEP, EventKind.FINISH, EventKind.ROTATE):
        count += event_times(p, kind, n)[0]
    v = first_true(count != 1)
    if v >= 0:
        times = "never" if count[v] == 0 else f"{int(count[v])} times"
        fail("PL-5", f"v{v} is measured or finished {times}, not once", span=g.spans.get(v))
    birth, death = _births_and_deaths(p)
    v = first_true(birth[:n] > death[:n])
    if v >= 0:
        fail("PL-5", f"v{v} is measured or finished before it comes into being", span=g.spans.get(v))


def _placed_halves(p: Placed) -> None:
    n, m = p.graph.num_vertices, p.num_links
    i = first_true(event_times(p, EventKind.EBIT, m)[0] != 1)
    if i >= 0:
        fail("LK-2", f"the ebit of link l{i} is not made exactly once")
    i = first_true(event_times(p, EventKind.MEASURE_HALF, n + 2 * m)[0][n:] != 1)
    if i >= 0:
        fail("LK-2", f"link half {terminal_name(p, n + i)} is not measured exactly once")
    birth, death = _births_and_deaths(p)
    i = first_true(birth[n:] > death[n:])
    if i >= 0:
        fail("LK-2", f"link half {terminal_name(p, n + i)} is measured before its ebit is made")


def _placed_join_times(p: Placed) -> None:
    """Each join happens once (with the rotation, for a rotated hub) while both its terminals are alive."""
    n = p.graph.num_vertices
    count, when = event_times(p, EventKind.JOIN, len(p.joins))
    rotated = np.concatenate([_is_rotated(p), np.zeros(2 * p.num_links, np.bool_)])
    hub = rotated[p.joins]  # [J, 2]
    i = first_true(np.asarray(hub.all(axis=1)))
    if i >= 0:
        x, y = (terminal_name(p, int(t)) for t in p.joins[i])
        fail(
            "PL-6", f"{x} and {y} are joined but both are realised as rotations", help="measure one of them on a qubit"
        )
    native: NDArray[np.bool_] = np.asarray(hub.any(axis=1))
    i = first_true(count != np.where(native, 0, 1))
    if i >= 0:
        x, y = (terminal_name(p, int(t)) for t in p.joins[i])
        fault = (
            "has a JOIN event besides the rotation that realises it"
            if native[i]
            else f"happens {int(count[i])} times, not once"
        )
        fail("PL-6", f"the join of {x} and {y} {fault}")
    if native.any():
        rotation = event_times(p, EventKind.ROTATE, n)[1]
        when = when.copy()
        hubs = np.where(hub[native, 0], p.joins[native, 0], p.joins[native, 1])
        when[native] = rotation[hubs]
    birth, death = _births_and_deaths(p)
    for side in (0, 1):
        t = p.joins[:, side]
        i = first_true(~hub[:, side] & ((birth[t] >= when) | (death[t] <= when)))
        if i >= 0:
            x, y = (terminal_name(p, int(e)) for e in p.joins[i])
            name = terminal_name(p, int(t[i]))
            state = "has not come into being yet" if birth[t[i]] >= when[i] else "is gone already"
            fail("PL-6", f"{x} and {y} are joined at event {int(when[i])}, when {name} {state}")


def live_peaks(p: Placed) -> tuple[Long, Long]:
    """Most data and most communication qubits that each node ever holds at one time.

    A data qubit holds a vertex from its PREPARE to its MEASURE (a STEP hands it on, an output keeps it to the end); a
    communication qubit holds a link half from EBIT to MEASURE_HALF. Rotated hubs hold none. On nodes that measure where others turn
    (``gossamer.ir.network.SPARE``), a STEP, a ROTATE and the FINISH of an output whose phase is no multiple of pi/2 take one more
    data qubit while they happen; the STEP of a vertex along X can do without.
    """
    kind, arg = p.events[:, 0], p.events[:, 1]
    at = 2 * np.arange(kind.size)
    node = _terminal_nodes(p)
    spare = np.array([SPARE.get(one.model, 0) for one in p.network.nodes], np.int64)
    hard = np.array([_takes_hub(phase) for phase in p.graph.phases], np.bool_)
    ebit = kind == EventKind.EBIT
    more = (kind == EventKind.STEP) | (kind == EventKind.ROTATE)
    steps = np.flatnonzero(kind == EventKind.STEP)
    constant = np.array([phase.is_constant for phase in p.graph.phases], np.bool_)
    v = arg[steps]
    more[steps] = ~((p.graph.label[v] == Label.X) & constant[p.graph.phase[v]] & (p.graph.outcome[v] < 0))
    ends = np.flatnonzero(kind == EventKind.FINISH)
    more[ends] = hard[p.graph.phase[arg[ends]]]
    more &= spare[node[np.where(more, arg, 0)]] > 0 if len(node) else False
    prepared, measured, closed = (kind == k for k in (EventKind.PREPARE, EventKind.MEASURE, EventKind.MEASURE_HALF))
    # Times, nodes and changes; what an event takes for itself it gives back half a step later.
    data = [
        (at[prepared], node[arg[prepared]], 1),
        (at[measured], node[arg[measured]], -1),
        (at[more], node[arg[more]], 1),
        (at[more] + 1, node[arg[more]], -1),
    ]
    comm = [
        (at[closed], node[arg[closed]], -1),
        (at[ebit], p.links[arg[ebit], 0], 1),
        (at[ebit], p.links[arg[ebit], 1], 1),
    ]
    return _peaks(data, p.network.size), _peaks(comm, p.network.size)


def _peaks(changes: Sequence[tuple[Long, NDArray[np.int32], int]], size: int) -> Long:
    when = np.concatenate([w for w, _, _ in changes])
    where = np.concatenate([x for _, x, _ in changes])
    delta = np.concatenate([np.full(len(w), change) for w, _, change in changes])
    by = np.lexsort((when, where))
    where, delta = where[by], delta[by]
    peak = np.zeros(size, np.int64)
    for k in range(size):
        mine = delta[np.searchsorted(where, k) : np.searchsorted(where, k, side="right")]
        peak[k] = max(0, int(np.cumsum(mine).max(initial=0)))
    return peak


def _takes_hub(phase: Phase) -> bool:
    """Whether an output of this phase cannot be finished by Pauli and Clifford commands: see ``finish`` of the MBQC node."""
    rest = [(bits, c, symbols) for bits, c, symbols in phase.terms if c != 1 or symbols]
    return any(bits or symbols or c.denominator > 2 for bits, c, symbols in rest)


def _placed_capacity(p: Placed) -> None:
    data, comm = live_peaks(p)
    for k, node in enumerate(p.network.nodes):
        if data[k] > node.data:
            fail("PL-8", f"{node.name} would hold {int(data[k])} data qubits at one time, but has {node.data}")
        if node.comm is not None and comm[k] > node.comm:
            fail("PL-9", f"{node.name} would hold {int(comm[k])} communication qubits at one time, but has {node.comm}")


EVENT_RULES: tuple[Callable[[Placed], None], ...] = (
    _placed_network,
    _placed_columns,
    _placed_links,
    _placed_joins,
    _placed_events,
    _placed_vertices_begin,
    _placed_vertices_end,
    _placed_halves,
    _placed_join_times,
    _placed_capacity,
)
