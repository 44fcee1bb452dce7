OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
for (int i = 0; i < 3; i++) { x q[i]; }
