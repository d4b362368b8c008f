import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** A PostgreSQL server on the loopback interface for one test. `stop` deletes its data. */
export interface PostgresServer {
  readonly connectionString: string;
  stop(): void;
}

/** Returns the folder of `pg_ctl` and `initdb`, from PATH or Debian's folders, or undefined. */
export function postgresBinaries(): string | undefined {
  const folders = [
    ...(process.env['PATH'] ?? '').split(delimiter),
    ...[18, 17, 16, 15, 14].map((version) => `/usr/lib/postgresql/${version}/bin`),
  ];
  return folders.find((dir) => existsSync(join(dir, 'pg_ctl')) && existsSync(join(dir, 'initdb')));
}

/** Starts a server with an empty database. Throws with the program's output if it does not start. */
export async function startPostgres(): Promise<PostgresServer> {
  const bin = postgresBinaries();
  if (bin === undefined)
    throw new Error('no PostgreSQL: pg_ctl and initdb are neither in PATH nor in /usr/lib/postgresql');
  const dir = mkdtempSync(join(tmpdir(), 'freshet-postgres-'));
  const user = unprivilegedUser();
  if (user !== undefined) {
    // The server refuses to run as root.
    chmodSync(dir, 0o700);
    chownSync(dir, user.uid, user.gid);
  }
  const run = (program: string, args: readonly string[]): void => {
    const result = spawnSync(join(bin, program), [...args], {
      encoding: 'utf8',
      cwd: dir,
      timeout: 300_000,
      // The server that pg_ctl starts inherits its pipes, which would never close.
      stdio: program === 'pg_ctl' ? 'ignore' : 'pipe',
      ...user,
    });
    if (result.error !== undefined) throw result.error;
    if (result.status !== 0) throw new Error(`${program} failed (${result.status}): ${result.stderr ?? ''}`);
  };
  try {
    const data = join(dir, 'data');
    // The C collation orders text by bytes, as the engine does. UTF8 does not depend on the machine's locale.
    run('initdb', ['-D', data, '-U', 'oracle', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']);
    const port = await freePort();
    const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c unix_socket_directories='' -c fsync=off -c timezone=UTC`;
    run('pg_ctl', ['-D', data, '-w', '-t', '250', '-l', join(dir, 'log'), '-o', settings, 'start']);
    return {
      connectionString: `postgresql://oracle@127.0.0.1:${port}/postgres`,
      stop: () => {
        run('pg_ctl', ['-D', data, '-w', '-m', 'immediate', 'stop']);
        rmSync(dir, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Returns an unprivileged user to run the server if this process is root, otherwise undefined. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string, name: string): number | undefined => {
    const result = spawnSync('id', [flag, name], { encoding: 'utf8' });
    return result.status === 0 ? Number(result.stdout) : undefined;
  };
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = [id('-u', name), id('-g', name)];
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no free port')),
      );
    });
  });
}
