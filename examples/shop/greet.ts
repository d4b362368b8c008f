// Reads two domains of a customer's profile from DynamoDB, and says what the shop would show them first.
// Usage: node examples/shop/build/greet.js CUSTOMER_ID
import type { DomainResult } from 'freshet-sql/client';
import { openProfiles, type Orders } from './profiles.ts';

const customer = process.argv[2] ?? 'c-1001';

const profiles = openProfiles(); // the AWS variables say where DynamoDB is, and whose keys sign the requests
const { orders, browsing } = await profiles.getMany(customer, ['orders', 'browsing']);
await profiles.close();

const [category = 'the bestsellers'] = 'metrics' in browsing ? browsing.metrics.top_categories : [];
console.log(`${customer} ${greeting(orders)}: show ${category}`);

/** The compiler wants an answer for each status, and gives metrics only where there are any. */
function greeting(orders: DomainResult<Orders>): string {
  switch (orders.status) {
    case 'absent':
    case 'expired':
      return 'is new here';
    case 'zero':
      return 'has not ordered for 28 days';
    case 'present':
    case 'stale':
      return `spent ${orders.metrics.spent_28d} in 28 days`;
  }
}
