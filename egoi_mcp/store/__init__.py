"""Where actions are kept: the one thing that outlives a process."""
