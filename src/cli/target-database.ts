import type { Session } from '../deploy/session.ts';
import { text, type Values } from './command.ts';
import { usageError } from './errors.ts';
import type { RenderedPipeline } from '../sql/target/rendered.ts';
import type { CliIo } from './io.ts';
import { renderWithValues } from './pipeline-folder.ts';
import { nearestVersion, renderOptionsOf, type SERVER_RENDER_FLAGS } from './render-flags.ts';

/** The variable that holds the URL of the database, if the command line does not. */
const URL_VARIABLE = 'RISINGWAVE_URL';

/** Options of the commands that talk to the database of a target. */
export const DATABASE_FLAGS = {
  url: text('<url>', `database, such as postgres://root:secret@host:4566/dev (default: $${URL_VARIABLE})`),
};

/** Renders the pipeline in `dir` for the server's version, unless the options name another. */
export async function renderForServer(
  io: CliIo,
  dir: string,
  session: Session,
  flags: Values<typeof SERVER_RENDER_FLAGS>,
): Promise<RenderedPipeline> {
  const { readVersion } = await import('../deploy/catalog.ts');
  const version = flags.version ?? nearestVersion(await readVersion(session));
  return renderWithValues(io, dir, flags.target, renderOptionsOf({ ...flags, version }));
}

/** Connects to the database that the options or the environment name. */
export async function openDatabase(
  io: CliIo,
  { url }: Pick<Values<typeof DATABASE_FLAGS>, 'url'>,
): Promise<Session> {
  const given = url ?? io.env[URL_VARIABLE];
  if (given === undefined || given === '')
    throw usageError(
      'no database is given',
      `set ${URL_VARIABLE}=postgres://user:password@host:4566/dev, or add --url`,
    );
  const { openSession } = await import('../deploy/session.ts');
  return openSession(given);
}
