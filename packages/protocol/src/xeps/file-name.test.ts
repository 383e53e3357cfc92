/** What a file that somebody sends is called here. [S125] */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { safeFileName } from './file-name.ts'

for (const [sent, name] of [
  ['owl.png', 'owl.png'],
  ['An owl, at night.png', 'An owl, at night.png'],
  ['\u6587\u5b57.txt', '\u6587\u5b57.txt'],
  ['../../.bashrc', '.bashrc'],
  ['/etc/passwd', 'passwd'],
  ['..\\..\\autoexec.bat', 'autoexec.bat'],
  ['a/b\\c', 'c'],
  ['C:evil.exe', 'C_evil.exe'],
  ['owl.txt:hidden', 'owl.txt_hidden'],
  ['owl\u202egpj.exe', 'owlgpj.exe'],
  ['o\u0000w\nl.png', 'owl.png'],
  ['owl.exe. . ', 'owl.exe'],
  ['..', undefined],
  ['a/..', undefined],
  ['a/', undefined],
  ['', undefined],
  [' \u200b ', undefined],
  [`${'a'.repeat(5000)}.png`, `${'a'.repeat(196)}.png`],
] as const)
  it(`${JSON.stringify(sent.slice(0, 40))} is called ${JSON.stringify(name)?.slice(0, 40)}`, () => {
    assert.equal(safeFileName(sent), name)
    if (name !== undefined) assert.equal(safeFileName(name), name)
  })
