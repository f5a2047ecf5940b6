"""What can be written behind `egoi-mcp`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # pyright: ignore[reportPrivateUsage]  # the only name that argparse has for it

_STATES = (
    "proposed",
    "approved",
    "executing",
    "succeeded",
    "partial",
    "failed",
    "unknown",
    "declined",
    "expired",
    "revoked",
    "void",
)
_RISKS = ("write", "consent", "disclose", "send", "destroy")
_MOST_PORT = 65_535


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Add every command; each sets `command` to the function that carries it out."""
    parser.set_defaults(command=_run)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    run = commands.add_parser("run", help="serve MCP on stdin and stdout (the default)")
    run.set_defaults(command=_run)
    _add_serve(commands)
    _add_actions(commands)
    _add_pin(commands)
    _add_page(commands)
    _add_rules(commands)
    _add_demo(commands)
    _add_sandbox(commands)
    doctor = commands.add_parser(
        "doctor",
        help="check the installation, the settings and the accounts",
        description="Check versions, settings, the state directory and each account. "
        "It reads each account once and changes nothing.",
    )
    doctor.set_defaults(command=_doctor)


def _add_serve(commands: Commands) -> None:
    serve = commands.add_parser(
        "serve",
        help="serve MCP over streamable HTTP at /mcp",
        description="Serve MCP over streamable HTTP at /mcp. Every request needs the bearer token of "
        "EGOI_MCP_HTTP_TOKEN (32 characters or more). On loopback one is made for this run where none is "
        "set; any other address needs it set. The connection is plain HTTP: beyond this machine, put a proxy "
        "that speaks TLS before it.",
    )
    serve.add_argument("--host", default="127.0.0.1", help="address to listen at (127.0.0.1)")
    serve.add_argument(
        "--port", type=_port, default=8000, help="port to listen at (8000); 0 takes a free one"
    )
    serve.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="a host name that clients use besides --host, such as a proxy's; may be given again",
    )
    serve.set_defaults(command=_serve)


def _add_actions(commands: Commands) -> None:
    actions = commands.add_parser(
        "actions",
        help="see, decide and settle what the assistant proposed, and erase people from it",
        description="What the assistant proposed, and what became of it. Deciding works at a terminal only. "
        "Where the server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set the same here.",
    )
    deeds = actions.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = deeds.add_parser("list", help="the newest actions, newest first")
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.add_argument(
        "--state", action="append", choices=_STATES, help="only this state; may be given again"
    )
    listed.add_argument("--risk", action="append", choices=_RISKS, help="only this risk; may be given again")
    when = "proposed {} then: a date and time, or a span back from now such as 2h or 7d"
    listed.add_argument("--since", type=_moment, metavar="WHEN", help=when.format("since"))
    listed.add_argument("--until", type=_moment, metavar="WHEN", help=when.format("before"))
    listed.add_argument("--limit", type=_positive, default=20, help="how many at most (20)")
    _full_recipients(listed)
    listed.set_defaults(command=_list)
    shown = deeds.add_parser("show", help="one action: what was shown, and what became of it")
    _id(shown)
    shown.add_argument("--json", action="store_true", help="as JSON")
    shown.add_argument(
        "--requests", action="store_true", help="each request as it is sent too (JSON has them always)"
    )
    _full_recipients(shown)
    shown.set_defaults(command=_show)
    for name, text in {
        "approve": "read the whole preview, then approve it by typing",
        "decline": "refuse it; the same is not asked again for ten minutes",
        "revoke": "take back a proposal, or an approval that has not begun",
    }.items():
        deed = deeds.add_parser(name, help=text)
        _id(deed)
        deed.set_defaults(command=_decide, decision=name)
    settle = deeds.add_parser("settle", help="say what became of an action whose outcome is unknown")
    _id(settle)
    which = settle.add_mutually_exclusive_group(required=True)
    which.add_argument("--sent", dest="sent", action="store_true", help="the vendor's account shows it")
    which.add_argument("--not-sent", dest="sent", action="store_false", help="it does not")
    settle.set_defaults(command=_settle)
    _add_keeping(deeds)


def _add_keeping(deeds: Commands) -> None:
    """What keeps the ledger small, and people out of it."""
    purge = deeds.add_parser("purge", help="remove now what is older than the settings keep")
    purge.set_defaults(command=_purge)
    erase = deeds.add_parser(
        "erase",
        help="remove people from the ledger",
        description="Empties every action that names one of them: requests, preview and what came back. "
        "What was to be sent to them is voided. It changes nothing in the vendors' accounts.",
    )
    _recipients(erase, required=True)
    erase.set_defaults(command=_erase)
    graves = deeds.add_parser("tombstones", help="when people were erased, and whether somebody was")
    graves.add_argument("--json", action="store_true", help="as JSON")
    _recipients(graves, required=False)
    graves.set_defaults(command=_tombstones)


def _add_pin(commands: Commands) -> None:
    pin = commands.add_parser(
        "pin",
        help="set, clear and list the PINs that approving takes",
        description="A PIN that 'egoi-mcp actions approve' and 'settle' ask for as soon as one is set, so "
        "that whatever can type at a terminal cannot approve by that alone. Setting and clearing works at a "
        "terminal only. Where the server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set the "
        "same here.",
    )
    deeds = pin.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, text in {
        "set": "set an approver's PIN, or change it; a further approver takes the PIN of one who has one",
        "clear": "take an approver's PIN away, by that PIN",
    }.items():
        deed = deeds.add_parser(name, help=text)
        deed.add_argument("name", metavar="NAME", nargs="?", default="owner", help="the approver (owner)")
        deed.set_defaults(command=_change_pin, deed=name)
    deeds.add_parser("list", help="who has a PIN, and wrong ones tried").set_defaults(command=_list_pins)


def _add_page(commands: Commands) -> None:
    page = commands.add_parser(
        "page",
        help="open the approval page of the running servers",
        description="Open the approval page, on which every action that waits is shown and decided, in your "
        "browser; or print its address, which works once and for a minute. At a terminal only. Where the "
        "server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set the same here.",
    )
    page.add_argument("--print", dest="only_print", action="store_true", help="print it and open nothing")
    page.set_defaults(command=_page)


def _add_rules(commands: Commands) -> None:
    rules = commands.add_parser(
        "rules",
        help="show and end the standing rules by which routine messages need no click",
        description="Standing rules that were made with a decision on the approval page, and those of "
        "policy.toml. Where the server's environment sets EGOI_MCP_STATE_DIR or EGOI_MCP_SANDBOX, set the "
        "same here.",
    )
    deeds = rules.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listed = deeds.add_parser("list", help="the rules in force, and how often each was used in 24 hours")
    listed.add_argument("--json", action="store_true", help="as JSON")
    listed.set_defaults(command=_list_rules)
    revoke = deeds.add_parser("revoke", help="end a rule that was made with a decision")
    revoke.add_argument("id", metavar="ID")
    revoke.set_defaults(command=_revoke_rule)


def _add_demo(commands: Commands) -> None:
    demo = commands.add_parser(
        "demo",
        help="see it work: no account, nothing is sent",
        description="A real MCP client drives the real server over stdio against the built-in stand-in for "
        "the vendors. Nothing leaves this machine.",
    )
    demo.add_argument("--pause", action="store_true", help="wait for Enter after each step")
    demo.set_defaults(command=_demo)


def _add_sandbox(commands: Commands) -> None:
    sandbox = commands.add_parser(
        "sandbox",
        help="run the stand-in for the vendors as a server on this machine",
        description="Run the stand-in for all the vendors' APIs on loopback, for tests of any language.",
    )
    sandbox.add_argument("--port", type=_port, default=8765, help="port (8765); 0 takes a free one")
    sandbox.set_defaults(command=_sandbox)


def _id(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar="ID", help="the action's id, such as act_k3v9x2mq")


def _full_recipients(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--full-recipients", action="store_true", help="show phone numbers and addresses unmasked"
    )


def _recipients(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "--recipient",
        action="append",
        required=required,
        default=None if required else [],
        metavar="WHO",
        help="a phone number with + and the country code, an e-mail address, or a contact's id; "
        "may be given again",
    )


def _moment(text: str) -> float:
    import time

    from egoi_mcp.cli.moments import FORMS, moment

    try:
        return moment(text, time.time())
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"takes {FORMS}") from error


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _MOST_PORT:
        raise argparse.ArgumentTypeError(f"a port is a number from 0 to {_MOST_PORT}")
    return int(text)


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError("takes a number from 1 to 1000")
    return int(text)


# Each imports its command when it is asked for, and no other.


def _run(_: argparse.Namespace) -> int:
    from egoi_mcp.cli.run import run

    return run()


def _serve(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.serve import serve

    return serve(parsed.host, parsed.port, parsed.allow_host)


def _list(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.actions import list_actions

    return list_actions(
        states=parsed.state or [],
        risks=parsed.risk or [],
        since=parsed.since,
        until=parsed.until,
        limit=parsed.limit,
        as_json=parsed.json,
        full_recipients=parsed.full_recipients,
    )


def _show(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.actions import show_action

    return show_action(
        parsed.id,
        as_json=parsed.json,
        full_recipients=parsed.full_recipients,
        requests=parsed.requests,
    )


def _decide(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli import decisions

    decide = {"approve": decisions.approve, "decline": decisions.decline, "revoke": decisions.revoke}
    return decide[parsed.decision](parsed.id)


def _settle(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.decisions import settle

    return settle(parsed.id, sent=parsed.sent)


def _change_pin(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli import pins

    return {"set": pins.set_pin, "clear": pins.clear_pin}[parsed.deed](parsed.name)


def _list_pins(_: argparse.Namespace) -> int:
    from egoi_mcp.cli.pins import list_pins

    return list_pins()


def _list_rules(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.rules import list_rules

    return list_rules(as_json=parsed.json)


def _revoke_rule(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.rules import revoke_rule

    return revoke_rule(parsed.id)


def _page(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.page import page

    return page(only_print=parsed.only_print)


def _purge(_: argparse.Namespace) -> int:
    from egoi_mcp.cli.keeping import purge

    return purge()


def _erase(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.keeping import erase

    return erase(parsed.recipient)


def _tombstones(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.keeping import tombstones

    return tombstones(parsed.recipient, as_json=parsed.json)


def _demo(parsed: argparse.Namespace) -> int:
    from egoi_mcp.demo import demo

    return demo(pause=parsed.pause)


def _sandbox(parsed: argparse.Namespace) -> int:
    from egoi_mcp.cli.sandbox import sandbox

    return sandbox(parsed.port)


def _doctor(_: argparse.Namespace) -> int:
    from egoi_mcp.cli.doctor import doctor

    return doctor()
