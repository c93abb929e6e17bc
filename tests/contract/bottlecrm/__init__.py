"""BottleCRM under contract."""
