internal import COpenBLAS

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// OpenBLAS, for the gradients of weights in float32. It is opened at run time, after its
/// kernels have been chosen by the processor's features, and always runs with
/// one thread: parallelism is the business of `Lanes`.
public enum BLAS {
  /// Opens the library; the first call does the work and later ones return at
  /// once. Sets `OPENBLAS_CORETYPE`, unless the user has, and
  /// `OPENBLAS_NUM_THREADS` in this process's environment. Call it before any
  /// kernel, so that a missing library is an error message and not a crash.
  public static func load() throws(KernelError) {
    _ = try Library.shared.get()
  }

  /// The kernels in use, by OpenBLAS's name, such as "SkylakeX" or "Haswell".
  public static var coreName: String { loaded.coreName }

  /// The library's description of itself, such as "OpenBLAS 0.3.21 …".
  public static var libraryVersion: String { loaded.version }

  static var loaded: Library {
    switch Library.shared {
    case .success(let library): return library
    case .failure(let error): preconditionFailure("BLAS.load() failed: \(error)")
    }
  }

  /// The opened library's functions and names.
  struct Library: Sendable {
    let sgemm:
      @convention(c) (
        Int32, Int32, Int32, Int32, Int32, Int32, Float, ConstFloatPointer?, Int32,
        ConstFloatPointer?, Int32, Float, FloatPointer?, Int32
      ) -> Void
    let coreName: String
    let version: String

    static let shared: Result<Library, KernelError> = open("libopenblas.so.0")
  }
}

extension BLAS.Library {
  /// Chooses the kernels, then opens the library of that file name.
  static func open(_ name: String) -> Result<BLAS.Library, KernelError> {
    #if arch(x86_64)
      guard solon_processor_has_avx2() == 1 else {
        return .failure(
          KernelError(
            "this processor lacks AVX2 or FMA, which Solon is compiled for; "
              + "use a processor from 2015 or later"))
      }
    #endif
    if let core = preferredCore { setenv("OPENBLAS_CORETYPE", core, 0) }
    setenv("OPENBLAS_NUM_THREADS", "1", 1)
    guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
      let reason = dlerror().map { String(cString: $0) } ?? "no reason given"
      return .failure(
        KernelError(
          "cannot open \(name): \(reason); install it with "
            + "'apt-get install libopenblas-dev'"))
    }
    func symbol<T>(_ symbol: String, as type: T.Type) -> T? {
      dlsym(handle, symbol).map { unsafeBitCast($0, to: type) }
    }
    guard
      let sgemm = symbol("cblas_sgemm", as: solon_sgemm_function.self),
      let setThreads = symbol(
        "openblas_set_num_threads", as: solon_set_num_threads_function.self),
      let getCore = symbol("openblas_get_corename", as: solon_get_text_function.self),
      let getConfiguration = symbol(
        "openblas_get_config", as: solon_get_text_function.self)
    else {
      return .failure(
        KernelError(
          "\(name) lacks cblas_sgemm or an openblas_ function, so it is not "
            + "OpenBLAS; install 'libopenblas-dev', or choose it with "
            + "'update-alternatives --config libopenblas.so.0-x86_64-linux-gnu'"))
    }
    setThreads(1)
    return .success(
      BLAS.Library(
        sgemm: sgemm, coreName: getCore().map { String(cString: $0) } ?? "unknown",
        version: getConfiguration().map { String(cString: $0) } ?? "unknown"))
  }

  /// The kernels to ask for, or nil to leave the choice to the library. Left to
  /// itself OpenBLAS chooses by vendor and model, and gives processors newer
  /// than itself, whatever they can do, the AVX2 kernels: half the speed on one
  /// with full-width AVX-512. "SkylakeX" needs only the features checked here.
  /// Where AVX-512 is half-width the AVX2 kernels, "Haswell", are the faster by
  /// 6 %. One name for each level also keeps results equal between machines of
  /// that level.
  private static var preferredCore: String? {
    #if arch(x86_64)
      return solon_processor_has_wide_avx512() == 1 ? "SkylakeX" : "Haswell"
    #else
      return nil
    #endif
  }
}
