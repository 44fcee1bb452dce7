"""`Network`: nodes with a computational model and capacities, links between them.

Read from YAML or JSON (pydantic models, published JSON Schema), from a preset's name or from a shorthand such as ``4``,
``line:4``, ``grid:2x3``, ``4:qubits=8,comm=2``. Capacities are numbers of qubits held at one time; ``comm: null`` means that
the number of communication qubits is not limited.
"""
