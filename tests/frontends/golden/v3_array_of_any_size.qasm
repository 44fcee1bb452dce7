OPENQASM 3.0;
include "stdgates.inc";
qubit q;
array[int[8], #dim=2] a;
