import type { FastifyInstance } from 'fastify';
import { ApiProblem } from './problem.ts';

/** Bodies of any other type are refused with 415 and the types that are taken. */
export function refuseOtherTypes(app: FastifyInstance, taken: readonly string[]): void {
  app.addContentTypeParser('*', (request, _body, done) => {
    const given = request.headers['content-type'];
    const what =
      given === undefined
        ? 'the content type is missing'
        : `${JSON.stringify(given.slice(0, 100))} is not taken`;
    done(new ApiProblem('unsupported-media-type', 415, `${what}; send ${taken.join(' or ')}`));
  });
}
