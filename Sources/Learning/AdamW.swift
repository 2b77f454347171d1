import CKernels

/// AdamW without weight decay (Loshchilov and Hutter 2019): β₁ 0.9, β₂ 0.95, ε 1e-8, bias corrected,
/// with the gradient clipped by its norm over all parameters first.
public final class AdamW: @unchecked Sendable {
  /// The moments and the count of steps: all that a stopped training needs to go on.
  public struct State: Sendable {
    public var step: Int
    /// First moments, then second moments, each as long as all parameters together.
    public var first: [Float]
    public var second: [Float]

    public init(step: Int, first: [Float], second: [Float]) {
      self.step = step
      self.first = first
      self.second = second
    }
  }

  public static let betas: (first: Float, second: Float) = (0.9, 0.95)
  public static let epsilon: Float = 1e-8

  private var step = 0
  private var first: [Float]
  private var second: [Float]

  /// - Parameter count: the parameters of all groups together.
  public init(count: Int) {
    first = Array(repeating: 0, count: count)
    second = Array(repeating: 0, count: count)
  }

  /// Goes on from a saved state; nil when the state is of another number of parameters.
  public init?(count: Int, state: State) {
    guard state.first.count == count, state.second.count == count, state.step >= 0 else {
      return nil
    }
    step = state.step
    first = state.first
    second = state.second
  }

  public var state: State { State(step: step, first: first, second: second) }

  /// Updates the parameters in place and sets the gradients to zero.
  ///
  /// - Parameters:
  ///   - groups: parameters with their gradient, always the same groups in the same order.
  ///   - clip: the largest norm; 0 clips nothing.
  /// - Returns: the norm of the whole gradient before clipping.
  @discardableResult
  public func update(
    _ groups: [(
      parameters: UnsafeMutableBufferPointer<Float>, gradient: UnsafeMutableBufferPointer<Float>
    )],
    learningRate: Double, clip: Double
  ) -> Double {
    let norm = groups.reduce(0.0) {
      $0 + apprentice_sum_of_squares($1.gradient.baseAddress, $1.gradient.count)
    }.squareRoot()
    guard norm.isFinite else { return norm }
    step += 1
    let scale = clip > 0 && norm > clip ? Float(clip / norm) : 1
    var offset = 0
    first.withUnsafeMutableBufferPointer { first in
      second.withUnsafeMutableBufferPointer { second in
        for group in groups {
          precondition(group.parameters.count == group.gradient.count)
          precondition(offset + group.parameters.count <= first.count)
          apprentice_adamw(
            group.parameters.baseAddress, group.gradient.baseAddress,
            first.baseAddress! + offset, second.baseAddress! + offset, group.parameters.count,
            scale, Float(learningRate), Self.betas.first, Self.betas.second, Self.epsilon,
            Int32(step))
          offset += group.parameters.count
        }
      }
    }
    for group in groups { group.gradient.update(repeating: 0) }
    return norm
  }
}
