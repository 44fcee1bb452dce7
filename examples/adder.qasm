// Ripple-carry addition of two three-bit numbers, 3 + 6 = 9: the register sum reads 1001.
// Origin: written for this project, after Cuccaro et al., quant-ph/0410184; licence Apache-2.0.
OPENQASM 2.0;
include "qelib1.inc";

gate majority c, b, a { cx a, b; cx a, c; ccx c, b, a; }
gate unmajority c, b, a { ccx c, b, a; cx a, c; cx c, b; }

qreg carry[2]; // in, out
qreg a[3];
qreg b[3];
creg sum[4];

x a[0]; x a[1]; // 3
x b[1]; x b[2]; // 6

majority carry[0], b[0], a[0];
majority a[0], b[1], a[1];
majority a[1], b[2], a[2];
cx a[2], carry[1];
unmajority a[1], b[2], a[2];
unmajority a[0], b[1], a[1];
unmajority carry[0], b[0], a[0];

measure b[0] -> sum[0];
measure b[1] -> sum[1];
measure b[2] -> sum[2];
measure carry[1] -> sum[3];
