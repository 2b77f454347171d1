import CKernels
import Feedback
import Foundation
import Testing

extension ComputeTests {
  /// Attention over packed rows, forward and backward, against plain loops in double precision.
  @Suite(.serialized) struct AttentionTests {
    private struct Shape {
      var heads = 4, keyValueHeads = 2, headSize = 16
      var width: Int { heads * headSize }
      var stride: Int { width + 2 * keyValueHeads * headSize }
    }

    private let shape: Shape
    private let rows: Int
    private let spans: [apprentice_span]
    private let qkv: [Float]
    private let dout: [Float]

    init() {
      func span(_ prefix: Range<Int32>, _ own: Range<Int32>, _ sequence: Int32) -> apprentice_span {
        apprentice_span(
          prefix_begin: prefix.lowerBound, prefix_end: prefix.upperBound, begin: own.lowerBound,
          end: own.upperBound, sequence: sequence)
      }
      shape = Shape()
      // A prompt of 37 with completions of 40 and 3, then a sequence of its own.
      spans = [
        span(0..<0, 0..<37, 0), span(0..<37, 37..<77, 0), span(0..<37, 77..<80, 0),
        span(0..<0, 80..<115, 1),
      ]
      rows = 115
      var random = SplitMix64(seed: 3)
      qkv = (0..<rows * shape.stride).map { _ in Float(4 * random.uniform() - 2) }
      dout = (0..<rows * shape.width).map { _ in Float(2 * random.uniform() - 1) }
    }

    /// The rows that a row attends to.
    private func seen(_ row: Int) -> [Int] {
      let span = spans.first { $0.begin <= row && row < $0.end }!
      return Array(Int(span.prefix_begin)..<Int(span.prefix_end)) + Array(Int(span.begin)...row)
    }

    private func places(_ head: Int) -> (query: Int, key: Int, value: Int) {
      let group = head / (shape.heads / shape.keyValueHeads) * shape.headSize
      return (
        head * shape.headSize, shape.width + group,
        shape.width + shape.keyValueHeads * shape.headSize + group
      )
    }

    private func dot(_ a: Int, _ b: Int) -> Double {
      (0..<shape.headSize).reduce(0.0) { $0 + Double(qkv[a + $1]) * Double(qkv[b + $1]) }
    }

    /// The output and the gradient of queries, keys and values for `dout`.
    private func reference() -> (out: [Double], gradient: [Double]) {
      var out = [Double](repeating: 0, count: rows * shape.width)
      var gradient = [Double](repeating: 0, count: qkv.count)
      let scale = 1 / Double(shape.headSize).squareRoot()
      for row in 0..<rows {
        for head in 0..<shape.heads {
          let place = places(head)
          let query = row * shape.stride + place.query
          let keys = seen(row)
          let scores = keys.map { exp(scale * dot(query, $0 * shape.stride + place.key)) }
          let weights = scores.map { $0 / scores.reduce(0, +) }
          let at = row * shape.width + head * shape.headSize
          for (key, weight) in zip(keys, weights) {
            for d in 0..<shape.headSize {
              out[at + d] += weight * Double(qkv[key * shape.stride + place.value + d])
            }
          }
          let dweights = keys.map { key in
            (0..<shape.headSize).reduce(0.0) {
              $0 + Double(dout[at + $1]) * Double(qkv[key * shape.stride + place.value + $1])
            }
          }
          let mean = zip(weights, dweights).reduce(0.0) { $0 + $1.0 * $1.1 }
          for (index, key) in keys.enumerated() {
            let dscore = weights[index] * (dweights[index] - mean) * scale
            let keyAt = key * shape.stride + place.key
            for d in 0..<shape.headSize {
              gradient[query + d] += dscore * Double(qkv[keyAt + d])
              gradient[keyAt + d] += dscore * Double(qkv[query + d])
              gradient[key * shape.stride + place.value + d] +=
                weights[index] * Double(dout[at + d])
            }
          }
        }
      }
      return (out, gradient)
    }

    @Test func `attention and its gradient, in every variant`() {
      let expected = reference()
      let best = apprentice_best_variant()
      defer { apprentice_use_variant(best) }
      for raw in 0...best.rawValue {
        apprentice_use_variant(apprentice_variant(rawValue: raw))
        let computed = compute()
        let outDistance = zip(computed.out, expected.out).map { abs(Double($0) - $1) }.max()!
        let distance = zip(computed.gradient, expected.gradient).map { abs(Double($0) - $1) }.max()!
        #expect(outDistance < 1e-5, "variant \(raw): \(outDistance)")
        #expect(distance < 3e-5, "variant \(raw): \(distance)")
      }
    }

    private func compute() -> (out: [Float], gradient: [Float]) {
      var memory: [UnsafeMutablePointer<Float>] = []
      func take(_ count: Int) -> UnsafeMutablePointer<Float> {
        // Kernels may read what lies behind, so it is there, and nothing may come of it.
        let pointer = UnsafeMutablePointer<Float>.allocate(capacity: count + 16)
        pointer.initialize(repeating: .nan, count: count + 16)
        memory.append(pointer)
        return pointer
      }
      defer { for pointer in memory { pointer.deallocate() } }
      let columns = rows + 16
      let keyValues = shape.keyValueHeads * shape.headSize
      let out = take(rows * shape.width)
      let gradient = take(qkv.count)
      spans.withUnsafeBufferPointer { spans in
        qkv.withUnsafeBufferPointer { qkv in
          dout.withUnsafeBufferPointer { dout in
            var attention = apprentice_attention(
              qkv: qkv.baseAddress, stride: shape.stride, rows: rows, heads: shape.heads,
              kv_heads: shape.keyValueHeads, head_size: shape.headSize, spans: spans.baseAddress,
              span_count: spans.count, sequence_count: 2, longest_keys: 77,
              keys_transposed: take(keyValues * columns),
              values_transposed: take(keyValues * columns), transposed_stride: columns,
              scratch: take(apprentice_attention_scratch(77)), out: out,
              log_sums: take(rows * shape.heads), dout: dout.baseAddress, dqkv: gradient,
              dkeys: take(rows * shape.width), dvalues: take(rows * shape.width))
            apprentice_attention(&attention)
            apprentice_attention_backward(&attention)
          }
        }
      }
      return (
        Array(UnsafeBufferPointer(start: out, count: rows * shape.width)),
        Array(UnsafeBufferPointer(start: gradient, count: qkv.count))
      )
    }
  }
}
