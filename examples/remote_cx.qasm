// A remote CX between two nodes: one pair, two outcomes, two corrections.
// Origin: Eisert, Jacobs, Papadopoulos, Plenio, PRA 62, 052317 (2000), figure 1; written for this project.
OPENQASM 2.0;
include "qelib1.inc";
qreg a[1];
qreg b[1];
qreg pair[2];
creg m0[1];
creg m1[1];
reset pair;
h pair[0];
cx pair[0], pair[1];
cx a[0], pair[0];
measure pair[0] -> m0[0];
if (m0 == 1) x pair[1];
cx pair[1], b[0];
h pair[1];
measure pair[1] -> m1[0];
if (m1 == 1) z a[0];
