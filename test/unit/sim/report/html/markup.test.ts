import { describe, expect, it } from 'vitest'
import { html as tag, Markup } from '../../../../../sim/report/html/markup.ts'

// By another name: the formatter lays out what is tagged as HTML.
describe('html', () => {
  it('escapes what is put in, also as an attribute', () => {
    const { text } = tag`<p title="${`"'`}">${'<b> & </b>'}${7}</p>`
    expect(text).toBe('<p title="&quot;&#39;">&lt;b&gt; &amp; &lt;/b&gt;7</p>')
  })

  it('takes markup and lists of it as they are', () => {
    const items = ['a', '<'].map((each) => tag`<li>${each}</li>`)
    expect(tag`<ul>${items}</ul>${new Markup('<hr>')}`.text).toBe(
      '<ul><li>a</li>\n<li>&lt;</li></ul><hr>',
    )
  })

  it('drops its own indentation and nobody else’s', () => {
    const { text } = tag`<pre>
      ${'{\n  "a": 1\n}'}</pre>`
    expect(text).toBe('<pre>\n{\n  &quot;a&quot;: 1\n}</pre>')
  })
})
