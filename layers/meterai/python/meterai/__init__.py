"""E-meterai: buy, stamp, verify and refund electronic revenue stamps, none of them ever lost."""
