/// From where on one side of what prompts differ in is preferred.
///
/// Where few prompts want the opposite of most, each of those few is told apart by what is its own, of which a new
/// prompt has only a part, while what most want holds for it in full: the new prompt is taken for one of the many.
/// How far short prompts fall that a fit has not seen shows where the border should be.
extension RewardProbe {
  /// What moved the border, for the record.
  public struct Balance: Sendable, Equatable {
    /// Prompts with rankings, or demonstrations, on either side.
    public var sides: [Int]
    /// How far on the first side those of each are by a fit that has not seen them, on average.
    public var leans: [Double]
    /// How far on the first side the border now is where it was at 0.
    public var moved: Double
  }

  /// Moves the border between two sides to the middle between what prompts of both are by fits without them.
  ///
  /// - Parameters:
  ///   - prompts: the features of prompts of all kinds.
  ///   - unseen: the weights that were fitted without an example's prompt.
  mutating func balance(
    _ examples: [Example], prompts: [[Float]], unseen: (Example) -> [Float]
  ) {
    guard
      let opposition = Opposition(
        self, rows: Self.some(Self.rowsOpposed, of: examples.flatMap(\.features)),
        prompts: Self.some(Self.promptsOpposed, of: prompts))
    else { return }
    let axis = axis(of: opposition)
    let slope = slope(of: opposition)
    let unit = opposition.strength / Double(opposition.rows.count).squareRoot()
    func side(_ rows: [[Float]]) -> Double {
      let sides = rows.map { row in
        layout.formPart.enumerated().reduce(0) {
          $0 + slope[$1.offset] * Double((row[$1.element] - mean[$1.element]) * scale[$1.element])
        }
      }
      return sides.reduce(0, +) / Double(max(1, sides.count))
    }
    var leans: [[Double]] = [[], []]
    for example in examples {
      let best = Set(example.best)
      let rest = example.features.indices.filter { !best.contains($0) }
      let preferred =
        (side(best.sorted().map { example.features[$0] }) - side(rest.map { example.features[$0] }))
        / unit
      guard abs(preferred) > Self.leastSide else { continue }
      var row = axis
      let asked = Self.normalized(example.features[0], mean: mean, scale: scale)
      row.replaceSubrange(layout.promptPart, with: asked[layout.promptPart])
      leans[preferred > 0 ? 0 : 1].append(
        Double(dot(unseen(example), layout.expanded(row)[...])))
    }
    let moved = Self.border(leans)
    guard moved != 0 else { return }
    balance = Balance(
      sides: leans.map(\.count), leans: leans.map { $0.reduce(0, +) / Double($0.count) },
      moved: moved)
    for (number, slope) in slope.enumerated() {
      guard let place = layout.place(ofNumber: number) else { continue }
      let change = Float(moved / opposition.strength * slope) / place.factor
      for head in heads.indices { heads[head][place.index] -= change }
    }
  }

  /// The middle between the means of two kinds of numbers, shrunk towards 0 by how little they differ beside what
  /// is chance (as James and Stein 1961 shrink a mean), and by how few the fewer are.
  static func border(_ kinds: [[Double]]) -> Double {
    let counts = kinds.map { Double($0.count) }
    let fewest = counts.min()!
    guard fewest >= 2 else { return 0 }
    let means = zip(kinds, counts).map { $0.reduce(0, +) / $1 }
    guard means[0] > means[1] else { return 0 }
    let squares = zip(kinds, means).map { kind, mean in
      kind.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    }
    let variance = (squares[0] + squares[1]) / (counts[0] + counts[1] - 2)
    let difference = means[0] - means[1]
    let chance = variance * (1 / counts[0] + 1 / counts[1])
    let certainty = max(0, 1 - chance / (difference * difference))
    return (means[0] + means[1]) / 2 * certainty * fewest / (fewest + addedToFewest)
  }

  /// The completions, and prompts, that sides are found by.
  private static let rowsOpposed = 32
  private static let promptsOpposed = 64
  /// How far on a side what is preferred is at least, beside the typical completion.
  private static let leastSide = 0.3
  /// Prompts of the rarer side for which there is nothing to move that are added to those met.
  private static let addedToFewest = 2.0

  /// So many of some rows at even distances.
  private static func some(_ count: Int, of rows: [[Float]]) -> [[Float]] {
    guard rows.count > count else { return rows }
    return (0..<count).map { rows[$0 * rows.count / count] }
  }

  /// The completion, normalised, whose score is a prompt's lean.
  private func axis(of opposition: Opposition) -> [Float] {
    (0..<layout.count).map { feature in
      let sum = zip(opposition.rows, opposition.rowSides).reduce(0.0) {
        $0 + $1.1 * Double($1.0[feature])
      }
      return Float(sum) * scale[feature]
    }
  }

  /// How much farther on a side a completion is for each number of its form, normalised.
  private func slope(of opposition: Opposition) -> [Double] {
    layout.formPart.map { feature in
      guard scale[feature] > 0 else { return 0 }
      var row = mean
      row[feature] += 1 / scale[feature]
      return opposition.side(of: row)
    }
  }
}
