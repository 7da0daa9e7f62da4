"""Reading, stamping and judging PDF bytes."""
