/** How the page looks: light and dark, from a phone to a wide screen, without anything from elsewhere. */
import { readFileSync } from 'node:fs'

export const style: string = readFileSync(new URL('./style.css', import.meta.url), 'utf8')
