"""The way of data through the lab's stores: what is to be moved, moving it, and retiring what is not needed any more.

Every step is written into the project's record (`slidebox.provenance.record`), and no step deletes the last good copy.
"""
