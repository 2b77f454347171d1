import CKernels

/// How fast this machine can compute and read at all: what the speeds of the model are shares of.
///
/// Runs on all cores through libgomp's pool: call it from the thread that computes with the model.
public enum MachineSpeed {
  /// One of oneDNN's ways to the same matrix product.
  public enum Product: String, CaseIterable, Sendable {
    case sgemm, matmul
    case innerProduct = "inner product"
  }

  /// The fastest product that was found.
  public struct Peak: Sendable, Equatable {
    public var product: Product
    /// Billions of floating-point operations a second, a multiplication and an addition being two.
    public var gigaflops: Double

    public init(product: Product, gigaflops: Double) {
      self.product = product
      self.gigaflops = gigaflops
    }
  }

  /// The number of threads that compute.
  public static var threadCount: Int { Int(apprentice_thread_count()) }

  /// The best of oneDNN's products in float32, `[512, 576] · [576, 1536]`: a feed-forward layer of
  /// SmolLM2 over a batch of 512 rows.
  ///
  /// - Parameter repeats: products computed in each way; the fastest counts.
  public static func peak(repeats: Int = 300) throws(LanguageModelError) -> Peak {
    let shape = ProductShape(rows: 512, columns: 1536, depth: 576)
    var best = Peak(product: .sgemm, gigaflops: 0)
    for product in Product.allCases {
      let subject: any TimedProduct =
        switch product {
        case .sgemm: try PlainProduct(shape)
        case .matmul: try PrimitiveProduct(shape, .matmul)
        case .innerProduct: try PrimitiveProduct(shape, .innerProduct)
        }
      // The first products compile code and wake threads.
      for _ in 0..<3 { subject.compute() }
      let seconds = shortest(of: repeats) { subject.compute() }
      let gigaflops = shape.operations / seconds / 1e9
      if gigaflops > best.gigaflops { best = Peak(product: product, gigaflops: gigaflops) }
    }
    return best
  }

  /// Billions of bytes a second that all cores together read from memory: the best of several reads
  /// of a buffer that no cache holds.
  public static func readBandwidth(
    bytes: Int = 1 << 30, repeats: Int = 8
  ) throws(LanguageModelError) -> Double {
    let memory = try FloatMemory(count: bytes / MemoryLayout<Float>.stride)
    // Pages that were never written are all one page of zeros, which a cache does hold.
    memory.base.update(repeating: 1, count: memory.count)
    let words = bytes / MemoryLayout<UInt64>.stride
    let seconds = memory.base.withMemoryRebound(to: UInt64.self, capacity: words) { base in
      shortest(of: repeats) { _ = apprentice_read_words(base, words) }
    }
    return Double(bytes) / seconds / 1e9
  }

  private static func shortest(of repeats: Int, _ body: () -> Void) -> Double {
    let clock = ContinuousClock()
    return (0..<max(repeats, 1)).map { _ in clock.measure(body) / .seconds(1) }.min()!
  }
}
