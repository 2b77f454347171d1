import LanguageModel

/// One record that the policy is fine-tuned on: a prompt and what should follow it.
public struct SupervisedExample: Sendable {
  var sequence: PackedSequence
  /// One per completion token: whether the loss looks at it. All of them for a demonstration, the
  /// assistant's turns for a conversation.
  public var trained: [Bool]

  public init(prompt: [TokenID], completion: [TokenID], trained: [Bool]? = nil) {
    sequence = PackedSequence(prompt: prompt, completions: [completion])
    self.trained = trained ?? Array(repeating: true, count: completion.count)
  }

  public var prompt: [TokenID] { sequence.prompt }
  public var completion: [TokenID] { sequence.completions[0] }
  var lossTokens: Int { trained.reduce(0) { $0 + ($1 ? 1 : 0) } }
  var tokenCount: Int { prompt.count + completion.count }
}

/// One ranked slate as tokens: what the reward model and preference training learn from.
public struct RankedExample: Sendable {
  var sequence: PackedSequence
  public var pairs: [Pair]
  /// Records of one group are resampled together when reward heads bootstrap: the prompt's identity.
  public var group: UInt64

  public init(prompt: [TokenID], completions: [[TokenID]], pairs: [Pair], group: UInt64 = 0) {
    sequence = PackedSequence(prompt: prompt, completions: completions)
    self.pairs = pairs
    self.group = group
  }

  public var prompt: [TokenID] { sequence.prompt }
  public var completions: [[TokenID]] { sequence.completions }
  var tokenCount: Int { completions.reduce(prompt.count) { $0 + $1.count } }

  /// Whether a completion is preferred to another and none to it.
  func isBest(_ completion: Int) -> Bool {
    pairs.contains { $0.preferred == completion } && !pairs.contains { $0.rejected == completion }
  }
}

/// Calls `body` with consecutive runs of elements whose costs stay within a budget, at least one element
/// each: how a batch is cut into passes that fit in memory.
func forEachPass<Element>(
  _ elements: [Element], budget: Int, cost: (Element) -> Int, _ body: (Range<Int>) throws -> Void
) rethrows {
  var begin = 0
  var room = budget
  for (index, element) in elements.enumerated() {
    let cost = cost(element)
    if index > begin, cost > room {
      try body(begin..<index)
      begin = index
      room = budget
    }
    room -= cost
  }
  if begin < elements.count { try body(begin..<elements.count) }
}
