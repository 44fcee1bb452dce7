"""The rules of the four data levels, one module each; ``gossamer.ir.verify`` runs them."""
