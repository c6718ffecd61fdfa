"""What is really there: the lab's running stores become the same facts that the rules are asked about elsewhere.

`facts_of` reads the folders, buckets and users of every store that slidebox provisions, changes nothing, and
hands what it finds to the same functions that read previews. What it cannot read is said, and is not known.
"""

from slidebox.live.facts import Live, facts_of, planned

__all__ = ["Live", "facts_of", "planned"]
