"""The moves of the ledger, as the design's table has them: each one builder, each with its gate.

A move says nothing of the world outside the table; who may make it, and when, is the operations' affair.
"""
