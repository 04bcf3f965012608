import type { Agent } from './agent.ts'
import { calculator } from './calculator.ts'
import { csvProfiler } from './csv-profiler.ts'
import { languageModel } from './language-model.ts'
import { textAnalyst } from './text-analyst.ts'
import { textDiffer } from './text-differ.ts'

/** All agents by name. To add one: a file like its neighbours, and its name here. */
export const agents: ReadonlyMap<string, Agent> = new Map(
  [calculator, csvProfiler, languageModel, textAnalyst, textDiffer].map((agent) => [agent.name, agent]),
)
