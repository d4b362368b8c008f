import { utf8Text } from '../reader.ts';

/** What a Kafka Connect schema says of a field, or of the elements of an array, besides the physical type. */
export interface FieldSchema {
  /** The logical type, such as `io.debezium.time.MicroTimestamp`; undefined if there is none. */
  readonly name: string | undefined;
  /** Number of digits after the point, for `org.apache.kafka.connect.data.Decimal`. */
  readonly scale: number | undefined;
}

interface SchemaNode {
  readonly field?: unknown;
  readonly name?: unknown;
  readonly parameters?: { readonly scale?: unknown } | undefined;
  readonly fields?: readonly SchemaNode[] | undefined;
  /** The elements of an array. */
  readonly items?: SchemaNode | undefined;
}

type Fields = ReadonlyMap<string, FieldSchema>;
interface Version {
  readonly bytes: Uint8Array;
  readonly fields: Fields;
}
const NONE: Version = { bytes: new Uint8Array(0), fields: new Map() };

/** Schemas that are kept from batch to batch. A topic has one, or a few after its table was altered. */
const MAX_KEPT = 16;

/**
 * The schemas that come with records. Kafka Connect's JSON converter repeats the schema in every record
 * (`schemas.enable`), so it is parsed only when its bytes are new. Within a batch each has an id.
 */
export class ConnectSchema {
  #versions: Version[] = [NONE];
  #id = 0;

  /** Begins a batch. Ids of the batch before are no longer valid. */
  begin(): void {
    if (this.#versions.length > MAX_KEPT) this.#versions = [NONE];
    this.#id = 0;
  }

  /** The id of the schema in use. */
  get id(): number {
    return this.#id;
  }

  /** Uses a schema of the batch again. */
  select(id: number): void {
    this.#id = id;
  }

  /** Uses the schema in `bytes[start, end)`, which is well-formed JSON; without a range, none. */
  use(bytes: Uint8Array, start = 0, end = 0): void {
    const text = bytes.subarray(start, end);
    const { bytes: last } = this.#versions[this.#id]!;
    if (isSame(text, last)) return;
    this.#id = this.#versions.findIndex((version) => isSame(text, version.bytes));
    if (this.#id >= 0) return;
    this.#id = this.#versions.length;
    this.#versions.push({ bytes: text.slice(), fields: parse(bytes, start, end) });
  }

  /** Returns what the schema says of a column; undefined if it does not name the column. */
  of(column: string): FieldSchema | undefined {
    return this.#versions[this.#id]!.fields.get(column.toLowerCase());
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && Buffer.compare(a, b) === 0;
}

/** Returns the fields of a row: those below `after` in the schema of an envelope, else those at the top. */
function parse(bytes: Uint8Array, start: number, end: number): Fields {
  const top = childrenOf(JSON.parse(utf8Text(bytes, start, end)) as SchemaNode | null);
  const row = top.find(({ field, fields }) => field === 'after' && fields !== undefined);
  return new Map((row === undefined ? top : childrenOf(row)).flatMap(entry));
}

function childrenOf(node: SchemaNode | null): readonly SchemaNode[] {
  const { fields } = node ?? {};
  return Array.isArray(fields) ? fields.filter((each) => typeof each === 'object' && each !== null) : [];
}

function entry({ field, items, ...node }: SchemaNode): [string, FieldSchema][] {
  if (typeof field !== 'string') return [];
  const { name, parameters } = items ?? node;
  const scale = Number(parameters?.scale);
  return [
    [
      field.toLowerCase(),
      {
        name: typeof name === 'string' ? name : undefined,
        scale: Number.isSafeInteger(scale) && parameters?.scale !== undefined ? scale : undefined,
      },
    ],
  ];
}
