"""The program of a single node as plain OpenQASM 2 or 3, for other tools to read.

No annotation and no message is left. Quantum inputs come first, under the names of the source where these are names of the language, and
qubits that start in |0> after them; quantum outputs stand in the order of the source; a reported bit is measured into its register. The
module guarantees that the text means what the programs mean, and refuses programs with links or messages (PR-11). ``convert`` stands on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from gossamer.diagnostics import InputError
from gossamer.formats.circuit_program import CODE, DEFINED, RZZ, print_angle
from gossamer.ir.delays import Step, Wait
from gossamer.ir.diagram import Delay
from gossamer.ir.elementary import spell_out
from gossamer.ir.phase import Phase
from gossamer.ir.program import Conditional, Distribution, Gate, Measure, Reset, gates_of

_NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,63}", re.ASCII)
_ELEMENT = re.compile(r"(.+)\[(0|[1-9][0-9]{0,6})\]", re.ASCII)
#: Names that registers do not get: words of both languages, functions, and the gates of both libraries and their usual extensions.
_TAKEN = frozenset(
    """
    gate measure reset barrier if else opaque qreg creg pi qubit bit int uint float angle bool complex array duration stretch const let def defcal
    defcalgrammar cal extern include pragma for in while switch case default break continue return end box delay input output inv pow ctrl negctrl
    gphase durationof sizeof nop true false euler tau void readonly mutable im dt ns us ms s
    sin cos tan exp ln log sqrt arcsin arccos arctan acos asin atan ceiling floor mod popcount rotl rotr real imag
    u u0 u1 u2 u3 p phase cphase id x y z h sdg t tdg sx sxdg rx ry rz cx cy cz ch cp crx cry crz csx cu cu1 cu3 ccx ccz cswap swap iswap dcx ecr rxx
    ryy rzz rzx rccx rc3x c3x c4x c3sqrtx r gphase
    """.split()  # noqa: SIM905
)
#: Gates of node programs that the published qelib1.inc has.
_QELIB1 = frozenset({"h", "x", "y", "z", "s", "sdg", "rz", "rx", "ry", "u3", "cx", "cz"})
#: Decimals with more digits are read as rounded numbers.
_MAX_DIGITS = 12


def print_openqasm3(program: Distribution, steps: Sequence[Step] | None = None) -> str:
    """The program of a single node as OpenQASM 3; ``steps`` are its instructions with delays between them, if it has any.

    Where the program is that of several nodes (``owners`` of its report, see :func:`gossamer.backends.circuit_merge.merge`), qubits beyond the inputs
    are called after their nodes, and a comment says whose qubits are whose.

    Raises
    ------
    InputError
        ``PR-11`` if there are several nodes.

    Examples
    --------
    >>> from gossamer.api import compile
    >>> made = compile('OPENQASM 3; include "stdgates.inc"; qubit a; bit b; h a; b = measure a;', "1")
    >>> print(print_openqasm3(made.distribution))
    OPENQASM 3.0;
    include "stdgates.inc";
    qubit[1] a;
    bit[1] b;
    h a[0];
    b[0] = measure a[0];
    <BLANKLINE>
    """
    return "".join(f"{line}\n" for line in _Printer3(program, steps).lines())


def print_openqasm2(program: Distribution) -> str:
    """The program of a single node as OpenQASM 2, with gates of the published ``qelib1.inc`` only.

    Bits that are tested get registers of their own beside those that are reported: OpenQASM 2 compares whole registers. It knows no delays.

    Raises
    ------
    InputError
        ``PR-11`` if there are several nodes.

    Examples
    --------
    >>> from gossamer.api import compile
    >>> made = compile('include "qelib1.inc"; qreg q[2]; creg c[1]; h q[0]; cx q[0],q[1]; measure q[0] -> c[0];', "1")
    >>> text = print_openqasm2(made.distribution)
    >>> text.split("\\n")[0], "measure q[0] -> c[0];" in text
    ('OPENQASM 2.0;', True)
    """
    return "".join(f"{line}\n" for line in _Printer2(program).lines())


class _Printer:
    """What both versions share: names of qubits and registers."""

    header: tuple[str, str]
    quantum: str

    def __init__(self, distribution: Distribution, steps: Sequence[Step] | None = None) -> None:
        if len(distribution.programs) != 1:
            raise InputError(CODE, "a program of several nodes is not one circuit", help="compile it for one node")
        self.program = distribution.programs[0]
        self.steps: Sequence[Step] = self.program.instructions if steps is None else steps
        self.owners: Sequence[tuple[str, str]] = distribution.report.get("owners", ())
        self.manifest = manifest = distribution.manifest
        self.taken: set[str] = set()
        self.swaps: list[tuple[int, int]] = []
        self.qubit_registers, self.qubits = self.arranged()
        self.names: dict[int, list[str]] = {}  # of each bit, where it is reported
        self.bit_registers: list[tuple[str, int]] = []
        for i, register in enumerate(manifest.registers):
            if not register.bits:
                continue
            name = self.free_name(register.name, f"m{i}_")
            self.bit_registers.append((name, len(register.bits)))
            for k, bit in enumerate(register.bits):
                if bit is not None:
                    self.names.setdefault(bit.bit, []).append(f"{name}[{k}]")

    def free_name(self, wanted: str, other: str) -> str:
        name = wanted
        if not _NAME.fullmatch(name) or name in self.taken or name in _TAKEN:
            name = other
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def own_name(self, wanted: str, other: str) -> str:
        """A name for qubits that the source does not name: its registers of bits, named later, keep theirs."""
        reported = any(r.name == wanted and r.bits for r in self.manifest.registers)
        return self.free_name(other if reported else wanted, other)

    def arranged(self) -> tuple[list[tuple[str, int]], dict[int, str]]:
        """Registers of qubits, and what each qubit of the program is called.

        Inputs come first and in order. Outputs are brought into order by exchanges at the end: readers take them in the order of the qubits.
        """
        places = self.manifest.inputs
        names = {place.qubit: place.name for place in places}
        start = [place.qubit for place in places]
        rest = [q for q in range(self.program.data + self.program.comm) if q not in names]
        names |= {place.qubit: place.name for place in self.manifest.outputs if place.qubit not in names and not places}
        order = [*start, *rest]
        rank = {q: i for i, q in enumerate(order)}
        at = [place.qubit for place in self.manifest.outputs]
        for j, home in enumerate(sorted(at, key=rank.__getitem__)):
            if at[j] != home:
                i = at.index(home)
                self.swaps.append((at[j], home))
                at[i], at[j] = at[j], home
        if not places:  # the outputs name the qubits
            named = sorted((q for q in order if q in names), key=rank.__getitem__)
            wires = [place.name for place in self.manifest.outputs]
            order = [*named, *[q for q in order if q not in names]]
            names = dict(zip(named, wires, strict=True))
        registers = _registers([names[q] for q in order if q in names])
        if registers is None:
            registers = [("q", len(names))] if names else []
        registers = [(self.free_name(name, f"w{i}_"), size) for i, (name, size) in enumerate(registers)]
        if self.owners:  # node by node, and of each the data qubits first: that is how they are numbered
            labels = [owner if kind in ("data", "") else f"{owner}_{kind}".strip("_") for owner, kind in self.owners]
            registers += [
                (self.own_name(label, f"node{i}_"), len(list(group)))
                for i, (label, group) in enumerate(groupby(labels[q] for q in order if q not in names))
            ]
        elif len(order) > len(names):
            registers.append((self.own_name("anc" if names else "q", "anc_"), len(order) - len(names)))
        elements = [f"{name}[{i}]" for name, size in registers for i in range(size)]
        return registers, dict(zip(order, elements, strict=True))

    def lines(self) -> Iterator[str]:
        yield from self.header
        for owner, group in groupby(range(len(self.owners)), key=lambda q: self.owners[q][0]):
            yield f"// {owner or 'computes bits'}: {' '.join(self.qubits[q] for q in group)}"
        yield from self.definitions()
        for name, size in self.qubit_registers:
            yield self.quantum.format(name=name, size=size)
        yield from self.declared_bits()
        inputs = {place.qubit for place in self.manifest.inputs}
        touched = set(inputs)
        for op in tidied(self.steps):
            for q in _qubits(op):
                if q not in touched and not isinstance(op, Reset):
                    yield f"reset {self.qubits[q]};"  # else it would be an input
                touched.add(q)
            yield from self.instruction(op)
        for q, name in self.qubits.items():
            if q not in touched:
                yield f"reset {name};"
        for a, b in self.swaps:
            yield from self.swap(self.qubits[a], self.qubits[b])

    def definitions(self) -> Iterator[str]:
        yield from ()

    def swap(self, a: str, b: str) -> Iterator[str]:
        yield f"swap {a}, {b};"

    def declared_bits(self) -> Iterator[str]:
        raise NotImplementedError

    def measure(self, op: Measure) -> Iterator[str]:
        raise NotImplementedError

    def conditional(self, op: Conditional) -> Iterator[str]:
        raise NotImplementedError

    def gate(self, g: Gate) -> Iterator[str]:
        angle = f"({', '.join(map(print_angle, g.angles))})" if g.angles else ""
        yield f"{g.name}{angle} {', '.join(self.qubits[q] for q in g.qubits)};"

    def instruction(self, op: Step) -> Iterator[str]:
        match op:
            case Gate():
                yield from self.gate(op)
            case Measure():
                yield from self.measure(op)
            case Reset():
                yield f"reset {self.qubits[op.qubit]};"
            case Wait():
                yield f"delay[{print_time(op.delay)}] {self.qubits[op.qubit]};"
            case Conditional():
                yield from self.conditional(op)
            case _:
                raise InputError(
                    CODE, "a program with links or messages is not one circuit", help="compile it for one node"
                )


class _Printer3(_Printer):
    header = ("OPENQASM 3.0;", 'include "stdgates.inc";')
    quantum = "qubit[{size}] {name};"

    def __init__(self, distribution: Distribution, steps: Sequence[Step] | None) -> None:
        super().__init__(distribution, steps)
        measured = sorted(op.bit for op in self.steps if isinstance(op, Measure))
        self.loose = [bit for bit in measured if bit not in self.names]
        name = self.free_name("m", "m_") if self.loose else ""
        self.names |= {bit: [f"{name}[{i}]"] for i, bit in enumerate(self.loose)}
        if self.loose:
            self.bit_registers.append((name, len(self.loose)))

    def definitions(self) -> Iterator[str]:
        used = {g.name for op in self.steps if isinstance(op, Gate | Conditional) for g in gates_of(op)}
        yield from (text for name, text in {"rzz": RZZ, **DEFINED}.items() if name in used)

    def declared_bits(self) -> Iterator[str]:
        yield from (f"bit[{size}] {name};" for name, size in self.bit_registers)

    def measure(self, op: Measure) -> Iterator[str]:
        # measuring again gives the same value
        yield from (f"{target} = measure {self.qubits[op.qubit]};" for target in self.names[op.bit])

    def conditional(self, op: Conditional) -> Iterator[str]:
        yield " ".join(f"if ({'' if value else '!'}{self.names[bit][0]}) {{" for bit, value in op.conditions)
        yield from (f"  {line}" for g in op.body for line in self.gate(g))
        yield " ".join("}" for _ in op.conditions)


class _Printer2(_Printer):
    header = ("OPENQASM 2.0;", 'include "qelib1.inc";')
    quantum = "qreg {name}[{size}];"

    def __init__(self, distribution: Distribution) -> None:
        super().__init__(distribution)
        self.tests: dict[tuple[int, ...], str] = {}
        for op in self.program.instructions:
            if isinstance(op, Conditional):
                bits = tuple(sorted({bit for bit, _ in op.conditions}))
                if bits not in self.tests:
                    self.tests[bits] = self.free_name(
                        f"m{'_'.join(map(str, bits[:8]))}", f"m{bits[0]}_{len(self.tests)}_"
                    )
        for bits, name in self.tests.items():
            for i, bit in enumerate(bits):
                self.names.setdefault(bit, []).append(f"{name}[{i}]")
        for op in self.program.instructions:
            if isinstance(op, Measure) and op.bit not in self.names:
                name = self.free_name(f"m{op.bit}", f"m{op.bit}_")
                self.names[op.bit] = [f"{name}[0]"]
                self.bit_registers.append((name, 1))

    def declared_bits(self) -> Iterator[str]:
        yield from (f"creg {name}[{size}];" for name, size in self.bit_registers)
        yield from (f"creg {name}[{len(bits)}];" for bits, name in self.tests.items())

    def measure(self, op: Measure) -> Iterator[str]:
        yield from (f"measure {self.qubits[op.qubit]} -> {target};" for target in self.names[op.bit])

    def conditional(self, op: Conditional) -> Iterator[str]:
        wanted = dict(op.conditions)
        if any(wanted[bit] != value for bit, value in op.conditions):
            return  # a bit that is 0 and 1
        bits = tuple(sorted(wanted))
        number = sum(wanted[bit] << i for i, bit in enumerate(bits))
        yield from (f"if ({self.tests[bits]} == {number}) {line}" for g in op.body for line in self.gate(g))

    def swap(self, a: str, b: str) -> Iterator[str]:
        yield from (f"cx {a}, {b};", f"cx {b}, {a};", f"cx {a}, {b};")  # not every qelib1.inc has it

    def gate(self, g: Gate) -> Iterator[str]:
        if g.name == "swap":
            yield from self.swap(*(self.qubits[q] for q in g.qubits))
        elif g.name == "rzz":
            assert g.angle is not None, "a rotation has an angle"
            a, b = (self.qubits[q] for q in g.qubits)
            yield from (f"cx {a}, {b};", f"rz({print_angle(g.angle)}) {b};", f"cx {a}, {b};")
        elif g.name in _QELIB1:
            yield from super().gate(g)
        else:
            for part in spell_out([g]):
                yield from self.gate(part)


def print_time(delay: Delay) -> str:
    """A time as OpenQASM 3 writes it, exact: in the largest unit in which it is a whole number or a short decimal, else as a quotient.

    Examples
    --------
    >>> print_time(Delay(Fraction(1, 2000000), "s")), print_time(Delay(Fraction(25, 10**7), "s")), print_time(Delay(Fraction(10, 3), "dt"))
    ('500ns', '2.5us', '10dt / 3')
    """
    units = [("s", 0), ("ms", 3), ("us", 6), ("ns", 9)] if delay.unit == "s" else [(delay.unit, 0)]
    for unit, power in units:
        value = delay.value * 10**power
        if value.denominator == 1:
            if value.numerator or unit == units[-1][0]:
                return f"{value.numerator}{unit}"
        elif value >= 1 and (decimal := _decimal(value)):
            return f"{decimal}{unit}"
    return f"{value.numerator}{unit} / {value.denominator}"


def _decimal(value: Fraction) -> str:
    """With a point, if it is a decimal of few digits."""
    for digits in range(1, _MAX_DIGITS):
        shifted = value * 10**digits
        if shifted >= 10**_MAX_DIGITS:
            break
        if shifted.denominator == 1:
            text = str(shifted.numerator)
            return f"{text[:-digits]}.{text[-digits:]}"
    return ""


def tidied(instructions: Sequence[Step]) -> list[Step]:
    """The program with gates between two H merged with them: H H is nothing, H z H is x, H cz H is cx; global phases may change.

    Examples
    --------
    >>> steps = tidied([Gate("h", (0,)), Gate("h", (1,)), Gate("cz", (0, 1)), Gate("h", (1,)), Gate("h", (1,))])
    >>> [(step.name, step.qubits) for step in steps]
    [('h', (0,)), ('cx', (0, 1)), ('h', (1,))]
    """
    out: list[Step | None] = []
    last: dict[int, list[int]] = {}  # of each qubit, where its instructions stand
    for op in instructions:
        if isinstance(op, Gate) and op.name == "h" and _merged(out, last, op.qubits[0]):
            continue
        for q in _qubits(op):
            last.setdefault(q, []).append(len(out))
        out.append(op)
    return [op for op in out if op is not None]


def _merged(out: list[Step | None], last: dict[int, list[int]], q: int) -> bool:
    """Merge an H on ``q`` with what comes before it; False if nothing fits."""
    before = last.get(q, [])
    if before and out[before[-1]] == Gate("h", (q,)):
        out[before.pop()] = None
        return True
    if len(before) < 2 or out[before[-2]] != Gate("h", (q,)):
        return False
    middle = out[before[-1]]
    if not isinstance(middle, Gate) or middle.name not in _BETWEEN:
        return False
    name, angle = _BETWEEN[middle.name]
    qubits = tuple(sorted(middle.qubits, key=lambda x: x == q))
    out[before[-1]] = Gate(name, qubits, middle.angle if angle is None else angle)
    out[before[-2]] = None
    del before[-2]
    return True


#: Diagonal gates and what they are between two H: a gate, and its angle where it has a new one.
_BETWEEN: dict[str, tuple[str, Phase | None]] = {
    "z": ("x", None),
    "rz": ("rx", None),
    "s": ("rx", Phase(Fraction(1, 2))),
    "sdg": ("rx", Phase(Fraction(-1, 2))),
    "x": ("z", None),
    "rx": ("rz", None),
    "cz": ("cx", None),
}


def _qubits(op: Step) -> tuple[int, ...]:
    match op:
        case Gate():
            return op.qubits
        case Measure() | Reset() | Wait():
            return (op.qubit,)
        case Conditional():
            return tuple(dict.fromkeys(q for g in op.body for q in g.qubits))
    return ()


def _registers(names: Sequence[str]) -> list[tuple[str, int]] | None:
    """The registers that have exactly these elements, in order; None if there are none such."""
    out: list[tuple[str, int]] = []
    for name in names:
        found = _ELEMENT.fullmatch(name)
        register, index = (found[1], int(found[2])) if found else (name, 0)
        if index:
            if not out or out[-1] != (register, index):
                return None
            out[-1] = register, index + 1
        else:
            out.append((register, 1))
    return out if len({register for register, _ in out}) == len(out) else None
