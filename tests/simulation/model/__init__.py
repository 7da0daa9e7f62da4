"""An explicit-state model of the ledger's moves: every order in which the actors of a small scope can act is explored.

Nothing is re-told: the actors are the production operations themselves, over the production moves, stopped before each remote
call and resumed with each answer that it can have (docs/model.md).
"""
