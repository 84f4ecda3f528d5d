import { randomUUID } from 'node:crypto';
import { unwrapResolverError } from '@apollo/server/errors';
import {
  GraphQLError,
  Kind,
  visit,
  type ASTNode,
  type DocumentNode,
  type GraphQLFormattedError,
} from 'graphql';
import { GatewayError } from '../../core/errors.js';
import { limitOf } from './limits.js';
import { describeError, type GatewayLogger } from '../telemetry/logger.js';
import type { GatewayErrorCode } from '../../core/errors.js';
import { errorMap, publicErrors, retryAfterSeconds, type PublicError } from './error-map.js';

/**
 * The face each code has at one door.
 *
 * @param root code of the first of our errors behind it; the same where none is
 */
export type ErrorFaces = (
  code: GatewayErrorCode,
  root: GatewayErrorCode,
) => {
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
  /** Whether a use case has already kept a record of it, under its reference. */
  readonly isRecorded: boolean;
}

/**
 * Translates whatever was thrown while answering. Errors of graphql-js (parsing, validation,
 * variables) repeat values in their messages, so only the place is kept of them.
 *
 * @param document names the argument a refused literal stands for
 */
export function toPublicError(
  error: unknown,
  logger: GatewayLogger,
  faces: ErrorFaces = partnerFaces,
  document?: DocumentNode,
): PublicGraphqlError {
  const thrown = unwrapResolverError(error);
  if (thrown instanceof GatewayError) return fromGatewayError(thrown, logger, faces);
  if (isOfTheDocument(error)) {
    return fromGatewayError(documentError(error, document), logger, faces, error);
  }
  return fromGatewayError(
    new GatewayError('ERR_INTERNAL', { detail: 'a fault while answering', cause: thrown }),
    logger,
    faces,
  );
}

/**
 * The face of what Apollo refuses before there is an operation (no query, members of another type)
 * or cannot do: its own codes and messages do not leave.
 */
export function faceOfRefusedRequest(formatted: GraphQLFormattedError): GraphQLFormattedError {
  const isFault = formatted.extensions?.['code'] === 'INTERNAL_SERVER_ERROR';
  const code = isFault ? 'ERR_INTERNAL' : 'ERR_INPUT_INVALID';
  return { message: publicErrors[code].message, extensions: { code, reference: randomUUID() } };
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
  const face = faces(error.code, rootOf(error).code);
  const isFault = face.code === 'ERR_INTERNAL' || face.status === 503;
  logger[isFault ? 'error' : 'info']({ ...describeError(error), reference }, 'refused');
  return {
    status: face.status,
    isRecorded: error.reference !== undefined,
    formatted: {
      message: face.message,
      ...(located?.locations === undefined ? {} : { locations: located.locations }),
      extensions: {
        code: face.code,
        reference,
        ...(error.argument === undefined ? {} : { argument: error.argument }),
        ...(error.field === undefined ? {} : { field: error.field }),
        ...(error.budget === undefined ? {} : { budget: error.budget }),
        ...(error.retryAt === undefined ? {} : { retryAt: error.retryAt.toISOString() }),
      },
    },
  };
}

function rootOf(error: GatewayError): GatewayError {
  return error.cause instanceof GatewayError ? rootOf(error.cause) : error;
}

/** Thrown by graphql-js or Apollo about the request itself, before any resolver ran. */
function isOfTheDocument(error: unknown): error is GraphQLError {
  return error instanceof GraphQLError && error.path === undefined;
}

function documentError(error: GraphQLError, document: DocumentNode | undefined): GatewayError {
  const argument = argumentOf(error.message) ?? argumentOfLiteral(error, document);
  const limit = limitOf(error);
  return new GatewayError('ERR_INPUT_INVALID', {
    detail:
      limit === undefined
        ? 'the document or its variables are not valid'
        : `the document is beyond the limit of ${limit}`,
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

/** The path of the refused literal from its root argument down, `input` left out as above. */
function argumentOfLiteral(
  { nodes }: GraphQLError,
  document: DocumentNode | undefined,
): string | undefined {
  const [refused] = nodes ?? [];
  if (refused === undefined || document === undefined) return undefined;
  let path: string | undefined;
  visit(document, {
    enter: (node, _key, parent, _path, ancestors) => {
      if (node !== refused) return undefined;
      const around = [...ancestors, parent].flatMap((one) => (isNode(one) ? [one] : []));
      // A member that is not known is the caller's word: its object is named in its place.
      const chain = node.kind === Kind.OBJECT_FIELD ? around : [...around, node];
      path = pathOf(chain);
      return false;
    },
  });
  return path;
}

function pathOf(chain: readonly ASTNode[]): string | undefined {
  let path = '';
  for (const [at, node] of chain.entries()) {
    if (node.kind === Kind.ARGUMENT || node.kind === Kind.OBJECT_FIELD) {
      path += `${path === '' ? '' : '.'}${node.name.value}`;
    }
    const next = chain[at + 1];
    if (node.kind === Kind.LIST && next !== undefined) {
      path += `[${(node.values as readonly ASTNode[]).indexOf(next)}]`;
    }
  }
  if (path === '' || !pathForm.test(path)) return undefined;
  return path.startsWith('input.') ? path.slice('input.'.length) : path;
}

function isNode(value: ASTNode | readonly ASTNode[] | undefined): value is ASTNode {
  return value !== undefined && 'kind' in value;
}
