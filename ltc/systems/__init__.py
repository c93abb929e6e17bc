"""Real outside systems on this machine: installed, created, seeded, started and ended; for trials, demos and tests."""
