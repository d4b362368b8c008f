"""Reads the day buckets of a packed item, the attribute `_b` (docs/packed.md), and adds them up for any window."""

import datetime
from decimal import Decimal

EPOCH = datetime.date(1970, 1, 1)


def buckets(data, fingerprint, groups):
    """Returns the buckets of each group, or None for a group without any: a list of (day, values).

    `fingerprint` and the number of series of each group are those under `windows` in what `freshet types --client`
    prints. A value is a Decimal, or None for a day without one. Raises ValueError if another version of the SQL wrote
    the buckets, since nobody knows then what they hold.
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
    if int.from_bytes(bytes(next(read) for _ in range(4)), 'little') != fingerprint:
        raise ValueError('another version of the SQL wrote the buckets')
    found = []
    for series in groups:
        count = varint() - 1
        if count < 0:
            found.append(None)
            continue
        days = []
        for i in range(count):
            days.append(signed(varint()) if i == 0 else days[-1] + varint())
        columns = []
        for _ in range(series):
            decimals = varint()
            coded = [varint() for _ in days]
            columns.append([None if c == 0 else Decimal(signed(c - 1)).scaleb(-decimals) for c in coded])
        found.append([(EPOCH + datetime.timedelta(day), values) for day, *values in zip(days, *columns)])
    if next(read, None) is not None:
        raise ValueError('bytes follow the last bucket')
    return found


def total(group, series, days, today):
    """Returns the sum of a series over the last `days` days, `today` and any later day included; 0 without values.

    This is `COALESCE(SUM(x) FILTER (WHERE day > CURRENT_DATE - days), 0)`, computed by the reader: at midnight nobody
    has to write anything, and `days` may be a window that no column of the view has.
    """
    oldest = today - datetime.timedelta(days - 1)
    return sum((values[series] for day, values in group if day >= oldest and values[series] is not None), Decimal(0))
