import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { GatewayError } from '../../core/errors.js';
import { describeError, type GatewayLogger } from '../telemetry/logger.js';
import type { GatewayErrorCode } from '../../core/errors.js';
import { errorMap, publicErrors, retryAfterSeconds, type PublicError } from './error-map.js';

/** The face each code has at one door. */
export type ErrorFaces = (code: GatewayErrorCode) => {
  readonly code: string;
  readonly message: string;
  readonly status: PublicError['status'];
};

/** Faces of the partner door, and of any that has none of its own. */
export const partnerFaces: ErrorFaces = (code) => {
  const { code: publicCode, status } = errorMap[code];
  return { code: publicCode, status, message: publicErrors[publicCode].message };
};

/** An error as it leaves: fixed message, closed code, reference; nothing of what was thrown. */
export interface PublicGraphqlError {
  readonly formatted: GraphQLFormattedError;
  readonly status: PublicError['status'];
}

/**
 * Translates whatever was thrown while answering. Errors of graphql-js (parsing, validation,
 * variables) repeat values in their messages, so only the place is kept of them.
 */
export function toPublicError(
  error: unknown,
  logger: GatewayLogger,
  faces: ErrorFaces = partnerFaces,
): PublicGraphqlError {
  const thrown = unwrapResolverError(error);
  if (thrown instanceof GatewayError) return fromGatewayError(thrown, logger, faces);
  if (isOfTheDocument(error)) {
    return fromGatewayError(documentError(error), logger, faces, error);
  }
  return fromGatewayError(
    new GatewayError('ERR_INTERNAL', { detail: 'a fault while answering', cause: thrown }),
    logger,
    faces,
  );
}

/** Seconds of `Retry-After` for a status that asks to wait. */
export function retryAfterOf(status: number): string | undefined {
  return status === 503 || status === 429 ? String(retryAfterSeconds) : undefined;
}

function fromGatewayError(
  error: GatewayError,
  logger: GatewayLogger,
  faces: ErrorFaces,
  located?: GraphQLError,
): PublicGraphqlError {
  const reference = error.reference ?? randomUUID();
  const face = faces(error.code);
  const isFault = face.code === 'ERR_INTERNAL' || face.status === 503;
  logger[isFault ? 'error' : 'info']({ ...describeError(error), reference }, 'refused');
  return {
    status: face.status,
    formatted: {
      message: face.message,
      ...(located?.locations === undefined ? {} : { locations: located.locations }),
      extensions: {
        code: face.code,
        reference,
        ...(error.argument === undefined ? {} : { argument: error.argument }),
        ...(error.field === undefined ? {} : { field: error.field }),
        ...(error.retryAt === undefined ? {} : { retryAt: error.retryAt.toISOString() }),
      },
    },
  };
}

/** Thrown by graphql-js or Apollo about the request itself, before any resolver ran. */
function isOfTheDocument(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.path === undefined;
}

function documentError(error: GraphQLError): GatewayError {
  const argument = argumentOf(error.message);
  return new GatewayError('ERR_INPUT_INVALID', {
    detail: 'the document or its variables are not valid',
    ...(argument === undefined ? {} : { argument }),
  });
}

const variableForm = /^Variable "\$([A-Za-z_]\w*)"/;
const pathForm = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*$/;

/** The path of the refused variable in a message of graphql-js; never anything else of it. */
function argumentOf(message: string): string | undefined {
  const variable = variableForm.exec(message)?.[1];
  if (variable === undefined) return undefined;
  const paths = [...message.matchAll(/ at "([^"]{1,200})"; /g)].map(([, path]) => path ?? '');
  const path = paths.at(-1) ?? variable;
  if (!pathForm.test(path) || !(path === variable || path.startsWith(`${variable}`))) {
    return variable;
  }
  return path.startsWith('input.') ? path.slice('input.'.length) : path;
}
