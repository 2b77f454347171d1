import FuzzedReaders

/// What libFuzzer calls with each input.
@_cdecl("LLVMFuzzerTestOneInput")
public func readOneAdapter(_ bytes: UnsafeRawPointer?, _ count: Int) -> CInt {
  readAdapter(UnsafeRawBufferPointer(start: bytes, count: count))
  return 0
}
