import type { Context, Hono, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import * as v from 'valibot';
import { exactly, whatIsWrong } from '../../live/schemas.ts';
import type { ServingShop } from '../../live/types.ts';
import { version } from '../answers/answers.ts';
import { describeRoute } from '../document.ts';
import { fail, failValidation, noModel } from '../failures.ts';
import { accessFailures, answer, body, failure, refer, security } from '../openapi.ts';

const versionText = 'a version, as text of 1 to 100 characters';
const rollbackRequest = v.pipe(
  exactly({
    version: v.optional(
      v.pipe(
        v.string(versionText),
        v.minLength(1, versionText),
        v.maxLength(100, versionText),
        v.description(
          'That of a kept model; by default the newest that was trained before the one that is served and was not rolled back.',
        ),
      ),
    ),
  }),
  v.metadata({ id: 'RollbackRequest', examples: [{}, { version: 'd93477e4bea0bb14' }] }),
);

const rollbackAnswer = v.pipe(
  v.object({
    version: v.pipe(version, v.description('The version that is served from now on.')),
    before: v.optional(
      v.pipe(version, v.description('The one before, which is kept; absent if its file was damaged.')),
    ),
    trained_at: v.pipe(v.string(), v.metadata({ format: 'date-time' })),
  }),
  v.metadata({
    id: 'RollbackAnswer',
    examples: [{ version: 'd93477e4bea0bb14', before: '0c5c8b6b8e1f9a2d', trained_at: '2026-01-31T03:00:00.000Z' }],
  }),
);

/** A version is short. */
const maxBytes = 4096;

const describe = describeRoute({
  operationId: 'rollback',
  security,
  summary: 'Goes back to an earlier model',
  description:
    'Puts a kept model in the place of the file of the one that is served, and serves it. The last three that were replaced are kept. A request without a body goes back by one.',
  requestBody: { ...body(rollbackRequest), required: false },
  responses: {
    ...answer('It is served.', rollbackAnswer),
    400: refer('BadRequest'),
    ...accessFailures,
    404: failure(
      'There is no earlier model, or none of this version.',
      'unknown_version',
      'no model of version d93477e4bea0bb14 is kept; kept: none',
      { version: 'd93477e4bea0bb14' },
    ),
    413: refer('BodyTooLarge'),
    422: failure(
      'The kept file is damaged. What is served stays.',
      'model_unreadable',
      'model.d93477e4bea0bb14.safetensors was changed after it was written',
    ),
    500: refer('Internal'),
    503: refer('NoModel'),
  },
});

/** A large model takes longer than requests do, so that there is no deadline. */
export function addRollback(app: Hono, shop: () => ServingShop | undefined, administering: MiddlewareHandler): void {
  const bounded = bodyLimit({
    maxSize: maxBytes,
    onError: (c) =>
      fail(c, 413, 'body_too_large', `the request body is over ${maxBytes} bytes`, { max_bytes: maxBytes }),
  });
  app.post('/admin/rollback', describe, administering, bounded, async (c: Context) => {
    const current = shop();
    if (!current) return noModel(c);
    // A version there would be passed over, and another model be served than was asked for.
    const [field] = Object.keys(c.req.query());
    if (field !== undefined)
      return failValidation(c, [
        { path: [field], isUnknownField: false, message: 'to be in the body, as {"version": "..."}, not in the query' },
      ]);
    const text = await c.req.text();
    let json: unknown = {};
    try {
      if (text !== '') json = JSON.parse(text);
    } catch {
      return fail(c, 400, 'invalid_json', 'the request body is not valid JSON');
    }
    const { issues, output } = v.safeParse(rollbackRequest, json);
    if (issues) return failValidation(c, whatIsWrong(issues));
    const { before, trainedAt, ...done } = await current.rollback(output.version);
    return c.json<v.InferOutput<typeof rollbackAnswer>>({
      ...done,
      before,
      trained_at: new Date(trainedAt).toISOString(),
    });
  });
}
