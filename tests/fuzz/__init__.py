"""Mutated documents through intake and inspection: nothing escapes, nothing grows, nothing is taken for genuine."""
