import { join } from 'node:path'
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker'
import { bundleName, keep } from './bundle.ts'

// A program: writes the bundle of the definitions in the first folder into the second, by its name; without a second to its standard output.
const [definitions = '', folder] = process.argv.slice(2)
const { code } = await bundleWorkflowCode({ workflowsPath: join(definitions, 'index.ts'), logger: new DefaultLogger('ERROR') })
if (folder) keep(code, folder, bundleName(definitions))
else process.stdout.write(code)
