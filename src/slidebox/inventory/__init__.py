"""What lies in stores by their own inventories: every kind of report in one table, and what is asked of it."""
