OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
gate g b, d { h b; cx b, d; t d; }
pow(1/2) @ g q[0], q[1];
