import Foundation
import LanguageModel

extension LanguageModel {
  /// The name under which PEFT finds the model: the published one's on the Hugging Face hub, else the
  /// file's.
  public var nameForPEFT: String {
    let file = URL(fileURLWithPath: path).lastPathComponent
    return file == ModelFile.name ? "HuggingFaceTB/SmolLM2-135M-Instruct" : file
  }
}
