import Feedback
import Foundation
import TestSupport
import Testing

@testable import LanguageModel

/// Token ids by small vocabularies against PyPI's tokenizers.
@Suite struct PreTokenizerTests {
  private struct Reference: Decodable {
    struct Case: Decodable {
      var text: String
      var ids: [TokenID]
    }
    var vocabulary: [String]
    var merges: [String]
    var cases: [Case]
  }

  private func file(_ reference: Reference, pre: String) -> GGUFBytes {
    var file = GGUFBytes()
    file.entries = [
      ("tokenizer.ggml.model", .string("gpt2")), ("tokenizer.ggml.pre", .string(pre)),
      ("tokenizer.ggml.tokens", .strings(reference.vocabulary)),
      ("tokenizer.ggml.token_type", .integers(reference.vocabulary.map { _ in 1 })),
      ("tokenizer.ggml.merges", .strings(reference.merges)),
      ("tokenizer.ggml.eos_token_id", .integer(0)),
    ]
    return file
  }

  @Test(arguments: ["smollm", "gpt-2", "llama-bpe", "qwen2"])
  func `token ids are those of the reference`(name: String) throws {
    let references = try fixture("pretokenizers.json", as: [String: Reference].self)
    let reference = try #require(references[name])
    let tokenizer = try Tokenizer(gguf: file(reference, pre: name).open())
    #expect(reference.cases.count > 80)
    for golden in reference.cases {
      let ids = tokenizer.encode(golden.text)
      #expect(ids == golden.ids, "\(golden.text.debugDescription)")
      #expect(Array(golden.text.utf8) == tokenizer.decodeBytes(ids))
    }
  }

  private func cut(_ bytes: [UInt8], _ preTokenizer: PreTokenizer) -> [[UInt8]] {
    bytes.withUnsafeBufferPointer { buffer in
      var scanner = WordScanner(buffer, preTokenizer)
      var words: [[UInt8]] = []
      while let word = scanner.next() { words.append(Array(buffer[word])) }
      return words
    }
  }

  @Test(arguments: [
    (PreTokenizer.smolLM, ["It", "'", "S", " ", "1", "2", "3", "4", " x", "!", "\n\n", " (", "y"]),
    (.gpt2, ["It", "'", "S", " 1234", " x", "!", "\n\n", " (", "y"]),
    (.llama3, ["It", "'S", " ", "123", "4", " x", "!\n\n", " (", "y"]),
    (.qwen2, ["It", "'S", " ", "1", "2", "3", "4", " x", "!\n\n", " (", "y"]),
  ])
  func `each pre-tokenizer cuts in its own way`(preTokenizer: PreTokenizer, words: [String]) {
    #expect(cut(Array("It'S 1234 x!\n\n (y".utf8), preTokenizer) == words.map { Array($0.utf8) })
  }

  @Test func `a word of Llama 3's vocabulary is taken whole even if no merge makes it`() throws {
    let reference = Reference(
      vocabulary: ["a", "b", "c", "ab", "abc"], merges: ["a b"], cases: [])
    let llama = try Tokenizer(gguf: file(reference, pre: "llama-bpe").open())
    #expect(llama.encode("abc") == [4] && llama.encode("abcab") == [3, 2, 3])
    let qwen = try Tokenizer(gguf: file(reference, pre: "qwen2").open())
    #expect(qwen.encode("abc") == [3, 2])
  }

  @Test func `other names of a pre-tokenizer are known`() throws {
    let reference = Reference(vocabulary: ["a"], merges: [], cases: [])
    for (name, expected) in [
      ("gpt2", PreTokenizer.gpt2), ("llama-v3", .llama3), ("llama3", .llama3),
    ] {
      #expect(try Tokenizer(gguf: file(reference, pre: name).open()).preTokenizer == expected)
    }
  }

  @Test(arguments: [PreTokenizer.smolLM, .gpt2, .llama3, .qwen2])
  func `any bytes are cut into words that join to them again`(preTokenizer: PreTokenizer) {
    var random = SplitMix64(seed: 4)
    let common = Array(" \n\r'sLl1a.".utf8)
    for length in 0..<300 {
      let bytes = (0..<length).map { _ in
        let word = random.next()
        return word & 256 == 0
          ? UInt8(truncatingIfNeeded: word) : common[Int(word >> 9) % common.count]
      }
      let words = cut(bytes, preTokenizer)
      #expect(Array(words.joined()) == bytes)
      #expect(words.allSatisfy { !$0.isEmpty })
    }
  }

  @Test func `user-defined tokens are words, control tokens are not`() throws {
    var file = file(
      Reference(vocabulary: ["a", "<", ">", "<a>", "<aa>"], merges: [], cases: []), pre: "qwen2")
    file.entries[3].value = .integers([1, 1, 1, 4, 3])
    let tokenizer = try Tokenizer(gguf: file.open())
    #expect(tokenizer.encode("a<a>a") == [0, 3, 0])
    #expect(tokenizer.decode([0, 3, 0, 4]) == "a<a>a")
    #expect(tokenizer.encode("<aa>") == [1, 0, 0, 2])
    #expect(tokenizer.encode("<aa>", special: true) == [4])
  }
}
