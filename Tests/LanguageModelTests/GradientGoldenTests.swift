import CKernels
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

extension ComputeTests {
  /// Losses and LoRA gradients against PyTorch.
  @Suite(.serialized) struct GradientGoldenTests {
    let goldens: Goldens
    let model: LanguageModel

    init() throws {
      goldens = try Goldens.load()
      model = try realModel.get()
    }

    /// The mean loss over all completion tokens and its gradients by log-probability.
    private func supervised() -> (batch: [PackedSequence], gradients: RaggedRows, count: Int) {
      let batch = goldens.sft.demonstrations.map {
        PackedSequence(prompt: $0.promptIds, completions: [$0.completionIds])
      }
      let count = batch.reduce(0) { $0 + $1.completions[0].count }
      let gradients = batch.flatMap { sequence in
        sequence.completions.map { $0.map { _ in -1 / Float(count) } }
      }
      return (batch, RaggedRows(gradients), count)
    }

    private func loss(_ logprobs: RaggedRows, count: Int) -> Double {
      -logprobs.values.reduce(0.0) { $0 + Double($1) } / Double(count)
    }

    @Test(arguments: [false, true], Arithmetic.allCases)
    func `supervised loss and gradients match`(recomputing: Bool, arithmetic: Arithmetic) throws {
      let adapter = goldens.adapter(model.configuration)
      let pass = TrainingPass(model: model)
      if recomputing { pass.keptBytes = 0 }
      let (batch, gradients, count) = supervised()
      let output = try pass.forward(
        batch, adapter: adapter, arithmetic: arithmetic, needs: [.logprobs],
        keepForBackward: true, tokenGradients: gradients)
      #expect(agree(loss(output.logprobs, count: count), goldens.sft.loss, within: 1e-3))
      try withGradient(of: adapter) { gradient in
        try pass.backward(gradient: gradient)
        try expectGradient(
          gradient, of: adapter, norm: goldens.sft.gradNorm, tensors: goldens.sft.grads)
      }
    }

    @Test func `preference loss and gradients match`() throws {
      let golden = goldens.dpo
      let adapter = goldens.adapter(model.configuration)
      let pass = TrainingPass(model: model)
      let batch = [
        PackedSequence(
          prompt: golden.promptIds, completions: [golden.chosenIds, golden.rejectedIds])
      ]
      func sums(_ output: TrainingPass.Output) -> [Double] {
        output.logprobs.map { $0.reduce(0.0) { $0 + Double($1) } }
      }
      let reference = sums(
        try pass.forward(batch, adapter: nil, needs: [.logprobs], keepForBackward: false))
      #expect(agree(reference[0], golden.refChosen, within: 1e-3))
      #expect(agree(reference[1], golden.refRejected, within: 1e-3))
      let policy = sums(
        try pass.forward(batch, adapter: adapter, needs: [.logprobs], keepForBackward: true))
      #expect(agree(policy[0], golden.policyChosen, within: 1e-3))
      #expect(agree(policy[1], golden.policyRejected, within: 1e-3))
      let margin =
        golden.beta * ((policy[0] - reference[0]) - (policy[1] - reference[1]))
      #expect(agree(log1p(exp(-margin)), golden.loss, within: 1e-3))
      let slope = Float(golden.beta / (1 + exp(margin)))
      try withGradient(of: adapter) { gradient in
        try pass.backward(
          tokenGradients: RaggedRows([
            golden.chosenIds.map { _ in -slope }, golden.rejectedIds.map { _ in slope },
          ]), gradient: gradient)
        try expectGradient(gradient, of: adapter, norm: golden.gradNorm, tensors: golden.grads)
      }
    }

    @Test func `reward loss and gradients match`() throws {
      let golden = goldens.reward
      let adapter = goldens.adapter(model.configuration)
      let pass = TrainingPass(model: model)
      let head = (0..<model.configuration.hiddenSize).map {
        0.02 * cos(0.05 * Double($0) + Double(goldens.seed))
      }
      let output = try pass.forward(
        [PackedSequence(prompt: golden.promptIds, completions: golden.completions)],
        adapter: adapter, needs: [.endHidden], keepForBackward: true)
      let scores = output.endHidden.map {
        zip($0, head).reduce(0.0) { $0 + Double($1.0) * $1.1 }
      }
      for (a, b) in zip(scores, golden.scores) { #expect(agree(a, b, within: 1e-3, or: 1e-4)) }

      let pairs = golden.tiers.indices.flatMap { high in
        golden.tiers.indices.filter { golden.tiers[high] < golden.tiers[$0] }.map { (high, $0) }
      }
      let losses = pairs.map { log1p(exp(scores[$0.1] - scores[$0.0])) }
      #expect(agree(losses.reduce(0, +) / Double(pairs.count), golden.loss, within: 1e-3))
      var slopes = scores.map { _ in 0.0 }
      for (high, low) in pairs {
        let slope = 1 / (1 + exp(scores[high] - scores[low])) / Double(pairs.count)
        slopes[high] -= slope
        slopes[low] += slope
      }
      try withGradient(of: adapter) { gradient in
        try pass.backward(
          endHiddenGradients: RaggedRows(
            slopes.map { slope in head.map { Float($0 * slope) } }),
          gradient: gradient)
        try expectGradient(gradient, of: adapter, norm: golden.gradNorm, tensors: golden.grads)
      }
    }

    @Test func `ten AdamW steps follow the reference`() throws {
      let adapter = goldens.adapter(model.configuration)
      let pass = TrainingPass(model: model)
      let (batch, gradients, count) = supervised()
      var first = [Float](repeating: 0, count: adapter.parameters.count)
      var second = first
      for (step, golden) in goldens.adamw.losses.enumerated() {
        let output = try pass.forward(
          batch, adapter: adapter, needs: [.logprobs], keepForBackward: true,
          tokenGradients: gradients)
        let computed = loss(output.logprobs, count: count)
        if golden > 0.5 {
          #expect(agree(computed, golden, within: 1e-2), "step \(step): \(computed), \(golden)")
        } else {
          #expect(computed < 0.55, "step \(step): \(computed), \(golden)")
        }
        try withGradient(of: adapter) { gradient in
          try pass.backward(gradient: gradient)
          apprentice_adamw(
            adapter.parameters.baseAddress, gradient.baseAddress, &first, &second,
            adapter.parameters.count, 1, Float(goldens.adamw.lr), 0.9, 0.95, 1e-8, Int32(step + 1))
        }
      }
    }
  }
}
