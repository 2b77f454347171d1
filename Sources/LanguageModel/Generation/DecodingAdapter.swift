import CKernels
import Foundation

/// An adapter as the decoding kernel reads it, in as few bytes as keep its effect: the factors A as
/// codes of 12 bits, the factors B, multiplied by the adapter's scale, in half precision.
final class DecodingAdapter {
  let identity: AdapterIdentity
  let rank: Int
  private let layers: Range<Int>
  private let memory: FloatMemory
  /// One for each adapted linear layer, in the order of layers and then of ``LinearLayer``.
  private let factors: [(a: apprentice_codes, b: UnsafePointer<UInt16>)]

  init(_ adapter: LoRAAdapter, identity: AdapterIdentity) throws(LanguageModelError) {
    self.identity = identity
    rank = adapter.rank
    layers = adapter.layers
    let panel = Int(APPRENTICE_CODE_PANEL)
    let shapes = LinearLayer.allCases.map { linear in
      let shape = adapter.configuration.shape(of: linear)
      // In floats, and whole lines of the cache.
      let a = (apprentice_codes_size(adapter.rank, shape.input, APPRENTICE_CODES_12) + 63) / 64 * 16
      let b = adapter.rank * ((shape.output + panel - 1) / panel * panel) / 2
      return (input: shape.input, output: shape.output, a: a, b: (b + 15) / 16 * 16)
    }
    let perLayer = shapes.reduce(0) { $0 + $1.a + $1.b }
    memory = try FloatMemory(count: perLayer * layers.count + 1024)

    let base = memory.base
    let first = layers.lowerBound
    let parameters = UnsafePointer(adapter.parameters.baseAddress!)
    var factors: [(a: apprentice_codes, b: UnsafePointer<UInt16>)] = []
    var places: [Place] = []
    for layer in layers {
      var next = base + (layer - first) * perLayer
      for (linear, shape) in zip(LinearLayer.allCases, shapes) {
        let panels = UnsafeMutableRawPointer(next).assumingMemoryBound(to: UInt8.self)
        next += shape.a
        let a = parameters + adapter.range(layer: layer, linear: linear, factor: .a).lowerBound
        let b = parameters + adapter.range(layer: layer, linear: linear, factor: .b).lowerBound
        let halves = UnsafeMutableRawPointer(next).assumingMemoryBound(to: UInt16.self)
        places.append(
          Place(
            a: a, b: b, input: shape.input, output: shape.output, panels: panels, halves: halves))
        factors.append(
          (
            apprentice_codes(
              panels: panels, outputs: adapter.rank, inputs: shape.input,
              kind: APPRENTICE_CODES_12), UnsafePointer(halves)
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
  func factors(layer: Int, linear: LinearLayer) -> (a: apprentice_codes, b: UnsafePointer<UInt16>)?
  {
    guard layers.contains(layer) else { return nil }
    return factors[(layer - layers.lowerBound) * LinearLayer.allCases.count + linear.rawValue]
  }
}

/// One linear layer's factors and where they go.
private struct Place {
  var a, b: UnsafePointer<Float>
  var input, output: Int
  var panels: UnsafeMutablePointer<UInt8>
  var halves: UnsafeMutablePointer<UInt16>

  func fill(rank: Int, scale: Float) {
    apprentice_pack_adapter(a, b, rank, input, output, scale, panels, halves)
  }
}
