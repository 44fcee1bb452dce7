OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
if (c[0]) then x q[0];
