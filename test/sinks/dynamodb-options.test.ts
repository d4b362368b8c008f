import { describe, expect, it } from 'vitest';
import { SYSTEM_CLOCK } from '../../src/platform/clock.ts';
import { connectDynamoDb } from '../../src/dynamodb/connect.ts';
import { readSinkOptions } from '../../src/sinks/dynamodb/options.ts';
import { createDynamoDbSink } from '../../src/sinks/dynamodb/sink.ts';
import { SinkError, type Sink } from '../../src/sinks/sink.ts';
import { BIGINT, DOUBLE, INTERVAL, JSONB, VARCHAR, type SqlType } from '../../src/values/types.ts';
import { FakeDynamoDb } from './support/fake-dynamodb.ts';
import { clientFor, columnsOf, optionsOf, seeded, sinkDef } from './support/sinks.ts';

function failure(act: () => unknown): { message: string; hint: string | undefined } {
  try {
    act();
  } catch (error) {
    if (!(error instanceof SinkError)) throw error;
    return { message: error.message, hint: error.hint };
  }
  throw new Error('nothing was thrown');
}

describe('sink options', () => {
  it("takes RisingWave's names and their aliases", () => {
    const names = {
      'dynamodb.table': 'profiles',
      primary_key: 'a',
      'aws.region': 'eu-west-1',
      'aws.endpoint_url': 'http://localhost:8000',
      'aws.credentials.access_key_id': 'AK',
      'aws.credentials.secret_access_key': 'SK',
      session_token: 'T',
      'dynamodb.max_batch_item_nums': '10',
      'dynamodb.max_future_send_nums': '256',
      'dynamodb.batch_write_retry_times': '3',
      'dynamodb.batch_write_retry_backoff_ms': '50',
      type: 'upsert',
    };
    expect(readSinkOptions('s', optionsOf(names))).toEqual({
      table: 'profiles',
      layout: 'domain',
      expireAfter_days: 35,
      connection: {
        region: 'eu-west-1',
        endpoint: 'http://localhost:8000',
        accessKeyId: 'AK',
        secretAccessKey: 'SK',
        sessionToken: 'T',
        profile: undefined,
      },
      sortKey: undefined,
      sortKeyName: 'sk',
      bookkeeping: true,
      ignoreDelete: false,
      createTable: true,
      expiresItems: false,
      keepsGoneItems: false,
      takesUnversioned: false,
      maxBatchItems: 10,
      maxInFlight: 256,
      retryBackoff_ms: 50,
      lateWrites_ms: 900_000,
    });
  });

  it('treats an empty connection option as unset, and accepts a layout in any case', () => {
    const empty = {
      region: '',
      endpoint: '',
      access_key: '',
      secret_key: '',
      session_token: '',
      profile: '',
    };
    const { connection } = readSinkOptions(
      's',
      optionsOf({ table: 'abc', primary_key: 'a', 'freshet.layout': 'Domain', ...empty }),
    );
    expect(Object.values(connection)).toEqual(Array.from({ length: 6 }, () => undefined));
  });

  it('refuses an access key without a secret key, and the reverse', () => {
    const options = optionsOf({ table: 'abc', primary_key: 'a', access_key: 'x' });
    expect(failure(() => readSinkOptions('s', options)).message).toBe(
      'access_key and secret_key are needed together, and one of them is missing',
    );
  });
});

describe('sink keys', () => {
  function sinkOf(
    types: Readonly<Record<string, SqlType>>,
    key: readonly number[],
    options: Record<string, string> = {},
    endpoint = 'http://127.0.0.1:1',
  ): Sink {
    const deps = {
      client: clientFor(endpoint),
      clock: SYSTEM_CLOCK,
      random: seeded(1),
      onDeadLetter: () => {},
    };
    return createDynamoDbSink(sinkDef(key, options), { columns: columnsOf(types) }, deps);
  }

  it.each([
    [{ a: BIGINT, b: BIGINT, c: BIGINT }, [0, 1, 2], {}, 'a DynamoDB key has one or two columns, not 3'],
    [{ a: JSONB }, [0], {}, 'key column "a" is JSONB; DynamoDB keys are numbers, text or bytes'],
    [{ a: DOUBLE }, [0], {}, 'key column "a" is DOUBLE PRECISION; DynamoDB keys are numbers, text or bytes'],
    [{ a: INTERVAL }, [0], {}, 'key column "a" is INTERVAL; DynamoDB keys are numbers, text or bytes'],
    [
      { a: BIGINT, b: VARCHAR },
      [0, 1],
      { 'freshet.sort_key': 'x' },
      'freshet.sort_key and the key column "b" both set the sort key',
    ],
    [
      { a: BIGINT, sk: VARCHAR },
      [0],
      { 'freshet.sort_key': 'x' },
      'the sort key is named "sk", like a column of "watch"',
    ],
    [{ a: BIGINT, _v: BIGINT }, [0], {}, 'column "_v" has the name of a bookkeeping attribute'],
  ] as const)('refuses %j with key %j', (types, key, options, message) => {
    const { message: found, hint } = failure(() => sinkOf(types, key, options));
    expect(found).toBe(message);
    expect(hint).toBeTruthy();
  });

  const N = (name: string) => ({ name, type: 'N' }) as const;
  const S = (name: string) => ({ name, type: 'S' }) as const;
  const view = { viewer_id: BIGINT, domain_key: VARCHAR, n: BIGINT };
  it.each([
    [
      [N('viewer_id'), S('sk')],
      [0],
      {},
      'viewer_id (N), sk (S), but the sink writes viewer_id (N)',
      "add freshet.sort_key = '<domain>' to the sink;",
    ],
    [
      [N('viewer_id'), S('dk')],
      [0],
      {},
      'viewer_id (N), dk (S), but the sink writes viewer_id (N)',
      "freshet.sort_key_name = 'dk'",
    ],
    [
      [N('viewer_id')],
      [0],
      { 'freshet.sort_key': 'x' },
      'viewer_id (N), but the sink writes viewer_id (N), sk (S)',
      'domains would overwrite one another',
    ],
    [
      [S('viewer_id'), S('domain_key')],
      [0, 1],
      {},
      'viewer_id (S), domain_key (S), but the sink writes viewer_id (N), domain_key (S)',
      'cast the column in the view, viewer_id::VARCHAR AS viewer_id;',
    ],
    [
      [N('id'), S('sk')],
      [0, 1],
      {},
      'id (N), sk (S), but the sink writes viewer_id (N), domain_key (S)',
      'rename the key columns of the view to id, sk;',
    ],
  ] as const)(
    'says what to change when the table has the key %j',
    async (has, key, options, message, hint) => {
      const server = new FakeDynamoDb(seeded(1));
      const endpoint = await server.listen();
      server.addTable('viewer_profiles', has);
      const error = (await sinkOf(view, key, options, endpoint)
        .open()
        .catch((e: unknown) => e)) as SinkError;
      await server.close();
      expect(error.message).toBe(`table viewer_profiles has the key ${message}`);
      expect(error.hint).toContain(hint);
      expect(error.hint).toContain(`aws dynamodb create-table --table-name viewer_profiles_2`);
    },
  );

  it('accepts the key columns in either order, as RisingWave does', async () => {
    const server = new FakeDynamoDb(seeded(1));
    const endpoint = await server.listen();
    server.addTable('viewer_profiles', [N('viewer_id'), S('domain_key')]);
    const sink = sinkOf(view, [1, 0], {}, endpoint);
    await expect(sink.open()).resolves.toBeUndefined();
    await sink.close();
    await server.close();
  });

  it('waits until the table that it creates is active', async () => {
    const server = new FakeDynamoDb(seeded(1));
    server.creatingFor_polls = 3;
    const endpoint = await server.listen();
    const sink = sinkOf(view, [0], { 'freshet.sort_key': 'x' }, endpoint);
    await sink.open();
    expect(server.requests.map(({ operation }) => operation).filter((o) => o === 'CreateTable')).toHaveLength(
      1,
    );
    expect(server.requests.length).toBeGreaterThanOrEqual(4);
    expect(server.tables.get('viewer_profiles')!.key).toEqual([N('viewer_id'), S('sk')]);
    await sink.close();
    await server.close();
  });

  it('creates no table with freshet.create_table = false', async () => {
    const server = new FakeDynamoDb(seeded(1));
    const sink = sinkOf(view, [0], { 'freshet.create_table': 'false' }, await server.listen());
    await expect(sink.open()).rejects.toMatchObject({ message: 'table viewer_profiles does not exist' });
    await server.close();
  });

  it('reports an unreachable server and refused credentials, with hints', async () => {
    const sink = sinkOf(view, [0]);
    await expect(sink.open()).rejects.toMatchObject({
      message: 'table viewer_profiles cannot be used: connect ECONNREFUSED 127.0.0.1:1',
      hint: 'is DynamoDB reachable at http://127.0.0.1:1?',
    });
    const server = new FakeDynamoDb(seeded(1));
    server.faults.refuse = { status: 400, code: 'UnrecognizedClientException', message: 'invalid token' };
    const refused = sinkOf(view, [0], {}, await server.listen());
    await expect(refused.open()).rejects.toMatchObject({
      message: 'table viewer_profiles cannot be used: invalid token',
      hint: expect.stringContaining('set AWS_ACCESS_KEY_ID') as string,
    });
    await server.close();
  });
});

describe('a connection', () => {
  it.each([
    [
      {},
      { AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' },
      'https://dynamodb.eu-west-1.amazonaws.com',
      'eu-west-1',
    ],
    [
      { region: 'cn-north-1' },
      { AWS_REGION: 'eu-west-1' },
      'https://dynamodb.cn-north-1.amazonaws.com.cn',
      'cn-north-1',
    ],
    [{}, { AWS_ENDPOINT_URL: 'http://127.0.0.1:9', AWS_REGION: '' }, 'http://127.0.0.1:9', 'us-east-1'],
    [
      {},
      { AWS_ENDPOINT_URL: 'http://a.example', AWS_ENDPOINT_URL_DYNAMODB: 'http://localhost:8000' },
      'http://localhost:8000',
      'us-east-1',
    ],
    [{ endpoint: 'http://[::1]:1' }, { AWS_ENDPOINT_URL: 'http://a.example' }, 'http://[::1]:1', 'us-east-1'],
  ])(
    'from the options %j and the environment %j',
    async (options, env: Record<string, string>, endpoint, region) => {
      const client = await connectDynamoDb(options, { env });
      expect([client.endpoint, client.region]).toEqual([endpoint, region]);
      await client.close();
    },
  );

  it.each(['localhost', 'localhost:8000', 'ftp://localhost', 'http://'])(
    'refuses the endpoint %s',
    async (endpoint) => {
      await expect(connectDynamoDb({ endpoint }, { env: {} })).rejects.toMatchObject({
        name: 'DynamoDbError',
        message: `endpoint "${endpoint}" is not a URL such as http://localhost:8000`,
      });
    },
  );
});
