import Feedback
import Storage

extension RankingRecord {
  /// The label to import.
  ///
  /// - Parameter labeler: whose label it is when the record does not say.
  func label(labeler: String) throws(ExchangeError) -> ImportedLabel {
    let parts = completions ?? []
    var indices: [String: Int] = [:]
    for (index, part) in parts.enumerated() {
      guard indices.updateValue(index, forKey: part.id) == nil else {
        throw ExchangeError("two completions have the id “\(printable(part.id, limit: 40))”")
      }
    }
    func index(_ id: String) throws(ExchangeError) -> Int {
      guard let index = indices[id] else {
        throw ExchangeError("there is no completion “\(printable(id, limit: 40))”")
      }
      return index
    }

    var label = ImportedLabel(
      prompt: try PromptFile.checked(
        key: prompt.id, useCase: prompt.useCase, messages: prompt.messages.messages),
      activelyChosen: activelyChosen ?? false,
      labeler: try checkedLabeler(self.labeler ?? labeler), skip: skip,
      duration: try checkedSeconds(duration ?? 0, "duration"))
    if let created { label.created = try checkedSeconds(created, "created") }
    for (index, part) in parts.enumerated() {
      label.completions.append(try part.completion())
      label.quality[index] = part.quality
      if let names = part.flags { label.flags[index] = try part.flags(names) }
    }
    if let tiers {
      label.tiers = try tiers.map { tier throws(ExchangeError) in try tier.map(index) }
    }
    if let demonstration {
      label.demonstration = demonstration.text
      if let original = demonstration.editedFrom { label.editedFrom = try index(original) }
    }
    return label
  }

  private func checkedSeconds(_ value: Double, _ name: String) throws(ExchangeError) -> Double {
    guard value >= 0 else { throw ExchangeError("\"\(name)\" is below 0") }
    return value
  }
}

/// A labeler's name that can be shown.
func checkedLabeler(_ name: String) throws(ExchangeError) -> String {
  guard !name.allSatisfy(\.isWhitespace) else { throw ExchangeError("the labeler's name is empty") }
  guard printable(name) == name else {
    throw ExchangeError("the labeler's name “\(printable(name))” holds control characters")
  }
  return name
}

extension RankingRecord.CompletionPart {
  func completion() throws(ExchangeError) -> NewCompletion {
    let tokens = tokenIDs ?? []
    let logprobs = logprobs ?? []
    guard logprobs.isEmpty || logprobs.count == tokens.count else {
      throw wrong("has \(logprobs.count) log-probabilities for \(tokens.count) tokens")
    }
    guard tokens.allSatisfy({ $0 >= 0 }) else { throw wrong("has a token id below 0") }
    let version = Int64(policyVersion ?? "0")
    guard let version, version >= 0 else {
      throw wrong("has no usable policy version: “\(printable(policyVersion ?? "", limit: 40))”")
    }
    guard let seed = UInt64(seed ?? "0") else {
      throw wrong("has no usable seed: “\(printable(self.seed ?? "", limit: 40))”")
    }
    return NewCompletion(
      text: text, tokenIDs: tokens, logprobs: logprobs,
      finishReason: try known(finishReason, or: .stop, "finish reason"), policyVersion: version,
      sampling: sampling.map {
        SamplingParameters(
          temperature: $0.temperature, topK: $0.topK, topP: $0.topP, minP: $0.minP,
          maxTokens: $0.maxTokens)
      } ?? SamplingParameters(),
      seed: seed, origin: try known(origin, or: .selected, "origin"))
  }

  func flags(_ names: [String]) throws(ExchangeError) -> Set<Flag> {
    var flags = Set<Flag>()
    for name in names {
      guard let flag = Flag(rawValue: name) else { throw unknown("flag", name) }
      flags.insert(flag)
    }
    return flags
  }

  private func known<Value: RawRepresentable<String>>(
    _ name: String?, or standard: Value, _ what: String
  ) throws(ExchangeError) -> Value {
    guard let name else { return standard }
    guard let value = Value(rawValue: name) else { throw unknown(what, name) }
    return value
  }

  private func unknown(_ what: String, _ name: String) -> ExchangeError {
    wrong("has the unknown \(what) “\(printable(name, limit: 40))”")
  }

  private func wrong(_ reason: String) -> ExchangeError {
    ExchangeError("completion “\(printable(id, limit: 40))” \(reason)")
  }
}
