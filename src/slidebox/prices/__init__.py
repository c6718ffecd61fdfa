"""What clouds charge: the dated price book, and readers of the providers' own price files."""

from slidebox.prices.book import Book, Charge, Figure, Prices, Range, built_in, load, merged, parse

__all__ = ["Book", "Charge", "Figure", "Prices", "Range", "built_in", "load", "merged", "parse"]
