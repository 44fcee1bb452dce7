OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
c[0] = measure q[0];
for int i in [0:3] { if (c[0]) { break; } }
