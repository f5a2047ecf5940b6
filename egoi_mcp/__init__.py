"""An MCP server for E-goi, TxtSync and Intercom accounts that asks before it sends."""

__version__ = "0.1.0"
