// Asks for the lock of a folder as soon as it may, and prints what it got: `held`, or `held by` and who. Keeps it until it is killed.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockFolder } from '../../files/folderLock.ts'

const dir = process.argv[2]
if (dir === undefined) throw new Error('usage: lockChild FOLDER')
console.log('ready')
// Many are to ask at the same moment: they wait for the same sign, without giving the processor away.
while (!existsSync(join(dir, 'go')));
const lock = lockFolder(dir)
console.log('heldBy' in lock ? `held by ${String(lock.heldBy)}` : 'held')
setInterval(() => undefined, 60_000)
