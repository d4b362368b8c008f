import swaggerUi from '@fastify/swagger-ui';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';

/**
 * Its own scripts and nothing from elsewhere. No `upgrade-insecure-requests`: the server speaks plain HTTP. Swagger UI
 * sets styles inline.
 */
const SECURITY_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** /docs: /openapi.json to read and to try out. */
export function docsRoutes(): FastifyPluginAsyncTypebox {
  return async (app) => {
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: SECURITY_POLICY,
      theme: {
        title: 'Freshet API',
        css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }],
      },
      uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    });
  };
}
