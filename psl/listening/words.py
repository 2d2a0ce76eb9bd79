"""Times and probabilities as a page of windows writes them."""


def probability(p: float) -> str:
    """Two digits, and more of a small one.

    >>> probability(0.734), probability(0.0042), probability(0.00004)
    ('0.73', '0.004', '< 0.001')
    """
    return f"{p:.2f}" if p >= 0.01 else f"{p:.3f}" if p >= 0.001 else "< 0.001"


def clock(milliseconds: int) -> str:
    """Minutes and seconds, after hours where there are any.

    >>> clock(62_500), clock(3_600_000)
    ('1:02.5', '1:00:00.0')
    """
    minutes, ms = divmod(milliseconds, 60_000)
    hours = f"{minutes // 60}:{minutes % 60:02}" if minutes >= 60 else str(minutes)
    return f"{hours}:{ms // 1000:02}.{ms % 1000 // 100}"
