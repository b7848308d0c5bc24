/** What only Node can do. */
export { fileStorage } from './file-storage.ts'
