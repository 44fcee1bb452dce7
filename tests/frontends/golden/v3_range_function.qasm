OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
for int i in range(3) { x q[i]; }
