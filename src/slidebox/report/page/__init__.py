"""The admins' page: one static HTML file with everything that is known of a lab's storage, made from frozen values."""

from slidebox.report.page.rendering import render

__all__ = ["render"]
