import { relative } from 'node:path';
import type { RecoveryReport } from '../../runtime/status.ts';
import { isDynamoDb } from '../../sinks/dynamodb/destination.ts';
import type { ServedPipeline } from '../served-pipeline.ts';

/** Of a pipeline of somebody's own, which may have many. */
const MAX_SHOWN_SOURCES = 4;

export interface BannerOptions {
  readonly dir: string;
  readonly cwd: string;
  readonly stateDir: string;
  readonly served: ServedPipeline;
  readonly isSimulated: boolean;
}

/** Where everything is that `dev` has started: lines for what the pipeline has, and no others. */
export function devBanner({ dir, cwd, stateDir, served, isSimulated }: BannerOptions): string {
  const { opened, url } = served;
  const endpoints = [
    ...new Set(
      opened.destinations
        .filter(isDynamoDb)
        .map(({ address, isEmbedded }) => `${address}${isEmbedded ? ' (embedded)' : ''}`),
    ),
  ];
  const sources = opened.ingest.sources.slice(0, isSimulated ? 1 : MAX_SHOWN_SOURCES);
  const lines = [
    `freshet dev ${dir}`,
    '',
    `  page       ${url}/`,
    ...profileLines(served),
    ...sources.map(
      (source, i) => `  ${i === 0 ? 'ingest  ' : '        '}   POST ${url}/v1/sources/${source}/events`,
    ),
    ...(endpoints.length === 0 ? [] : [`  dynamodb   ${endpoints.join(', ')}`]),
    `  state      ${relative(cwd, stateDir) || '.'} (${stateNote(opened.runner.status().recovery)})`,
    '',
    isSimulated ? '  Simulated viewers are watching. Ctrl-C ends.' : '  Ctrl-C ends.',
    '',
  ];
  return `${lines.join('\n')}\n`;
}

/** Where the state came from, in a few words. */
function stateNote(recovery: RecoveryReport | undefined): string {
  switch (recovery?.kind) {
    case 'restored':
      return 'continued';
    case 'rebuilt':
      return `${recovery.reason}: all views are computed again`;
    default:
      return 'new';
  }
}

/** How to ask for a profile: one that is there, or the column that names them while there is none. */
function profileLines({ url, profiles, recommends, exampleViewer }: ServedPipeline): readonly string[] {
  if (profiles === undefined) return [];
  const viewer = `${url}/v1/viewers/${exampleKey(exampleViewer()) ?? `{${profiles.partitionKey.name}}`}`;
  return [
    `  profile    curl ${viewer}/profile`,
    ...(recommends ? [`  recommend  curl ${viewer}/recommendations`] : []),
  ];
}

/** As a shell takes it, within a URL. */
function exampleKey(key: string | undefined): string | undefined {
  return key === undefined ? undefined : encodeURIComponent(key).replaceAll("'", '%27');
}

/** Says once how to ask for a profile, where the banner could name none. */
export function firstProfileLine({ url, profiles, exampleViewer }: ServedPipeline): () => readonly string[] {
  let told = profiles === undefined || exampleViewer() !== undefined;
  return () => {
    const key = told ? undefined : exampleKey(exampleViewer());
    if (key === undefined) return [];
    told = true;
    return [`the first profile: curl ${url}/v1/viewers/${key}/profile`];
  };
}
