"""Figures: what the house does with real files and under load."""
