/** Exit codes of every command (docs/cli.md). */
export const exitCodes = {
  done: 0,
  notValid: 1,
  wrongUse: 2,
  couldNot: 3,
  interrupted: 130,
} as const;
