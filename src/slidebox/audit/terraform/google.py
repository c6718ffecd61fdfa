"""Google Cloud in plans and states of Terraform."""

from __future__ import annotations

from slidebox.audit.google.section import section

__all__ = ["section"]
