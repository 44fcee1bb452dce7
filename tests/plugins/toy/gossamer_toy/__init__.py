"""A package of somebody else: a toy language, a toy pass and a toy backend for Gossamer."""
