import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Kafka, logLevel } from 'kafkajs';

const HERE = dirname(fileURLToPath(import.meta.url));
const POM_FOLDER = resolve(HERE, '../kafka');
const CACHE = resolve(HERE, '../../../node_modules/.cache/freshet');

export const KAFKA_USER = { username: 'freshet', password: 'secret-of-a-test' } as const;

/** An Apache Kafka broker (KRaft, one node) on the loopback interface. `stop` deletes its data. */
export interface KafkaBroker {
  readonly bootstrap: string;
  /** Address that requires {@link KAFKA_USER}, with PLAIN or SCRAM-SHA-256. */
  readonly saslBootstrap: string;
  /** Kills the broker and keeps its data. */
  kill(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Produces a record per line with the Java client. */
  produceWithJava(topic: string, lines: readonly string[], codec: JavaCodec): Promise<void>;
}

export type JavaCodec = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

/** Starts a broker. Needs Java, and Maven to download the jars once to node_modules/.cache. */
export async function startKafka(): Promise<KafkaBroker> {
  const classPath = join(await kafkaJars(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'freshet-kafka-'));
  const [port, saslPort, controllerPort] = await freePorts(3);
  const config = join(folder, 'server.properties');
  await writeFile(
    config,
    properties({ folder, port: port!, saslPort: saslPort!, controllerPort: controllerPort! }),
  );
  const java = (main: string, ...args: readonly string[]): readonly string[] => [
    '-Xmx384m',
    '-cp',
    classPath,
    main,
    ...args,
  ];
  const scram = `SCRAM-SHA-256=[name=${KAFKA_USER.username},password=${KAFKA_USER.password}]`;
  const format = java(
    'kafka.tools.StorageTool',
    'format',
    '-t',
    'MkU3OEVBNTcwNTJENDM2Qg',
    '-c',
    config,
    '--add-scram',
    scram,
  );
  await promisify(execFile)('java', [...format]);

  const bootstrap = `127.0.0.1:${port}`;
  let broker: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const log = createWriteStream(join(folder, 'broker.log'), { flags: 'a' });
    const child = spawn('java', [...java('kafka.Kafka', config)], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.stdout.pipe(log);
    child.stderr.pipe(log);
    broker = child;
    await ready(bootstrap, child, join(folder, 'broker.log'));
  };
  const kill = async (): Promise<void> => {
    const child = broker;
    broker = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  };
  const stop = async (): Promise<void> => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await stop();
    throw error;
  }
  const produceWithJava: KafkaBroker['produceWithJava'] = async (topic, lines, codec) => {
    const options = ['--bootstrap-server', bootstrap, '--topic', topic, '--compression-codec', codec];
    const main = java(
      'kafka.tools.ConsoleProducer',
      ...options,
      '--batch-size',
      '200000',
      '--timeout',
      '500',
    );
    const child = spawn('java', [...main], { stdio: ['pipe', 'ignore', 'pipe'] });
    let complaint = '';
    child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    child.stdin.end(`${lines.join('\n')}\n`);
    const status = await ended;
    if (status !== 0) throw new Error(`ConsoleProducer ended with ${status}: ${complaint.slice(-500)}`);
  };
  return { bootstrap, saslBootstrap: `127.0.0.1:${saslPort}`, kill, start, stop, produceWithJava };
}

async function kafkaJars(): Promise<string> {
  const pom = await readFile(join(POM_FOLDER, 'pom.xml'), 'utf8');
  const version = /<kafka\.version>([^<]+)</.exec(pom)![1]!;
  const folder = join(CACHE, `kafka-${version}`);
  const jars = await readdir(folder).catch(() => []);
  if (jars.some((jar) => jar.startsWith('kafka_'))) return folder;
  const coming = `${folder}.${process.pid}`;
  await mkdir(coming, { recursive: true });
  try {
    const goal = [
      '-q',
      '-B',
      'dependency:copy-dependencies',
      `-DoutputDirectory=${coming}`,
      '-DincludeScope=runtime',
    ];
    execFileSync('mvn', goal, { cwd: POM_FOLDER, stdio: 'pipe', timeout: 600_000 });
    await rm(folder, { recursive: true, force: true });
    await rename(coming, folder);
  } catch (error) {
    await rm(coming, { recursive: true, force: true });
    throw new Error(`cannot get the jars of Apache Kafka with Maven: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return folder;
}

function properties(at: { folder: string; port: number; saslPort: number; controllerPort: number }): string {
  const jaas = (module: string, more: string): string =>
    `org.apache.kafka.common.security.${module} required ${more};`;
  return `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${at.controllerPort}
listeners=PLAINTEXT://127.0.0.1:${at.port},SASL_PLAINTEXT://127.0.0.1:${at.saslPort},CONTROLLER://127.0.0.1:${at.controllerPort}
advertised.listeners=PLAINTEXT://127.0.0.1:${at.port},SASL_PLAINTEXT://127.0.0.1:${at.saslPort}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl_plaintext.plain.sasl.jaas.config=${jaas('plain.PlainLoginModule', `user_${KAFKA_USER.username}="${KAFKA_USER.password}"`)}
listener.name.sasl_plaintext.scram-sha-256.sasl.jaas.config=${jaas('scram.ScramLoginModule', '')}
log.dirs=${join(at.folder, 'data')}
num.partitions=1
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=500
`;
}

async function ready(bootstrap: string, broker: ChildProcess, log: string): Promise<void> {
  const deadline = Date.now() + 300_000;
  for (;;) {
    const kafka = new Kafka({
      brokers: [bootstrap],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      connectionTimeout: 5000,
    });
    const admin = kafka.admin();
    try {
      await admin.connect();
      await admin.listTopics();
      return;
    } catch (error) {
      if (broker.exitCode !== null || Date.now() > deadline) {
        const tail = (await readFile(log, 'utf8').catch(() => '')).slice(-3000);
        throw new Error(`the Kafka broker did not come up: ${(error as Error).message}\n${tail}`, {
          cause: error,
        });
      }
      await sleep(200);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  }
}

async function freePorts(n: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: n },
      () =>
        new Promise<ReturnType<typeof createServer>>((done) => {
          const server = createServer();
          server.listen(0, '127.0.0.1', () => done(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
