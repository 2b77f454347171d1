import Foundation

/// Zeroed memory for floats straight from the system, in large pages where it has them; given back
/// when the object goes.
final class FloatMemory: @unchecked Sendable {
  let base: UnsafeMutablePointer<Float>
  let count: Int

  init(count: Int) throws(LanguageModelError) {
    let bytes = max(count, 1) * MemoryLayout<Float>.stride
    let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let pages, pages != MAP_FAILED else {
      throw LanguageModelError(
        "there is no memory for \(bytes >> 20) MB; close other programs or use a smaller model")
    }
    madvise(pages, bytes, MADV_HUGEPAGE)
    base = pages.bindMemory(to: Float.self, capacity: max(count, 1))
    self.count = max(count, 1)
  }

  deinit {
    munmap(base, count * MemoryLayout<Float>.stride)
  }
}

/// Memory that is divided up anew for each step and only ever grows.
final class Arena {
  private var memory: FloatMemory?

  /// Divides the arena: `layout` is called twice with the same effect, first to count.
  func divide<Result>(
    _ layout: ((_ count: Int) -> UnsafeMutablePointer<Float>) -> Result
  ) throws(LanguageModelError) -> Result {
    let nowhere = UnsafeMutablePointer<Float>(bitPattern: 64)!
    var total = 0
    _ = layout { count in
      total += Arena.rounded(count)
      return nowhere
    }
    if (memory?.count ?? 0) < total {
      memory = nil
      memory = try FloatMemory(count: total)
    }
    var next = memory!.base
    return layout { count in
      defer { next += Arena.rounded(count) }
      return next
    }
  }

  /// Whole cache lines, and one more so that kernels may read past the end.
  private static func rounded(_ count: Int) -> Int {
    (count + 31) / 16 * 16
  }
}
