import type { Session } from '../deploy/session.ts';
import { choice, text, type Values } from './command.ts';
import { usageError } from './errors.ts';
import type { CliIo } from './io.ts';

/** The variable that holds the URL of the database, if the command line does not. */
const URL_VARIABLE = 'RISINGWAVE_URL';

/** Options of the commands that talk to the database of a target. */
export const DATABASE_FLAGS = {
  target: choice('<engine>', 'engine to deploy to', ['risingwave'], 'risingwave'),
  url: text('<url>', `database, such as postgres://root:secret@host:4566/dev (default: $${URL_VARIABLE})`),
};

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
