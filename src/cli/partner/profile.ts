import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { subjectFieldByName } from '../../core/disclosure/catalogue.js';
import { GatewayError } from '../../core/errors.js';
import { purposes, type Purpose } from '../../core/grants/purpose.js';
import { parseWitnessKey } from '../../core/log/cosignature.js';
import { slotCount } from '../../core/log/cover.js';
import { parseVerifierKey, type VerifierKey } from '../../core/log/note.js';
import { readKeyFile } from '../../platform/keys/keys.js';
import { isJsonObject, parseStrictJson, type JsonValue } from '../../platform/json/strict-json.js';

/**
 * What a partner's system needs to ask, in one JSON file (docs/profile.schema.json). Member names are
 * camelCase; one that is not known is refused; paths are relative to the file.
 */
export interface Profile {
  /** Base URL of the gateway, which is its issuer. */
  readonly url: string;
  readonly certificate: string;
  readonly key: string;
  readonly ca: string;
  readonly clientId: string;
  readonly signingKeyFile: string;
  readonly grantId: string | undefined;
  readonly purpose: Purpose | undefined;
  readonly caseReference: string | undefined;
  /** Names of `DisclosedSubject`. */
  readonly fields: readonly string[];
  /** Keys of the partner's own tree; a receipt is checked when there is one. */
  readonly logVerifierKeys: readonly VerifierKey[];
  /** Keys of the cover tree. */
  readonly coverVerifierKeys: readonly VerifierKey[];
  /** Keys of witnesses whose cosignatures count. */
  readonly witnessVerifierKeys: readonly VerifierKey[];
  /** How many of them must have cosigned; 1 unless given. */
  readonly witnessQuorum: number;
  /** The own tree's slot in every round of the cover tree, 0 to 63. */
  readonly coverSlot: number | undefined;
}

const members = {
  url: 'text',
  certificateFile: 'text',
  keyFile: 'text',
  caFile: 'text',
  clientId: 'text',
  signingKeyFile: 'text',
  grantId: 'optional text',
  purpose: 'optional text',
  caseReference: 'optional text',
  fields: 'optional list',
  logVerifierKeys: 'optional list',
  coverVerifierKeys: 'optional list',
  witnessVerifierKeys: 'optional list',
  witnessQuorum: 'optional number',
  coverSlot: 'optional number',
} as const;

/** @throws {GatewayError} ERR_CONFIGURATION naming the member; ERR_KEY_UNUSABLE for key files */
export function readProfile(path: string): Profile {
  const json = readObject(path);
  for (const name of Object.keys(json)) {
    if (!Object.hasOwn(members, name))
      throw refused(path, `"${name}" is not a member of a profile`);
  }
  for (const [name, form] of Object.entries(members)) checkMember(path, json, name, form);
  const text = (name: keyof typeof members): string => json[name] as string;
  const optional = (name: keyof typeof members): string | undefined =>
    json[name] as string | undefined;
  const list = (name: keyof typeof members) => (json[name] ?? []) as readonly string[];
  const at = (name: keyof typeof members) => resolve(dirname(path), text(name));

  const keys = (name: keyof typeof members, parse: (vkey: string) => VerifierKey) =>
    list(name).map((vkey) => {
      try {
        return parse(vkey);
      } catch {
        throw refused(path, `"${name}" holds what is no verifier key of its kind`);
      }
    });
  const number = (
    name: keyof typeof members,
    standard: number | undefined,
    least: number,
    most: number,
  ): number | undefined => {
    const value = (json[name] as number | undefined) ?? standard;
    if (value !== undefined && (value < least || value > most)) {
      throw refused(path, `"${name}" is not from ${least} to ${most}`);
    }
    return value;
  };

  const unknownField = list('fields').find((field) => !subjectFieldByName.has(field));
  if (unknownField !== undefined) throw refused(path, '"fields" names an unknown field');
  const purpose = purposes.find((known) => known === json['purpose']);
  if (json['purpose'] !== undefined && purpose === undefined) {
    throw refused(path, `"purpose" is not one of ${purposes.join(', ')}`);
  }
  const url = URL.parse(text('url'));
  if (url?.protocol !== 'https:' || url.origin !== text('url')) {
    throw refused(path, '"url" is not an https origin such as https://gateway.example.org');
  }
  const certificate = readText(path, 'certificateFile', at('certificateFile'));
  checkReadable(path, 'certificateFile', () => new X509Certificate(certificate));
  const key = readOwnFile(path, 'keyFile', at('keyFile'));
  checkReadable(path, 'keyFile', () => createPrivateKey(key));
  return {
    url: text('url'),
    certificate,
    key,
    ca: readText(path, 'caFile', at('caFile')),
    clientId: text('clientId'),
    signingKeyFile: at('signingKeyFile'),
    grantId: optional('grantId'),
    purpose,
    caseReference: optional('caseReference'),
    fields: list('fields'),
    logVerifierKeys: keys('logVerifierKeys', parseVerifierKey),
    coverVerifierKeys: keys('coverVerifierKeys', parseVerifierKey),
    witnessVerifierKeys: keys('witnessVerifierKeys', parseWitnessKey),
    witnessQuorum: number('witnessQuorum', 1, 1, 63) ?? 1,
    coverSlot: number('coverSlot', undefined, 0, slotCount - 1),
  };
}

/** @throws {GatewayError} ERR_CONFIGURATION naming the member, for a file that is not what it should be */
function checkReadable(path: string, name: string, read: () => unknown): void {
  try {
    read();
  } catch {
    throw refused(path, `"${name}" does not hold one in PEM`);
  }
}

function readOwnFile(path: string, name: string, file: string): string {
  try {
    return readKeyFile(file, name);
  } catch (error) {
    throw refused(path, error instanceof GatewayError ? (error.detail ?? name) : name);
  }
}

function readObject(path: string): Readonly<Record<string, unknown>> {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch {
    throw new GatewayError('ERR_CONFIGURATION', { detail: `no profile at ${path}` });
  }
  let json: JsonValue;
  try {
    json = parseStrictJson(bytes);
  } catch {
    throw refused(path, 'it is not JSON, or a member stands twice');
  }
  if (!isJsonObject(json)) {
    throw refused(path, 'it is not an object');
  }
  return json;
}

function checkMember(
  path: string,
  json: Readonly<Record<string, unknown>>,
  name: string,
  form: string,
): void {
  const value = json[name];
  if (value === undefined && form.startsWith('optional')) return;
  const isOf = form.endsWith('text')
    ? typeof value === 'string' && value !== ''
    : form.endsWith('number')
      ? Number.isSafeInteger(value)
      : Array.isArray(value) && value.every((member) => typeof member === 'string');
  if (!isOf) throw refused(path, `"${name}" is missing or not a ${form.replace('optional ', '')}`);
}

function readText(path: string, name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw refused(path, `"${name}": ${file} cannot be read`);
  }
}

function refused(path: string, detail: string): GatewayError {
  return new GatewayError('ERR_CONFIGURATION', { detail: `${path}: ${detail}` });
}
