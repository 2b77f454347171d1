import Foundation
import LanguageModel

/// What `adapter_config.json` says.
struct PEFTConfiguration: Codable {
  var peftType: String
  var taskType: String?
  var baseModelName: String?
  var rank: Int
  var alpha: Double
  var dropout: Double?
  var targetModules: TargetModules?
  var layers: Layers?
  var modulesToSave: [String]?
  var bias: String?
  var fanInFanOut: Bool?
  var useRSLoRA: Bool?
  var useDoRA: Bool?
  var rankPattern: [String: Int]?
  var alphaPattern: [String: Double]?
  var inferenceMode: Bool?

  enum CodingKeys: String, CodingKey {
    case peftType = "peft_type"
    case taskType = "task_type"
    case baseModelName = "base_model_name_or_path"
    case rank = "r"
    case alpha = "lora_alpha"
    case dropout = "lora_dropout"
    case targetModules = "target_modules"
    case layers = "layers_to_transform"
    case modulesToSave = "modules_to_save"
    case bias
    case fanInFanOut = "fan_in_fan_out"
    case useRSLoRA = "use_rslora"
    case useDoRA = "use_dora"
    case rankPattern = "rank_pattern"
    case alphaPattern = "alpha_pattern"
    case inferenceMode = "inference_mode"
  }

  /// The adapted modules: a list of names, or a pattern, which only the tensors can resolve.
  enum TargetModules: Codable {
    case names([String])
    case pattern(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let pattern = try? container.decode(String.self) {
        self = .pattern(pattern)
      } else {
        self = .names(try container.decode([String].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .names(let names): try container.encode(names)
      case .pattern(let pattern): try container.encode(pattern)
      }
    }
  }

  /// The adapted layers: a list, or a single number.
  struct Layers: Codable {
    var numbers: [Int]

    init(numbers: [Int]) { self.numbers = numbers }

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        numbers = [number]
      } else {
        numbers = try container.decode([Int].self)
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(numbers)
    }
  }

  init(adapter: LoRAAdapter, isReward: Bool, baseModelName: String) {
    peftType = "LORA"
    taskType = isReward ? "SEQ_CLS" : "CAUSAL_LM"
    self.baseModelName = baseModelName
    rank = adapter.rank
    alpha = Double(adapter.alpha)
    dropout = 0
    targetModules = .names(LinearLayer.allCases.map(PEFT.moduleName))
    if adapter.layers != 0..<adapter.configuration.layerCount {
      layers = Layers(numbers: Array(adapter.layers))
    }
    modulesToSave = isReward ? ["score"] : nil
    bias = "none"
    fanInFanOut = false
    useRSLoRA = false
    useDoRA = false
    inferenceMode = true
  }

  func encoded() throws(ExchangeError) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(self) + Data("\n".utf8)
    } catch {
      throw ExchangeError("the adapter's alpha of \(alpha) cannot be written as JSON")
    }
  }

  /// Reads a configuration and refuses the kinds of adapter that are not plain LoRA.
  init(path: String) throws(ExchangeError) {
    let data = try FileBytes.read(path)
    do {
      self = try JSONDecoder().decode(PEFTConfiguration.self, from: data)
    } catch {
      throw ExchangeError(
        "\(path): is no PEFT configuration of a LoRA adapter, or damaged: it needs “peft_type”, "
          + "“r” and “lora_alpha”"
      )
    }
    guard peftType == "LORA" else {
      throw ExchangeError(
        "\(path): is an adapter of type \(printable(peftType, limit: 40)); supported: LORA")
    }
    guard rank >= 1, Float(alpha).isFinite else {
      throw ExchangeError("\(path): has an impossible rank (\(rank)) or alpha (\(alpha))")
    }
    let extras: [(String, Bool)] = [
      ("use_rslora", useRSLoRA == true), ("use_dora", useDoRA == true),
      ("fan_in_fan_out", fanInFanOut == true), ("bias", (bias ?? "none") != "none"),
      ("rank_pattern", !(rankPattern ?? [:]).isEmpty),
      ("alpha_pattern", !(alphaPattern ?? [:]).isEmpty),
    ]
    if let extra = extras.first(where: \.1) {
      throw ExchangeError("\(path): uses “\(extra.0)”; supported is plain LoRA without it")
    }
  }
}
