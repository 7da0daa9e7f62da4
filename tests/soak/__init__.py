"""The soak: the production handlers over the real local engine, while every remote call of theirs fails in every way it can."""
