"""Looks at a vendor's account for what became of a request whose reply was lost; they only ever read."""
