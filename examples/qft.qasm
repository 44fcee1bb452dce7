// The inverse quantum Fourier transform on four qubits, fed with the Fourier state of 5: the result is 0101 with certainty.
// Origin: written for this project; licence Apache-2.0.
OPENQASM 2.0;
include "qelib1.inc";

qreg q[4];
creg c[4];

// the Fourier state of 5: phase 2 pi 5 k / 16 on |k>
h q;
u1(5*pi/8) q[0];
u1(5*pi/4) q[1];
u1(5*pi/2) q[2];
u1(5*pi) q[3];

// the transform's reversal of qubits
swap q[0], q[3];
swap q[1], q[2];

h q[0];
cu1(-pi/2) q[0], q[1];
h q[1];
cu1(-pi/4) q[0], q[2];
cu1(-pi/2) q[1], q[2];
h q[2];
cu1(-pi/8) q[0], q[3];
cu1(-pi/4) q[1], q[3];
cu1(-pi/2) q[2], q[3];
h q[3];
measure q -> c;
