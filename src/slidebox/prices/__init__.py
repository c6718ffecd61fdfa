"""What clouds charge: the dated price book, and readers of the providers' own price files."""

from slidebox.prices.book import Book, Charge, Class, Figure, Prices, Range, built_in, load, merged, paid_once, parse

__all__ = [
    "Book",
    "Charge",
    "Class",
    "Figure",
    "Prices",
    "Range",
    "built_in",
    "load",
    "merged",
    "paid_once",
    "parse",
]
