"""The contract suite over the sandbox, and the suite itself against adapters that are wrong on purpose."""
