"""Which production operation each program is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from meterai.domain.outbox import WakeExecution
from meterai.operations import carry_out
from meterai.operations.advance_refund import advance_refund
from meterai.operations.await_person import await_person
from meterai.operations.cancel_refund import cancel_refund
from meterai.operations.cancel_stamping import cancel_stamping
from meterai.operations.credit import credit_notification
from meterai.operations.decide_refund import decide_refund
from meterai.operations.delete_document import delete_document
from meterai.operations.order_payout import order_payout
from meterai.operations.request_refund import request_refund
from meterai.operations.request_stamping import request_stamping
from meterai.operations.seal_stamping import Press, seal_stamping
from meterai.operations.sweep import sweep
from meterai.operations.tell_destination import tell_destination
from meterai.ports.documents_pdf import Limits
from meterai.ports.gateway import Gateways
from tests.fakes.outside import PlainIssuer, PlainTimestamps
from tests.fakes.world import plain_examiner
from tests.simulation.model.actors import BANK, HOLDER, PROVIDER, Files, Ports, Program, fair_bytes

ACCOUNT = "acc_model"
DAY = timedelta(days=1)


def operation(program: Program, ports: Ports, files: Files) -> Any:
    """Run a program: what it returns, or the refusal it raises."""
    gateways = Gateways({PROVIDER: ports}, PROVIDER)
    press = Press(files.seal, PlainIssuer(), PlainTimestamps(), "{}".format, True)
    now, of = ports.now, program.of
    match program.kind:
        case "seal":
            luck = fair_bytes(program.luck)
            return seal_stamping(ports, files, files, press, stamping_id=of[0], now=now, random=luck)
        case "sweep":
            return sweep(ports, files, files, ports, ports, gateways, rows="open", now=now)
        case "cancel_stamping":
            return cancel_stamping(ports, files, account=ACCOUNT, stamping_id=of[0], now=now)
        case "request_stamping":
            return request_stamping(
                ports,
                files,
                files,
                plain_examiner,
                account=ACCOUNT,
                line="paid",
                document_id=of[0],
                key=of[1],
                fingerprint=of[0],
                where=None,
                another=len(of) > 2,
                document_type=None,
                reference=of[2] if len(of) > 2 else None,
                metadata=None,
                verify_url="{}".format,
                limits=Limits(),
                wait_seconds=0,
                now=now,
                pause=lambda _: None,
            )
        case "delete_document":
            return delete_document(ports, files, account=ACCOUNT, document_id=of[0])
        case "notification":
            return credit_notification(ports, gateways, PROVIDER, {}, json.dumps(of).encode(), now=now)
        case "request_refund":
            return request_refund(
                ports,
                account=ACCOUNT,
                key=of[1],
                fingerprint=of[0],
                invoice_id=of[0],
                reason="",
                reference=None,
                metadata=None,
                received_at=now,
                day=DAY,
            )
        case "advance":
            return advance_refund(ports, gateways, ports, refund_id=of[0], now=now, day=DAY)
        case "cancel_refund":
            return cancel_refund(ports, account=ACCOUNT, refund_id=of[0], now=now)
        case "decide":
            return decide_refund(
                ports, refund_id=of[0], approve=of[1] == "approve", note="officer", by="acc_officer", now=now
            )
        case "order":
            return order_payout(ports, refund_id=of[0], by=of[1], reason="officer", now=now)
        case "tell":
            return tell_destination(
                ports,
                ports,
                account=ACCOUNT,
                refund_id=of[0],
                bank=BANK,
                number=of[1],
                given=HOLDER,
                now=now,
                day=DAY,
            )
        case "await_person":
            return await_person(ports, refund_id=of[0], token=of[1])
        case "wake":
            return carry_out._wake(ports, ports, WakeExecution(of[0], int(of[1]), of[2]))
    raise AssertionError(program)
