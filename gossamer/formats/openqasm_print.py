"""The program of a single node as plain OpenQASM 2 or 3, for other tools to read.

No annotation and no message is left: registers have the names of the source, and a reported bit is measured into its register. The module
guarantees that the text means what the program means, and refuses programs with links or messages, and conditions that OpenQASM 2
cannot say (PR-11).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gossamer.diagnostics import InputError
from gossamer.formats.circuit_program import CODE, print_angle
from gossamer.ir.program import Conditional, Gate, Instruction, Manifest, Measure, NodeProgram, Reset

_NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,63}", re.ASCII)
#: Names that this printer gives.
_OURS = re.compile(r"m[0-9]+|c[0-9]+_|[a-z]{1,2}x|h|x|z|s|sdg|rz|rx|cz", re.ASCII)
_RZZ = "gate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }"


def print_openqasm(program: NodeProgram, manifest: Manifest, version: int = 3) -> str:
    """The text of a program that needs no other node.

    Parameters
    ----------
    version
        2 or 3 of OpenQASM.

    Examples
    --------
    >>> from gossamer.api import compile
    >>> made = compile('include "qelib1.inc"; qreg q[2]; creg c[1]; h q[0]; cx q[0],q[1]; measure q[0] -> c[0];', "1")
    >>> text = print_openqasm(made.programs[0], made.manifest, 2)
    >>> text.split("\\n")[0], "measure q[0] -> c[0];" in text
    ('OPENQASM 2.0;', True)
    """
    if version not in (2, 3):
        raise InputError(CODE, f"there is no OpenQASM {version}")
    return "".join(f"{line}\n" for line in _Printer(program, manifest, version).lines())


class _Printer:
    def __init__(self, program: NodeProgram, manifest: Manifest, version: int) -> None:
        self.program, self.manifest, self.version = program, manifest, version
        self.names: dict[int, list[str]] = {}  # of each bit, where it is reported
        self.sizes: list[tuple[str, int]] = []
        taken = {"q", "m", "rzz"}
        for i, register in enumerate(manifest.registers):
            free = _NAME.fullmatch(register.name) and register.name not in taken and not _OURS.fullmatch(register.name)
            name = register.name if free else f"c{i}_"
            taken.add(name)
            if register.bits:
                self.sizes.append((name, len(register.bits)))
            for k, bit in enumerate(register.bits):
                if bit is not None:
                    self.names.setdefault(bit.bit, []).append(f"{name}[{k}]")
        self.tested = {bit for op in program.instructions if isinstance(op, Conditional) for bit, _ in op.conditions}

    def lines(self) -> Iterator[str]:
        p = self.program
        yield f"OPENQASM {self.version}.0;"
        yield 'include "qelib1.inc";' if self.version == 2 else 'include "stdgates.inc";'
        gates = [g for op in p.instructions for g in (op.body if isinstance(op, Conditional) else (op,))]
        if any(isinstance(g, Gate) and g.name == "rzz" for g in gates):
            yield _RZZ
        if p.data + p.comm:
            yield self.declared("qubit", p.data + p.comm, "q")
        for name, size in self.sizes:
            yield self.declared("bit", size, name)
        if self.version == 3:
            loose = [b for b in range(p.bits) if b not in self.names]
            if loose:
                yield self.declared("bit", p.bits, "m")
        else:
            written = sorted(op.bit for op in p.instructions if isinstance(op, Measure))
            yield from (f"creg m{b}[1];" for b in written if b in self.tested or b not in self.names)
        for op in p.instructions:
            yield from self.instruction(op)

    def declared(self, kind: str, size: int, name: str) -> str:
        if self.version == 3:
            return f"{kind}[{size}] {name};"
        return f"{'qreg' if kind == 'qubit' else 'creg'} {name}[{size}];"

    def instruction(self, op: Instruction) -> Iterator[str]:
        match op:
            case Gate():
                yield self.gate(op)
            case Measure():
                for target in self.targets(op.bit):
                    # measuring again gives the same value
                    yield (
                        f"{target} = measure q[{op.qubit}];"
                        if self.version == 3
                        else f"measure q[{op.qubit}] -> {target};"
                    )
            case Reset():
                yield f"reset q[{op.qubit}];"
            case Conditional():
                yield from self.conditional(op)
            case _:
                raise InputError(
                    CODE, "a program with links or messages is not one circuit", help="compile it for one node"
                )

    def targets(self, bit: int) -> list[str]:
        names = self.names.get(bit, [])
        if self.version == 3:
            return names or [f"m[{bit}]"]
        return [f"m{bit}[0]", *names] if bit in self.tested or not names else names

    def conditional(self, op: Conditional) -> Iterator[str]:
        if self.version == 3:
            tests = [f"{'' if value else '!'}{self.targets(bit)[0]}" for bit, value in op.conditions]
            yield " ".join(f"if ({t}) {{" for t in tests)
            yield from (f"  {self.gate(g)}" for g in op.body)
            yield " ".join("}" for _ in tests)
            return
        if len(op.conditions) != 1:
            raise InputError(CODE, "OpenQASM 2 cannot say a condition on several bits", help="write OpenQASM 3")
        bit, value = op.conditions[0]
        yield from (f"if (m{bit} == {int(value)}) {self.gate(g)}" for g in op.body)

    def gate(self, g: Gate) -> str:
        angle = "" if g.angle is None else f"({print_angle(g.angle)})"
        return f"{g.name}{angle} {', '.join(f'q[{q}]' for q in g.qubits)};"
