/** The compliance suite of full-text search in archives. */
import assert from 'node:assert/strict'
import type { ArchiveStore } from '../contracts.ts'
import { SEARCH_WORD_LENGTH, SEARCH_WORDS } from '../limits.ts'
import { type It, isStorageError } from './case.ts'

/** Text as it stands in a stanza: UTF-8, a char for each byte. */
const wire = (text: string): string =>
  Buffer.from(text.replaceAll('&', '&amp;').replaceAll('<', '&lt;'), 'utf8').toString('latin1')

/** One message for each text, with ids from 1. */
async function say(archive: ArchiveStore, ...texts: string[]): Promise<void> {
  const first = (await archive.lastId()) + 1
  for (const [i, text] of texts.entries())
    await sayXml(archive, first + i, `<message><body>${wire(text)}</body></message>`)
}

async function sayXml(archive: ArchiveStore, id: number, stanza: string): Promise<void> {
  assert.equal(await archive.append('romeo', { id, at: id, peer: 'juliet@x', isOut: true, stanza }), undefined)
}

async function found(archive: ArchiveStore, ...words: string[]): Promise<number[]> {
  const { entries } = await archive.page('romeo', { words }, { limit: 99 })
  assert.equal(await archive.count('romeo', { words }), entries.length)
  return entries.map(({ id }) => id)
}

export function archiveSearch(it: It): void {
  it('finds messages that have all words, whatever their case', async ({ archive }) => {
    await say(archive, 'But soft! What light', 'what LIGHT through yonder', 'Lights', 'a light-hearted fellow', '')
    assert.deepEqual(await found(archive, 'light'), [1, 2, 4])
    assert.deepEqual(await found(archive, 'LIGHT', 'What'), [1, 2])
    assert.deepEqual(await found(archive, 'light', 'soft', 'but'), [1])
    assert.deepEqual(await found(archive, 'light', 'light'), [1, 2, 4])
    assert.deepEqual(await found(archive, 'lights'), [3])
    assert.deepEqual(await found(archive, 'ligh'), [])
    assert.deepEqual(await found(archive, 'light-hearted'), [4])
    assert.deepEqual(await found(archive, 'hearted light'), [])
    assert.deepEqual(await found(archive, 'romeo'), [])
    assert.deepEqual(await found(archive), [1, 2, 3, 4, 5], 'no words, no condition')
  })

  it('compares words in any script', async ({ archive }) => {
    await say(
      archive,
      'Ein Café in der Straße',
      'ΟΔΟΣ και οδός',
      'Привет, Ёлка',
      '東京タワーに行く',
      'İstanbul',
      'ok 👍🏽 42',
    )
    await say(archive, '\u1e9e \ufb01n \u{1e922}\u{1e900}', 'ภาษาไทย')
    const cases: [string, number[]][] = [
      ['cafe', [1]],
      ['CAFE\u0301', [1]],
      ['STRASSE', [1]],
      ['οδος', [2]],
      ['ОДОС', []],
      ['привет', [3]],
      ['ЕЛКА', [3]],
      ['東京', [4]],
      ['京', [4]],
      ['京東', []],
      ['タワー', [4]],
      ['istanbul', [5]],
      ['👍', [6]],
      ['42', [6]],
      ['ss', [7]],
      ['FIN', [7]],
      ['\u{1e900}\u{1e922}', [7]],
      ['ไทย', [8]],
    ]
    for (const [word, ids] of cases) assert.deepEqual(await found(archive, word), ids, word)
  })

  it('looks into bodies and nowhere else', async ({ archive }) => {
    await sayXml(
      archive,
      1,
      `<message id='attribute'><subject>subject</subject><body>a &lt;b&gt; c&#xe4;d</body></message>`,
    )
    await sayXml(archive, 2, `<message><body>one</body><body xml:lang='de'>zwei<x>innen</x></body></message>`)
    await sayXml(
      archive,
      3,
      `<message xmlns='jabber:client'><body>declared</body><body xmlns='urn:x'>foreign</body></message>`,
    )
    await sayXml(archive, 4, `<message><x xmlns='urn:x'><body>nested</body></x></message>`)
    await sayXml(archive, 5, 'not xml <body>broken</body>')
    await sayXml(archive, 6, '<message><body>unfinished')
    assert.deepEqual([await found(archive, 'b'), await found(archive, 'cäd')], [[1], [1]])
    assert.deepEqual([await found(archive, 'one', 'zwei'), await found(archive, 'one zwei')], [[2], []])
    assert.deepEqual(await found(archive, 'declared'), [3])
    for (const word of [
      'attribute',
      'subject',
      'message',
      'body',
      'lt',
      'foreign',
      'nested',
      'broken',
      'unfinished',
      'de',
    ])
      assert.deepEqual(await found(archive, word), [], word)
  })

  it('takes words as words, not as a query', async ({ archive }) => {
    await say(archive, 'alpha beta', 'alpha', 'AND', "it's")
    for (const word of ['alpha*', '"alpha', '^alpha', '(alpha)'])
      assert.deepEqual(await found(archive, word), [1, 2], 'what is no letter stands between words')
    for (const word of ['alpha OR beta', 'alpha NOT beta', 'NEAR(alpha beta)', 'words:alpha', '{words}:alpha'])
      assert.deepEqual(await found(archive, word), [], word)
    assert.deepEqual(await found(archive, 'and'), [3])
    assert.deepEqual(await found(archive, "it's"), [4])
    for (const word of ['', ' ', '"', '*', '-', "'", '\0', '_', '\u0301', "');--"])
      assert.deepEqual(await found(archive, word), [], word)
    assert.deepEqual(await found(archive, 'alpha', '!'), [])
  })

  it('refuses too many words, and too long ones', async ({ archive }) => {
    await say(archive, `${'x'.repeat(SEARCH_WORD_LENGTH)} y`)
    assert.deepEqual(await found(archive, 'x'.repeat(SEARCH_WORD_LENGTH)), [1])
    assert.deepEqual(await found(archive, ...Array.from({ length: SEARCH_WORDS }, () => 'y')), [1])
    const tooMuch = [Array.from({ length: SEARCH_WORDS + 1 }, () => 'y'), ['x'.repeat(SEARCH_WORD_LENGTH + 1)]]
    for (const words of tooMuch) {
      await assert.rejects(archive.page('romeo', { words }, { limit: 1 }), isStorageError('invalid'))
      await assert.rejects(archive.count('romeo', { words }), isStorageError('invalid'))
    }
  })

  it('finds what came after an earlier search, and nothing that was replaced or removed', async ({ archive }) => {
    await say(archive, 'first secret', 'second secret', 'third secret')
    assert.deepEqual(await found(archive, 'secret'), [1, 2, 3])
    await say(archive, 'fourth secret', 'fifth secret')
    await archive.replace('romeo', 2, '<message><body>tombstone</body></message>')
    await archive.replace('romeo', 4, '<message/>')
    assert.deepEqual([await found(archive, 'secret'), await found(archive, 'tombstone')], [[1, 3, 5], [2]])
    await archive.replace('romeo', 5, '<message/>')
    await archive.trim({ olderThan: 2 }, 9)
    assert.deepEqual([await found(archive, 'secret'), await found(archive, 'fifth')], [[3], []])
    await archive.replace('romeo', 5, '<message><body>again secret</body></message>')
    assert.deepEqual(await found(archive, 'secret'), [3, 5])
  })

  it('searches long archives page by page, and no other ones', async ({ archive }) => {
    const text = (id: number): string => `<message><body>word${id % 2} all</body></message>`
    const appends = Array.from({ length: 1100 }, (_, i) =>
      archive.append(i % 4 === 3 ? 'juliet' : 'romeo', {
        id: i + 1,
        at: i,
        peer: i % 3 === 0 ? 'a@x' : 'b@x',
        isOut: true,
        stanza: text(i),
      }),
    )
    await Promise.all(appends)
    const isMine = (i: number): boolean => i % 4 !== 3
    const all = Array.from({ length: 1100 }, (_, i) => i).filter(isMine)
    const page = async (filter: object, options: { limit: number; fromEnd?: boolean; skip?: number }) => {
      const { entries, isComplete } = await archive.page('romeo', filter, options)
      return [entries.map(({ id }) => id - 1), isComplete]
    }
    const odd = all.filter((i) => i % 2 === 1)
    assert.deepEqual(await page({ words: ['all'] }, { limit: 2000 }), [all, true])
    assert.deepEqual(await page({ words: ['word1'] }, { limit: 50, skip: 100 }), [odd.slice(100, 150), false])
    assert.deepEqual(await page({ words: ['all', 'word1'] }, { limit: 50, fromEnd: true }), [odd.slice(-50), false])
    const some = odd.filter((i) => i % 3 === 0 && i >= 500)
    assert.deepEqual(await page({ words: ['word1'], peer: 'a@x', after: 500 }, { limit: 999 }), [some, true])
    assert.equal(await archive.count('romeo', { words: ['all'] }), all.length)
  })
}
