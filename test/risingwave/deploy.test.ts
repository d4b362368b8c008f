import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { openSession } from '../../src/deploy/session.ts';
import { deployStory } from '../deploy/support/story.ts';

const URL = process.env['RISINGWAVE_URL'] ?? '';

describe.skipIf(URL === '')('on a real RisingWave', () => {
  it('a pipeline is deployed, deployed again, changed in its middle, and removed', async () => {
    const session = await openSession(URL);
    const schema = `freshet_test_${randomBytes(6).toString('hex')}`;
    try {
      await session.rows(`CREATE SCHEMA ${schema}`);
      await session.rows(`SET search_path TO ${schema}`);
      await deployStory(session, 200);
      const left = await session.rows('SELECT name FROM freshet_deployment');
      expect(left).toMatchObject([{ name: 'nothing' }]);
    } finally {
      await session.rows(`DROP SCHEMA ${schema} CASCADE`);
      await session.close();
    }
  });
});
