"""What operations need from outside, as Protocols."""
