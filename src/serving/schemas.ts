import { Type, type Static, type TSchema } from 'typebox';
import { aboutKey, type KeyWords } from './key-words.ts';

// Schemas of requests and responses, from which the OpenAPI document is generated.

const Text = (description: string, maxLength = 512) => Type.String({ minLength: 1, maxLength, description });
/** An object with any names. (Type.Record has a pattern, which a name with a line break does not match.) */
const MapOf = <T extends TSchema>(values: T, description: string) =>
  Type.Unsafe<Record<string, Static<T>>>({ type: 'object', additionalProperties: values, description });
const Share = (description: string) => Type.Number({ minimum: 0, maximum: 1, description });

export const profileParams = (key: KeyWords | undefined) =>
  Type.Object({
    id: Type.String({
      description: aboutKey(key),
      ...(key === undefined ? {} : { examples: [key.example] }),
    }),
  });

/** Describes the pattern of `domains`. */
export const DOMAINS_FORM = 'up to 32 names of up to 100 characters, separated by commas';

/** `known` are the domains of the pipeline. */
export const profileQuery = (known: readonly string[]) =>
  Type.Object(
    {
      domains: Type.Optional(
        Type.String({
          pattern: '^[^,]{1,100}(,[^,]{1,100}){0,31}$',
          description: `domains to read, separated by commas, of ${known.join(', ')} (default: all)`,
          examples: [known.slice(0, 2).join(',')],
        }),
      ),
    },
    { additionalProperties: false },
  );

const DomainAnswer = Type.Object({
  status: Type.Union(
    [Type.Literal('present'), Type.Literal('stale'), Type.Literal('expired'), Type.Literal('absent')],
    {
      description:
        'present: the item exists, and the pipeline, if it runs in this process, is up to date; stale: the item ' +
        'exists, but the pipeline is behind; expired: the time to live of the item is over, so that it has no ' +
        'attributes any more; absent: there is no item, unlike an item with zeros',
    },
  ),
  attributes: Type.Optional(
    MapOf(Type.Unknown(), 'columns of the view; a number that a double cannot represent exactly is a string'),
  ),
  expired_at: Type.Optional(Type.String({ description: 'time at which an expired item expired' })),
  version: Type.Optional(
    Type.Integer({
      description:
        'increases with every write of the item; missing, like the other two, if the item does not hold it: another ' +
        "program wrote it, such as RisingWave's sink, or a sink with freshet.bookkeeping = 'off'",
    }),
  ),
  written_at: Type.Optional(
    Type.String({ description: 'time at which the item was written; missing if it is not known' }),
  ),
  age_ms: Type.Optional(
    Type.Integer({ description: 'milliseconds since `written_at`; missing if it is not known' }),
  ),
});

export const ProfileAnswer = Type.Object({
  viewer_id: Type.String({ description: 'the id in the path' }),
  read_at: Type.String(),
  as_of: Type.Optional(Type.String({ description: "the pipeline's clock, if it runs in this process" })),
  behind_ms: Type.Optional(
    Type.Integer({
      description: 'how far a stale profile may be behind the events, in milliseconds',
    }),
  ),
  domains: MapOf(DomainAnswer, 'one entry per domain'),
});

const Limit = Type.Integer({
  minimum: 1,
  maximum: 100,
  description: 'maximum number of titles',
  default: 20,
});

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
            content_id: Text('id of the title'),
            genre: Type.Optional(Text('genre (default: that of the trending title)')),
            popularity: Type.Optional(Share('popularity (default: that of the trending title, else 0)')),
          },
          { additionalProperties: false },
        ),
        { maxItems: 1000, description: 'titles to rank (default: the trending titles)' },
      ),
    ),
    context: Type.Optional(
      Type.Object(
        {
          genre: Type.Optional(Text('genre that the viewer is watching now')),
          exclude: Type.Optional(
            Type.Array(Text('id of a title'), { maxItems: 1000, description: 'titles to leave out' }),
          ),
          include_watched: Type.Optional(Type.Boolean({ description: 'include recently watched titles' })),
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
    description: 'trending: the taste of this viewer is unknown, only popularity counts',
  }),
  items: Type.Array(
    Type.Object({
      content_id: Type.String(),
      genre: Type.Optional(Type.String()),
      score: Type.Number({ description: 'weighted sum of the features' }),
      features: Type.Object({
        affinity: Share("the viewer's share of the genre, relative to their favourite genre"),
        popularity: Share('popularity in the catalogue'),
        session: Share('1 if the viewer is watching this genre now'),
      }),
    }),
  ),
});

/** `names` are the sources that take events. */
export const sourceParams = (names: readonly string[]) =>
  Type.Object({
    source: Type.String({
      description: `name of a source: ${names.join(', ')}`,
      examples: names.slice(0, 1),
    }),
  });

const Event = MapOf(Type.Unknown(), "fields named as the source's columns; other fields are ignored");

/** Only for the OpenAPI document: the source's decoder reads and checks the bytes of a body. */
export const EventsBody = {
  content: {
    'application/json': { schema: Type.Union([Event, Type.Array(Event)]) },
    'application/x-ndjson': { schema: Type.String({ description: 'one JSON object per line' }) },
  },
};

const EventFault = Type.Object({
  index: Type.Integer({ description: 'index of the event in the request, from 0' }),
  reason: Type.String(),
  message: Type.String(),
  column: Type.Optional(
    Type.String({ description: 'column of the source whose value is missing or does not fit' }),
  ),
  field: Type.Optional(Type.String({ description: 'misspelt field that is probably meant for `column`' })),
});

export const IngestAnswer = Type.Object({
  source: Type.String(),
  accepted: Type.Integer({ description: 'number of events that are now durable' }),
  partition: Type.Integer(),
  first_offset: Type.Optional(Type.Integer({ description: 'offset of the first accepted event' })),
  next_offset: Type.Integer({ description: 'offset after the last accepted event' }),
  rejected: Type.Array(EventFault, { description: 'rejected events, the first 100' }),
  rejected_count: Type.Integer({ description: 'number of rejected events' }),
  warnings: Type.Array(EventFault, {
    description:
      'values of accepted events that do not fit and are read as NULL, and misspelt fields, once each; the first 100',
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
