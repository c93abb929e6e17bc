"""Archives: closed chains leave the tables for files that are checked first, and come back as they were."""
