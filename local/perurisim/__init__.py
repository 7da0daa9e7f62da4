"""A simulator of the upstream issuer's partner interface: what public integrations show of it, and knobs to go wrong.

`ISSUER=peruri make run` starts it. Its key is made at random when it first starts; every serial is a SPESIMEN."""
