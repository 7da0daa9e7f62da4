"""The surge on paper: four million applicants before a deadline, against the production code and the cloud's bounds."""
