"""Reads the day buckets of a packed item, the attribute `_b` (docs/packed.md), and adds them up for any window."""

import datetime
from decimal import Decimal

EPOCH = datetime.date(1970, 1, 1)


def buckets(data):
    """Returns the series by id: a list of (day, value), or None where a LEFT JOIN found no row.

    The ids are those under `windows` in what `freshet types --client` prints. A value is a Decimal, or None for a day
    without one. A series that is not there has another definition in the SQL that wrote the item.
    """
    read = iter(data)

    def varint():
        value, shift = 0, 0
        while True:
            byte = next(read)
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7

    def signed(coded):
        return coded // 2 if coded % 2 == 0 else -(coded + 1) // 2

    if next(read) != 1:
        raise ValueError('the buckets have a format that this program does not know')

    def number(size):
        return int.from_bytes(bytes(next(read) for _ in range(size)), 'little')

    number(2)  # the days that are kept
    groups = [[number(3) for _ in range(number(1))] for _ in range(number(1))]
    found = {}
    for ids in groups:
        count = varint() - 1
        if count < 0:
            found.update(dict.fromkeys(ids))
            continue
        days = []
        for i in range(count):
            days.append(signed(varint()) if i == 0 else days[-1] + varint())
        dates = [EPOCH + datetime.timedelta(day) for day in days]
        for id in ids:
            decimals = varint()
            coded = [varint() for _ in days]
            found[id] = list(zip(dates, [None if c == 0 else Decimal(signed(c - 1)).scaleb(-decimals) for c in coded]))
    if next(read, None) is not None:
        raise ValueError('bytes follow the last bucket')
    return found


def total(series, days, today):
    """Returns the sum of a series over the last `days` days, `today` and any later day included; 0 without values.

    This is `COALESCE(SUM(x) FILTER (WHERE day > CURRENT_DATE - days), 0)`, computed by the reader: at midnight nobody
    has to write anything, and `days` may be a window that no column of the view has.
    """
    oldest = today - datetime.timedelta(days - 1)
    return sum((value for day, value in series if day >= oldest and value is not None), Decimal(0))
