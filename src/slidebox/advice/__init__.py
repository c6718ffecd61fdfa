"""What to change and what that would save, with the arithmetic of each piece of advice."""

from slidebox.advice.everything import Told, advise, examine
from slidebox.advice.given import Given, Judges
from slidebox.advice.piece import Advice, Kind, total

__all__ = ["Advice", "Given", "Judges", "Kind", "Told", "advise", "examine", "total"]
