"""A dynamic QRIS payload: EMVCo merchant-presented QR with Bank Indonesia's national fields and a CRC-16."""

from __future__ import annotations

MERCHANT_ID = "000000000000000"
NATIONAL_ID = "ID0000000000000"
CATEGORY = "9399"
NAME = "METERAI SIMULASI"
CITY = "JAKARTA PUSAT"
POSTCODE = "10110"
BILL_LENGTH_MAX = 25


def payload(amount_idr: int, bill: str) -> str:
    """The text of the QR for `amount_idr` whole rupiah; `bill` (its last 25 characters) is the bill number.

    The merchant is all zeros: no payment application can pay it by mistake."""
    body = "".join(
        (
            _field("00", "01"),
            _field("01", "12"),
            _field("26", _field("00", "COM.EXAMPLE.PAYSIM") + _field("02", MERCHANT_ID) + _field("03", "UME")),
            _field("51", _field("00", "ID.CO.QRIS.WWW") + _field("02", NATIONAL_ID) + _field("03", "UME")),
            _field("52", CATEGORY),
            _field("53", "360"),
            _field("54", str(amount_idr)),
            _field("58", "ID"),
            _field("59", NAME),
            _field("60", CITY),
            _field("61", POSTCODE),
            _field("62", _field("01", bill[-BILL_LENGTH_MAX:])),
            "6304",
        )
    )
    return f"{body}{checksum(body):04X}"


def checksum(text: str) -> int:
    """CRC-16 with polynomial 0x1021 and start value 0xFFFF, over everything before the checksum's own digits (EMVCo
    QR code specification for payment systems, merchant-presented mode, 4.7.3)."""
    crc = 0xFFFF
    for byte in text.encode():
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def _field(tag: str, value: str) -> str:
    return f"{tag}{len(value):02d}{value}"
