import { TestWorkflowEnvironment } from '@temporalio/testing'
import { DefaultLogger, Runtime } from '@temporalio/worker'

// A program of its own: the SDK starts what it downloads, and cannot be told to stop in the middle.
const [downloadDir] = process.argv.slice(2)
Runtime.install({ logger: new DefaultLogger('ERROR') })
const environment = await TestWorkflowEnvironment.createLocal({ server: { executable: { type: 'cached-download', downloadDir } } })
await environment.teardown()
