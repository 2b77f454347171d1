import ArgumentParser
import Learning

/// What `train` trains, with the defaults that suit it.
enum TrainingKind: String, CaseIterable, ExpressibleByArgument {
  case sft, reward, dpo

  var learningRate: Double {
    switch self {
    case .sft: 2e-4
    case .reward: 3e-4
    case .dpo: 1e-4
    }
  }

  var epochs: Int {
    switch self {
    case .sft: 3
    // A second epoch overfits (Ouyang et al. 2022, appendix C.2).
    case .reward: 1
    case .dpo: 2
    }
  }
}

extension Schedule: ExpressibleByArgument {}
