OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
array[int[8], 2] v = {1, 2, 3};
