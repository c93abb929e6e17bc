"""One package per outside system; they never import each other."""
