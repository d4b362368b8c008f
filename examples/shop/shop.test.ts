import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPipeline } from 'freshet-sql/testing';
import type { CustomerOrdersRow, OrdersInput, PageViewsInput } from './types.ts';

// The clock of each test stands until the test moves it, so that the results are the same on every day.
const NOON = '2026-03-15T12:00:00Z';

test('an order counts for seven days, and one that is sent twice counts once', async () => {
  const shop = await openPipeline('examples/shop', { now: NOON });
  const order = { customer_id: 'c-1001', category: 'shoes', ordered_at: '2026-03-15T10:00:00Z' };
  shop.insert<OrdersInput>('orders', [
    { order_id: 'o-1', amount: '89.90', ...order },
    { order_id: 'o-1', amount: '89.90', ...order },
    { order_id: 'o-2', amount: '0.10', ...order },
  ]);
  assert.deepEqual(shop.rows<CustomerOrdersRow>('customer_orders'), [
    {
      customer_id: 'c-1001',
      orders_7d: 2,
      orders_28d: 2,
      spent_7d: 90,
      spent_28d: 90,
      last_ordered_on: '2026-03-15',
    },
  ]);

  shop.advanceTo('2026-03-21T23:59:59Z');
  assert.equal(shop.rows<CustomerOrdersRow>('customer_orders')[0]?.orders_7d, 2);
  shop.advanceTo('2026-03-22T00:00:00Z'); // no event arrives; the window has moved past both orders
  assert.equal(shop.rows<CustomerOrdersRow>('customer_orders')[0]?.orders_7d, 0);
});

test('a product that is looked at on two days is one product', async () => {
  const shop = await openPipeline('examples/shop', { now: NOON });
  const view = { customer_id: 'c-1001', product_id: 'p-1', category: 'shoes' };
  shop.insert<PageViewsInput>('page_views', [
    { ...view, viewed_at: '2026-03-14T10:00:00Z' },
    { ...view, viewed_at: '2026-03-15T10:00:00Z' },
    { ...view, viewed_at: '2026-03-15T11:00:00Z', product_id: 'p-2', category: 'hats' },
  ]);
  const [browsing] = shop.items('browsing_sink');
  assert.deepEqual(browsing, {
    customer_id: { S: 'c-1001' },
    sk: { S: 'profile#browsing' },
    products_1d: { N: '2' },
    products_7d: { N: '2' },
    top_categories: { L: [{ S: 'shoes' }, { S: 'hats' }] },
    views_by_category: { M: { hats: { N: '1' }, shoes: { N: '2' } } },
  });
});
