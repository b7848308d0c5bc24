import { join, resolve } from 'node:path'
import { bundleWorkflowCode, DefaultLogger, type WorkerOptions } from '@temporalio/worker'
import { bundleName, keep } from './bundle.ts'

// A program: writes the bundle of the definitions in the first folder into the second, by its name; without a second to its standard output.
const [definitions = '', folder] = process.argv.slice(2).map((path) => resolve(path))

type Webpack = NonNullable<NonNullable<WorkerOptions['bundlerOptions']>['webpackConfigHook']>
const stripTypes: Webpack = (config) => ({
  ...config,
  module: { ...config.module, rules: [{ test: /\.ts$/, use: join(import.meta.dirname, 'strip-types.ts') }] },
})

const { code } = await bundleWorkflowCode({
  workflowsPath: join(definitions, 'index.ts'),
  logger: new DefaultLogger('ERROR'),
  webpackConfigHook: stripTypes,
})
if (folder) keep(code, folder, bundleName(definitions))
else process.stdout.write(code)
