"""The tools that a model sees, one module a domain."""
