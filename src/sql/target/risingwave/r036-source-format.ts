import type { CreateSource } from '../../ddl/statement.ts';
import type { Diagnostic } from '../../diagnostic.ts';
import { refused } from '../target-rule.ts';
import type { TargetRule } from '../target-rule.ts';

/** What RisingWave wants of the clauses around FORMAT and ENCODE. */
export const SOURCE_FORMAT: TargetRule = {
  code: 'R036',
  about: 'INCLUDE, a key or options that RisingWave does not take with the FORMAT and ENCODE of a source',
  source:
    "RisingWave's src/frontend/src/handler/create_source.rs (bind_source_pk), create_table.rs, create_source/additional_column.rs and create_source/external_schema.rs",
  renderable: false,
  check: ({ statements }) =>
    statements.flatMap((s) =>
      s.kind === 'source' || s.kind === 'table'
        ? [...ofUpsert(s), ...ofTable(s), ...ofCsv(s), ...ofPayload(s)]
        : [],
    ),
};

function connectorOf(s: CreateSource): string | undefined {
  return s.options?.find((o) => o.key.value === 'connector')?.value.toLowerCase();
}

/** FORMAT UPSERT: the key of the record is the only primary key. */
function ofUpsert(s: CreateSource): readonly Diagnostic[] {
  if (s.format?.format.value !== 'upsert') return [];
  const key = s.includes.find((i) => i.field === 'key');
  const name = key?.alias?.value ?? '_rw_kafka_key';
  const own = s.columns.filter((c) => c.primaryKey).map((c) => c.name.value);
  const columns = s.primaryKey?.columns.map((c) => c.value) ?? own;
  if (key !== undefined && columns.length === 1 && columns[0] === name) return [];
  return [
    refused(
      'R036',
      'with FORMAT UPSERT, RisingWave takes only the key of the record as the primary key',
      'write INCLUDE KEY AS key after the columns, and PRIMARY KEY (key)',
      s.primaryKey?.span ?? s.columns.find((c) => c.primaryKey)?.name.span ?? s.format.span,
    ),
  ];
}

function ofTable(s: CreateSource): readonly Diagnostic[] {
  const [include] = s.includes;
  if (include === undefined || connectorOf(s) !== undefined) return [];
  const message = 'RisingWave has nothing to include in a table without a connector';
  return [refused('R036', message, 'leave it out, or give the table a connector', include.span)];
}

function ofPayload(s: CreateSource): readonly Diagnostic[] {
  const payload = s.includes.find((i) => i.field === 'payload');
  const encode = s.format?.encode.value;
  if (payload === undefined || encode === undefined || encode === 'json') return [];
  return [
    refused('R036', 'RisingWave includes the payload only of ENCODE JSON', 'leave it out', payload.span),
  ];
}

const DELIMITERS: ReadonlySet<string> = new Set([',', ';', '\t']);

function ofCsv(s: CreateSource): readonly Diagnostic[] {
  const { format } = s;
  if (format?.encode.value !== 'csv') return [];
  const option = (name: string) => format.options.find((o) => o.key.value === name);
  const delimiter = option('delimiter');
  const found: Diagnostic[] = [];
  if (delimiter === undefined)
    found.push(
      refused(
        'R036',
        'RisingWave wants the delimiter of CSV',
        "write ENCODE CSV (delimiter = ',', ...)",
        format.encode.span,
      ),
    );
  else if (!DELIMITERS.has(delimiter.value))
    found.push(
      refused(
        'R036',
        "RisingWave takes ',', ';' or a tab as a delimiter",
        "write ',', ';' or E'\\t'",
        delimiter.span,
      ),
    );
  if (connectorOf(s) === 'kafka' && option('without_header')?.value.toLowerCase() !== 'true')
    found.push(
      refused(
        'R036',
        'RisingWave reads CSV of a topic only without a header',
        "write without_header = 'true'",
        format.encode.span,
      ),
    );
  return found;
}
