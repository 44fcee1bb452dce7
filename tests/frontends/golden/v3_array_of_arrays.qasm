OPENQASM 3.0;
include "stdgates.inc";
qubit q;
array[array[int[8], 2], 3] a;
