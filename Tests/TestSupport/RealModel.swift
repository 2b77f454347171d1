import Foundation
import LanguageModel

/// The file of the real model, which `make` fetches.
public func realModelPath() -> String {
  ModelFile.defaultPath()
}

/// The real model, loaded once for all tests of a process.
public let realModel: Result<LanguageModel, LanguageModelError> = Result {
  () throws(LanguageModelError) in
  try LanguageModel.load(path: realModelPath())
}
