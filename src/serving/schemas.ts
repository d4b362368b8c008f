import { Type, type Static, type TSchema } from 'typebox';

/** Schemas of requests and answers; the OpenAPI document is made of them. */

const Text = (description: string, maxLength = 512) => Type.String({ minLength: 1, maxLength, description });
/** Any names. (Type.Record names a pattern, which a name with a line break would not match.) */
const MapOf = <T extends TSchema>(values: T, description: string) =>
  Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: values, description });
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

export const ViewerParams = Type.Object({
  id: Type.String({
    description: 'viewer id: a decimal number, or text where the pipeline has text',
    examples: ['8821043'],
  }),
});

/** What the pattern of `domains` says, in words. */
export const DOMAINS_FORM = 'up to 32 names of up to 100 characters, separated by commas';

export const ProfileQuery = Type.Object(
  {
    domains: Type.Optional(
      Type.String({
        pattern: '^[^,]{1,100}(,[^,]{1,100}){0,31}$',
        description: 'domains to read, separated by commas; all if left out',
        examples: ['watch,interactions'],
      }),
    ),
  },
  { additionalProperties: false },
);

const DomainAnswer = Type.Object({
  status: Type.Union([Type.Literal('present'), Type.Literal('stale'), Type.Literal('absent')], {
    description:
      'present: the item is there and the pipeline is up to date; stale: the item is there but the pipeline is ' +
      'behind; absent: no item, which is not the same as zeros',
  }),
  attributes: Type.Optional(
    MapOf(Type.Unknown(), 'columns of the view; a number that a double cannot hold exactly is a string'),
  ),
  version: Type.Optional(Type.Integer({ description: 'grows with every write of the item' })),
  written_at: Type.Optional(Type.String({ description: 'when the item was written' })),
  age_ms: Type.Optional(Type.Integer({ description: 'time since then' })),
});

export const ProfileAnswer = Type.Object({
  viewer_id: Type.String(),
  read_at: Type.String(),
  as_of: Type.Optional(Type.String({ description: "the pipeline's clock, if this server runs beside it" })),
  behind_ms: Type.Optional(
    Type.Integer({
      description: 'of stale profiles: how far they may be behind what happened, in milliseconds',
    }),
  ),
  domains: MapOf(DomainAnswer, 'one entry per domain'),
});

const Limit = Type.Integer({ minimum: 1, maximum: 100, description: 'how many titles', default: 20 });

export const RecommendationQuery = Type.Object(
  { limit: Type.Optional(Limit) },
  { additionalProperties: false },
);

export const RecommendationBody = Type.Object(
  {
    limit: Type.Optional(Limit),
    candidates: Type.Optional(
      Type.Array(
        Type.Object(
          {
            content_id: Text('title'),
            genre: Type.Optional(Text('genre; that of the trending titles if left out')),
            popularity: Type.Optional(Share('popularity; that of the trending titles if left out')),
          },
          { additionalProperties: false },
        ),
        { maxItems: 1000, description: 'titles to rank; the trending ones if left out' },
      ),
    ),
    context: Type.Optional(
      Type.Object(
        {
          genre: Type.Optional(Text('what the viewer is watching now')),
          exclude: Type.Optional(
            Type.Array(Text('title'), { maxItems: 1000, description: 'titles to leave out' }),
          ),
          include_watched: Type.Optional(
            Type.Boolean({ description: 'recently watched titles may come again' }),
          ),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
);

export const RecommendationAnswer = Type.Object({
  viewer_id: Type.String(),
  strategy: Type.Union([Type.Literal('personalised'), Type.Literal('trending')], {
    description: 'trending: nothing is known of this viewer yet',
  }),
  items: Type.Array(
    Type.Object({
      content_id: Type.String(),
      genre: Type.Optional(Type.String()),
      score: Type.Number({ description: 'the weighted sum of the features' }),
      features: Type.Object({
        affinity: Share("the viewer's share of the genre, relative to their favourite genre"),
        popularity: Share('popularity in the catalogue'),
        session: Share('1 if the genre is being watched now'),
      }),
    }),
  ),
});

export const SourceParams = Type.Object({ source: Type.String({ description: 'name of a source' }) });

const Event = MapOf(Type.Unknown(), "fields by the names of the source's columns; others are ignored");

/** For the OpenAPI document alone: a body is bytes until the source's decoder reads it. */
export const EventsBody = {
  content: {
    'application/json': { schema: Type.Union([Event, Type.Array(Event)]) },
    'application/x-ndjson': { schema: Type.String({ description: 'one JSON object per line' }) },
  },
};

const EventFault = Type.Object({
  index: Type.Integer({ description: 'position of the event in the request' }),
  reason: Type.String(),
  message: Type.String(),
  column: Type.Optional(
    Type.String({ description: 'column of the source whose value does not fit, or is missing' }),
  ),
  field: Type.Optional(Type.String({ description: 'misspelt field that is probably meant for it' })),
});

export const IngestAnswer = Type.Object({
  source: Type.String(),
  accepted: Type.Integer({ description: 'events that are durable now' }),
  partition: Type.Integer(),
  first_offset: Type.Optional(Type.Integer({ description: 'position of the first accepted event' })),
  next_offset: Type.Integer({ description: 'position after the last one' }),
  rejected: Type.Array(EventFault, { description: 'events that were not taken; the first hundred' }),
  rejected_count: Type.Integer({ description: 'how many were not taken' }),
  warnings: Type.Array(EventFault, {
    description:
      'values of accepted events that are read as NULL, since they do not fit, and misspelt fields, once each; the first hundred',
  }),
});

export const ProblemAnswer = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
  },
  { description: 'RFC 9457 problem document', additionalProperties: true },
);
