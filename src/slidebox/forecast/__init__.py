"""What the plan will cost, month by month."""

from slidebox.forecast.holdings import holdings_of, tariff_of, term_spans
from slidebox.forecast.months import Forecast, Row, forecast, volumes_of

__all__ = ["Forecast", "Row", "forecast", "holdings_of", "tariff_of", "term_spans", "volumes_of"]
