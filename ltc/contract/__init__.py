"""The contract suite: one set of behaviours that every adapter must show, run against any system through a proxy."""
