// Grover's search on three qubits for the item 101, two rounds: found with probability 121/128.
// Origin: written for this project; licence Apache-2.0.
OPENQASM 2.0;
include "qelib1.inc";

gate ccz a, b, c { h c; ccx a, b, c; h c; }

qreg q[3];
creg c[3];

h q;

// first round: the oracle marks 101, then the inversion about the mean
x q[1]; ccz q[0], q[1], q[2]; x q[1];
h q; x q; ccz q[0], q[1], q[2]; x q; h q;

// second round
x q[1]; ccz q[0], q[1], q[2]; x q[1];
h q; x q; ccz q[0], q[1], q[2]; x q; h q;

measure q -> c;
