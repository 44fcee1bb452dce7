OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
let b = q[0:1];
cx b[0], q[0];
