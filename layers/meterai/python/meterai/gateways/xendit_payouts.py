"""Xendit, Payouts API v2: money to a person's bank account, under a key that pays once.

Sources: github.com/xendit/xendit-php docs/Payout.yaml (the OpenAPI document of its clients: paths, states, error codes, and
`idempotency-key`, which does not expire); docs.xendit.co/apidocs/create-payout and get-payout; docs.xendit.co/docs/
payout-status-lifecycle (what each state means); docs.xendit.co/bank-codes (channels).

**When it is settled.** No state of this wire is promised to be the last: SUCCEEDED says that the receiving bank took the money,
and may turn REVERSED when that bank sends it back, with no bound on when. So SUCCEEDED settles, because nothing that can be
known is more; and REVERSED, whenever it is seen, is a refusal: the money is in our balance again. Whoever asks about a settled
payout later and is told `refused` has found one that bounced. FAILED, CANCELLED and COMPLIANCE_REJECTED are refusals;
ACCEPTED, REQUESTED and PENDING_COMPLIANCE_ASSESSMENT are on their way; any other word is unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Annotated

import httpx
from pydantic import Field, StringConstraints

from meterai.domain.errors import PaymentProviderUnavailable
from meterai.domain.rows import Destination
from meterai.gateways.iluma import Iluma
from meterai.gateways.wire import Line, Problem, Wire, parsed
from meterai.ports.payouts import PayoutAnswer

PAYOUTS = "/v2/payouts"
TIMEOUT_SECONDS = 6.0
"""Three calls fit under the time-out of the function that makes a payout (template.yaml)."""
DESCRIPTION = "Pengembalian dana e-meterai"
"""What a statement of account may show. The person's own words stay with us."""
BANKS_AS_OF = "2026-11-25"
BANKS: Mapping[str, str] = MappingProxyType(
    {
        "ID_ALADIN": "Bank Aladin Syariah",
        "ID_ALLO": "Allo Bank",
        "ID_BALI": "BPD Bali",
        "ID_BCA": "BCA",
        "ID_BCA_DIGITAL": "blu by BCA Digital",
        "ID_BCA_SYR": "BCA Syariah",
        "ID_BJB": "Bank BJB",
        "ID_BNC": "Bank Neo Commerce",
        "ID_BNI": "BNI",
        "ID_BRI": "BRI",
        "ID_BSI": "Bank Syariah Indonesia (BSI)",
        "ID_BTN": "BTN",
        "ID_BUKOPIN": "KB Bank (Bukopin)",
        "ID_CIMB": "CIMB Niaga",
        "ID_DAERAH_ISTIMEWA": "BPD DIY",
        "ID_DANAMON": "Danamon",
        "ID_DBS": "DBS Indonesia",
        "ID_DKI": "Bank DKI (Bank Jakarta)",
        "ID_JAGO": "Bank Jago",
        "ID_JAWA_TENGAH": "Bank Jateng",
        "ID_JAWA_TIMUR": "Bank Jatim",
        "ID_MANDIRI": "Bank Mandiri",
        "ID_MAYBANK": "Maybank Indonesia",
        "ID_MEGA": "Bank Mega",
        "ID_MUAMALAT": "Bank Muamalat",
        "ID_OCBC": "OCBC",
        "ID_PANIN": "Panin Bank",
        "ID_PERMATA": "PermataBank",
        "ID_RIAU_DAN_KEPRI": "BRK Syariah (Riau Kepri)",
        "ID_SEABANK": "SeaBank",
        "ID_SINARMAS": "Bank Sinarmas",
        "ID_SULSELBAR": "Bank Sulselbar",
        "ID_SUMATERA_BARAT": "Bank Nagari",
        "ID_SUMSEL_DAN_BABEL": "Bank Sumsel Babel",
        "ID_SUMUT": "Bank Sumut",
        "ID_TABUNGAN_PENSIUNAN_NASIONAL": "SMBC Indonesia (BTPN, Jenius)",
        "ID_UOB": "UOB Indonesia",
    }
)
"""Banks where people have their savings, out of docs.xendit.co/bank-codes (Payout Channels), as of BANKS_AS_OF; names as people
know them. Wallets are left out: their numbers are telephone numbers, and the name check knows banks."""

_UNDER_WAY = frozenset({"ACCEPTED", "REQUESTED", "PENDING_COMPLIANCE_ASSESSMENT"})
_REFUSED = frozenset({"FAILED", "CANCELLED", "REVERSED", "COMPLIANCE_REJECTED"})
# POST /v2/payouts, 400: nothing was made and nothing will be. Both spellings are in Xendit's documents.
_NEVER_MADE = frozenset(
    {
        "AMOUNT_INCREMENT_NOT_SUPPORTED",
        "API_VALIDATION_ERROR",
        "CHANNEL_CODE_NOT_SUPPORTED",
        "CHANNEL_CODE_NOT_SUPPORTED_ERROR",
        "INVALID_JSON_FORMAT",
        "MAXIMUM_TRANSFER_LIMIT_ERROR",
        "MINIMUM_TRANSFER_LIMIT_ERROR",
        "RECIPIENT_ACCOUNT_NUMBER_ERROR",
        "RECIPIENT_AMOUNT_ERROR",
    }
)

XenditId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]


class _Account(Wire):
    account_number: str


class _Payout(Wire):
    id: XenditId
    reference_id: str
    channel_code: str
    channel_properties: _Account
    amount: Annotated[Decimal, Field(ge=0, lt=10**15)]
    currency: str
    status: str


class _List(Wire):
    data: tuple[_Payout, ...]
    has_more: bool = False


class XenditPayouts:
    """Payouts on Xendit (see the port for what each method promises). `secret_key` may make payouts; `names` is the name check.

    Nothing is retried here: whoever asks knows whether asking again is safe."""

    name = "xendit"

    def __init__(self, base_url: str, secret_key: str, client: httpx.Client, names: Iluma) -> None:
        self._line = Line(base_url, secret_key, client, timeout_seconds=TIMEOUT_SECONDS)
        self._names = names

    def banks(self) -> Mapping[str, str]:
        return BANKS

    def holder(self, bank: str, number: str) -> str:
        return self._names.holder(bank, number)

    def ask(self, key: str) -> PayoutAnswer | None:
        """Find the payout by `reference_id`, which is our key. The wire does not keep a reference from being used twice; here
        that never happens, and two of them are nothing to build on."""
        found = self._known(key)
        if found is None:
            return None
        return _word(found) if found.currency == "IDR" else PayoutAnswer("unknown")

    def pay_out(self, destination: Destination, *, key: str, amount_idr: int, reason: str) -> PayoutAnswer:  # noqa: ARG002 (no words of the person's go out)
        """Ask first whether the key is known, so that an answer that was lost is found and nothing is repeated; then post,
        under the key as reference and idempotency key. Key, amount, currency, bank and account number must be the asked ones,
        or the answer is nothing to build on."""
        try:
            known = self._known(key)
            if known is not None:
                return _word(known) if _same(known, destination, amount_idr) else PayoutAnswer("unknown")
            status, content = self._line.ask("POST", PAYOUTS, body=_asked(destination, key, amount_idr), key=key)
            if status in (200, 201):
                made = parsed(_Payout, content)
                same = made.reference_id == key and _same(made, destination, amount_idr)
                return _word(made) if same else PayoutAnswer("unknown")
            known = self._known(key)
            if known is not None:
                return _word(known) if _same(known, destination, amount_idr) else PayoutAnswer("unknown")
            never = status == 400 and parsed(Problem, content).error_code in _NEVER_MADE
            return PayoutAnswer("refused" if never else "unknown")
        except PaymentProviderUnavailable:
            return PayoutAnswer("unknown")

    def _known(self, key: str) -> _Payout | None:
        status, content = self._line.ask("GET", PAYOUTS, query={"reference_id": key})
        if status != 200:
            raise PaymentProviderUnavailable("the payment provider did not answer the question")
        page = parsed(_List, content)
        found = [each for each in page.data if each.reference_id == key]
        if len(found) > 1 or page.has_more:
            raise PaymentProviderUnavailable("the payment provider knows two payouts of one key")
        return found[0] if found else None


def _asked(destination: Destination, key: str, amount_idr: int) -> dict[str, object]:
    """The body of a payout. The holder's name goes as the bank has it: Xendit wants it to match exactly."""
    return {
        "reference_id": key,
        "channel_code": destination.bank,
        "channel_properties": {"account_holder_name": destination.holder, "account_number": destination.number},
        "amount": amount_idr,
        "currency": "IDR",
        "description": DESCRIPTION,
    }


def _same(payout: _Payout, destination: Destination, amount_idr: int) -> bool:
    told = (payout.amount, payout.currency, payout.channel_code, payout.channel_properties.account_number)
    return told == (Decimal(amount_idr), "IDR", destination.bank, destination.number)


def _word(payout: _Payout) -> PayoutAnswer:
    """What a state means (see the top of this file)."""
    if payout.status == "SUCCEEDED":
        return PayoutAnswer("settled", payout.id)
    if payout.status in _REFUSED:
        return PayoutAnswer("refused", payout.id)
    return PayoutAnswer("under_way" if payout.status in _UNDER_WAY else "unknown", payout.id)
