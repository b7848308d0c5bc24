import { fileStorage } from './file-storage.ts'

const [place = '', name = ''] = process.argv.slice(2)
const storage = fileStorage(place)
process.once('disconnect', () => process.exit()) // whoever started it is gone
const padding = 'x'.repeat(200_000)
for (let n = 0; ; n++) {
  await storage.set(name, JSON.stringify({ n, padding }))
  process.send?.(n)
  await storage.set('both', JSON.stringify({ name, n, padding }))
}
