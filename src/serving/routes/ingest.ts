import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { IngestError, INGEST_MEDIA_TYPES } from '../../runtime/ingest.ts';
import type { IngestMediaType, IngestResult } from '../../runtime/ingest.ts';
import type { ApiDeps } from '../api-deps.ts';
import { requireToken, tokenSchema } from '../auth.ts';
import { bytesInFlight } from '../bytes-in-flight.ts';
import { refuseOtherTypes } from '../media-types.ts';
import { ApiProblem } from '../problem.ts';
import { EventsBody, IngestAnswer, ProblemAnswer, sourceParams } from '../schemas.ts';
import { validatorCompiler } from '../validator.ts';

/** Eight bodies of the default maximum size. */
const DEFAULT_MAX_IN_FLIGHT_BYTES = 64 * 1024 * 1024;

/** POST /v1/sources/{source}/events */
export function ingestRoutes(deps: ApiDeps): FastifyPluginAsyncTypebox {
  const { ingest, options } = deps;
  return async (app) => {
    app.addHook('onRequest', requireToken(options?.tokens?.ingest));
    app.addHook(
      'onRequest',
      bytesInFlight(
        options?.maxBodiesInFlight_bytes ?? DEFAULT_MAX_IN_FLIGHT_BYTES,
        app.initialConfig.bodyLimit ?? DEFAULT_MAX_IN_FLIGHT_BYTES,
      ),
    );
    // Bodies stay bytes: the source's decoder reads them, as it reads the records of any topic.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser([...INGEST_MEDIA_TYPES], { parseAs: 'buffer' }, (_request, body, done) =>
      done(null, body),
    );
    refuseOtherTypes(app, INGEST_MEDIA_TYPES);
    app.post(
      '/v1/sources/:source/events',
      {
        validatorCompiler: (part) => (part.httpPart === 'body' ? () => true : validatorCompiler(part)),
        schema: {
          ...tokenSchema(options?.tokens?.ingest),
          ...SCHEMA,
          params: sourceParams(ingest?.sources ?? []),
          hide: ingest === undefined,
        },
      },
      async (request, reply) => {
        const { source } = request.params;
        if (ingest === undefined || !ingest.sources.includes(source))
          throw unknownSource(source, ingest?.sources);
        const body = request.body as Buffer | undefined;
        const mediaType = request.headers['content-type']!.split(';', 1)[0]!.trim().toLowerCase();
        const { rejected, warnings, first_offset, ...rest } = await append(ingest, source, {
          body,
          mediaType: mediaType as IngestMediaType,
        });
        void reply.code(rejected.length === 0 ? 202 : 200);
        return {
          source,
          ...rest,
          ...(first_offset === undefined ? {} : { first_offset }),
          rejected: [...rejected],
          warnings: [...warnings],
        };
      },
    );
  };
}

/** Hidden from the OpenAPI document if the server takes no events; the route then answers 404 `unknown-source`. */
const SCHEMA = {
  summary: 'Append events to a source',
  description:
    'Accepts one JSON event, an array of events, or one event per line (application/x-ndjson). Events that the ' +
    'pipeline could not read are rejected, each with its reason; the others are accepted. The response is sent ' +
    'once the accepted events are durable: 202 if all were accepted, 200 if some were rejected, 400 if none was ' +
    'accepted.',
  tags: ['ingest'],
  body: EventsBody,
  response: { 200: IngestAnswer, 202: IngestAnswer, '4xx': ProblemAnswer, '5xx': ProblemAnswer },
};

/** Appends the events of a body. Rejects with ApiProblem if no event is accepted. */
async function append(
  ingest: NonNullable<ApiDeps['ingest']>,
  source: string,
  { body, mediaType }: { readonly body: Buffer | undefined; readonly mediaType: IngestMediaType },
): Promise<IngestResult> {
  if (body === undefined || body.length === 0)
    throw new ApiProblem('malformed-event', 400, 'the body is empty');
  let result: IngestResult;
  try {
    result = await ingest.append(source, body, mediaType);
  } catch (error) {
    throw error instanceof IngestError ? problemFor(error, source, ingest.sources) : error;
  }
  const { accepted, rejected, rejected_count } = result;
  if (accepted > 0 || rejected.length === 0) return result;
  throw new ApiProblem('malformed-event', 400, `no event was accepted: ${rejected[0]!.message}`, {
    rejected,
    rejected_count,
  });
}

function unknownSource(source: string, sources: readonly string[] | undefined): ApiProblem {
  const members = sources === undefined ? {} : { sources };
  return new ApiProblem('unknown-source', 404, `no source ${source} accepts events here`, members);
}

function problemFor(error: IngestError, source: string, sources: readonly string[]): ApiProblem {
  switch (error.code) {
    case 'unknown_source':
      return unknownSource(source, sources);
    case 'malformed':
      return new ApiProblem('malformed-event', 400, error.message);
    case 'too_large':
      return new ApiProblem('too-large', 413, error.message);
    case 'unavailable':
      return new ApiProblem('unavailable', 503, error.message);
  }
}
