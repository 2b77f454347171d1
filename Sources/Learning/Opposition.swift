/// In what a reward model's preference changes most from prompt to prompt: of two sides that completions may be
/// on, each is preferred for some prompts.
///
/// It is the first singular pair of what the reward model says of some completions as answers to each of some
/// prompts, less what it says of the prompt and of the completion on average.
public struct Opposition {
  private let probe: RewardProbe
  /// Features of prompts, and how much each makes of the one side; they add up to 0.
  private let prompts: [[Float]]
  private let promptSides: [Double]
  /// Rows of completions, and how far on the one side each is; they add up to 0.
  let rows: [[Float]]
  let rowSides: [Double]
  /// How much of what the reward model says is this, over all those completions and prompts.
  let strength: Double

  /// nil when the preference is the same for all prompts.
  ///
  /// - Parameters:
  ///   - rows: what is read of completions, of whatever prompts.
  ///   - prompts: what is read of prompts.
  public init?(_ probe: RewardProbe, rows: [[Float]], prompts: [[Float]]) {
    guard rows.count > 1, prompts.count > 1 else { return nil }
    var table = prompts.map { prompt in rows.map { Self.score($0, askedBy: prompt, probe) } }
    let columns = rows.indices.map { column in
      table.reduce(0) { $0 + $1[column] } / Double(table.count)
    }
    for index in table.indices {
      for column in rows.indices { table[index][column] -= columns[column] }
      let mean = table[index].reduce(0, +) / Double(rows.count)
      for column in rows.indices { table[index][column] -= mean }
    }
    guard let (left, right, strength) = Self.firstSingularPair(table) else { return nil }
    self.probe = probe
    self.strength = strength
    (self.prompts, promptSides) = (prompts, left)
    (self.rows, rowSides) = (rows, right)
  }

  /// Which side is preferred for a prompt, by its sign, and how plainly.
  public func lean(of prompt: [Float]) -> Double {
    zip(rows, rowSides).reduce(0) { $0 + $1.1 * Self.score($1.0, askedBy: prompt, probe) }
  }

  /// How far on the one side a completion is, by what is read of it.
  public func side(of row: [Float]) -> Double {
    zip(prompts, promptSides).reduce(0) { $0 + $1.1 * Self.score(row, askedBy: $1.0, probe) }
  }

  private static func score(
    _ row: [Float], askedBy prompt: [Float], _ probe: RewardProbe
  ) -> Double {
    var row = row
    row.replaceSubrange(probe.layout.promptPart, with: prompt)
    return probe.score(of: row)
  }

  private static let iterations = 50

  /// The largest singular value and its vectors, each of norm 1; nil for a table of zeros.
  private static func firstSingularPair(
    _ table: [[Double]]
  ) -> (left: [Double], right: [Double], value: Double)? {
    func norm(_ vector: [Double]) -> Double {
      vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    }
    // The longest row is nowhere orthogonal to the answer but by chance.
    guard var right = table.max(by: { norm($0) < norm($1) }), norm(right) > 1e-9 else { return nil }
    var left: [Double] = []
    var value = 0.0
    for _ in 0..<iterations {
      left = table.map { row in zip(row, right).reduce(0) { $0 + $1.0 * $1.1 } }
      let length = norm(left)
      guard length > 0 else { return nil }
      left = left.map { $0 / length }
      right = right.indices.map { column in
        zip(table, left).reduce(0) { $0 + $1.0[column] * $1.1 }
      }
      let stretched = norm(right)
      guard stretched > 0 else { return nil }
      right = right.map { $0 / stretched }
      value = stretched
    }
    return (left, right, value)
  }
}
