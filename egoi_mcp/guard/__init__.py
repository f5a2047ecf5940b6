"""Complete mediation: whatever changes anything is an action, and an action runs once."""
