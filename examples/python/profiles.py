"""Reads the profiles of the shop (examples/shop) from DynamoDB with boto3, whichever layout its sinks write.

    python profiles.py c-1001                          every domain
    python profiles.py c-1001 orders                   one domain
    python profiles.py c-1001 orders --layout packed   as the option freshet.layout of the sinks says
    python profiles.py c-1001 --days 2026-03-01 2026-03-15   the days of a sink with layout daily

Prints JSON. Numbers are exact: DynamoDB has decimals, boto3 reads them as Decimal, and they are printed as text.
"""

import argparse
import datetime
import json
import time
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Key

from packed import buckets, total

# The shop's SQL says all of this; `freshet types examples/shop` prints it.
KEY, SORT, PREFIX = 'customer_id', 'sk', 'profile#'
COLUMNS = {
    'orders': ['orders_7d', 'orders_28d', 'spent_7d', 'spent_28d', 'last_ordered_on'],
    'browsing': ['products_1d', 'products_7d', 'top_categories', 'views_by_category'],
    'returns': ['returns_28d', 'refunded_28d', 'last_returned_on'],
}
JSONB = {'views_by_category'}
# For layout packed, from `freshet types --client`: each windowed column as the id of its series and its days.
WINDOWS = {
    'orders': {
        'orders_7d': (13197208, 7),
        'orders_28d': (13197208, 28),
        'spent_7d': (7581322, 7),
        'spent_28d': (7581322, 28),
    },
    'returns': {'returns_28d': (15945301, 28), 'refunded_28d': (886556, 28)},
}


class Shop:
    """The shop's table. All times are in milliseconds since 1970, so that a test can set the clock."""

    def __init__(self, table, layout='domain', max_age_ms=None, now_ms=None):
        self.table, self.layout, self.max_age_ms = table, layout, max_age_ms
        self.now_ms = int(time.time() * 1000) if now_ms is None else now_ms

    def get(self, customer, domains):
        """Returns each domain with its status: present, zero, stale, expired or absent."""
        read = {'domain': self._domain, 'packed': self._domain, 'wide': self._wide, 'metric': self._metric}
        return read[self.layout](customer, domains)

    def days(self, customer, tag, first, last):
        """Returns the days of a sink with layout daily, without those that have expired. `tag` names the sink."""
        between = Key(SORT).between(f'daily#{first}', f'daily#{last}')
        items = {item[SORT].removeprefix('daily#'): item for item in self._query(customer, between)}
        found = {day: self._shared(item, tag, None) for day, item in items.items()}
        return {day: result for day, result in found.items() if result['status'] not in ('absent', 'expired')}

    # Layouts. One domain is one GetItem; several are one Query, which costs less than a GetItem for each.

    def _domain(self, customer, domains):
        if len(domains) == 1:
            items = {PREFIX + domains[0]: self._item(customer, PREFIX + domains[0])}
        else:
            items = {item[SORT]: item for item in self._query(customer, Key(SORT).begins_with(PREFIX))}
        return {domain: self._own(items.get(PREFIX + domain), domain) for domain in domains}

    def _wide(self, customer, domains):
        item = self._item(customer, 'latest')
        return {domain: self._shared(item, domain, COLUMNS[domain]) for domain in domains}

    def _metric(self, customer, domains):
        items = self._query(customer, Key(SORT).begins_with('metric#'))
        metrics = {item[SORT].removeprefix('metric#'): item for item in items}
        found = {}
        for domain in domains:
            mine = {name: metrics[name] for name in COLUMNS[domain] if name in metrics}
            values = {name: item['value'] for name, item in mine.items()}
            newest = {name: max((item[name] for item in mine.values()), default=None) for name in ('_v', '_w')}
            found[domain] = self._judged(values, newest['_v'], newest['_w'], None) if mine else {'status': 'absent'}
        return found

    # Items.

    def _own(self, item, domain):
        """Reads an item that holds one domain."""
        if item is None:
            return {'status': 'absent'}
        metrics = {name: value for name, value in item.items() if name not in (KEY, SORT) and name[0] != '_'}
        if '_v' not in item:  # RisingWave wrote it, which has no version, and writes JSONB as text
            exact = {'parse_float': Decimal, 'parse_int': Decimal}
            metrics.update({name: json.loads(metrics[name], **exact) for name in JSONB & metrics.keys()})
        if '_b' in item:
            series = buckets(item['_b'].value)
            today = datetime.datetime.fromtimestamp(self.now_ms / 1000, datetime.timezone.utc).date()
            for name, (id, days) in WINDOWS[domain].items():
                if id in series:
                    metrics[name] = total(series[id], days, today)
        return self._judged(metrics, item.get('_v'), item.get('_w'), item.get('expires_at'))

    def _shared(self, item, domain, columns):
        """Reads one domain from an item that several share. `_domains` lists those that have a row."""
        if item is None or domain not in item.get('_domains', ()):
            return {'status': 'absent'}
        names = columns or [name for name in item if name not in (KEY, SORT, 'expires_at') and name[0] != '_']
        metrics = {name: item[name] for name in names if name in item}
        return self._judged(metrics, item.get(f'_v:{domain}'), item.get(f'_w:{domain}'), item.get('expires_at'))

    def _judged(self, metrics, version, written_at_ms, expires_at):
        if expires_at is not None and expires_at * 1000 <= self.now_ms:
            return {'status': 'expired'}  # DynamoDB may take days to delete it
        age_ms = None if written_at_ms is None else max(0, self.now_ms - written_at_ms)
        if self.max_age_ms is not None and age_ms is not None and age_ms > self.max_age_ms:
            status = 'stale'
        else:
            measures = [v for v in metrics.values() if v is None or isinstance(v, (Decimal, list, dict))]
            status = 'present' if any(measures) or not measures else 'zero'
        return {'status': status, 'metrics': metrics, 'version': version, 'age_ms': age_ms}

    # Requests.

    def _item(self, customer, sort_key):
        return self.table.get_item(Key={KEY: customer, SORT: sort_key}).get('Item')

    def _query(self, customer, sort_key):
        request = {'KeyConditionExpression': Key(KEY).eq(customer) & sort_key}
        while True:
            page = self.table.query(**request)
            yield from page['Items']
            if 'LastEvaluatedKey' not in page:
                return
            request['ExclusiveStartKey'] = page['LastEvaluatedKey']


def digits(number):
    """Returns the digits of a Decimal without an exponent and without trailing zeros."""
    text = f'{number:f}'
    return text.rstrip('0').rstrip('.') if '.' in text else text


def main():
    parser = argparse.ArgumentParser(description='Reads a profile of the shop from DynamoDB.')
    parser.add_argument('customer')
    parser.add_argument('domains', nargs='*', help=f'of {", ".join(COLUMNS)} (default: all)')
    parser.add_argument('--table', default='customer_profiles')
    parser.add_argument('--endpoint', help='endpoint of DynamoDB, such as that of `freshet dev`')
    parser.add_argument('--region', default='us-east-1')
    parser.add_argument('--layout', default='domain', choices=['domain', 'packed', 'wide', 'metric'])
    parser.add_argument('--days', nargs=2, metavar=('FIRST', 'LAST'), help='read the days of a sink of layout daily')
    parser.add_argument('--max-age-ms', type=int, help='items that are older are stale')
    parser.add_argument('--now-ms', type=int, help='the time of the read (default: now)')
    given = parser.parse_args()
    table = boto3.resource('dynamodb', endpoint_url=given.endpoint, region_name=given.region).Table(given.table)
    shop = Shop(table, given.layout, given.max_age_ms, given.now_ms)
    if given.days:
        found = {tag: shop.days(given.customer, tag, *given.days) for tag in given.domains or COLUMNS}
    else:
        found = shop.get(given.customer, given.domains or list(COLUMNS))
    print(json.dumps(found, indent=2, default=digits, ensure_ascii=False))


if __name__ == '__main__':
    main()
