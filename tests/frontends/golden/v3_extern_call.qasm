OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
extern f(int[8]) -> int[8];
int[8] x = f(3);
