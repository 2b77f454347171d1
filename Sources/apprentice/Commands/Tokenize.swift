import ArgumentParser
import Foundation
import LanguageModel

/// Standard input as token ids.
struct Tokenize: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Turn standard input, byte for byte, into {\"ids\"}.")

  @OptionGroup var common: CommonOptions

  @Flag(help: "Recognise special tokens such as <|im_end|> in the text.")
  var special = false

  struct Line: Encodable {
    var ids: [TokenID]
  }

  func run() throws {
    try common.requireModelFile()
    let tokenizer = try Tokenizer(gguf: GGUFFile(path: common.modelPath))
    let bytes = try FileHandle.standardInput.readToEnd() ?? Data()
    try Output.json(Line(ids: tokenizer.encode(bytes: Array(bytes), special: special)))
  }
}
