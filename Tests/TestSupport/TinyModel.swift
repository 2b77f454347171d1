import Feedback
import Foundation

/// Writes a small random model of the real one's architecture, tokenizer and chat template, so that
/// what is around the model can be tested in a moment.
///
/// Two layers of width 64, 4 heads on 2 key heads, the 256 byte tokens, three special tokens and a
/// few merges. What it says is noise, but the same noise for the same seed.
public enum TinyModel {
  static let hidden = 64
  static let feedForward = 128
  static let layers = 2
  static let heads = 4
  static let keyValueHeads = 2

  /// Writes the model to a new file in the temporary folder.
  ///
  /// - Returns: its path.
  public static func write(seed: UInt64 = 0) throws -> String {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("tiny-\(UUID().uuidString).gguf").path
    try write(to: path, seed: seed)
    return path
  }

  /// Writes the model to a file.
  public static func write(to path: String, seed: UInt64 = 0) throws {
    try bytes(seed: seed).write(to: URL(fileURLWithPath: path))
  }

  /// The whole file.
  public static func bytes(seed: UInt64 = 0) -> Data {
    var file = GGUFBytes()
    file.append("GGUF".utf8)
    file.append(UInt32(3))
    let tensors = tensors
    let metadata = metadata
    file.append(UInt64(tensors.count))
    file.append(UInt64(metadata.count))
    for (key, value) in metadata {
      file.append(string: key)
      file.append(value)
    }
    var offset = 0
    for (name, dimensions) in tensors {
      file.append(string: name)
      file.append(UInt32(dimensions.count))
      for dimension in dimensions { file.append(UInt64(dimension)) }
      file.append(UInt32(0))
      file.append(UInt64(offset))
      offset += (dimensions.reduce(1, *) * 4 + 31) / 32 * 32
    }
    file.align()
    var random = SplitMix64(seed: seed)
    for (name, dimensions) in tensors {
      let isNorm = dimensions.count == 1
      let bound = name == "token_embd.weight" ? 1 : 2 / Double(dimensions[0]).squareRoot()
      for _ in 0..<dimensions.reduce(1, *) {
        let value = isNorm ? 1 : Float((2 * random.uniform() - 1) * bound)
        file.append(value.bitPattern)
      }
      file.align()
    }
    return file.data
  }

  /// Names and dimensions in GGUF's order, all F32.
  private static var tensors: [(String, [Int])] {
    let keyValues = keyValueHeads * hidden / heads
    var tensors: [(String, [Int])] = [("token_embd.weight", [hidden, tokens.count])]
    for layer in 0..<layers {
      let block = "blk.\(layer)."
      tensors += [
        (block + "attn_norm.weight", [hidden]), (block + "ffn_down.weight", [feedForward, hidden]),
        (block + "ffn_gate.weight", [hidden, feedForward]),
        (block + "ffn_up.weight", [hidden, feedForward]), (block + "ffn_norm.weight", [hidden]),
        (block + "attn_k.weight", [hidden, keyValues]),
        (block + "attn_output.weight", [hidden, hidden]),
        (block + "attn_q.weight", [hidden, hidden]),
        (block + "attn_v.weight", [hidden, keyValues]),
      ]
    }
    return tensors + [("output_norm.weight", [hidden])]
  }

  private static let merges: [(String, String)] = [
    ("Ġ", "t"), ("h", "e"), ("Ġ", "a"), ("i", "n"), ("Ġt", "he"), ("o", "n"), ("e", "r"),
  ]

  private static let special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]

  /// Special tokens, then each byte as GPT-2 writes it, then the merges' results.
  private static let tokens: [String] =
    special + (0...255).map { String(character(ofByte: UInt8($0))) } + merges.map { $0.0 + $0.1 }

  /// GPT-2's printable character for a byte: itself if it is printable, else from U+0100 on.
  private static func character(ofByte byte: UInt8) -> Character {
    let printable: [ClosedRange<UInt8>] = [33...126, 161...172, 174...255]
    func isPrintable(_ byte: UInt8) -> Bool { printable.contains { $0.contains(byte) } }
    guard !isPrintable(byte) else { return Character(Unicode.Scalar(byte)) }
    let before = (0..<byte).count { !isPrintable($0) }
    return Character(Unicode.Scalar(0x100 + UInt32(before))!)
  }

  private static let chatTemplate =
    "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"

  /// The real file's keys in its order.
  private static var metadata: [(String, GGUFBytes.Value)] {
    [
      ("general.architecture", .string("llama")),
      ("general.type", .string("model")),
      ("general.name", .string("Tiny")),
      ("general.organization", .string("Apprentice")),
      ("general.finetune", .string("tests")),
      ("general.basename", .string("tiny")),
      ("general.size_label", .string("90K")),
      ("general.license", .string("apache-2.0")),
      ("general.languages", .strings(["en"])),
      ("llama.block_count", .uint32(UInt32(layers))),
      ("llama.context_length", .uint32(1024)),
      ("llama.embedding_length", .uint32(UInt32(hidden))),
      ("llama.feed_forward_length", .uint32(UInt32(feedForward))),
      ("llama.attention.head_count", .uint32(UInt32(heads))),
      ("llama.attention.head_count_kv", .uint32(UInt32(keyValueHeads))),
      ("llama.rope.freq_base", .float32(100_000)),
      ("llama.attention.layer_norm_rms_epsilon", .float32(1e-5)),
      ("general.file_type", .uint32(0)),
      ("llama.vocab_size", .uint32(UInt32(tokens.count))),
      ("llama.rope.dimension_count", .uint32(UInt32(hidden / heads))),
      ("tokenizer.ggml.add_space_prefix", .bool(false)),
      ("tokenizer.ggml.add_bos_token", .bool(false)),
      ("tokenizer.ggml.model", .string("gpt2")),
      ("tokenizer.ggml.pre", .string("smollm")),
      ("tokenizer.ggml.tokens", .strings(tokens)),
      ("tokenizer.ggml.token_type", .int32s(tokens.map { special.contains($0) ? 3 : 1 })),
      ("tokenizer.ggml.merges", .strings(merges.map { "\($0.0) \($0.1)" })),
      ("tokenizer.ggml.bos_token_id", .uint32(1)),
      ("tokenizer.ggml.eos_token_id", .uint32(2)),
      ("tokenizer.ggml.unknown_token_id", .uint32(0)),
      ("tokenizer.ggml.padding_token_id", .uint32(2)),
      ("tokenizer.chat_template", .string(chatTemplate)),
      ("general.quantization_version", .uint32(2)),
    ]
  }
}

/// A GGUF file in the making.
private struct GGUFBytes {
  enum Value {
    case uint32(UInt32)
    case float32(Float)
    case bool(Bool)
    case string(String)
    case strings([String])
    case int32s([Int32])
  }

  var data = Data()

  mutating func append(_ bytes: some Sequence<UInt8>) { data.append(contentsOf: bytes) }

  mutating func append(_ number: some FixedWidthInteger) {
    withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
  }

  mutating func append(string: String) {
    append(UInt64(string.utf8.count))
    append(string.utf8)
  }

  /// A metadata value with the code of its type before it.
  mutating func append(_ value: Value) {
    switch value {
    case .uint32(let number):
      append(UInt32(4))
      append(number)
    case .float32(let number):
      append(UInt32(6))
      append(number.bitPattern)
    case .bool(let flag):
      append(UInt32(7))
      append(UInt8(flag ? 1 : 0))
    case .string(let text):
      append(UInt32(8))
      append(string: text)
    case .strings(let texts):
      append(UInt32(9))
      append(UInt32(8))
      append(UInt64(texts.count))
      for text in texts { append(string: text) }
    case .int32s(let numbers):
      append(UInt32(9))
      append(UInt32(5))
      append(UInt64(numbers.count))
      for number in numbers { append(number) }
    }
  }

  /// Fills up to the next multiple of 32 bytes.
  mutating func align() {
    data.append(Data(count: (32 - data.count % 32) % 32))
  }
}
