import Exchange
import Foundation
import LanguageModel

/// Does with the bytes of a safetensors file all that the program does with an adapter's: reads the
/// header, every tensor as float32, the LoRA factors and the reward head.
///
/// - Returns: whether it is an adapter that the program would use for the corpus's model.
@discardableResult
public func readAdapter(_ bytes: UnsafeRawBufferPointer) -> Bool {
  let data =
    bytes.baseAddress.map {
      Data(
        bytesNoCopy: UnsafeMutableRawPointer(mutating: $0), count: bytes.count, deallocator: .none)
    } ?? Data()
  guard let file = try? Safetensors(data: data, name: "fuzzed.safetensors") else { return false }
  for (name, tensor) in file.tensors {
    // A tensor that was opened can be read: its place and its format have been checked.
    let values = try! file.floats(name)
    precondition(values.count == tensor.count)
  }
  let adapter = try? PEFT.adapter(in: file, rank: 2, alpha: 4, configuration: adaptedModel)
  let head = try? PEFT.heads(PEFT.scoreKey, in: file, width: adaptedModel.hiddenSize)
  precondition(head?.allSatisfy { $0.count == adaptedModel.hiddenSize } ?? true)
  return adapter != nil
}

/// The model that the corpus's adapters are of.
private let adaptedModel = ModelConfiguration(
  architecture: "llama", vocabularySize: 8, hiddenSize: 8, feedForwardSize: 12, layerCount: 2,
  headCount: 2, keyValueHeadCount: 1, headSize: 4, ropeBase: 10_000, normEpsilon: 1e-5,
  contextLength: 16)
