"""Payment providers behind ports.gateway."""
