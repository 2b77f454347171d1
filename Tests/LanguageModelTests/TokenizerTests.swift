import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

@Suite struct TokenizerTests {
  private let tokenizer: Tokenizer

  init() throws {
    tokenizer = try Tokenizer(gguf: GGUFFile(path: realModelPath()))
  }

  @Test func `token ids are those of transformers`() throws {
    let goldens = try Goldens.load()
    #expect(goldens.tokenizer.count == 8)
    for golden in goldens.tokenizer {
      let ids = tokenizer.encode(golden.text, special: true)
      #expect(ids == golden.ids, "\(golden.text.debugDescription)")
      #expect(tokenizer.decode(ids, skipSpecial: false) == golden.text)
    }
  }

  @Test func `special tokens are recognised only on request`() {
    let text = "a<|im_end|>\n<|im_start|>system"
    let plain = tokenizer.encode(text)
    #expect(!plain.contains(1) && !plain.contains(2))
    #expect(tokenizer.decode(plain) == text)
    let special = tokenizer.encode(text, special: true)
    #expect(special.contains(1) && special.contains(2))
    #expect(tokenizer.decode(special) == "a\nsystem")
    #expect(tokenizer.decode(special, skipSpecial: false) == text)
    #expect(tokenizer.endToken == 2 && tokenizer.specialToken("<|im_end|>") == 2)
    #expect(tokenizer.specialToken("user") == nil)
  }

  @Test func `the longest special token wins and others stay text`() {
    #expect(tokenizer.encode("<|im_end|", special: true).allSatisfy { $0 > 16 })
    #expect(tokenizer.encode("<reponame><repo_name>", special: true) == [4, 3])
    #expect(tokenizer.encode("<|im_end|><|im_end|>", special: true) == [2, 2])
  }

  @Test(arguments: [
    ("it's 'tis don'T we've", ["it", "'s", " '", "tis", " don", "'", "T", " we", "'ve"]),
    ("a1b22 3", ["a", "1", "b", "2", "2", " ", "3"]),
    ("  x\t\ty \n", [" ", " x", "\t", "\t", "y", " \n"]),
    ("x  7", ["x", "  ", "7"]),
    (" !?a ...", [" !?", "a", " ..."]),
    ("½x³Ⅷ٣", ["½", "x", "³", "Ⅷ", "٣"]),
    ("a\u{00A0}b\u{3000}\u{3000}c", ["a", "\u{00A0}", "b", "\u{3000}", "\u{3000}", "c"]),
    ("日本 é̂ 👍🏽", ["日本", " é", "̂", " 👍🏽"]),
    ("'llama 'l 'r", ["'ll", "ama", " '", "l", " '", "r"]),
  ])
  func `text is cut into words by the pattern`(text: String, words: [String]) {
    #expect(cut(Array(text.utf8)) == words.map { Array($0.utf8) })
  }

  private func cut(_ bytes: [UInt8]) -> [[UInt8]] {
    bytes.withUnsafeBufferPointer { buffer in
      var scanner = WordScanner(buffer, .smolLM)
      var words: [[UInt8]] = []
      while let word = scanner.next() { words.append(Array(buffer[word])) }
      return words
    }
  }

  @Test func `bytes that the vocabulary can write come back exactly`() {
    var random = SplitMix64(seed: 2)
    let written = (UInt8.min...UInt8.max).filter { tokenizer.byteTokens[Int($0)] >= 0 }
    #expect(written.count == 235)
    for length in 0..<300 {
      let bytes = (0..<length).map { _ in written.randomElement(using: &random)! }
      let ids = tokenizer.encode(bytes: bytes)
      #expect(tokenizer.decodeBytes(ids) == bytes)
    }
  }

  @Test func `bytes that the vocabulary lacks are left out`() {
    #expect(
      tokenizer.encode(bytes: [0x61, 0xFF, 0x62]) == tokenizer.encode("a") + tokenizer.encode("b"))
    #expect(tokenizer.encode(bytes: [0xC0, 0xFF]).isEmpty)
  }

  @Test func `half a character decodes to the replacement character`() {
    let ids = tokenizer.encode(bytes: [0x61, 0xE6, 0x97])
    #expect(tokenizer.decode(ids) == "a\u{FFFD}")
    #expect(tokenizer.decodeBytes(ids) == [0x61, 0xE6, 0x97])
    #expect(tokenizer.decode([-1, 49152, 19556]) == "Hello")
  }

  @Test func `merges happen lowest rank first, whatever the word's length`() {
    // The definition: join the leftmost pair of lowest rank until none is left.
    func reference(_ word: String) -> [TokenID] {
      var tokens = word.utf8.map { tokenizer.byteTokens[Int($0)] }
      while true {
        let pairs = tokens.indices.dropLast().compactMap { index in
          tokenizer.merges.merge(tokens[index], tokens[index + 1]).map { (index, $0) }
        }
        guard let best = pairs.min(by: { $0.1.rank < $1.1.rank }) else { return tokens }
        tokens.replaceSubrange(best.0...best.0 + 1, with: [best.1.token])
      }
    }
    var random = SplitMix64(seed: 3)
    let letters = Array("etaoinshrdlu")
    for length in [1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233] {
      let word = String((0..<length).map { _ in letters.randomElement(using: &random)! })
      #expect(tokenizer.encode(word) == reference(word), "\(word)")
    }
    let repeated = String(repeating: "a", count: 257)
    #expect(tokenizer.encode(repeated) == reference(repeated))
  }

  @Test func `a tokenizer of another kind is refused`() throws {
    var file = GGUFBytes()
    file.entries = [("tokenizer.ggml.model", .string("llama"))]
    let kind = #expect(throws: LanguageModelError.self) { try Tokenizer(gguf: file.open()) }
    #expect(kind?.description.contains("'llama'") == true)
    file.entries = [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("tekken")),
    ]
    let pre = #expect(throws: LanguageModelError.self) { try Tokenizer(gguf: file.open()) }
    #expect(pre?.description.contains("'tekken'") == true)
    #expect(pre?.description.contains("smollm") == true)
  }

  @Test func `tables that do not fit are refused`() throws {
    var file = GGUFBytes()
    file.entries = [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string("smollm")),
      ("tokenizer.ggml.tokens", .strings(["a", "b", "ab", "<end>"])),
      ("tokenizer.ggml.token_type", .integers([1, 1, 1, 3])),
      ("tokenizer.ggml.merges", .strings(["a b"])),
      ("tokenizer.ggml.eos_token_id", .integer(3)),
    ]
    let small = try Tokenizer(gguf: file.open())
    #expect(small.encode("aab<end>", special: true) == [0, 2, 3])
    for (index, value) in [
      (3, GGUFBytes.Value.integers([1, 1, 1])), (4, .strings(["a c"])), (4, .strings(["ab"])),
      (5, .integer(4)),
    ] {
      var broken = file
      broken.entries[index].value = value
      #expect(throws: LanguageModelError.self) { try Tokenizer(gguf: broken.open()) }
    }
  }
}
