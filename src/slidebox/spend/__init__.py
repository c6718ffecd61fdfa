"""What was really spent: the providers' bills in FOCUS, told apart by project, dataset, level and grant."""

from slidebox.spend.found import Actual, Anomaly, Excluded, Foreign, Report, Spent, Untagged
from slidebox.spend.owners import Places, places_of
from slidebox.spend.spending import spent

__all__ = [
    "Actual",
    "Anomaly",
    "Excluded",
    "Foreign",
    "Places",
    "Report",
    "Spent",
    "Untagged",
    "places_of",
    "spent",
]
