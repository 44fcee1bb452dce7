OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
for int i in 0:2 { x q[i]; }
