"""How good the plan's classes are: traces of access replayed against price books, policy by policy."""
