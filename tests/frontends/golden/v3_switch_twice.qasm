OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit a;
bit[2] c;
switch (1) { case 1 { x a; } case 1 { h a; } }
