/// What a probe reads: completions as features, and ranked slates of them.
extension RewardProbe {
  /// What a completion's features are made of, one part after another.
  public struct Layout: Sendable, Equatable {
    /// Blocks that are each a model of their own, and the width of each.
    public var blocks: Int
    public var width: Int
    /// Features of the prompt.
    public var prompt: Int
    /// Numbers of the completion's form; none leaves out the block of form.
    public var form: Int
    /// Sets of these numbers that are each a model of its own.
    public var formParts: [FormPart]
    /// What is known of the form before anything is told.
    public var failings: [TextForm.Failing]

    /// Some numbers of the form.
    public struct FormPart: Sendable, Equatable {
      public var numbers: [Int]
      /// Whether it also learns from what was left on top of each ranking, beside the average completion of
      /// whatever prompt.
      public var isContrasted: Bool
      /// Whether what is liked may depend on what was asked.
      public var dependsOnPrompt: Bool

      public init(_ numbers: [Int], isContrasted: Bool = false, dependsOnPrompt: Bool = true) {
        self.numbers = numbers
        self.isContrasted = isContrasted
        self.dependsOnPrompt = dependsOnPrompt
      }
    }

    /// - Parameter formParts: nil for one with all numbers of the form.
    public init(
      blocks: Int, width: Int, prompt: Int = 0, form: Int = 0, formParts: [FormPart]? = nil,
      failings: [TextForm.Failing] = []
    ) {
      (self.blocks, self.width, self.prompt, self.form) = (blocks, width, prompt, form)
      self.formParts = formParts ?? (form > 0 ? [FormPart(Array(0..<form))] : [])
      self.failings = failings
    }

    /// How many features a completion has.
    public var count: Int { blocks * width + prompt + form }
    /// Where the features of the prompt are among those of a completion.
    public var promptPart: Range<Int> { blocks * width..<blocks * width + prompt }
    /// Where the numbers of the form are.
    public var formPart: Range<Int> { promptPart.upperBound..<count }
    /// How long a head is.
    public var expandedCount: Int { range(ofModel: models - 1).upperBound }
    /// Blocks of the model, those of form included.
    public var models: Int { blocks + formParts.count }

    /// Where a model's part of an expanded row is.
    func range(ofModel model: Int) -> Range<Int> {
      guard model >= blocks else { return model * width..<(model + 1) * width }
      let ends = formParts[...(model - blocks)].reduce(into: [blocks * width]) {
        $0.append($0.last! + $1.numbers.count * (1 + ($1.dependsOnPrompt ? prompt : 0)))
      }
      return ends[ends.count - 2]..<ends.last!
    }

    /// Where a head has what a number of the form counts by itself, and what the number is multiplied by there; nil
    /// where no model has it that depends on the prompt.
    func place(ofNumber number: Int) -> (index: Int, factor: Float)? {
      for (model, part) in formParts.enumerated() where part.dependsOnPrompt {
        guard let position = part.numbers.firstIndex(of: number) else { continue }
        let start = range(ofModel: blocks + model).lowerBound
        return (start + position * (1 + prompt), scale(of: part) * RewardProbe.unasked)
      }
      return nil
    }

    /// Features are scaled for the whole form to have a length near 1; so shall each part.
    private func scale(of part: FormPart) -> Float {
      (Float(form) / Float(part.numbers.count)).squareRoot()
    }

    /// How the features of a completion that fails in one way differ from those of one that does not.
    func difference(of failing: TextForm.Failing) -> [Float] {
      var row = [Float](repeating: 0, count: count)
      row[formPart.lowerBound + failing.number] = failing.difference
      return row
    }

    /// Whether a model also learns from what was left on top.
    func isContrasted(_ model: Int) -> Bool {
      model >= blocks && formParts[model - blocks].isContrasted
    }

    /// The parts of a completion's features that are scaled as one.
    var parts: [Range<Int>] {
      var ends = (0...blocks).map { $0 * width }
      for more in [prompt, form] where more > 0 { ends.append(ends.last! + more) }
      return zip(ends, ends.dropFirst()).map { $0..<$1 }
    }

    /// Normalised features as the models read them.
    func expanded(_ row: [Float]) -> [Float] {
      var result = Array(row[..<(blocks * width)])
      guard form > 0 else { return result }
      result.reserveCapacity(expandedCount)
      let asked = row[promptPart]
      // An unusual prompt must not count more than a usual one.
      let length = asked.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let share = 1 / max(1, length)
      for part in formParts {
        let scale = scale(of: part)
        for number in part.numbers {
          let value = row[blocks * width + prompt + number] * scale
          guard part.dependsOnPrompt else {
            result.append(value)
            continue
          }
          result.append(value * RewardProbe.unasked)
          for feature in asked { result.append(value * share * feature) }
        }
      }
      return result
    }
  }

  /// A ranked slate: the features of its completions, and its strict pairs.
  public struct Example: Sendable {
    /// One per completion, as the layout says.
    public var features: [[Float]]
    /// None where all are tied.
    public var pairs: [Pair]
    /// The prompt's identity: what the bootstrap and the cross-validation go by.
    public var group: UInt64
    /// What each pair counts.
    public var weight: Double
    /// Whether cross-validation tries to foresee its pairs; others are only learnt from.
    public var isForeseen: Bool
    /// What it counts, in strict pairs, that a completion is tied with others.
    public var tieWeight: Double

    public init(
      features: [[Float]], pairs: [Pair], group: UInt64, weight: Double = 1,
      isForeseen: Bool = true, tieWeight: Double = 0
    ) {
      self.features = features
      self.pairs = pairs
      self.group = group
      self.weight = weight
      self.isForeseen = isForeseen
      self.tieWeight = tieWeight
    }

    /// The completions that each is tied with, itself included; none for one that is not.
    var ties: [[Int]] {
      guard tieWeight > 0 else { return [] }
      return features.indices.map { one in
        let differ = Set(
          pairs.compactMap {
            $0.preferred == one ? $0.rejected : $0.rejected == one ? $0.preferred : nil
          })
        let tied = features.indices.filter { !differ.contains($0) }
        return tied.count > 1 ? tied : []
      }
    }

    /// The completions that no other is preferred to.
    var best: [Int] {
      let rejected = Set(pairs.map(\.rejected))
      return features.indices.filter { !rejected.contains($0) }
    }
  }
}
