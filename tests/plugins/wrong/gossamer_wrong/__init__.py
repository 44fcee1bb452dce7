"""A package that gets it wrong, on purpose, in five ways; each is a mistake that is easily made."""
