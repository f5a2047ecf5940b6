"""`egoi-mcp`, and `python -m egoi_mcp`: straight to the server where nothing else is asked for."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command of this process's arguments; the exit code."""
    from egoi_mcp import cli

    arguments = sys.argv[1:]
    if arguments in ([], ["run"]):
        # A host starts the server and waits for it: no parser, no other command.
        return cli.reporting(cli.serve_stdio)
    return cli.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
