"""What lies in stores by their own inventories: every kind of report in one table, and what is asked of it."""

from slidebox.inventory.found import Duplicates, Holding, Inventory
from slidebox.inventory.reading import Gathered, gathered, read, summed

__all__ = ["Duplicates", "Gathered", "Holding", "Inventory", "gathered", "read", "summed"]
