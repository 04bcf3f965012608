/** Loaded into a measured process: says how much memory is in use once garbage is gone. */
process.on('message', () => {
  const { gc } = globalThis as { gc?: () => void }
  gc?.()
  gc?.()
  process.send?.(process.memoryUsage())
})
process.channel?.unref()
