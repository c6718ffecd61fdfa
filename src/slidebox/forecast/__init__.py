"""What the plan will cost, month by month."""

from slidebox.forecast.holdings import holdings_of, term_spans
from slidebox.forecast.months import Forecast, Row, forecast

__all__ = ["Forecast", "Row", "forecast", "holdings_of", "term_spans"]
