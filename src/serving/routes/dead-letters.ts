import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { ApiDeps } from '../api-deps.ts';
import { requireToken, tokenSchema } from '../auth.ts';
import { ProblemAnswer } from '../schemas.ts';

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 500;
/** Maximum bytes read per source and sink, so that one request does not delay others. */
const MAX_BYTES = 512 * 1024;

const Query = Type.Object(
  {
    source: Type.Optional(Type.String({ description: 'only dead letters of this source' })),
    sink: Type.Optional(Type.String({ description: 'only dead letters of this sink' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT })),
  },
  { additionalProperties: false },
);

const Letter = Type.Object(
  {
    time: Type.String({ format: 'date-time' }),
    source: Type.Optional(Type.String()),
    sink: Type.Optional(Type.String()),
    reason: Type.String(),
    message: Type.String(),
    column: Type.Optional(Type.String()),
    file: Type.Optional(Type.String()),
    line: Type.Optional(Type.Integer()),
    topic: Type.Optional(Type.String()),
    partition: Type.Optional(Type.String()),
    offset: Type.Optional(Type.String()),
    payload: Type.Optional(Type.String()),
    payload_base64: Type.Optional(Type.String()),
    payload_bytes: Type.Integer(),
  },
  { additionalProperties: true },
);

const Answer = Type.Object({
  dead_letters: Type.Array(Letter, { description: 'dead letters, the newest first' }),
  more: Type.Boolean({ description: 'true if there are older dead letters' }),
});

/** GET /v1/dead-letters */
export function deadLetterRoutes({ pipeline, options }: ApiDeps): FastifyPluginAsyncTypebox {
  const list = pipeline?.deadLetters;
  return async (app) => {
    if (list === undefined) return;
    app.addHook('onRequest', requireToken(options?.tokens?.read));
    app.get(
      '/v1/dead-letters',
      {
        schema: {
          ...tokenSchema(options?.tokens?.read),
          summary: 'List dead letters',
          description: 'The newest records and rows that were set aside, with position, reason and payload.',
          tags: ['operations'],
          querystring: Query,
          response: { 200: Answer, '4xx': ProblemAnswer, '5xx': ProblemAnswer },
        },
      },
      async ({ query }) => {
        const { source, sink, limit = DEFAULT_LIMIT } = query;
        const found = await list({ source, sink, limit, maxBytes: MAX_BYTES });
        const more = !found.whole || found.found > found.letters.length;
        return { dead_letters: found.letters.toReversed(), more };
      },
    );
  };
}
