// Imported for its effect, by tests that are about something else than passphrases and by the commands that they start:
// what is sealed under one is made at a thousandth of the cost. test/wallet/keystore.test.ts and the demonstration
// pay the whole.
import { setPassphraseCost } from '../../protocol/passphraseBox.ts'

setPassphraseCost({ N: 2 ** 7, r: 8, p: 1 })
