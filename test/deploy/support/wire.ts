import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

// A server of PostgreSQL's wire protocol, as much of it as `pg` needs: start-up with a clear-text password, simple
// queries, and extended ones, which are handed on as they come. RisingWave's own protocol is the same.

/** How a server goes on after a statement: with an answer, or by closing the connection. */
export type Answer = Uint8Array | 'close';

export interface WireHandler {
  readonly user: string;
  readonly password: string;
  /** Called with the statements of one client one after the other. `raw` is the whole message of the protocol. */
  query(sql: string, raw: Uint8Array, session: SessionState): Promise<Answer>;
  /** The messages of an extended query, up to and including Sync. */
  extended(raw: Uint8Array): Promise<Uint8Array>;
}

/** What a client has set on its connection. */
export type SessionState = Map<string, string>;

export interface WireServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function startWireServer(handler: WireHandler): Promise<WireServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    new Connection(socket, handler).listen();
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

const SSL_REQUEST = 80_877_103;

class Connection {
  readonly #socket: Socket;
  readonly #handler: WireHandler;
  readonly #session: SessionState = new Map();
  #buffer = Buffer.alloc(0);
  #phase: 'start' | 'password' | 'ready' = 'start';
  #user = '';
  #extended: Buffer[] = [];
  #work: Promise<void> = Promise.resolve();

  constructor(socket: Socket, handler: WireHandler) {
    this.#socket = socket;
    this.#handler = handler;
  }

  listen(): void {
    this.#socket.on('data', (chunk) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk]);
      this.#work = this.#work
        .then(() => this.#readAll())
        .catch(() => {
          this.#socket.destroy();
        });
    });
  }

  async #readAll(): Promise<void> {
    for (;;) {
      const lengthAt = this.#phase === 'start' ? 0 : 1;
      if (this.#buffer.length < lengthAt + 4) return;
      const size = lengthAt + this.#buffer.readInt32BE(lengthAt);
      if (this.#buffer.length < size) return;
      const message = this.#buffer.subarray(0, size);
      this.#buffer = this.#buffer.subarray(size);
      await this.#read(message);
    }
  }

  async #read(message: Buffer): Promise<void> {
    if (this.#phase === 'start') return this.#start(message);
    const type = String.fromCharCode(message[0]!);
    if (this.#phase === 'password') return this.#authenticate(message);
    if (type === 'X') {
      this.#socket.end();
    } else if (type === 'Q') {
      const sql = message.toString('utf8', 5, message.length - 1);
      this.#answer(await this.#handler.query(sql, message, this.#session));
    } else {
      this.#extended.push(message);
      if (type !== 'S') return;
      const all = Buffer.concat(this.#extended);
      this.#extended = [];
      this.#answer(await this.#handler.extended(all));
    }
  }

  #answer(answer: Answer): void {
    if (answer === 'close') this.#socket.destroy();
    else this.#socket.write(answer);
  }

  #start(message: Buffer): void {
    if (message.readInt32BE(4) === SSL_REQUEST) {
      this.#socket.write('N');
      return;
    }
    const fields = message.toString('utf8', 8).split('\0');
    this.#user = fields[fields.indexOf('user') + 1] ?? '';
    this.#phase = 'password';
    this.#socket.write(frame('R', int32(3)));
  }

  #authenticate(message: Buffer): void {
    const password = message.toString('utf8', 5, message.length - 1);
    if (this.#user !== this.#handler.user || password !== this.#handler.password) {
      this.#socket.end(errorResponse('28P01', `password authentication failed for user "${this.#user}"`));
      return;
    }
    this.#phase = 'ready';
    this.#socket.write(
      Buffer.concat([
        frame('R', int32(0)),
        frame('S', Buffer.from('server_version\u000013.14.0\0')),
        frame('K', Buffer.concat([int32(1), int32(2)])),
        READY,
      ]),
    );
  }
}

/** Builds one message of the protocol. */
function frame(type: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const READY = frame('Z', Buffer.from('I'));

/** The answer to a statement without rows. */
export function commandComplete(tag: string): Uint8Array {
  return Buffer.concat([frame('C', Buffer.from(`${tag}\0`)), READY]);
}

function errorResponse(code: string, message: string): Buffer {
  const fields = [`SERROR`, `VERROR`, `C${code}`, `M${message}`].map((field) => `${field}\0`).join('');
  return frame('E', Buffer.from(`${fields}\0`));
}

/** The answer to a statement that fails. */
export function failed(code: string, message: string): Uint8Array {
  return Buffer.concat([errorResponse(code, message), READY]);
}
