"""Storage as code for microscopy labs."""

__version__ = "0.1.0"
