import { defineConfig, type ViteUserConfig } from 'vitest/config'

// One project a kind of test, so that `vitest run --project unit` is quick while the whole suite stays one command.
const kinds = ['regress', 'unit', 'property', 'canary', 'integration', 'tidy'] as const

const config: ViteUserConfig = defineConfig({
  test: {
    projects: kinds.map((kind) => ({
      test: {
        name: kind,
        include: [`test/${kind}/**/*.test.ts`],
        setupFiles: ['test/setup.ts'],
        testTimeout: kind === 'canary' || kind === 'integration' ? 300_000 : 30_000,
      },
    })),
  },
})

export default config
