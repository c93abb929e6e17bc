"""How the store answers with a million chains in it: generated data, questions, folding."""
