"""Quantum node controllers of NetQASM over one simulator: netqasm's own ``Executor`` with a state vector that all nodes share.

A text is read by netqasm's parser in its node's flavour, its templates are filled in, and it is encoded into bytes and decoded again, as on its way to a
real controller, so that what has no encoding shows. Gates are the matrices of netqasm's instructions. A request for a pair is answered when both ends have
made theirs; the pair comes in one of the four Bell states, at random, and the answer says in which. This module imports netqasm.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
from netqasm.backend.executor import Executor, inc_program_counter
from netqasm.backend.network_stack import BaseNetworkStack
from netqasm.lang.instr import core
from netqasm.lang.instr.flavour import NVFlavour, TrappedIonFlavour, VanillaFlavour
from netqasm.lang.parsing import deserialize
from netqasm.lang.parsing.text import parse_text_subroutine
from netqasm.lang.subroutine import Subroutine
from netqasm.qlink_compat import BellState, LinkLayerOKTypeK, ReturnType
from netqasm.sdk.shared_memory import SharedMemory
from netqasm.util.quantum_gates import get_rotation_matrix
from numpy.typing import NDArray

from gossamer.diagnostics import UsageError
from gossamer.formats.netqasm import Application, Role, Run

Matrix = NDArray[np.complex128]

#: More qubits at one time than this are not simulated.
MAX_LIVE = 22
#: So many subroutines, each with its templates filled in, are kept.
_KEPT = 4096
FLAVOURS = {"vanilla": VanillaFlavour, "nv": NVFlavour, "trapped_ion": TrappedIonFlavour}
APP = 0
_AXES = {"x": (1, 0, 0), "y": (0, 1, 0), "z": (0, 0, 1)}
#: Amplitudes of 00, 01, 10, 11.
_BELL_STATES = {
    BellState.PHI_PLUS: (1, 0, 0, 1),
    BellState.PSI_PLUS: (0, 1, 1, 0),
    BellState.PSI_MINUS: (0, 1, -1, 0),
    BellState.PHI_MINUS: (1, 0, 0, -1),
}


class Texts:
    """The subroutines of an application, read by netqasm."""

    def __init__(self, app: Application) -> None:
        self.roles = {role.name: role for role in app.roles}
        self.nodes = {f"node_{name}": i for i, name in enumerate(self.roles)}
        self.parsed = cache(self._parsed)
        self.filled = lru_cache(_KEPT)(self._filled)

    def _parsed(self, name: str, k: int) -> Subroutine:
        role = self.roles[name]
        step = role.steps[k]
        assert isinstance(step, Run)
        return parse_text_subroutine(step.text, flavour=FLAVOURS[role.flavour]())

    def _filled(self, name: str, k: int, values: tuple[int, ...]) -> Subroutine:
        """What a controller gets: the subroutine of step k of a role with these values of the bits that it reads."""
        role = self.roles[name]
        step, parsed = role.steps[k], self.parsed(name, k)
        assert isinstance(step, Run)
        subroutine = Subroutine(list(parsed.instructions), list(parsed.arguments), parsed.netqasm_version)
        bits = {f"m{bit}": value for bit, value in zip(step.reads, values, strict=True)}
        subroutine.instantiate(APP, {**self.nodes, **bits})
        return deserialize(bytes(subroutine), flavour=FLAVOURS[role.flavour]())


class State:
    """Amplitudes of the qubits in use, one axis for each; a qubit is a pair (node, physical address)."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.amplitudes: Matrix = np.ones((), np.complex128)
        self.qubits: list[tuple[int, int]] = []

    def add(self, qubits: Sequence[tuple[int, int]], amplitudes: Sequence[float]) -> None:
        if len(self.qubits) + len(qubits) > MAX_LIVE:
            raise UsageError(
                "RES-1",
                f"engine netqasm cannot run this program: more than {MAX_LIVE} qubits are in use at one time",
                help="leave --engine out",
            )
        added = np.array(amplitudes, np.complex128).reshape((2,) * len(qubits))
        self.amplitudes = np.multiply.outer(self.amplitudes, added / np.linalg.norm(added))
        self.qubits += qubits

    def apply(self, matrix: Matrix, *qubits: tuple[int, int]) -> None:
        axes = [self.qubits.index(q) for q in qubits]
        k = len(axes)
        if k == 1:  # the same by one product of matrices, which takes half as long
            pairs = self.amplitudes.reshape(1 << axes[0], 2, -1)
            self.amplitudes = np.matmul(matrix, pairs).reshape(self.amplitudes.shape)
            return
        moved = np.tensordot(matrix.reshape((2,) * 2 * k), self.amplitudes, axes=(range(k, 2 * k), axes))
        self.amplitudes = np.moveaxis(moved, range(k), axes)

    def measure(self, qubit: tuple[int, int]) -> int:
        halves = np.moveaxis(self.amplitudes, self.qubits.index(qubit), 0)
        one, both = (float(np.vdot(part, part).real) for part in (halves[1], halves))
        outcome = int(self.rng.random() * both < one)
        kept = np.zeros_like(halves)
        kept[outcome] = halves[outcome] / math.sqrt(one if outcome else both - one)
        self.amplitudes = np.moveaxis(kept, 0, self.qubits.index(qubit))
        return outcome

    def drop(self, qubit: tuple[int, int]) -> None:
        """Throw a qubit away, which is as if it were measured."""
        outcome = self.measure(qubit)
        axis = self.qubits.index(qubit)
        self.amplitudes = np.take(self.amplitudes, outcome, axis)
        self.qubits.pop(axis)


class Link(BaseNetworkStack):  # type: ignore[misc]
    """The network as one node sees it: EPR sockets, and requests that wait for the other end."""

    def __init__(self, app: Application, node: int) -> None:
        names = [role.name for role in app.roles]
        peers = app.sockets(names[node])
        self.peers = {
            (names.index(peer), socket): app.sockets(peer).index(names[node]) for socket, peer in enumerate(peers)
        }
        self.asked: list[tuple[int, int]] = []  # node and EPR socket of its end, for each request that is not answered

    def put(self, request: Any) -> None:
        assert request.number == 1, "a request for more than one pair"
        self.asked.append((request.remote_node_id, request.purpose_id))

    def setup_epr_socket(
        self, epr_socket_id: int, remote_node_id: int, remote_epr_socket_id: int, timeout: float = 1
    ) -> None:
        assert self.peers[remote_node_id, epr_socket_id] == remote_epr_socket_id

    def get_purpose_id(self, remote_node_id: int, epr_socket_id: int) -> int:
        assert (remote_node_id, epr_socket_id) in self.peers, f"no EPR socket {epr_socket_id} to node {remote_node_id}"
        return epr_socket_id


def controllers(app: Application, rng: np.random.Generator) -> list[Controller]:
    """A controller for each role, all over one state."""
    out: list[Controller] = []
    state = State(rng)
    for i, role in enumerate(app.roles):
        out.append(Controller(i, role, app, state, out))
    return out


class Controller(Executor):  # type: ignore[misc]
    """The executor of one node.

    Attributes
    ----------
    pairs : how many pairs it has got
    """

    def __init__(self, node: int, role: Role, app: Application, state: State, others: list[Controller]) -> None:
        super().__init__(name=role.name)
        self.node, self.state, self.others, self.pairs = node, state, others, 0
        self.link = self.network_stack = Link(app, node)
        self.memory = SharedMemory()
        self.init_new_application(APP, role.qubits)

    @property
    def node_id(self) -> int:
        return self.node

    def returned(self, length: int) -> list[int]:
        """The array of outcomes that the last subroutine returned."""
        return list(self.memory.get_array_part(0, slice(0, length))) if length else []

    # ---- what the executor leaves open --------------------------------------------------------------------------------

    def _new_shared_memory(self, app_id: int) -> None:
        self._shared_memories[app_id] = self.memory  # netqasm's own are kept for ever

    def _handle_command_exception(self, exc: Exception, prog_counter: int, traceback_str: str) -> None:
        raise exc

    def _get_instruction_handlers(self) -> dict[str, Any]:
        turns = dict.fromkeys(("rot_x_all", "rot_y_all", "rot_z_all"), self._rotate_all)
        return {**super()._get_instruction_handlers(), **turns, "bichromatic": self._bichromatic}

    def _at(self, subroutine_id: int, address: int) -> tuple[int, int]:
        return self.node, self._get_position(subroutine_id, address)

    def _in_use(self, subroutine_id: int) -> list[tuple[int, int]]:
        return [(self.node, position) for position in self._get_unit_module(subroutine_id) if position is not None]

    def _do_single_qubit_instr(self, instr: Any, subroutine_id: int, address: int) -> None:
        qubit = self._at(subroutine_id, address)
        if not isinstance(instr, core.InitInstruction):
            self.state.apply(_matrix(_kind(instr)), qubit)
            return
        if qubit in self.state.qubits:
            self.state.drop(qubit)
        self.state.add([qubit], (1, 0))

    def _do_single_qubit_rotation(self, instr: Any, subroutine_id: int, address: int, angle: float) -> None:
        self.state.apply(_rotation(instr.mnemonic[4], angle), self._at(subroutine_id, address))

    def _do_controlled_qubit_rotation(
        self, instr: Any, subroutine_id: int, address1: int, address2: int, angle: float
    ) -> None:
        numbers = instr.angle_num.value, instr.angle_denom.value
        self.state.apply(
            _matrix(_kind(instr), *numbers), self._at(subroutine_id, address1), self._at(subroutine_id, address2)
        )

    def _do_two_qubit_instr(self, instr: Any, subroutine_id: int, address1: int, address2: int) -> None:
        self.state.apply(_matrix(_kind(instr)), self._at(subroutine_id, address1), self._at(subroutine_id, address2))

    @inc_program_counter  # type: ignore[untyped-decorator]
    def _rotate_all(self, subroutine_id: int, instr: Any) -> None:
        angle = self._get_rotation_angle_from_operands(APP, instr.angle_num.value, instr.angle_denom.value)
        for qubit in self._in_use(subroutine_id):
            self.state.apply(_rotation(instr.mnemonic[4], angle), qubit)

    @inc_program_counter  # type: ignore[untyped-decorator]
    def _bichromatic(self, subroutine_id: int, instr: Any) -> None:
        """``exp(-i angle/2 X X)`` on each pair of qubits; these commute."""
        angle = self._get_rotation_angle_from_operands(APP, instr.angle_num.value, instr.angle_denom.value)
        xx = np.eye(4)[::-1]
        matrix = math.cos(angle / 2) * np.eye(4) - 1j * math.sin(angle / 2) * xx
        for pair in itertools.combinations(self._in_use(subroutine_id), 2):
            self.state.apply(matrix, *pair)

    def _do_meas(self, subroutine_id: int, q_address: int) -> int:
        return self.state.measure(self._at(subroutine_id, q_address))

    def _clear_phys_qubit_in_memory(self, physical_address: int) -> None:
        if (self.node, physical_address) in self.state.qubits:
            self.state.drop((self.node, physical_address))

    # ---- pairs --------------------------------------------------------------------------------------------------------

    def _do_wait(self) -> Iterator[None]:
        for creator in self.others:
            creator.answer()
        yield

    def answer(self) -> None:
        """Make the pairs that this node has asked for and the other end receives."""
        for request in list(self.link.asked):
            remote, socket = request
            receiver, other = self.others[remote], self.link.peers[request]
            if not receiver._epr_recv_requests[self.node, other]:
                continue
            self.link.asked.remove(request)
            bell_state = list(_BELL_STATES)[self.state.rng.integers(4)]
            places = [(c.node, c._get_unused_physical_qubit()) for c in (self, receiver)]
            self.state.add(places, _BELL_STATES[bell_state])
            for controller, peer, purpose, received in ((self, remote, socket, 0), (receiver, self.node, other, 1)):
                controller.pairs += 1
                controller._handle_epr_response(
                    LinkLayerOKTypeK(
                        type=ReturnType.OK_K,
                        logical_qubit_id=places[received][1],
                        directionality_flag=received,
                        purpose_id=purpose,
                        remote_node_id=peer,
                        bell_state=bell_state,
                    )
                )

    def _wait_to_handle_epr_responses(self) -> None:
        raise AssertionError("a pair for a qubit that is in use")


def _kind(instr: Any) -> Any:
    return type(instr)


@cache
def _matrix(instruction: Any, *angle: int) -> Matrix:
    """The matrix that netqasm gives for an instruction."""
    from netqasm.lang.operand import Immediate

    values = {f"imm{i}": Immediate(value) for i, value in enumerate(angle)}
    return np.array(instruction(**values).to_matrix(), np.complex128)


@lru_cache(4096)
def _rotation(axis: str, angle: float) -> Matrix:
    return np.array(get_rotation_matrix(_AXES[axis], angle), np.complex128)
