"""The contract with Tryton: a real one where it can be had, its wire where that is enough."""
