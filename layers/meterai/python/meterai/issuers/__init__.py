"""Who mints the stamp: our own key and register."""
