import { join } from 'node:path'
import t from 'tap'
import { exportPlace } from '../../src/targets/export-place.ts'
import { writeProject } from '../gateway.ts'

t.test('where a module exports a name', async (t) => {
  const source = [
    "import { helper } from './helper.ts'",
    'export async function createItem() {}',
    'export const listItems: Handler = () => []',
    'const getItem = () => 1, removeItem = () => 2',
    'export { getItem, removeItem as $delete }',
    'export const listItemsByName = () => []',
    'export default helper',
  ].join('\n')
  const directory = writeProject(t, { files: { 'handlers/items.ts': source } })
  const place = (name: string) => {
    const { line, column, endColumn } = exportPlace(directory, 'handlers/items.ts', name)
    return [line, column, endColumn]
  }
  t.strictSame(place('createItem'), [2, 23, 33])
  t.strictSame(place('listItems'), [3, 14, 23])
  t.strictSame(place('listItemsByName'), [6, 14, 29])
  t.strictSame(place('getItem'), [5, 10, 17])
  t.strictSame(place('$delete'), [5, 33, 40])
  t.strictSame(place('unheardOf'), [1, 1, undefined], 'its beginning, when it is written in another way')
  t.match(exportPlace(join(directory, 'absent'), 'a.ts', 'b'), { file: 'a.ts', line: 1, column: 1 })
})
