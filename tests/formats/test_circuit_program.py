"""Node programs as text: reading gives back what was printed, three outside readers accept it, the rest is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gossamer.diagnostics import InputError
from gossamer.formats.circuit_program import _read_as_printed, _Reader, print_program, read_program
from gossamer.formats.openqasm import parse_openqasm
from gossamer.ir.phase import Phase
from gossamer.ir.program import (
    GATES,
    Conditional,
    Ebit,
    Excerpt,
    Gate,
    Instruction,
    Measure,
    NodeProgram,
    Recv,
    Reset,
    Send,
    gates_of,
)

EVERYTHING = NodeProgram(
    "alice",
    "circuit",
    3,
    2,
    6,
    (
        Reset(2),
        *(
            Gate(g, (0, 1)[:n], Phase(Fraction(-3, 8)) if angles else None, (Phase(1), Phase())[: max(0, angles - 1)])
            for g, (n, angles) in GATES.items()
        ),
        Ebit("l0", "bob", 3),
        Gate("h", (3,)),
        Gate("rzz", (3, 0), Phase(Fraction(5, 2**41))),
        Gate("rz", (0,), Phase(Fraction(123456789123456789, 2**64))),
        Gate("rx", (1,), Phase()),
        Gate("h", (3,)),
        Measure(3, 0),
        Send("m0", "bob", (0,)),
        Recv("m1", "bob", 1),
        Conditional(((0, True), (1, False)), (Gate("z", (0,)), Gate("rzz", (0, 2), Phase(1)))),
        Conditional(((1, False),), ()),
        Measure(0, 2),
        Measure(1, 3),
        Send("m2", "carol", (2, 3)),
        Recv("m3", "carol", 4),
        Reset(0),
    ),
    ((2, "c[0]"), (2, "d[10]"), (3, "c[1]"), (4, "e[0]")),
)


def test_every_instruction_comes_back() -> None:
    assert read_program(print_program(EVERYTHING)) == EVERYTHING


def test_outside_readers_accept_every_instruction() -> None:
    import openqasm3
    import pyqasm
    import qiskit.qasm3

    text = print_program(EVERYTHING)
    circuit = qiskit.qasm3.loads(text)
    assert circuit.num_qubits == 5
    assert len(openqasm3.parse(text).statements) > 20
    pyqasm.loads(text).validate()


def test_a_node_without_qubits_has_a_program() -> None:
    import openqasm3
    import pyqasm
    import qiskit.qasm3

    empty = NodeProgram("n3", "circuit", 0, 0, 0, ())
    text = print_program(empty)
    assert read_program(text) == empty
    qiskit.qasm3.loads(text)
    openqasm3.parse(text)
    pyqasm.loads(text).validate()


angles = st.one_of(
    st.fractions(max_denominator=64).map(Phase),
    st.floats(-4, 4).map(Phase),
    st.integers(-(2**70), 2**70).map(lambda n: Phase(Fraction(n, 2**66))),
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)


@st.composite
def programs(draw: st.DrawFn) -> NodeProgram:
    data, comm, bits = draw(st.integers(0, 4)), draw(st.integers(0, 2)), draw(st.integers(0, 6))
    qubits = data + comm

    def gate() -> Gate:
        name = draw(st.sampled_from([g for g, (n, _) in GATES.items() if n <= qubits]))
        arity, number = GATES[name]
        places = draw(st.lists(st.integers(0, qubits - 1), min_size=arity, max_size=arity, unique=True))
        drawn = [draw(angles) for _ in range(number)]
        return Gate(name, tuple(places), drawn[0] if drawn else None, tuple(drawn[1:]))

    out: list[Instruction] = []
    written: list[int] = []
    for _ in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(["gate", "measure", "reset", "if", "ebit", "send", "recv"]))
        if kind == "gate" and qubits:
            out.append(gate())
        elif kind == "if" and qubits and bits:
            conditions = draw(st.lists(st.tuples(st.integers(0, bits - 1), st.booleans()), min_size=1, max_size=3))
            out.append(Conditional(tuple(conditions), tuple(gate() for _ in range(draw(st.integers(0, 3))))))
        elif kind == "reset" and qubits:
            out.append(Reset(draw(st.integers(0, qubits - 1))))
        elif kind == "ebit" and comm:
            out.append(Ebit(draw(names), draw(names), data + draw(st.integers(0, comm - 1))))
        elif kind == "send":
            own = draw(st.lists(st.integers(0, bits - 1), max_size=3)) if bits else []
            out.append(Send(draw(names), draw(names), tuple(own)))
        elif kind in ("measure", "recv") and len(written) < bits:
            bit = len(written)
            written.append(bit)
            if kind == "recv" or not qubits:
                out.append(Recv(draw(names), draw(names), bit))
            else:
                out.append(Measure(draw(st.integers(0, qubits - 1)), bit))
    results = {(b, f"{draw(names)}[{draw(st.integers(0, 99))}]") for b in written if draw(st.booleans())}
    return NodeProgram(draw(names), "circuit", data, comm, bits, tuple(out), tuple(sorted(results)))


@settings(max_examples=150, deadline=None)
@given(programs())
def test_reading_inverts_printing(program: NodeProgram) -> None:
    assert read_program(print_program(program)) == program


HEAD = 'OPENQASM 3.0;\ninclude "stdgates.inc";\n@gossamer.node n0\ngate rzz(theta) a, b { cx a, b; rz(theta) b; cx a, b; }\n'
BODY = HEAD + "qubit[2] data;\nqubit[1] comm;\nbit[2] m;\n"


REFUSED = [
    "",
    "OPENQASM 2.0;\n",
    "OPENQASM 3.0;\n",
    'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[1] data;\n',
    HEAD.replace("rz(theta) b", "rz(theta) a"),
    HEAD.replace("cx a, b; }", "}"),
    HEAD.replace("@gossamer.node n0", "@gossamer.node n 0"),
    HEAD.replace("@gossamer.node n0", "@gossamer.node n0\n@gossamer.node n1"),
    HEAD + "qubit[0] data;",
    HEAD + "qubit[99999999999] data;",
    HEAD + "qubit data;",
    HEAD + "bit[1] m;\nqubit[1] data;",  # order is part of the shape
    BODY + "qubit[1] more;",
    BODY + "cy data[0], data[1];",
    BODY + "ecr data[0], data[1];",
    HEAD + "gate ecr a, b { cx a, b; }\n",
    HEAD + "gate mine a { h a; }\n",
    BODY + "u3(pi, 0) data[0];",
    BODY + "h data[2];",
    BODY + "h data;",
    BODY + "h m[0];",
    BODY + "cz data[0], data[0];",
    BODY + "cz data[0];",
    BODY + "rz data[0];",
    BODY + "rz(0.5) data[0];",
    BODY + "rz(sin(1)*pi) data[0];",
    BODY + "rz(theta) data[0];",
    BODY + "m = measure data;",
    BODY + "measure data[0];",
    BODY + "m[2] = measure data[0];",
    BODY + "barrier;",
    BODY + "@gossamer.link id=l0 peer=bob\nreset data[0];",
    BODY + "@gossamer.link id=l0 peer=bob x=y\nreset comm[0];",
    BODY + "@gossamer.link peer=bob id=l0\nreset comm[0];",
    BODY + "@gossamer.link id=l0 peer=bo-b\nreset comm[0];",
    BODY + "@gossamer.link id=l0 peer=bob\nh comm[0];",
    BODY + "@gossamer.link id=l0 peer=bob\n@gossamer.link id=l1 peer=bob\nreset comm[0];",
    BODY + "@gossamer.send id=m0 to=bob bits=m[2]\nbarrier;",
    BODY + "@gossamer.send id=m0 to=bob bits=m[0];m[1]\nbarrier;",
    BODY + "@gossamer.send id=m0 to=bob bits=m[0]\nbarrier data[0];",
    BODY + "@gossamer.recv id=m0 from=bob bit=m[-1]\nbarrier;",
    BODY + "@gossamer.recv id=m0 from=bob bit=m[٠]\nbarrier;",
    BODY + "@gossamer.result c\nm[0] = measure data[0];",
    BODY + "@other.thing\nh data[0];",
    BODY + "@other.thing\nm[0] = measure data[0];",
    BODY + "if (m[0]) { h data[0]; } else { x data[0]; }",
    BODY + "if (m[0]) { reset data[0]; }",
    BODY + "if (m == 1) { h data[0]; }",
    BODY + "if (m[0] && m[1]) { h data[0]; }",
    BODY + "if (m[0]) { if (m[1]) { h data[0]; } h data[0]; }",
    BODY + "if (m[0]) { @gossamer.x\nh data[0]; }",
    BODY + "h data[0]",
    BODY + "@gossamer.node n1\n",
]


@pytest.mark.parametrize("text", REFUSED)
def test_other_shapes_are_refused_with_their_place(text: str) -> None:
    with pytest.raises(InputError) as caught:
        read_program(text, "n0.qasm")
    assert caught.value.code in ("PR-11", "QASM-11")
    assert caught.value.diagnostic.span is not None
    assert "n0.qasm" in str(caught.value)


def by_grammar(text: str) -> NodeProgram | str:
    """The program that the grammar alone reads, or the code with which it refuses."""
    try:
        return _Reader(parse_openqasm(text, "n0.qasm", syntax_code="PR-11")).program()
    except InputError as error:
        return error.code


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_grammar_refuses_is_not_read_line_by_line(text: str) -> None:
    assert _read_as_printed(text + "\n", "n0.qasm") is None


@settings(max_examples=150, deadline=None)
@given(programs(), st.data())
def test_reading_line_by_line_is_reading_by_the_grammar(program: NodeProgram, data: st.DataObject) -> None:
    text = print_program(program)
    large = any(abs(n) >= 2**31 for p in _angles(program) for n in p.constant.as_integer_ratio())
    assert large or _read_as_printed(text, "n0.qasm") == program == by_grammar(text)
    lines = text.splitlines(keepends=True)
    at, other = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
    column = data.draw(st.integers(0, len(lines[at])))
    more = data.draw(
        st.sampled_from(
            ["", " ", "0", "1", "m[0]", ";", "}", "//", "/*", "\n", "comm", "pi", "@gossamer.result c[0]\n"]
        )
    )
    for edited in (
        [*lines[:at], lines[at][:column] + more + lines[at][column + data.draw(st.integers(0, 2)) :], *lines[at + 1 :]],
        [*lines[:at], *lines[at + 1 :]],
        [*lines[:at], lines[other], *lines[at:]],
    ):
        found = _read_as_printed("".join(edited), "n0.qasm")
        assert found is None or found == by_grammar("".join(edited))


def _angles(program: NodeProgram) -> list[Phase]:
    return [angle for op in program.instructions for gate in gates_of(op) for angle in gate.angles]


def test_what_a_program_says_of_the_manifest_is_read_line_by_line() -> None:
    excerpt = Excerpt(0, 2, "ab", 1, (("c", 1),), ((0, 0, "q"),), (), frozenset({"l0"}), ((0, 0),), ())
    code = (Ebit("l0", "b", 1), Measure(1, 0), Send("m0", "b", (0,)), Recv("m1", "b", 1))
    program = NodeProgram("a", "circuit", 1, 1, 2, code, ((0, "c[0]"),), excerpt)
    text = print_program(program)
    assert _read_as_printed(text, "a.qasm") == program == by_grammar(text)
    assert _read_as_printed(text.replace(" end=first", ""), "a.qasm") is None


def test_the_base_of_the_refusals_is_accepted() -> None:
    assert read_program(BODY).data == 2


@pytest.mark.parametrize(
    "program",
    [
        NodeProgram("a\nx", "circuit", 1, 0, 0, ()),
        NodeProgram("a", "circuit", 1, 1, 1, (Ebit("l0 peer=eve", "bob", 1),)),
        NodeProgram("a", "circuit", 1, 0, 1, (Send("m0", "bob bits=m[0]", ()),)),
        NodeProgram("a", "circuit", 1, 0, 1, (Measure(0, 0),), ((0, "c[0]\nx data[0];"),)),
        NodeProgram("a", "circuit", 1, 0, 1, (), ((0, "c[0]"),)),
        NodeProgram("a", "circuit", 1, 0, 1, (Conditional((), (Gate("x", (0,)),)),)),
        NodeProgram("a", "circuit", 1, 0, 1, (Gate("rz", (0,), Phase.of_bit(0)),)),
        NodeProgram("a", "mbqc", 1, 0, 0, ()),
    ],
)
def test_what_has_no_text_form_is_not_printed(program: NodeProgram) -> None:
    with pytest.raises(InputError):
        print_program(program)
