/// A result as `bench --json` writes it.
struct BenchLine: Encodable {
  var result: BenchResult
  var machine: MachineFigures

  enum CodingKeys: String, CodingKey {
    case row, k, draws, batch, tokens, adapter, replayed, seconds, min, max, repeats
    case promptTokens = "prompt_tokens"
    case promptSeconds = "prompt_seconds"
    case decodeSeconds = "decode_seconds"
    case tokensPerSecond = "tokens_per_second"
    case decodePeakShare = "decode_peak_share"
    case peakShare = "peak_share"
    case residentMegabytes = "resident_mb"
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(result.row, forKey: .row)
    try container.encodeIfPresent(result.k, forKey: .k)
    try container.encodeIfPresent(result.draws, forKey: .draws)
    try container.encodeIfPresent(result.batch, forKey: .batch)
    try container.encodeIfPresent(result.tokens, forKey: .tokens)
    try container.encodeIfPresent(result.promptTokens, forKey: .promptTokens)
    if result.adapter { try container.encode(true, forKey: .adapter) }
    if result.replayed { try container.encode(true, forKey: .replayed) }
    try container.encode(result.seconds.median, forKey: .seconds)
    try container.encode(result.seconds.min, forKey: .min)
    try container.encode(result.seconds.max, forKey: .max)
    try container.encode(result.seconds.count, forKey: .repeats)
    try container.encodeIfPresent(result.promptSeconds?.median, forKey: .promptSeconds)
    try container.encodeIfPresent(result.decodeSeconds?.median, forKey: .decodeSeconds)
    try container.encodeIfPresent(result.tokensPerSecond?.median, forKey: .tokensPerSecond)
    try container.encodeIfPresent(
      result.peakShare(of: machine.gigaflops),
      forKey: result.row == .candidates ? .decodePeakShare : .peakShare)
    try container.encodeIfPresent(result.residentMegabytes, forKey: .residentMegabytes)
  }
}
