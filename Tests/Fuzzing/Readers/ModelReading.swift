import Feedback
import LanguageModel

/// Does with the bytes of a model file all that the program does before it computes: reads the
/// header, every tensor as float32, the shape, the tokenizer and the chat template.
///
/// - Returns: whether it is a model that the program would use.
@discardableResult
public func readModel(_ bytes: UnsafeRawBufferPointer) -> Bool {
  guard let file = try? GGUFFile(path: "fuzzed.gguf", bytes: bytes) else { return false }
  for tensor in file.tensors.values { readValues(of: tensor, in: file) }
  let configuration = try? ModelConfiguration(gguf: file)
  let tokenizer = try? Tokenizer(gguf: file)
  let template = try? ChatTemplate(gguf: file)
  if let tokenizer { exercise(tokenizer, template) }
  guard configuration != nil, tokenizer != nil, template != nil else { return false }
  return (try? LanguageModel.load(file)) != nil
}

/// Turns a tensor into float32 in memory of exactly its size.
private func readValues(of tensor: GGUFTensor, in file: GGUFFile) {
  let values = UnsafeMutableBufferPointer<Float>.allocate(capacity: tensor.count)
  defer { values.deallocate() }
  // A tensor that was opened can be read: its place and its format have been checked.
  try! file.dequantized(tensor.name, into: values)
}

private func exercise(_ tokenizer: Tokenizer, _ template: ChatTemplate?) {
  let text = "The 1st tower's 3 bells\n\tring: <|im_end|> — été 世界 🙂"
  let ids = tokenizer.encode(text, special: true) + tokenizer.encode(text)
  precondition(ids.allSatisfy { (0..<tokenizer.vocabularySize).contains(Int($0)) })
  _ = tokenizer.decode(ids, skipSpecial: false)
  _ = template?.encodePrompt([Message(role: .user, content: text)], tokenizer: tokenizer)
}
