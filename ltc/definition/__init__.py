"""The process language: reader, schema, expressions, lint, compiled plan."""
