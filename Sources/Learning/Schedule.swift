import Foundation

/// How the learning rate runs over a training.
public enum Schedule: String, Sendable, CaseIterable {
  case constant
  /// Half a cosine from the full rate at the first step down to a tenth at the last, as InstructGPT's
  /// fine-tuning (Ouyang et al. 2022, appendix C.1).
  case cosine

  /// The factor on the learning rate at a step counted from 0.
  public func factor(step: Int, of steps: Int) -> Double {
    switch self {
    case .constant: return 1
    case .cosine:
      guard steps > 1 else { return 1 }
      let progress = Double(min(step, steps - 1)) / Double(steps - 1)
      return 0.1 + 0.9 * 0.5 * (1 + cos(.pi * progress))
    }
  }
}
