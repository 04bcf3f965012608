// Loaded into a measured process: at SIGUSR2 it writes what its memory consists of, in bytes, to the file that MEMORY_SPLIT names.
import { renameSync, writeFileSync } from 'node:fs'

process.on('SIGUSR2', () => {
  const v8 = process.getBuiltinModule('node:v8')
  const { heapTotal, external } = process.memoryUsage()
  const { physical_space_size: young } = v8.getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')
  const file = process.env.MEMORY_SPLIT
  writeFileSync(`${file}.part`, JSON.stringify({ heapTotal, young, external }))
  renameSync(`${file}.part`, file)
})
