import { errorMap, publicErrors, type PublicErrorCode } from './error-map.js';

/** docs/errors.md, from the closed list of codes. */
export function errorTable(): string {
  const statusOf = (code: PublicErrorCode) =>
    Math.max(
      ...Object.values(errorMap)
        .filter((face) => face.code === code && face.status !== 401)
        .map((face) => face.status),
    );
  const rows = (Object.keys(publicErrors) as PublicErrorCode[]).map((code) => {
    const { when, retry, ask } = publicErrors[code];
    return `| \`${code}\` | ${statusOf(code)} | ${when} | ${retry} | ${ask} |`;
  });
  return [
    '# Errors',
    '',
    'Every refusal and fault carries `extensions.code` from this closed list, one fixed message per',
    'code, and `extensions.reference`, which names the record or line in the log of the host. No other',
    'code leaves. An argument or field is named (`extensions.argument`, `extensions.field`), its value',
    'never is.',
    '',
    '| code | HTTP | when | ask again | whom to ask |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
    '',
    'Outside GraphQL: 401 with one body for every cause (`safeconduct token --explain` finds which),',
    '404, 405, 413, 415. 503 comes with `Retry-After`. A connection that ends without an HTTP answer',
    'means that the client certificate was not accepted.',
    '',
  ].join('\n');
}
