"""What the package registers; importing it costs nothing."""

from __future__ import annotations

from gossamer.registry import Registration

FRONTEND = Registration(
    "toy",
    "gossamer_toy.language:read",
    "one gate a line: `h 0`, `t 1`, `cz 0 1`, `measure 0`",
    extensions=(".toy",),
    samples="gossamer_toy.language:samples",
)
FUSE = Registration(
    "toy-fuse", "gossamer_toy.fuse:Fuse", "drop Z-spiders that do nothing", takes=("diagram",), gives="diagram"
)
BACKEND = Registration(
    "toy-rz",
    "gossamer_toy.backend:OnlyRz",
    "circuit programs whose diagonal gates are all rz",
    takes=("placed",),
    gives="distribution",
    prints="gossamer.formats.circuit_program:print_program",
    reads="gossamer.formats.circuit_program:read_program",
    suffix=".qasm",
)
