"""Settings, HTTP, problems and observability of the deployed functions."""
