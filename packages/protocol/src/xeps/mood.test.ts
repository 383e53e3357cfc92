/** Moods and activities are names of elements: what is no name is not written. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { activity } from './activity.ts'
import { type MoodWord, mood } from './mood.ts'

it('a word that would break the XML is refused', () => {
  for (const word of ['', 'sad/><x', 'Sad', 'a'.repeat(41)]) {
    assert.throws(() => mood.build({ mood: word as MoodWord }), RangeError)
    assert.throws(
      () => activity.build({ activity: { general: 'other' as 'undefined', specific: word as 'other' } }),
      RangeError,
    )
  }
})
