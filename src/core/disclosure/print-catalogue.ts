import { disclosureLevels, fieldCatalogue, subjectFields } from './catalogue.js';

/** docs/fields.md: the field catalogue as partners and lawyers read it. */
export function printCatalogue(): string {
  const levels = disclosureLevels.filter((level) => level !== 'WITHHELD');
  const rows = subjectFields.map((field) => {
    const { name, maxLength, values } = fieldCatalogue[field];
    const cells = levels.map((level) => {
      const allowed = fieldCatalogue[field].levels.includes(level);
      if (!allowed) return '—';
      if (level === 'PRESENCE') return '`present`';
      if (level === 'CONFIRM') return '`agreement`';
      return values[level] ?? '`value`';
    });
    return `| \`${name}\` | ${cells.join(' | ')} | ${maxLength} |`;
  });
  return `# Fields a grant may let out

Generated from \`src/core/disclosure/catalogue.ts\`; a test holds it to that.

Every field is withheld unless the grant names it at one of its levels. Selecting a withheld field is
refused before anything is looked up. Levels rise from left to right; a dash means the field has no
such level. \`value\` is cut to its greatest length, in UTF-16 code units. What is empty, unknown or not
on the register looks the same: \`null\`, or \`present: false\`, or \`NOT_CONFIRMED\`.

| field | ${levels.join(' | ')} | longest \`value\` |
|---|${levels.map(() => '---|').join('')}---|
${rows.join('\n')}
`;
}
