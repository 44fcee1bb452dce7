"""What is registered: frontends, passes, backends, printers, engines and peers of the benchmark, each by one line that names where it lives.

A registration holds text only, so listing what there is imports none of it; the code is imported when it is used. Third
parties register through the entry point groups ``gossamer.frontends``, ``gossamer.passes``, ``gossamer.backends`` and ``gossamer.engines``: each
entry point names a :class:`Registration` object (in a module that should be light), and what it registers is treated like
the built-ins. The module guarantees that names are unique within a kind and that a broken plugin is named in a diagnostic.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from importlib import import_module
from pathlib import PurePath
from typing import Any, Literal

from gossamer.diagnostics import InputError, MissingPackage, UsageError

Kind = Literal["frontends", "passes", "backends", "printers", "applications", "engines", "peers"]


@dataclass(frozen=True, slots=True)
class Registration:
    """One registered thing.

    Attributes
    ----------
    name : what users call it
    target : ``module:attribute``, imported on first use
    summary : one line for listings
    extensions : of a frontend or printer, the file name endings it answers to (``.qc``, ``.tket.json``; the longest that fits counts)
    options : of a frontend, what its function takes besides text and file name: ``bind`` (values of inputs; without it
        they go to the symbols of what was read), ``opaque`` (definitions of
        opaque gates), ``folder`` (where included files are); of a printer of node programs, ``link_noise`` if circuits in its format have noise
    libraries, objects : of a frontend, the packages whose objects it reads too, and ``module:attribute`` of the function that does
    takes, gives : of a pass or backend, the values its ``run`` takes, in order, and the one it returns; see
        ``gossamer.pipeline.LEVELS``; of a printer, ``distribution`` if it prints node programs and not a diagram; of an
        engine ``trace`` (of our runtime) or ``programs``: a function of programs, manifest, shots and seed that gives counts
    delays : of a printer, whether its format has delays; one of node programs then takes a program's steps as well
    prints : of a backend, ``module:attribute`` of the printer of its program format
    reads : of a backend, ``module:attribute`` of the reader of its program format, the inverse of ``prints``
    suffix : of a backend, the ending of its program files
    writer : of a backend, ``module:attribute`` of the class that lowers one node's part beside nodes of other models (a subclass of
        ``gossamer.backends.lowering.Writer``); without it the model stands in networks of its own only
    lifts : of a backend, ``module:attribute`` of the function that turns one program back into a diagram
    samples : of a frontend, ``module:attribute`` of a function that gives a hypothesis strategy of pairs (source text, diagram of the
        same meaning, made by other means); the conformance kit tests the meaning with it
    """

    name: str
    target: str
    summary: str
    extensions: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    libraries: tuple[str, ...] = ()
    objects: str = ""
    takes: tuple[str, ...] = ()
    gives: str = ""
    prints: str = ""
    reads: str = ""
    suffix: str = ""
    writer: str = ""
    lifts: str = ""
    samples: str = ""
    delays: bool = False

    def load(self, attribute: str = "target") -> Any:
        """Import and return what ``target`` (or the named field) points at.

        Examples
        --------
        >>> find("passes", "graph-like").load().__name__
        'GraphLike'
        """
        address: str = getattr(self, attribute)
        module, _, name = address.partition(":")
        try:
            return getattr(import_module(module), name)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] in ("gossamer", module.partition(".")[0]):
                raise
            raise MissingPackage(
                "TL-9", f"'{self.name}' needs the package '{error.name}'", help=f"install it: pip install {error.name}"
            ) from error


# One line each. A frontend maps (text, file name) to a Diagram; a pass and a backend are frozen dataclasses whose fields are
# their options and whose `run` takes and gives the named levels; a printer maps a Diagram (or the programs of one
# node) to text; an application is a frozen dataclass whose `run` maps programs and manifest to the files of a folder that another system runs;
# an engine runs node programs; a peer is the program that asks another compiler (`gossamer.bench.peers`).
BUILT_IN: dict[Kind, tuple[Registration, ...]] = {
    "frontends": (
        Registration("qasm", "gossamer.frontends.qasm:read", "OpenQASM 2 and 3; circuits of qiskit and cirq", extensions=(".qasm", ".qasm2", ".qasm3"), options=("bind", "opaque", "folder"), libraries=("qiskit", "cirq"), objects="gossamer.frontends.objects:read_object", samples="gossamer.conformance.kit:qasm_samples"),
        Registration("qc", "gossamer.frontends.qc:read", "the .qc format of reversible and Clifford+T benchmarks", extensions=(".qc",), samples="gossamer.conformance.kit:qc_samples"),
        Registration("pytket", "gossamer.frontends.objects:read_pytket_json", "pytket's JSON; circuits of pytket", extensions=(".tket.json",), libraries=("pytket",), objects="gossamer.frontends.objects:read_object", samples="gossamer.conformance.kit:pytket_samples"),
        Registration("gsm", "gossamer.frontends.gsm:read", "the text form of the IR", extensions=(".gsm",), samples="gossamer.conformance.kit:gsm_samples"),
        Registration("gsmj", "gossamer.frontends.compact:read", "the compact form of the IR, JSON", extensions=(".gsmj",), samples="gossamer.conformance.kit:compact_samples"),
        Registration("zx", "gossamer.frontends.zx:read_json", "ZX-diagrams in the JSON of pyzx, zxlive and Quantomatic; graphs and circuits of pyzx", extensions=(".zxg", ".json", ".qgraph", ".zxp", ".zxr", ".qrule", ".dae"), libraries=("pyzx",), objects="gossamer.frontends.zx:read_object", samples="gossamer.conformance.kit:zx_samples"),
        Registration("pattern", "gossamer.frontends.pattern:read", "measurement patterns and open graphs, JSON; those of graphix", extensions=(".pattern.json", ".opengraph.json"), options=("bind",), libraries=("graphix",), objects="gossamer.frontends.pattern:read_object", samples="gossamer.conformance.kit:pattern_samples"),
        Registration("ptn", "gossamer.frontends.pattern:read_ptn", "measurement patterns of graphqomb", extensions=(".ptn",), samples="gossamer.conformance.kit:ptn_samples"),
        Registration("walk", "gossamer.frontends.walk_files:read_walk", "coined quantum walks on a graph, YAML and objects", extensions=(".walk.yaml",), libraries=("gossamer",), objects="gossamer.frontends.walk_files:read_object", samples="gossamer.conformance.kit:walk_samples"),
        Registration("qca", "gossamer.frontends.walk_files:read_automaton", "partitioned quantum cellular automata, YAML and objects", extensions=(".qca.yaml",), samples="gossamer.conformance.kit:automaton_samples"),
        Registration("tikz", "gossamer.frontends.zx:read_tikz", "ZX-diagrams as TikZ pictures", extensions=(".tikz",), samples="gossamer.conformance.kit:tikz_samples"),
    ),
    "passes": (
        Registration("graph-like", "gossamer.passes.graph_like:GraphLike", "diagram to open graph with flow, wires kept where it has a causal one", takes=("diagram",), gives="graph"),
        Registration("simplify", "gossamer.passes.simplify:Simplify", "rewrite the diagram: fuse, teleport, clifford, full, nodes, guarded", takes=("diagram",), gives="diagram"),
        Registration("partition", "gossamer.passes.partition_pass:Partition", "place vertices and edges on nodes so that few ebits are needed", takes=("graph", "network"), gives="assignment"),
        Registration("links", "gossamer.passes.links:Links", "realise cut edges by links and order all events", takes=("graph", "assignment", "network"), gives="placed"),
        Registration("gather", "gossamer.passes.gather:Gather", "place and link a Clifford program by parities, for the rank of its cuts", takes=("graph", "network"), gives="placed"),
        Registration("route", "gossamer.passes.route:Route", "swap data qubits so that gates are on coupled qubits; needs qiskit", takes=("distribution",), gives="distribution"),
        Registration("native", "gossamer.passes.native:Native", "rewrite each circuit node's program to its native gates, exactly", takes=("distribution",), gives="distribution"),
        Registration("cut", "gossamer.passes.cut:Cut", "rewrite the diagram by local complementations, pivots and extraction so that its cut costs less", takes=("diagram", "network"), gives="diagram"),
        Registration("extract", "gossamer.passes.extract:Extract", "diagram with gflow to one of circuit shape, with few two-qubit gates", takes=("diagram",), gives="diagram"),
        Registration("forms", "gossamer.portfolio:Forms", "the cheapest of several forms of the program, each placed and linked", takes=("diagram", "network"), gives="placed"),
        Registration("lower", "gossamer.lowering:Lower", "each node's part by the backend of its model", takes=("placed",), gives="distribution"),
    ),
    "backends": (
        Registration("circuit", "gossamer.backends.circuit:Circuit", "persistent qubits, gates, measurement with feed-forward; OpenQASM 3", takes=("placed",), gives="distribution", prints="gossamer.formats.circuit_program:print_program", reads="gossamer.formats.circuit_program:read_program", suffix=".qasm", writer="gossamer.backends.circuit:CircuitWriter", lifts="gossamer.backends.circuit_lift:lift"),
        Registration("mbqc", "gossamer.backends.mbqc:Mbqc", "a measurement pattern whose domains hold outcomes of other nodes; JSON", takes=("placed",), gives="distribution", prints="gossamer.formats.pattern_program:print_program", reads="gossamer.formats.pattern_program:read_program", suffix=".pattern.json", writer="gossamer.backends.mbqc:PatternWriter", lifts="gossamer.backends.mbqc_lift:lift"),
        Registration("mixed", "gossamer.backends.mixed:Mixed", "gates and the commands of a pattern, each vertex in the cheaper way; JSON", takes=("placed",), gives="distribution", prints="gossamer.formats.pattern_program:print_program", reads="gossamer.formats.pattern_program:read_program", suffix=".mixed.json", writer="gossamer.backends.mixed:MixedWriter", lifts="gossamer.backends.mixed_lift:lift"),
    ),
    "printers": (
        Registration("gsm", "gossamer.ir.text:print_text", "the text form of the IR", extensions=(".gsm",), delays=True),
        Registration("qasm", "gossamer.formats.openqasm_print:print_openqasm3", "OpenQASM 3, of one node's program", extensions=(".qasm",), takes=("distribution",), delays=True),
        Registration("qasm3", "gossamer.formats.openqasm_print:print_openqasm3", "the same", extensions=(".qasm3",), takes=("distribution",), delays=True),
        Registration("qasm2", "gossamer.formats.openqasm_print:print_openqasm2", "OpenQASM 2, of one node's program", extensions=(".qasm2",), takes=("distribution",)),
        Registration("stim", "gossamer.formats.stim_print:print_stim", "circuits of stim with detectors, of Clifford programs", extensions=(".stim",), takes=("distribution",), options=("link_noise",)),
        Registration("gsmj", "gossamer.ir.compact:print_compact", "the compact form of the IR, JSON", extensions=(".gsmj",), delays=True),
        Registration("zx", "gossamer.formats.zx_print:print_json", "the JSON of pyzx and zxlive", extensions=(".zxg", ".json")),
        Registration("tikz", "gossamer.formats.zx_print:print_tikz", "TikZ pictures of ZX-diagrams", extensions=(".tikz",)),
    ),
    "applications": (
        Registration("netqasm", "gossamer.backends.netqasm:NetQasm", "host parts and NetQASM subroutines of circuit nodes, a folder in the layout of NetQASM's SDK"),
    ),
    "engines": (
        Registration("statevector", "gossamer.runtime.statevector:StateVector", "the qubits that are live, up to 26, single precision", takes=("trace",)),
        Registration("statevector128", "gossamer.runtime.statevector:StateVector", "the same in double precision", takes=("trace",)),
        Registration("stim", "gossamer.runtime.tableau:Stabilizer", "Clifford programs of any size, by stim", takes=("trace",)),
        Registration("aer", "gossamer.engines.aer:sample", "all nodes as one circuit, by qiskit-aer (extra engines)", takes=("programs",)),
        Registration("graphix", "gossamer.engines.graphix:sample", "MBQC nodes as one pattern, by graphix, one shot after another (extra engines)", takes=("programs",)),
        Registration("netqasm", "gossamer.engines.netqasm:sample", "circuit nodes as NetQASM subroutines on netqasm's own executor, one shot after another (extra engines)", takes=("programs",)),
    ),
    "peers": (
        Registration("memq-dqc", "gossamer.bench.peer_memq_dqc:answer", "memq-dqc (PyPI), the cheaper of two of its partitioners"),
    ),
}  # fmt: skip


@cache
def registered(kind: Kind) -> dict[str, Registration]:
    """All registrations of a kind by name: the built-ins, then third parties by name.

    Examples
    --------
    >>> {"graph-like", "partition", "links"} <= registered("passes").keys()
    True
    """
    from importlib.metadata import entry_points

    out = {r.name: r for r in BUILT_IN[kind]}
    for point in sorted(entry_points(group=f"gossamer.{kind}"), key=lambda p: (p.name, p.value)):
        try:
            found = point.load()
        except Exception as error:
            raise InputError(
                "TL-9",
                f"the plugin '{point.name}' ({point.value}) does not load: {error}",
                help="update or uninstall it",
            ) from error
        if not isinstance(found, Registration):
            raise InputError("TL-9", f"the plugin '{point.name}' ({point.value}) is no Registration")
        if found.name in out:
            raise InputError(
                "TL-9", f"the plugin '{point.name}' ({point.value}) takes the name '{found.name}', which is in use"
            )
        out[found.name] = found
    return out


def find(kind: Kind, name: str) -> Registration:
    """The registration of that name.

    Raises
    ------
    UsageError
        ``TL-7``, with the closest names, if there is none.
    """
    known = registered(kind)
    if name in known:
        return known[name]
    help = f"known: {', '.join(known)}"
    if kind == "printers":  # both are what `convert -t` takes
        help += f"; of the programs of an output folder: {', '.join(registered('applications'))}"
    raise UsageError("TL-7", f"there is no {_SINGULAR[kind]} '{name[:80]}'", help=help)


def by_extension(kind: Kind, name: str) -> Registration:
    """The frontend or printer that answers to the ending of a file's name; the longest ending that fits counts.

    Examples
    --------
    >>> by_extension("frontends", "grover.qasm").name, by_extension("frontends", ".tket.json").name
    ('qasm', 'pytket')
    """
    fitting = [
        (len(ending), -i, registration)
        for i, registration in enumerate(registered(kind).values())
        for ending in registration.extensions
        if name.lower().endswith(ending)
    ]
    if fitting:
        return max(fitting, key=lambda row: row[:2])[2]
    endings = ", ".join(e for r in registered(kind).values() for e in r.extensions)
    raise UsageError(
        "TL-2",
        f"no {_SINGULAR[kind]} for files that end in '{PurePath(name).suffix[:40]}'",
        help=f"known endings: {endings}; or name the format",
    )


def by_object(value: object) -> Registration | None:
    """The frontend that reads objects of the class's package (or of a base class's); None if there is none.

    Examples
    --------
    >>> by_object(3) is None
    True
    """
    packages = [base.__module__.partition(".")[0] for base in type(value).__mro__]
    for registration in registered("frontends").values():
        if any(package in registration.libraries for package in packages):
            return registration
    return None


def describe(kind: Kind) -> list[dict[str, Any]]:
    """Plain data for listings: every field that is set."""
    return [
        {f.name: value for f in fields(r) if (value := getattr(r, f.name)) not in ("", (), False)}
        for r in registered(kind).values()
    ]


_SINGULAR: dict[Kind, str] = {
    "frontends": "frontend",
    "passes": "pass",
    "backends": "backend",
    "printers": "printer",
    "applications": "application",
    "engines": "engine",
    "peers": "peer",
}
