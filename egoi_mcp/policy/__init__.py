"""What the owner says: the policy's settings, where they are written, and how several of them are one."""
