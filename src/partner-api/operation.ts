import type { ApolloServerPlugin, BaseContext } from '@apollo/server';
import { Kind, type FragmentDefinitionNode, type SelectionSetNode } from 'graphql';
import { GatewayError } from '../core/errors.js';
import type { Metrics } from '../platform/telemetry/metrics.js';
import type { Exchange, OperationKind, PartnerContext } from './partner-context.js';

/** Size of an answer in bytes, by kind of operation; of one question for batches. */
const answerSizes: Readonly<Record<OperationKind, number>> = {
  verifyIdentity: 16 * 1024,
  verifyIdentities: 16 * 1024,
  access: 32 * 1024,
  receipt: 16 * 1024,
  acceptGrant: 32 * 1024,
  confirmCrossing: 16 * 1024,
  correctCrossing: 16 * 1024,
  notices: 48 * 1024,
  reportMistake: 16 * 1024,
  requestReferral: 16 * 1024,
  withdrawReferral: 16 * 1024,
  referral: 20 * 1024,
  referrals: 48 * 1024,
};
/** Of an operation that is no batch. */
export const largestSingleAnswer = Math.max(...Object.values(answerSizes));
/** Of answers to what is no operation. */
const otherSize = 1024;

/** Questions of a batch that share one release of a single question. */
const questionsPerRelease = 5;

export function answerSizeOf({ kind, questions }: Exchange): number {
  return kind === undefined ? otherSize : answerSizes[kind] * questions;
}

/**
 * Notes how many questions an operation holds, from the question alone and before any is asked: its
 * answer has to have room among those of its partner.
 *
 * @throws {GatewayError} ERR_BUSY when it has none
 */
export function noteQuestions(exchange: Exchange, questions: number): void {
  exchange.questions = questions;
  if (exchange.held?.grow(answerSizeOf(exchange)) === false) {
    throw new GatewayError('ERR_BUSY', { detail: 'answers of this partner wait to be taken' });
  }
}

/** How many releases of a single question a kind of operation is given. */
export function ticksOf({ questions }: Exchange): number {
  return Math.max(1, Math.ceil(questions / questionsPerRelease));
}

/**
 * Notes the kind of operation and how many questions it holds from the question alone, before it is
 * executed, and counts the answer.
 */
export function operationPlugin(metrics: Metrics): ApolloServerPlugin<BaseContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ contextValue, request, operation, document }) => {
        const context = contextValue as unknown as PartnerContext;
        context.variables = request.variables ?? {};
        const fragments = new Map(
          document.definitions.flatMap((definition) =>
            definition.kind === Kind.FRAGMENT_DEFINITION
              ? [[definition.name.value, definition] as const]
              : [],
          ),
        );
        if (operation !== undefined) {
          context.exchange.kind = kindOf(operation.selectionSet, fragments);
        }
      },
      willSendResponse: async ({ contextValue, response }) => {
        const { exchange } = contextValue as unknown as PartnerContext;
        const errors =
          response.body.kind === 'single' ? response.body.singleResult.errors : undefined;
        const code = errors?.[0]?.extensions?.['code'];
        metrics.operations.inc({
          operation: exchange.kind ?? 'none',
          code: typeof code === 'string' ? code : 'OK',
        });
      },
    }),
  };
}

function kindOf(
  set: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): OperationKind | undefined {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = selection.name.value;
      if (Object.hasOwn(answerSizes, name)) return name as OperationKind;
    } else {
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection.selectionSet
          : fragments.get(selection.name.value)?.selectionSet;
      const kind = inner === undefined ? undefined : kindOf(inner, fragments);
      if (kind !== undefined) return kind;
    }
  }
  return undefined;
}
