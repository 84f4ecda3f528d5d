import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import type { GatewayLogger } from '../telemetry/logger.js';
import { operationLimits, operationLimitsRule } from './limits.js';
import {
  faceOfRefusedRequest,
  partnerFaces,
  retryAfterOf,
  toPublicError,
  type ErrorFaces,
  type PublicGraphqlError,
} from './public-error.js';
import { checkRequirementsDeclared, guardRootFields, reachableSchema } from './requirements.js';

/** What Apollo may say to an operator; its own messages can repeat what a caller sent. */
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface ClosedGraphqlOptions {
  /** Requirement of every `Type.field`. */
  readonly requirements: Readonly<Record<string, unknown>>;
  readonly context: (...args: unknown[]) => object;
  /** What the codes look like at this door; those of the partner door by default. */
  readonly faces?: ErrorFaces;
  /** Asked before a root field is resolved, with its requirement; what it throws is the answer. */
  readonly authorize?: (requirement: unknown, context: unknown) => void;
  /** Keeps a record of a refusal no use case has recorded; what it throws is the answer instead. */
  readonly recordRefusal?: RecordRefusal;
  readonly plugins: readonly ApolloServerPlugin<BaseContext>[];
  readonly logger: GatewayLogger;
}

export type RecordRefusal = (
  context: unknown,
  refusal: { readonly reference: string; readonly code: string },
) => Promise<void>;

/**
 * GraphQL as every door has it, whatever NODE_ENV says: no introspection, no suggestions, no stack
 * traces, no persisted queries, no batching, no GraphiQL, CSRF prevention, status of execution kept,
 * limits on every operation, and a start refused when a field has no declared requirement.
 */
export function closedGraphql(options: ClosedGraphqlOptions): ApolloDriverConfig {
  return {
    driver: ApolloDriver,
    path: '/graphql',
    autoSchemaFile: true,
    sortSchema: false,
    // Apollo refuses a schema that is not valid; asking it everything about itself first takes as long
    // as building it.
    buildSchemaOptions: { noDuplicatedFields: true, skipCheck: true },
    graphiql: false,
    introspection: false,
    hideSchemaDetailsFromClientErrors: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    allowBatchedHttpRequests: false,
    csrfPrevention: true,
    status400ForVariableCoercionErrors: true,
    preserveHttpStatusForExecutionErrors: false,
    autoTransformHttpErrors: false,
    stopOnTerminationSignals: false,
    nodeEnv: 'production',
    logger: silent,
    formatError: faceOfRefusedRequest,
    parseOptions: { maxTokens: operationLimits.tokens },
    validationRules: [operationLimitsRule],
    context: options.context,
    transformSchema: (whole) => {
      const schema = reachableSchema(whole);
      checkRequirementsDeclared(schema, options.requirements);
      if (options.authorize !== undefined) {
        guardRootFields(schema, options.requirements, options.authorize);
      }
      return schema;
    },
    plugins: [
      publicErrorsPlugin(options.logger, options.faces ?? partnerFaces, options.recordRefusal),
      ...options.plugins,
    ],
  };
}

/** Errors told of one document; more would outgrow the one size of answers, and fill the log. */
const largestErrorList = 3;

/**
 * Replaces every error of an answer by its public face, sets the status that goes with it, and
 * leaves nothing beside the error where the caller is to come again later.
 */
function publicErrorsPlugin(
  logger: GatewayLogger,
  doorFaces: ErrorFaces,
  recordRefusal: RecordRefusal | undefined,
): ApolloServerPlugin<BaseContext> {
  /** The faces, once the first of them is on record; one refusal only when it cannot be. */
  const recorded = async (
    faces: readonly PublicGraphqlError[],
    context: unknown,
  ): Promise<readonly PublicGraphqlError[]> => {
    const [first] = faces;
    if (recordRefusal === undefined || first === undefined || first.isRecorded) return faces;
    const { reference, code } = first.formatted.extensions ?? {};
    try {
      await recordRefusal(context, { reference: String(reference), code: String(code) });
      return faces;
    } catch (error) {
      return [toPublicError(error, logger, doorFaces)];
    }
  };
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ response, errors, document, contextValue }) => {
        if (response.body.kind !== 'single') throw new TypeError('answers are single');
        const { singleResult } = response.body;
        if (errors === undefined || errors.length === 0) return;
        const all = errors
          .slice(0, largestErrorList)
          .map((error) => toPublicError(error, logger, doorFaces, document));
        const faces = await recorded(all, contextValue);
        const status = Math.max(...faces.map((face) => face.status));
        const [worst] = faces.filter((face) => face.status === status);
        if (worst === undefined) return;
        const isLater = status === 503 || status === 429;
        singleResult.errors = isLater ? [worst.formatted] : faces.map((face) => face.formatted);
        if (isLater) delete singleResult.data;
        response.http.status = status;
        const retryAfter = retryAfterOf(status);
        if (retryAfter !== undefined) response.http.headers.set('retry-after', retryAfter);
      },
    }),
  };
}
