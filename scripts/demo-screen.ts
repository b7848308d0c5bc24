/** What the demo writes to the terminal. */
const styled = (code: number) => (text: string) => (process.stdout.isTTY ? `\x1b[${code}m${text}\x1b[0m` : text)
export const dim = styled(2)
export const bold = styled(1)
export const say = (line: string) => console.log(line)
export const heading = (text: string) => say(`\n${bold(text)}\n`)
/** What somebody does, or sees. */
export const tell = (name: string, line: string) => say(`  ${bold(name.padEnd(14))} ${line}`)
