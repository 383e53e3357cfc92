/**
 * Tells bundlers what `sideEffects: false` promises, call by call: what a module calls to make its constants does nothing else. Without the
 * comment `@__PURE__` esbuild keeps every declared element of a file of which one is used; it looks at no annotation of another file.
 */
import { parseAst } from 'rollup/parseAst'

interface Node {
  readonly type: string
  readonly start: number
}

/** JavaScript with the comment before each call that stands in a constant of the module, outside of functions. */
export function markPure(code: string): string {
  const places = new Set<number>()
  const pending: unknown[] = (parseAst(code).body as unknown as Node[]).flatMap((node) => constantsOf(node))
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (Array.isArray(node)) pending.push(...(node as unknown[]))
    if (!isNode(node) || node.type === 'ArrowFunctionExpression' || node.type === 'FunctionExpression') continue
    if (node.type === 'CallExpression' || node.type === 'NewExpression') places.add(node.start)
    pending.push(...Object.values(node))
  }
  let marked = ''
  let from = 0
  for (const place of [...places].sort((a, b) => a - b)) {
    marked += `${code.slice(from, place)}/* @__PURE__ */ `
    from = place
  }
  return marked + code.slice(from)
}

function constantsOf(node: Node): unknown[] {
  const declaration = node.type === 'ExportNamedDeclaration' && 'declaration' in node ? node.declaration : node
  return isNode(declaration) && declaration.type === 'VariableDeclaration' ? [declaration] : []
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value
}
