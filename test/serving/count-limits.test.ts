import { expect, test } from 'vitest';
import { RecommendationBody } from '../../src/serving/schemas.ts';
import { validatorCompiler } from '../../src/serving/validator.ts';

const validate = validatorCompiler({
  schema: RecommendationBody,
  httpPart: 'body',
  method: 'POST',
  url: '/',
} as Parameters<typeof validatorCompiler>[0]) as (body: unknown) => {
  readonly value?: unknown;
  readonly error?: readonly { readonly instancePath: string; readonly message: string }[];
};

test.each(['candidates', 'context/exclude'])(
  'a body with too many %s is refused before any of them is read',
  (place) => {
    let looks = 0;
    const many = new Proxy(
      Array.from({ length: 40_000 }, () => ({ content_id: 'a' })),
      {
        get: (target, name) => {
          if (typeof name === 'string' && /^\d+$/.test(name)) looks++;
          return Reflect.get(target, name) as unknown;
        },
      },
    );
    const { error } = validate(
      place === 'candidates' ? { candidates: many } : { context: { exclude: many } },
    );
    expect(error).toMatchObject([
      { instancePath: `/${place}`, message: 'must have at most 1000 items, it has 40000' },
    ]);
    expect(looks).toBe(0);
  },
);

test('the check for faults ends at the first unknown field', () => {
  const fields = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field${i}`, 1]));
  expect(validate({ candidates: [{ content_id: 'a' }, { content_id: 'b', ...fields }] }).error).toMatchObject(
    [{ instancePath: '/candidates/1/field0', message: 'is not a known field' }],
  );
});

test.each([
  {},
  { limit: 3, candidates: [], context: {} },
  { candidates: Array.from({ length: 1000 }, () => ({ content_id: 'a' })), context: { exclude: ['a'] } },
])('a body within the limits is accepted unchanged', (body) => {
  expect(validate(body).value).toBe(body);
});

test.each([[[]], [null], ['text'], [{ candidates: 5 }], [{ candidates: [null] }], [{ context: [] }]])(
  '%j passes the count limits and is refused by the validator',
  (body) => {
    expect(validate(body).error).not.toEqual([]);
  },
);
