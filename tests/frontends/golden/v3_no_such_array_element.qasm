OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
array[int, 2] v = {1, 2}; int n = v[2];
