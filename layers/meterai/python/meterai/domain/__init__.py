"""Nouns and rules. Standard library only."""
