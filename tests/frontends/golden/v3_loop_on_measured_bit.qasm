OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
c[0] = measure q[0];
while (!c[0]) { h q[0]; c[0] = measure q[0]; }
