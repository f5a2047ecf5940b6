"""What goes into and comes out of the tools."""
