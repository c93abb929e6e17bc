"""The interpreter as a pure machine: step(state, event) -> (state, commands)."""
