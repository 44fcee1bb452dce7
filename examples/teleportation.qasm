// Teleportation with mid-circuit measurement and classical control. The state is undone at the end, so check always reads 0.
// Origin: written for this project; licence Apache-2.0.
OPENQASM 2.0;
include "qelib1.inc";

qreg q[3];
creg mz[1];
creg mx[1];
creg check[1];

// the state to send
ry(3*pi/8) q[0];
rz(pi/5) q[0];

// a shared pair
h q[1];
cx q[1], q[2];

// the Bell measurement, and the corrections
cx q[0], q[1];
h q[0];
measure q[0] -> mz[0];
measure q[1] -> mx[0];
if (mx == 1) x q[2];
if (mz == 1) z q[2];

rz(-pi/5) q[2];
ry(-3*pi/8) q[2];
measure q[2] -> check[0];
