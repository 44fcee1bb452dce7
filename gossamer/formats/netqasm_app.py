"""The folder of a NetQASM application, as NetQASM's SDK lays it out: ``app_ROLE.py`` for each role, ``network.yaml``, ``roles.yaml``.

A role's Python file is its host part, on the SDK's connection and sockets; the subroutines stand beside it in ``ROLE.nqasm``, one after the other, each with
its own preamble. ``gossamer.json`` says what the folder holds, for those who collect results. Written, never read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from gossamer.formats.netqasm import HEADER, Application, Flavour, Hear, Role, Run
from gossamer.ir.program import ManifestRegister

_CLASSES: dict[Flavour, str] = {"vanilla": "VanillaFlavour", "nv": "NVFlavour", "trapped_ion": "TrappedIonFlavour"}
_HARDWARE: dict[Flavour, str] = {"vanilla": "Generic", "nv": "NV", "trapped_ion": "TrappedIon"}

_HOST = '''"""What the host of {name} does: bits to and from other hosts, and subroutines for its quantum node controller (in {name}.nqasm)."""

from pathlib import Path

from netqasm.lang.instr.flavour import {flavour}
from netqasm.lang.parsing.text import parse_text_subroutine
from netqasm.sdk import EPRSocket
from netqasm.sdk.external import NetQASMConnection, Socket

HEADER = {header!r}
TEXTS = Path(__file__).with_name({file!r}).read_text(encoding="utf-8").split(HEADER)[1:]
PEERS = {peers!r}  # with which bits are exchanged
EPR_PEERS = {epr_peers!r}  # with which pairs are shared: name -> ids of the EPR sockets, here and there


def main(app_config=None):
    log_config = None if app_config is None else app_config.log_config
    sockets = {{peer: Socket({name!r}, peer, log_config=log_config) for peer in PEERS}}
    connection = NetQASMConnection(
        app_name={name!r},
        max_qubits={qubits},
        log_config=log_config,
        epr_sockets=[
            EPRSocket(peer, epr_socket_id=here, remote_epr_socket_id=there) for peer, (here, there) in EPR_PEERS.items()
        ],
    )
    nodes = {{f"node_{{peer}}": connection.network_info.get_node_id_for_app(peer) for peer in EPR_PEERS}}
    m = {{}}

    def run(number, reads, writes):
        """Execute a subroutine with these bits filled in, and keep those that it returns."""
        subroutine = parse_text_subroutine(HEADER + TEXTS[number], flavour={flavour}())
        subroutine.instantiate(connection.app_id, {{**nodes, **{{f"m{{bit}}": m[bit] for bit in reads}}}})
        connection.commit_subroutine(subroutine)
        if writes:
            m.update(zip(writes, connection.shared_memory.get_array_part(0, slice(0, len(writes)))))

    def tell(peer, bits):
        """Send a parity."""
        sockets[peer].send(str(sum(m[bit] for bit in bits) % 2))

    def hear(peer, bit):
        """Wait for a bit; one character, since some sockets keep no boundaries between messages."""
        m[bit] = int(sockets[peer].recv(maxsize=1))

    with connection:
{steps}
    return {{{results}}}


if __name__ == "__main__":
    print(main())
'''

_README = """# A distributed program

Written by gossamer from the programs of {number} nodes. Each `app_ROLE.py` is what the host of one node does; `ROLE.nqasm` holds the NetQASM subroutines that it hands to
its quantum node controller. The flavours are {flavours}. {angles}

## Inputs

None.

## Outputs

Each role returns the bits that it reports, as `register[index]`. Over all roles these are {registers}. `gossamer.json` says which bit is found where.
"""


def application_files(app: Application, registers: Sequence[ManifestRegister], digest: str) -> dict[str, str]:
    """The files of the folder: name and text of each.

    Parameters
    ----------
    registers, digest
        Of the manifest.

    Examples
    --------
    >>> role = Role("alice", "vanilla", 1, (Run("# NETQASM 2.0\\nset Q0 0\\n"),))
    >>> sorted(application_files(Application((role,), ()), [], ""))
    ['README.md', 'alice.nqasm', 'app_alice.py', 'gossamer.json', 'network.yaml', 'results_config.json', 'roles.yaml']
    """
    files: dict[str, str] = {}
    for role in app.roles:
        files[f"app_{role.name}.py"] = _host(app, role)
        files[f"{role.name}.nqasm"] = "".join(role.texts)
    files["network.yaml"] = _network(app)
    files["roles.yaml"] = "".join(
        f'"{name}": "{name}"\n' for name in (role.name for role in app.roles)
    )  # quoted: on and null are words of YAML
    files["results_config.json"] = "[]\n"
    files["README.md"] = _readme(app, registers)
    described = {
        "format": "gossamer-application/1",
        "system": "netqasm",
        "files": sorted([*files, "gossamer.json"]),
        "roles": {role.name: {"flavour": role.flavour, "qubits": role.qubits} for role in app.roles},
        "registers": [
            {"name": r.name, "roles": [None if bit is None else bit.node for bit in r.bits]} for r in registers
        ],
        "rounded": app.rounded,
        "error": app.error,
        "source_digest": digest,
    }
    files["gossamer.json"] = json.dumps(described, indent=2, sort_keys=True) + "\n"
    return files


def _host(app: Application, role: Role) -> str:
    lines, number = [], 0
    for step in role.steps:
        if isinstance(step, Run):
            lines.append(f"run({number}, {list(step.reads)}, {list(step.writes)})")
            number += 1
        elif isinstance(step, Hear):
            lines.append(f"hear({step.peer!r}, {step.bit})")
        else:
            lines.append(f"tell({step.peer!r}, {list(step.bits)})")
    epr = {peer: (here, app.sockets(peer).index(role.name)) for here, peer in enumerate(app.sockets(role.name))}
    return _HOST.format(
        name=role.name,
        flavour=_CLASSES[role.flavour],
        header=HEADER,
        file=f"{role.name}.nqasm",
        peers=sorted({step.peer for step in role.steps if not isinstance(step, Run)}),
        epr_peers=epr,
        qubits=max(1, role.qubits),
        steps="\n".join("        " + line for line in lines or ["pass"]),
        results=", ".join(f"{name!r}: m[{bit}]" for bit, name in role.results),
    )


def _network(app: Application) -> str:
    """Nodes and links without noise: what is known of the hardware is the matter of who runs the application."""
    lines = ["nodes:"]
    for role in app.roles:
        lines += [
            f'  - name: "{role.name}"',
            f"    hardware: {_HARDWARE[role.flavour]}",
            "    gate_fidelity: 1.0",
            "    qubits:",
        ]
        lines += [f"      - {{id: {i}, t1: 0, t2: 0}}" for i in range(max(1, role.qubits))]
    lines.append("links:" if app.pairs else "links: []")
    for i, (a, b) in enumerate(app.pairs):
        lines += [
            f"  - name: ch{i}",
            f'    node_name1: "{a}"',
            f'    node_name2: "{b}"',
            "    noise_type: NoNoise",
            "    fidelity: 1.0",
        ]
    return "\n".join([*lines, ""])


def _readme(app: Application, registers: Sequence[ManifestRegister]) -> str:
    angles = "All angles are exact."
    if app.rounded:
        angles = f"{app.rounded} rotations are rounded; no probability of a result is off by more than {app.error:.1e}."
    return _README.format(
        number=len(app.roles),
        flavours=", ".join(f"`{role.flavour}` ({role.name})" for role in app.roles),
        angles=angles,
        registers=", ".join(f"`{r.name}[0]` to `{r.name}[{len(r.bits) - 1}]`" for r in registers if r.bits) or "none",
    )
