"""The window that somebody gives, as minutes of the stores it is for."""

import numpy as np

from api.report_request import CustomRange
from api.stored_stores import StoredStores
from stream_app.domain.windows import Window, local_midnight


def window_of(stores: StoredStores, given: CustomRange) -> Window:
    """The range as minutes: of dates, from midnight to midnight in each store's newest zone."""
    if not given.is_local:
        return Window(given.first, given.end)
    zones = [calendar.newest_zone for calendar in stores.calendars]
    edges = [(local_midnight(zone, given.first), local_midnight(zone, given.end)) for zone in zones]
    first, end = np.array(edges, np.int64).reshape(-1, 2).T
    return Window(first, end)
