import type { Node } from '@pgsql/types';

/** Returns a column as SQL, such as `t.at` or `"At"`; undefined if the node is something else. */
export function columnText(node: Node | undefined): string | undefined {
  if (node === undefined || !('ColumnRef' in node)) return undefined;
  const parts = (node.ColumnRef.fields ?? []).map((f) => ('String' in f ? f.String.sval : undefined));
  if (parts.length === 0 || parts.some((p) => p === undefined)) return undefined;
  return parts.map((p) => (/^[a-z_][a-z0-9_]*$/.test(p!) ? p! : `"${p!.replaceAll('"', '""')}"`)).join('.');
}
