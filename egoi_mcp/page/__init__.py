"""The approval page: in a browser of their own the owner sees what waits for a decision, and decides."""
