// A coined quantum walk on a cycle of four sites: after three steps from site 0 with a Hadamard coin the walker is at site 3
// with certainty, where a classical one would be at 1 or 3. c reads the site.
// Origin: written for this project; licence Apache-2.0.
OPENQASM 2.0;
include "qelib1.inc";

// coin 1: one site up; coin 0: one site down
gate step coin, low, high {
  h coin;
  ccx coin, low, high; cx coin, low;
  x coin;
  cx coin, low; ccx coin, low, high;
  x coin;
}

qreg site[2];
qreg coin[1];
creg c[2];

step coin[0], site[0], site[1];
step coin[0], site[0], site[1];
step coin[0], site[0], site[1];
measure site -> c;
