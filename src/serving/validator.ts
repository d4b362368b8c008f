import type { FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import { countFault } from './count-limits.ts';

/**
 * Validates requests with typebox. Leaves values unchanged, except that in a query string digits become a number if the
 * schema wants an integer. (Value.Convert would also turn 1.5 into 1.)
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const check = Compile(schema);
  const properties = (schema as { properties?: Record<string, { type?: string }> }).properties ?? {};
  const integers = Object.keys(properties).filter((name) => properties[name]?.type === 'integer');
  return (input: unknown) => {
    const value =
      httpPart === 'querystring' ? withIntegers(input as Record<string, unknown>, integers) : input;
    const beyond = httpPart === 'body' ? countFault(schema, value) : undefined;
    if (beyond !== undefined) return { error: [beyond] };
    return check.Check(value) ? { value } : { error: check.Errors(value) };
  };
};

function withIntegers(query: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const converted = { ...query };
  for (const name of names) {
    const text = converted[name];
    if (typeof text === 'string' && /^\d{1,15}$/.test(text)) converted[name] = Number(text);
  }
  return converted;
}
