OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg r[2];
creg c[2];
rx(pi//2) q[0];
cx q[0], q[1];
