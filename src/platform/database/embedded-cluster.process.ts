/**
 * Program that makes the cluster of an embedded database in the directory it is given. Imports
 * packages only: it is started from its own file both built and under test.
 */
import { PGlite } from '@electric-sql/pglite';

const [directory] = process.argv.slice(2);
if (directory === undefined) throw new TypeError('the directory is the only argument');
const database = await PGlite.create(directory);
await database.close();
