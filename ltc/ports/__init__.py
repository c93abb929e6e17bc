"""What the engine needs of the outside world: protocols, operations, errors."""
