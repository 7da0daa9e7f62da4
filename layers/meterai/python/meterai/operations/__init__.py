"""Verbs: one public function each; the clock and randomness are arguments."""
