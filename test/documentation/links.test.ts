import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import { guides, root } from './blocks.ts'

const text = (path: string) => readFileSync(join(root, path), 'utf8')

/** The anchors of a page, as GitHub makes them of headings. */
function anchors(markdown: string): Set<string> {
  const headings = markdown.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )
}

for (const guide of guides) {
  t.test(`links of ${guide}`, async (t) => {
    const prose = text(guide).replaceAll(/^```[\s\S]*?^```/gm, '')
    const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target)
    for (const target of targets.filter((target) => !/^https?:/.test(target))) {
      const [file = '', anchor] = target.split('#')
      const path = file === '' ? guide : normalize(join(dirname(guide), file))
      t.ok(existsSync(join(root, path)), `${target} leads somewhere`)
      if (anchor !== undefined && existsSync(join(root, path)))
        t.ok(anchors(text(path)).has(anchor), `${target} leads to a heading`)
    }
    t.ok(targets.length > 0)
  })
}

t.test('the index and README lead to every guide', async (t) => {
  const index = text('docs/README.md')
  for (const guide of guides.filter((name) => name.startsWith('docs/') && name !== 'docs/README.md'))
    t.match(index, `(${guide.slice('docs/'.length)})`, guide)
  t.match(text('README.md'), '(docs/README.md)')
})
