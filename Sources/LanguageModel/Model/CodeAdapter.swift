import CKernels
import Foundation

/// An adapter as products with codes read it, in as few bytes as keep its effect: the factors A as codes
/// of 12 bits, the factors B, multiplied by the adapter's scale, in half precision.
///
/// It is made anew when the adapter has changed, so it is for drawing, not for training.
final class CodeAdapter {
  let identity: AdapterIdentity
  let rank: Int
  private let layers: Range<Int>
  private let memory: FloatMemory
  /// One for each group of each adapted layer.
  private let groups: [apprentice_code_adapter]

  init(_ adapter: LoRAAdapter, identity: AdapterIdentity) throws(LanguageModelError) {
    self.identity = identity
    rank = adapter.rank
    layers = adapter.layers
    let perLayer = AdapterGroup.allCases.reduce(0) { $0 + Place.size(of: $1, in: adapter) }
    memory = try FloatMemory(count: perLayer * layers.count + 1024)
    var next = memory.base
    var places: [Place] = []
    for layer in layers {
      for group in AdapterGroup.allCases {
        places.append(Place(group, layer: layer, of: adapter, at: next))
        next += Place.size(of: group, in: adapter)
      }
    }
    groups = places.map(\.codes)
    nonisolated(unsafe) let work = places
    DispatchQueue.concurrentPerform(iterations: work.count) { index in work[index].fill() }
  }

  /// What a group's adapter adds; nil where the layer is not adapted.
  func factors(_ group: AdapterGroup, layer: Int) -> apprentice_code_adapter? {
    guard layers.contains(layer) else { return nil }
    return groups[
      (layer - layers.lowerBound) * AdapterGroup.allCases.count + group.rawValue]
  }
}

/// One group's factors and where they go: A, then each B.
private struct Place {
  private let scale: Float
  private let rank: Int
  private let a: Matrix
  private let b: [Matrix]
  private let panels: UnsafeMutablePointer<UInt8>
  private let packed: [UnsafeMutablePointer<UInt16>]

  init(
    _ group: AdapterGroup, layer: Int, of adapter: LoRAAdapter,
    at place: UnsafeMutablePointer<Float>
  ) {
    scale = adapter.scale
    rank = adapter.rank
    a = adapter.stackedA(group, layer: layer, in: adapter.parameters)
    b = group.range.map {
      adapter.factorB(LinearLayer(rawValue: $0)!, layer: layer, in: adapter.parameters)
    }
    panels = UnsafeMutableRawPointer(place).assumingMemoryBound(to: UInt8.self)
    var next = place + Self.sizeOfA(rows: a.rows, columns: a.columns)
    packed = b.map { matrix in
      defer { next += Self.sizeOfB(rows: matrix.rows, columns: matrix.columns) }
      return UnsafeMutableRawPointer(next).assumingMemoryBound(to: UInt16.self)
    }
  }

  /// The floats that a group takes, in whole lines of the cache.
  static func size(of group: AdapterGroup, in adapter: LoRAAdapter) -> Int {
    let input = adapter.configuration.shape(of: group.first).input
    return group.range.reduce(sizeOfA(rows: group.range.count * adapter.rank, columns: input)) {
      $0
        + sizeOfB(
          rows: adapter.configuration.shape(of: LinearLayer(rawValue: $1)!).output,
          columns: adapter.rank)
    }
  }

  private static func sizeOfA(rows: Int, columns: Int) -> Int {
    (apprentice_codes_size(rows, columns, APPRENTICE_CODES_12) + 63) / 64 * 16
  }

  private static func sizeOfB(rows: Int, columns: Int) -> Int {
    let panel = Int(APPRENTICE_CODE_PANEL)
    return ((rows + panel - 1) / panel * panel * columns * 2 + 63) / 64 * 16
  }

  var codes: apprentice_code_adapter {
    apprentice_code_adapter(
      a: apprentice_codes(
        panels: panels, outputs: a.rows, inputs: a.columns, kind: APPRENTICE_CODES_12),
      b: (pointer(0), pointer(1), pointer(2)), rank: rank)
  }

  private func pointer(_ index: Int) -> UnsafePointer<UInt16>? {
    index < packed.count ? UnsafePointer(packed[index]) : nil
  }

  func fill() {
    apprentice_pack_codes_12(panels, a.base, a.rows, a.columns)
    for (matrix, place) in zip(b, packed) {
      apprentice_pack_extra(place, matrix.base, matrix.rows, rank, scale)
    }
  }
}
