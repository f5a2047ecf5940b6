"""The stand-in for E-goi's Marketing API v3."""
