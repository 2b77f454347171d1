/// What one row found.
struct BenchResult {
  var row: BenchRow
  /// Completions in parallel.
  var k: Int?
  /// Completions that the policy draws for a slate.
  var draws: Int?
  var batch: Int?
  /// The length of a sequence.
  var tokens: Int?
  var promptTokens: Int?
  /// Whether an adapter was on, where it need not be.
  var adapter = false
  /// Whether the same records were learnt again and again, with adapters on upper layers only.
  var replayed = false
  var seconds: Samples
  var promptSeconds: Samples?
  var decodeSeconds: Samples?
  var tokensPerSecond: Samples?
  /// What a token costs at least; see ``ModelWork``.
  var operationsPerToken: Double?
  var residentMegabytes: Double?

  init(_ row: BenchRow, seconds: Samples) {
    self.row = row
    self.seconds = seconds
  }

  /// The share of the machine's peak that was used.
  func peakShare(of gigaflops: Double) -> Double? {
    guard let tokensPerSecond, let operationsPerToken else { return nil }
    return tokensPerSecond.median * operationsPerToken / (gigaflops * 1e9)
  }

  /// The name of the test in a table.
  var name: String {
    var parts = [row.rawValue]
    if let draws { parts.append("\(draws)+1 drawn,") }
    if let k { parts.append("k=\(k)") }
    if let batch, let tokens { parts.append("\(batch)x\(tokens)") }
    if adapter { parts.append("adapter") }
    if replayed { parts.append("replayed") }
    return parts.joined(separator: " ")
  }
}
