import CKernels
import Feedback

/// One completion in the making.
struct Draft {
  var sampler: TokenSampler
  var tokens: [TokenID] = []
  var logprobs: [Float] = []
  var isFinished = false
}

/// How far a generation has come.
public struct GenerationProgress {
  /// Tokens that each completion has had since the first.
  public let step: Int
  fileprivate let drafts: [Draft]

  /// The number of completions.
  public var count: Int { drafts.count }

  /// The tokens of a completion so far.
  public func tokens(of completion: Int) -> [TokenID] { drafts[completion].tokens }
}

/// Draws completions of a prompt, several in lock-step.
///
/// The prompt is computed once and its keys and values are kept for the next draw of the same prompt
/// by the same policy. Used by one thread only, the one that computes with the model; see
/// ``LanguageModel``.
public final class Generator {
  private let model: LanguageModel
  private let transformer: Transformer
  private var cache: PromptCache?
  private var codeAdapter: CodeAdapter?
  private let decoding = Arena()
  private let candidates: Candidates

  public init(model: LanguageModel) {
    self.model = model
    transformer = Transformer(model: model)
    candidates = Candidates(vocabularySize: model.configuration.vocabularySize)
  }

  /// Draws one completion for each seed.
  ///
  /// A completion depends on the prompt, the policy, the sampling parameters and its own seed, not on
  /// the others drawn with it.
  ///
  /// - Parameters:
  ///   - adapter: nil draws from the base model.
  ///   - stopsAtEnd: false goes on after the end token, to the longest length: for measuring.
  ///   - onStep: called after each token of each; false cancels.
  /// - Throws: ``LanguageModelError`` when the prompt is empty or does not fit into the context with
  ///   the longest completion, or the model computes no finite numbers; `CancellationError` when `onStep` cancels.
  public func generate(
    prompt: [TokenID], adapter: LoRAAdapter?, seeds: [UInt64], sampling: SamplingParameters,
    stopsAtEnd: Bool = true, onStep: ((GenerationProgress) -> Bool)? = nil
  ) throws -> [GeneratedCompletion] {
    let c = model.configuration
    guard sampling.maxTokens > 0 else {
      throw LanguageModelError("a completion of no tokens was asked for; ask for at least one")
    }
    guard prompt.count + sampling.maxTokens <= c.contextLength else {
      throw LanguageModelError(
        "a prompt of \(prompt.count) tokens and a completion of up to \(sampling.maxTokens) do not fit into the model's context of \(c.contextLength); shorten the prompt or ask for fewer tokens"
      )
    }
    guard !seeds.isEmpty else { return [] }
    let identity = adapter.map(AdapterIdentity.init)
    let codeAdapter = try codeAdapter(for: adapter, identity: identity)
    let cache = try cache(for: prompt, adapter: adapter, codeAdapter: codeAdapter)
    let decoder = try Decoder(
      model: model, cache: cache, adapter: codeAdapter,
      rotary: transformer.rotary, slots: seeds.count, maxTokens: sampling.maxTokens,
      arena: decoding)
    var drafts = seeds.map { Draft(sampler: TokenSampler(sampling, seed: $0)) }
    for index in drafts.indices {
      drafts[index].tokens.reserveCapacity(sampling.maxTokens)
      drafts[index].logprobs.reserveCapacity(sampling.maxTokens)
    }
    func extend(_ index: Int, from logits: UnsafeBufferPointer<Float>) throws(LanguageModelError) {
      let (token, logprob) = try drafts[index].sampler.draw(from: logits, using: candidates)
      drafts[index].tokens.append(token)
      drafts[index].logprobs.append(logprob)
      drafts[index].isFinished =
        (stopsAtEnd && token == model.tokenizer.endToken)
        || drafts[index].tokens.count == sampling.maxTokens
    }

    try cache.logits.withUnsafeBufferPointer { logits in
      for index in drafts.indices { try extend(index, from: logits) }
    }
    var active = drafts.indices.map(Int32.init)
    var last: [TokenID] = []
    var step = 0
    while true {
      if let onStep, !onStep(GenerationProgress(step: step, drafts: drafts)) {
        throw CancellationError()
      }
      step += 1
      active.removeAll { drafts[Int($0)].isFinished }
      guard !active.isEmpty else { break }
      last.removeAll(keepingCapacity: true)
      for index in active { last.append(drafts[Int(index)].tokens.last!) }
      let logits = decoder.step(active, tokens: last)
      for (row, index) in active.enumerated() {
        try extend(
          Int(index),
          from: UnsafeBufferPointer(
            start: logits.base + row * c.vocabularySize, count: c.vocabularySize))
      }
    }
    return zip(drafts, seeds).map(completion)
  }

  private func cache(
    for prompt: [TokenID], adapter: LoRAAdapter?, codeAdapter: CodeAdapter?
  ) throws(LanguageModelError) -> PromptCache {
    if let cache, cache.prompt == prompt, cache.adapter == codeAdapter?.identity { return cache }
    self.cache = nil
    let computed = try PromptCache(
      prompt: prompt, adapter: adapter, codeAdapter: codeAdapter, with: transformer)
    self.cache = computed
    return computed
  }

  private func codeAdapter(
    for adapter: LoRAAdapter?, identity: AdapterIdentity?
  ) throws(LanguageModelError) -> CodeAdapter? {
    guard let adapter, let identity else { return nil }
    if let codeAdapter, codeAdapter.identity == identity { return codeAdapter }
    codeAdapter = nil
    let packed = try CodeAdapter(adapter, identity: identity)
    codeAdapter = packed
    return packed
  }

  private func completion(_ draft: Draft, seed: UInt64) -> GeneratedCompletion {
    let stopped = draft.tokens.last == model.tokenizer.endToken
    return GeneratedCompletion(
      tokenIDs: draft.tokens, logprobs: draft.logprobs,
      text: model.tokenizer.decode(stopped ? draft.tokens.dropLast() : draft.tokens[...]),
      finishReason: stopped ? .stop : .length, seed: seed)
  }
}
