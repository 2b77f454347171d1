/// How often a measurement is repeated.
struct Repeats {
  var atLeast: Int
  var atMost: Int
  /// Seconds after which no more repeats are begun than ``atLeast``.
  var seconds: Double

  /// - Parameter count: how often; nil as often as is worth its time.
  init(_ count: Int?, atLeast: Int = 3, seconds: Double = 6) {
    self.atLeast = count ?? atLeast
    atMost = count ?? 7
    self.seconds = seconds
  }

  /// Calls `body` once to warm up, then for each repeat, with a number that is never the same.
  ///
  /// - Returns: what the repeats gave.
  func collect<Sample>(_ body: (_ number: Int) throws -> Sample) rethrows -> [Sample] {
    _ = try body(0)
    let clock = ContinuousClock()
    let start = clock.now
    var samples: [Sample] = []
    while samples.count < atLeast
      || (samples.count < atMost && (clock.now - start) / .seconds(1) < seconds)
    {
      samples.append(try body(samples.count + 1))
    }
    return samples
  }
}

/// The seconds that something takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  try ContinuousClock().measure(body) / .seconds(1)
}
