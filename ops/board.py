"""The channels of others on the board, by an operator's hand: which there are, and what is heard of them.

    python -m ops.board TABLE list FILE [--no-probes]
    python -m ops.board TABLE say CHANNEL up|down --by NAME [--stock ample|low|none] [--wait MINUTES] [--for MINUTES]
    python -m ops.board TABLE show

FILE is as ops/board.example.json, whose addresses are made up (docs/board.md). A word counts for an hour unless told otherwise.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3

from meterai.aws.table import DynamoLedger
from meterai.domain.board import Listed, listed_card, read_listed
from meterai.domain.errors import Refusal, RequestInvalid
from meterai.domain.instants import spell
from meterai.domain.rows import Channel, Word
from meterai.operations.find import load
from meterai.operations.list_channels import listed_channels
from meterai.operations.list_others import list_others
from meterai.operations.say_word import say_word
from meterai.ports.ledger import Ledger


def listed_in(file: Path, *, probes: bool = True) -> list[Listed]:
    """The channels of a configuration file, without their probes where nobody outside is to be asked. Raises RequestInvalid."""
    try:
        config = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise RequestInvalid(f"{file.name} cannot be read as JSON") from error
    return [one if probes else replace(one, probe=None) for one in read_listed(config)]


def main(words: Sequence[str]) -> int:
    """What the module says; the exit code is 1 for a refusal, 2 for words that are not understood."""
    try:
        asked = _parser().parse_args(words)
    except SystemExit as ended:
        return int(ended.code or 0)
    ledger = DynamoLedger(boto3.client("dynamodb"), asked.table)
    try:
        for line in asked.do(ledger, asked):
            print(line)
    except Refusal as refusal:
        at = f" ({refusal.pointer})" if refusal.pointer else ""
        print(f"{refusal.code}: {refusal.detail}{at}", file=sys.stderr)
        return 1
    return 0


def _list(ledger: Ledger, asked: argparse.Namespace) -> list[str]:
    listed = listed_in(asked.file, probes=not asked.no_probes)
    list_others(ledger, listed)
    return [f"{one.id}: {one.label}, " + (f"probed at {one.probe}" if one.probe else "not probed") for one in listed]


def _say(ledger: Ledger, asked: argparse.Namespace) -> list[str]:
    word = say_word(
        ledger,
        channel=asked.channel,
        says=asked.says,
        by=asked.by,
        lasts=timedelta(minutes=asked.minutes),
        now=datetime.now(UTC),
        stock=asked.stock,
        wait_minutes=asked.wait,
    )
    return [f"{asked.channel} is {word.says}, says {word.by}; counts until {spell(word.until)}"]


def _show(ledger: Ledger, _: argparse.Namespace) -> list[str]:
    now = datetime.now(UTC)
    told = []
    for listed in listed_channels(ledger):
        channel, word = load(ledger, Channel, f"channel_{listed.id}"), load(ledger, Word, f"word_{listed.id}")
        card = listed_card(listed, channel, word, now=now)
        by = (
            f"; {word.by} said {word.says} at {spell(word.said_at)}{', old' if card.word_is_old else ''}"
            if word
            else ""
        )
        told.append(f"{card.id}: {card.state}, stamps {card.stamps}{by}")
    return told


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m ops.board", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("table")
    verbs = parser.add_subparsers(required=True)
    lists = verbs.add_parser("list", help="put the channels of a file in the place of those that are listed")
    lists.add_argument("file", type=Path)
    lists.add_argument("--no-probes", action="store_true", help="ask none of them: only words tell")
    lists.set_defaults(do=_list)
    says = verbs.add_parser("say", help="put on the board what somebody said of a channel; everybody will read it")
    says.add_argument("channel")
    says.add_argument("says", choices=["up", "down"])
    says.add_argument("--by", required=True, help="who says so: a name, no address")
    says.add_argument("--stock", choices=["ample", "low", "none"])
    says.add_argument("--wait", type=int, metavar="MINUTES", help="how long a person waits there")
    says.add_argument("--for", dest="minutes", type=int, default=60, metavar="MINUTES", help="for how long it counts")
    says.set_defaults(do=_say)
    verbs.add_parser("show", help="how each is shown now").set_defaults(do=_show)
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
