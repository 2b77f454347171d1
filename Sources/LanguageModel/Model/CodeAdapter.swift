import CKernels
import Foundation

/// An adapter as products with codes read it: both factors rounded to 8 bits, A with a scale for each 32
/// inputs, B, multiplied by the adapter's scale, with one for each output.
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
    nonisolated(unsafe) let groups = UnsafeMutableBufferPointer<apprentice_code_adapter>.allocate(
      capacity: places.count)
    defer { groups.deallocate() }
    nonisolated(unsafe) let work = places
    DispatchQueue.concurrentPerform(iterations: work.count) { index in
      groups.initializeElement(at: index, to: work[index].fill())
    }
    self.groups = Array(groups)
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
  private let packed: [UnsafeMutablePointer<UInt8>]

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
      return UnsafeMutableRawPointer(next).assumingMemoryBound(to: UInt8.self)
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
    (apprentice_codes_size(rows, columns, APPRENTICE_CODES_8) + 63) / 64 * 16
  }

  private static func sizeOfB(rows: Int, columns: Int) -> Int {
    (apprentice_extra_size(rows, columns) + 63) / 64 * 16
  }

  /// Rounds the factors.
  func fill() -> apprentice_code_adapter {
    let unit = apprentice_round_to_codes(panels, a.base, a.rows, a.columns)
    var adapter = apprentice_code_adapter()
    adapter.a = apprentice_codes(
      panels: panels, outputs: a.rows, inputs: a.columns, kind: APPRENTICE_CODES_8)
    adapter.rank = rank
    adapter.b = (place(0), place(1), place(2))
    adapter.b_scale = (unit * factor(0), unit * factor(1), unit * factor(2))
    return adapter
  }

  private func place(_ index: Int) -> UnsafePointer<UInt8>? {
    index < packed.count ? UnsafePointer(packed[index]) : nil
  }

  private func factor(_ index: Int) -> Float {
    guard index < packed.count else { return 0 }
    return scale * apprentice_pack_extra(packed[index], b[index].base, b[index].rows, rank)
  }
}
