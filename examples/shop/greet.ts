// Reads the profile of a customer, and says what the shop would show them first.
// Usage: node examples/shop/build/greet.js CUSTOMER_ID
import type { Profile } from './profiles.ts';

const customer = process.argv[2] ?? 'c-1001';
const server = process.env['FRESHET_URL'] ?? 'http://127.0.0.1:8080';

const response = await fetch(`${server}/v1/viewers/${encodeURIComponent(customer)}/profile`);
if (response.status === 404) {
  console.log(`${customer} is new here: show the shop's bestsellers`);
} else if (!response.ok) {
  throw new Error(`${server} answers ${response.status}: ${await response.text()}`);
} else {
  console.log(greeting((await response.json()) as Profile));
}

/** A domain is present, stale or absent, and the compiler asks for each. */
function greeting({ viewer_id, domains: { orders, browsing } }: Profile): string {
  const spent = orders.status === 'absent' ? 0 : orders.attributes.spent_28d;
  const [category = 'bestsellers'] = browsing.status === 'absent' ? [] : browsing.attributes.top_categories;
  return `${viewer_id} spent ${spent} in 28 days: show ${category}`;
}
