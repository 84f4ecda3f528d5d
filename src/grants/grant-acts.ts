import { randomUUID } from 'node:crypto';
import { GatewayError, inputInvalid, isGatewayError } from '../core/errors.js';
import { parseTerms } from '../core/grants/parse-terms.js';
import type { GrantId } from '../core/ids.js';
import type { JsonValue } from '../platform/json/strict-json.js';
import {
  boundToStops,
  fingerprintForm,
  restrictingActOf,
  secondPersonOf,
  textMember,
  uuidForm,
  type ActHandler,
  type ActPayload,
  type PreparedAct,
} from '../staff/index.js';
import { releaseBudget, reviewRelease } from './break-glass.js';
import { GrantLifecycle } from './lifecycle.js';
import { narrowAgain, suspendAgain } from './stop-again.js';

const lifecycle = new GrantLifecycle(randomUUID);
/** 1 to 500 characters without controls. */
const reasonForm = /^(?=.*\S)[^\p{Cc}\p{Cs}]{1,500}$/u;
/** What the journal keeps in the place of a reason, which is free text. */
const unsaid = 'not in the journal';

/**
 * Acts about grants: `grant`, `version`, `digest`, `terms`, `reason`. A grant has the id of the act
 * that drew it up.
 *
 * A version is submitted by asking for its approval: GRANT_APPROVE waits for the second person, who
 * is neither who submitted it nor who drew it up. Refused, it is a draft again.
 */
export const grantActs = {
  GRANT_DRAFT: (content) => {
    const terms = termsMember(content);
    return told({
      payload: { terms },
      apply: async (manager, { actId, at, requestedBy }) => {
        const command = { id: actId as GrantId, terms };
        await lifecycle.draft(manager, { account: requestedBy }, command, at);
      },
    });
  },

  GRANT_AMEND: (content) => {
    const grant = grantMember(content);
    const terms = termsMember(content);
    return told({
      payload: { grant, terms },
      apply: async (manager, { at, requestedBy }) => {
        await lifecycle.amend(manager, { account: requestedBy }, { grantId: grant, terms }, at);
      },
    });
  },

  GRANT_NARROW: (content) => {
    const grant = grantMember(content);
    const terms = termsMember(content);
    const version = content['version'] === undefined ? undefined : versionMember(content);
    return told({
      payload: { grant, terms },
      apply: async (manager, { actId, at, requestedBy, again }) => {
        const by = { account: requestedBy };
        if (again === true && version !== undefined) {
          await narrowAgain(manager, lifecycle, { grantId: grant, by, at }, { version, terms });
          return [];
        }
        const narrowed = await lifecycle.narrow(manager, by, { grantId: grant, terms }, at);
        const payload = { grant, terms, version: narrowed.version };
        return [restrictingActOf({ act: 'GRANT_NARROW', payload, actId, at, by: requestedBy })];
      },
    });
  },

  GRANT_APPROVE: (content) => {
    const grantId = grantMember(content);
    const version = versionMember(content);
    const digest = textMember(content, 'digest', fingerprintForm);
    const named = { grantId, version, digest };
    return told({
      payload: { grant: grantId, version, digest },
      asked: async (manager, { at, requestedBy }) => {
        await lifecycle.submit(manager, { account: requestedBy }, named, at);
      },
      apply: async (manager, context) => {
        const by = { account: secondPersonOf(context) };
        await lifecycle.approve(manager, by, { ...named, act: context.actId }, context.at);
      },
      refused: async (manager, { at, requestedBy }) => {
        try {
          await lifecycle.refuse(manager, { account: requestedBy }, named, at);
        } catch (error) {
          // Withdrawn or replaced meanwhile: nothing is left to send back.
          const isGone = ['ERR_NOT_FOUND', 'ERR_GRANT_STATE', 'ERR_GRANT_CHANGED'] as const;
          if (!isGone.some((code) => isGatewayError(error, code))) throw error;
        }
      },
    });
  },

  GRANT_VERSION_REVOKE: (content) => {
    const grant = grantMember(content);
    const version = versionMember(content);
    return told({
      payload: { grant, version },
      apply: async (manager, { at, requestedBy }) => {
        const named = { grantId: grant, version };
        await lifecycle.withdraw(manager, { account: requestedBy }, named, at);
      },
    });
  },

  GRANT_SUSPEND: (content) => {
    const grant = grantMember(content);
    const reason = reasonMember(content);
    return told({
      payload: { grant, reason },
      apply: async (manager, { actId, at, requestedBy, again }) => {
        const by = { account: requestedBy };
        if (again === true) await suspendAgain(manager, lifecycle, { grantId: grant, by, at });
        else await lifecycle.suspend(manager, by, { grantId: grant, reason }, at);
        const payload = { grant, reason: unsaid };
        return [restrictingActOf({ act: 'GRANT_SUSPEND', payload, actId, at, by: requestedBy })];
      },
    });
  },

  GRANT_REVOKE: (content) => {
    const grant = grantMember(content);
    const reason = reasonMember(content);
    return told({
      payload: { grant, reason },
      apply: async (manager, { actId, at, requestedBy }) => {
        const by = { account: requestedBy };
        await lifecycle.revoke(manager, by, { grantId: grant, reason }, at);
        const payload = { grant, reason: unsaid };
        return [restrictingActOf({ act: 'GRANT_REVOKE', payload, actId, at, by: requestedBy })];
      },
    });
  },

  GRANT_RESUME: (content) => {
    const grant = grantMember(content);
    const reason = reasonMember(content);
    const resumed = boundToStops(
      'GRANT_RESUME',
      { thing: grant, argument: 'grant' },
      {
        payload: { grant, reason },
        apply: async (manager, context) => {
          const people = {
            requestedBy: { account: context.requestedBy },
            approvedBy: { account: secondPersonOf(context) },
          };
          const command = { grantId: grant, reason, act: context.actId };
          await lifecycle.resume(manager, people, command, context.at);
        },
      },
    );
    return told(resumed);
  },

  BUDGET_RELEASE: (content) => release(content, 'FIRST'),
  BUDGET_RELEASE_AGAIN: (content) => release(content, 'AGAIN'),

  BUDGET_RELEASE_REVIEW: (content) => {
    const id = textMember(content, 'release', uuidForm);
    return told({
      payload: { release: id },
      apply: async (manager, { at, requestedBy }) =>
        reviewRelease(manager, { account: requestedBy }, { id }, at),
    });
  },
} as const satisfies Readonly<Record<string, ActHandler>>;

/** A release has the id of its act. */
function release(content: ActPayload, which: 'FIRST' | 'AGAIN'): PreparedAct {
  const grant = grantMember(content);
  const reason = reasonMember(content);
  return told({
    payload: { grant, reason },
    apply: async (manager, context) => {
      const { actId, at, requestedBy } = context;
      const approvedBy = which === 'AGAIN' ? { account: secondPersonOf(context) } : undefined;
      const command = { id: actId, grantId: grant, reason };
      await releaseBudget(manager, { account: requestedBy }, command, at, approvedBy);
    },
  });
}

/** The act, with the refusals of a grant's life in the words of the book of acts. */
function told(act: PreparedAct): PreparedAct {
  const translated =
    <Parameters extends readonly unknown[], Result>(
      work: (...parameters: Parameters) => Promise<Result>,
    ) =>
    async (...parameters: Parameters): Promise<Result> => {
      try {
        return await work(...parameters);
      } catch (error) {
        if (isGatewayError(error, 'ERR_GRANT_STATE')) {
          throw new GatewayError('ERR_CONFLICT', { argument: 'grant', cause: error });
        }
        if (isGatewayError(error, 'ERR_GRANT_CHANGED')) {
          throw new GatewayError('ERR_CONFLICT', { argument: 'digest', cause: error });
        }
        throw error;
      }
    };
  return {
    ...act,
    apply: translated(async (manager, context) => act.apply(manager, context)),
    asked: translated(async (manager, context) => act.asked?.(manager, context)),
    refused: translated(async (manager, context) => act.refused?.(manager, context)),
  };
}

const grantMember = (content: ActPayload): GrantId =>
  textMember(content, 'grant', uuidForm) as GrantId;
const reasonMember = (content: ActPayload): string => textMember(content, 'reason', reasonForm);

function versionMember(content: ActPayload): number {
  const version = content['version'];
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1) {
    throw inputInvalid('version');
  }
  return version;
}

/** Terms in their one form. */
function termsMember(content: ActPayload): JsonValue {
  return JSON.parse(JSON.stringify(parseTerms(content['terms']))) as JsonValue;
}
