import { sign, verify, X509Certificate, type KeyObject } from 'node:crypto';
import { decodeBase64Url, encodeBase64Url, encodeParts, sha256 } from '../bytes.js';
import { GatewayError, inputInvalid } from '../errors.js';
import { canonicalJson } from './record.js';

/**
 * A new log in the place of one that cannot go on, as two administrators ask for it. This file owns
 * the format of the file they sign.
 *
 * ```
 * {"operators":[{"certificate":"MIIB...","signature":"k9A..."},{...}],"statement":"{\"v\":1,..."}
 *
 * statement   RFC 8785 JSON, see RenewalStatement
 * certificate base64url of the DER of the operator's staff certificate
 * signature   base64url, under that certificate's key (Ed25519; ECDSA or RSA PKCS #1 v1.5 with
 *             SHA-256) over "safeconduct/log-renewal/v1", statement, own certificate; of the second
 *             operator over the label, statement, the first's certificate and signature, own
 *             certificate. Parts length-prefixed.
 * ```
 *
 * The file is RFC 8785 JSON with a newline at its end. One operator: it is asked for; two: it may be
 * done. The whole file is committed to by the first record of the new log's host tree, and stands in
 * the journal line beside it. A new version is another `v`; a reader refuses what it does not know.
 */
export interface RenewalStatement {
  readonly v: 1;
  /** RFC 3339, UTC. */
  readonly requestedAt: string;
  readonly earlier: {
    /** `LOG_ORIGIN` of the log that ends. */
    readonly origin: string;
    /** vkeys of its cover tree. */
    readonly verifierKeys: readonly string[];
    /** vkeys of the witnesses that cosigned it. */
    readonly witnessKeys: readonly string[];
    /** Its last checkpoint of the cover tree with cosignatures, in full; null when none was found. */
    readonly cosigned: string | null;
    /** The largest one found that the gateway signed; null when none was found. */
    readonly signed: string | null;
  };
  readonly next: {
    readonly origin: string;
    /** vkey of the new cover tree. */
    readonly verifierKey: string;
  };
  /** Every tree found signed: `cover`, `host`, `partner/<id>`, and what of it the database has. */
  readonly trees: readonly {
    readonly tree: string;
    readonly signed: number;
    readonly kept: number;
  }[];
  /** Whether nothing is known or has to be feared to be lost; otherwise partners are suspended. */
  readonly isWhole: boolean;
  /** Where the database has no staff: the two who sign, as its first administrators; else empty. */
  readonly administrators: readonly RenewalFounder[];
}

export interface RenewalFounder {
  readonly reference: string;
  readonly name: string;
}

export interface RenewalOperator {
  /** DER. */
  readonly certificate: Buffer;
  readonly signature: Buffer;
}

export interface Renewal {
  readonly statement: RenewalStatement;
  readonly operators: readonly RenewalOperator[];
}

const label = 'safeconduct/log-renewal/v1';
const digestLabel = 'safeconduct/log-renewal-digest/v1';

/** The statement signed by one more operator. */
export function signRenewal(
  { statement, operators }: Renewal,
  certificate: Buffer,
  privateKey: KeyObject,
): Renewal {
  if (operators.length > 1) throw inputInvalid('operators', 'two have signed already');
  const message = messageOf(statement, operators, certificate);
  const signature = sign(digestFor(privateKey), message, privateKey);
  if (!verify(digestFor(privateKey), message, keyOf(certificate), signature)) {
    throw inputInvalid('certificate', 'the key is not that of the certificate');
  }
  return { statement, operators: [...operators, { certificate, signature }] };
}

/**
 * What the first operator reads out and the second names: base64url of SHA-256 over the length-prefixed
 * parts "safeconduct/log-renewal-digest/v1", statement, the first's certificate. Another statement, or
 * the same asked for by somebody else, has another.
 */
export function renewalDigest({ statement, operators }: Renewal): string {
  const [first] = operators;
  if (first === undefined) throw new TypeError('nobody has asked for it');
  return encodeBase64Url(
    sha256(encodeParts(digestLabel, canonicalJson(statement), first.certificate)),
  );
}

/** base64url SHA-256 of an operator's certificate: how staff know it. */
export const operatorFingerprint = ({ certificate }: RenewalOperator): string =>
  encodeBase64Url(sha256(certificate));

/**
 * Checks that two operators have signed, each with a certificate and a key of their own.
 *
 * @throws {GatewayError} ERR_ACT_NOT_PENDING when fewer have; ERR_APPROVER_IS_REQUESTER for one
 *   certificate or key twice; ERR_PROOF_INVALID for a signature that does not verify
 */
export function checkRenewal({ statement, operators }: Renewal): void {
  const [first, second, ...others] = operators;
  if (first === undefined || second === undefined || others.length > 0) {
    throw new GatewayError('ERR_ACT_NOT_PENDING', {
      detail: 'two administrators sign: one asks (log renew request), one agrees (countersign)',
    });
  }
  operators.forEach(({ certificate, signature }, at) => {
    const key = keyOf(certificate);
    const message = messageOf(statement, operators.slice(0, at), certificate);
    if (!verify(digestFor(key), message, key, signature)) {
      throw new GatewayError('ERR_PROOF_INVALID', {
        detail: `the signature of operator ${at + 1} does not verify`,
      });
    }
  });
  if (keyOf(first.certificate).equals(keyOf(second.certificate))) {
    throw new GatewayError('ERR_APPROVER_IS_REQUESTER', { detail: 'one key has signed twice' });
  }
}

/** The file's text. */
export function encodeRenewal({ statement, operators }: Renewal): string {
  return `${canonicalJson({
    statement: canonicalJson(statement),
    operators: operators.map(({ certificate, signature }) => ({
      certificate: encodeBase64Url(certificate),
      signature: encodeBase64Url(signature),
    })),
  })}\n`;
}

/** @throws {GatewayError} ERR_INPUT_INVALID for what is not exactly of this form */
export function decodeRenewal(text: string): Renewal {
  try {
    const { statement, operators } = JSON.parse(text) as {
      readonly statement: string;
      readonly operators: readonly { readonly certificate: string; readonly signature: string }[];
    };
    const renewal = {
      statement: JSON.parse(statement) as RenewalStatement,
      operators: operators.map(({ certificate, signature }) => ({
        certificate: bytesOf(certificate),
        signature: bytesOf(signature),
      })),
    };
    for (const one of renewal.operators) keyOf(one.certificate);
    if (!isStatement(renewal.statement)) throw new TypeError('another statement');
    // One spelling, so that what was signed is what is read.
    if (encodeRenewal(renewal) !== text) throw new TypeError('another spelling');
    return renewal;
  } catch (cause) {
    throw new GatewayError('ERR_INPUT_INVALID', {
      argument: 'renewal',
      detail: 'this is no file of `log renew request`, or it was changed',
      cause,
    });
  }
}

/** Whether two statements say the same of both logs, whenever and by whomever they were made. */
export function isSameRenewal(one: RenewalStatement, other: RenewalStatement): boolean {
  const facts = ({ earlier, next, trees, isWhole }: RenewalStatement) =>
    canonicalJson({ earlier, next, trees, isWhole });
  return facts(one) === facts(other);
}

function messageOf(
  statement: RenewalStatement,
  before: readonly RenewalOperator[],
  own: Buffer,
): Buffer {
  return encodeParts(
    label,
    canonicalJson(statement),
    ...before.flatMap(({ certificate, signature }) => [certificate, signature]),
    own,
  );
}

const keyOf = (certificate: Buffer): KeyObject => new X509Certificate(certificate).publicKey;
const digestFor = ({ asymmetricKeyType }: KeyObject): string | null =>
  asymmetricKeyType === 'ed25519' ? null : 'sha256';

function bytesOf(text: string): Buffer {
  const bytes = decodeBase64Url(text);
  if (bytes === undefined) throw new TypeError('not base64url');
  return bytes;
}

function isStatement(given: RenewalStatement): boolean {
  const { v, requestedAt, earlier, next, trees, isWhole, administrators } = given;
  const isText = (value: unknown) => typeof value === 'string' && value !== '';
  const isNote = (value: unknown) => value === null || isText(value);
  const isSize = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
  return (
    v === 1 &&
    !Number.isNaN(Date.parse(requestedAt)) &&
    [earlier.origin, next.origin, next.verifierKey].every(isText) &&
    [earlier.cosigned, earlier.signed].every(isNote) &&
    earlier.verifierKeys.every(isText) &&
    earlier.witnessKeys.every(isText) &&
    trees.every((one) => isText(one.tree) && isSize(one.signed) && isSize(one.kept)) &&
    typeof isWhole === 'boolean' &&
    administrators.every(({ reference, name }) => isText(reference) && isText(name))
  );
}
