"""The rehearsal: every shipped process runs its scenario on the sandbox at once, and is compared with it."""
