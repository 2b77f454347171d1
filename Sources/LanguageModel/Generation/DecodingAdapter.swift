import CKernels
import Foundation

/// An adapter as the decoding kernel reads it: the factors A as codes of 15 bits, the factors B
/// transposed and multiplied by the adapter's scale.
final class DecodingAdapter {
  let identity: AdapterIdentity
  let rank: Int
  private let layers: Range<Int>
  private let memory: FloatMemory
  /// One for each adapted linear layer, in the order of layers and then of ``LinearLayer``.
  private let factors: [(a: apprentice_codes, b: UnsafePointer<Float>)]

  init(_ adapter: LoRAAdapter, identity: AdapterIdentity) throws(LanguageModelError) {
    self.identity = identity
    rank = adapter.rank
    layers = adapter.layers
    let panel = Int(APPRENTICE_CODE_PANEL)
    let shapes = LinearLayer.allCases.map { linear in
      let shape = adapter.configuration.shape(of: linear)
      let a = (apprentice_codes_size(adapter.rank, shape.input, APPRENTICE_CODES_16) + 63) / 64 * 16
      let b = adapter.rank * ((shape.output + panel - 1) / panel * panel)
      return (input: shape.input, output: shape.output, a: a, b: b)
    }
    let perLayer = shapes.reduce(0) { $0 + $1.a + $1.b }
    memory = try FloatMemory(count: perLayer * layers.count + 1024)

    let base = memory.base
    let first = layers.lowerBound
    let parameters = UnsafePointer(adapter.parameters.baseAddress!)
    var factors: [(a: apprentice_codes, b: UnsafePointer<Float>)] = []
    var places: [Place] = []
    for layer in layers {
      var next = base + (layer - first) * perLayer
      for (linear, shape) in zip(LinearLayer.allCases, shapes) {
        let panels = UnsafeMutableRawPointer(next).assumingMemoryBound(to: UInt8.self)
        next += shape.a
        let a = parameters + adapter.range(layer: layer, linear: linear, factor: .a).lowerBound
        let b = parameters + adapter.range(layer: layer, linear: linear, factor: .b).lowerBound
        places.append(
          Place(
            a: a, b: b, input: shape.input, output: shape.output, panels: panels, transposed: next,
            stride: shape.b / adapter.rank))
        factors.append(
          (
            apprentice_codes(
              panels: panels, outputs: adapter.rank, inputs: shape.input,
              kind: APPRENTICE_CODES_16), UnsafePointer(next)
          ))
        next += shape.b
      }
    }
    self.factors = factors
    let (rank, scale) = (adapter.rank, adapter.scale)
    nonisolated(unsafe) let work = places
    DispatchQueue.concurrentPerform(iterations: work.count) { index in
      work[index].fill(rank: rank, scale: scale)
    }
  }

  /// What a linear layer's adapter adds; nil where the layer is not adapted.
  func factors(layer: Int, linear: LinearLayer) -> (a: apprentice_codes, b: UnsafePointer<Float>)? {
    guard layers.contains(layer) else { return nil }
    return factors[(layer - layers.lowerBound) * LinearLayer.allCases.count + linear.rawValue]
  }
}

/// One linear layer's factors and where they go.
private struct Place {
  var a, b: UnsafePointer<Float>
  var input, output: Int
  var panels: UnsafeMutablePointer<UInt8>
  var transposed: UnsafeMutablePointer<Float>
  var stride: Int

  func fill(rank: Int, scale: Float) {
    let rows = (0..<rank).map { UnsafeRawPointer(a + $0 * input) as UnsafeRawPointer? }
    let panel = Int(APPRENTICE_CODE_PANEL)
    rows.withUnsafeBufferPointer {
      apprentice_pack_codes(
        panels, $0.baseAddress, rank, input, WeightFormat.f32.rawValue, 0,
        (rank + panel - 1) / panel)
    }
    for column in 0..<output {
      for row in 0..<rank { transposed[row * stride + column] = scale * b[column * rank + row] }
    }
  }
}
