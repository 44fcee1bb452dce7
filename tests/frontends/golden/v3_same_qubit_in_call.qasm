OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
def f(qubit b, qubit d) { cx b, d; } f(q[0], q[0]);
