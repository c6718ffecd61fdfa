"""Where the configuration comes from that access is worked out from: snapshots.

Collectors in `live` ask what is there; `pulumi` reads previews and stacks, `terraform` plans and states. Each has a
module for every section of a snapshot, and all of them fill the same form (`slidebox.access.snapshot`).
"""
