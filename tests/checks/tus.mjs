// Uploads one file with tus-js-client: node tus.mjs ENDPOINT TOKEN FILE. Prints the address of the upload.
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { Upload } from 'tus-js-client'

const [endpoint, token, file] = process.argv.slice(2)

new Upload(createReadStream(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: basename(file), filetype: 'image/x-portable-anymap' },
  // Longer than a daemon takes to start.
  retryDelays: [0, 200, 500, 1000, 2000, 5000, 10000],
  onError: (error) => {
    console.error(String(error))
    process.exit(1)
  },
  onSuccess() {
    console.log(this.url ?? 'done')
  },
}).start()
