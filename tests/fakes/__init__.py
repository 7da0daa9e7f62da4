"""Ports kept in memory. Each passes the same contract tests as the adapter it stands for."""
