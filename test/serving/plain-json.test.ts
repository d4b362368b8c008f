import { describe, expect, it } from 'vitest';
import { plainJson, plainObject } from '../../src/serving/plain-json.ts';

describe('plain JSON of DynamoDB values', () => {
  it.each([
    ['0', 0],
    ['312.5', 312.5],
    ['980.0', 980],
    ['-0.25', -0.25],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', '9007199254740992'],
    ['9223372036854775807', '9223372036854775807'],
    ['0.1234567890123456789', '0.1234567890123456789'],
    ['0.3333333333333333', 0.3333333333333333],
    ['0.10', 0.1],
    ['0.00000015', 1.5e-7],
    ['-1.5E-7', -1.5e-7],
    ['0.00000001234567890123456789', '0.00000001234567890123456789'],
    ['5.0000000000000000000000000001', '5.0000000000000000000000000001'],
    ['9007199254740990.5', '9007199254740990.5'],
    ['0.99999999999999999999', '0.99999999999999999999'],
    ['1E2', 100],
    ['0E10', 0],
    ['100', 100],
    ['1000000000000000000000', '1000000000000000000000'],
  ])('shows the number %s without changing it', (text, value) => {
    expect(plainJson({ N: text })).toBe(value);
  });

  it('converts documents, with __proto__ as a plain key', () => {
    const nested = JSON.parse(
      '{"M":{"__proto__":{"N":"1"},"l":{"L":[{"NULL":true},{"BOOL":false},{"B":"AP8="}]}}}',
    );
    expect(JSON.stringify(plainJson(nested as { M: object } as never))).toBe(
      '{"__proto__":1,"l":[null,false,"AP8="]}',
    );
    expect(plainObject({ s: { SS: ['a'] }, n: { NS: ['1', '2'] }, b: { BS: ['AA=='] } })).toEqual({
      s: ['a'],
      n: [1, 2],
      b: ['AA=='],
    });
  });
});
