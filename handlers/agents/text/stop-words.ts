/** English words that carry no topic of their own. */
const stopWords = new Set(
  `a about above after again against all also although always am among an and another any are aren't as at away back be became because become been
  before behind being below between both but by came can can't cannot could couldn't did didn't do does doesn't doing don't done down during each
  either else even ever every few first for from further get gets give go goes going gone got had hadn't has hasn't have haven't having he her
  here hers herself him himself his how however i if in instead into is isn't it its itself it's just keep last least less let like made make many
  may me might mine more most much must my myself near need neither never next no nobody none nor not nothing now of off often on once one only
  onto or other others our ours ourselves out over own per perhaps quite rather really said same say says see seem seems several shall she should
  shouldn't since so some something still such take than that that's the their theirs them themselves then there these they thing things this
  those though through thus to together too toward towards two under until up upon us use used very via want was wasn't way we well went were
  weren't what when where whether which while who whole whom whose why will with within without won't would wouldn't yes yet you your yours
  yourself yourselves`.split(/\s+/),
)

export function isStopWord(word: string): boolean {
  return stopWords.has(word.replaceAll('’', "'"))
}
