"""What a scanned code has to say to be a stamp's of this house."""

from __future__ import annotations

from tests.unit.web.node import told

SCRIPT = """
globalThis.localStorage = { getItem: () => null, setItem() {}, removeItem() {} };
globalThis.addEventListener = () => {};
globalThis.HTMLElement = class {};
globalThis.customElements = { define() {} };
globalThis.document = { addEventListener() {}, documentElement: { dataset: {} } };
const { serialIn } = await import(`${WEB}/page/camera.js`);
tell(given.map(serialIn));
"""
SERIAL = "0123456789ABCDEFGHIJKL"


def test_only_the_address_of_a_serial_number_is_followed_and_never_its_host() -> None:
    codes = [
        f"HTTPS://METERAI.EXAMPLE/V/{SERIAL}",
        f" https://lain.example/v/{SERIAL.lower()}\n",
        f"https://meterai.example/v/{SERIAL}X",
        f"https://meterai.example/x/{SERIAL}",
        "00020101021226",
        "",
    ]
    assert told(SCRIPT, codes) == [SERIAL, SERIAL, None, None, None, None]
